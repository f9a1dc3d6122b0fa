"""Slope against distance from the trace: sums by hand, errors by pulls, numbers against the simulator's truth."""

from __future__ import annotations

import numpy as np
import pytest
from trace_fakes import FakeMaps, half_width

from detgui.analysis import trace_profile
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.science.profile import aperture_bias, balance, falls_below, fold, noise_factor, widths, with_neighbours


@pytest.fixture(scope="module")
def nrs1():
    return FakeMaps()


def measured(maps: FakeMaps, rng: np.random.Generator, params=None) -> trace_profile.Result:
    return trace_profile.of_arrays(maps.truth() + maps.noise(rng), maps.err, maps.trace, maps.rate, params or trace_profile.Params())


def test_folding_by_hand():
    values = np.arange(12, dtype=float).reshape(4, 3)
    values[3, 2] = np.nan
    err = np.full((4, 3), 2.0)
    centre = np.array([1.0, 1.25, np.nan])
    distance = np.arange(4)[:, None] - centre
    folded = fold(values, err, distance, 0.5, 2.0)
    np.testing.assert_array_equal(folded.distance, [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2])
    # Column 0 lies at -1, 0, 1, 2; column 1 at -1.25, -0.25, 0.75, 1.75: halves go up.
    np.testing.assert_array_equal(folded.count, [0, 0, 2, 0, 2, 0, 2, 0, 2])
    np.testing.assert_allclose(folded.mean[[2, 4, 6, 8]], [0.5, 3.5, 6.5, 9.5])
    np.testing.assert_allclose(folded.err[2], 2 / np.sqrt(2))
    assert np.isnan(folded.mean[0])


def test_errors_of_the_profile_are_true(nrs1):
    rng = np.random.default_rng(1)
    distance = nrs1.trace.distance(32)
    truth = fold(nrs1.truth(), nrs1.err, distance)
    folded = [fold(nrs1.truth() + nrs1.noise(rng), nrs1.err, distance) for _ in range(30)]
    pulls = np.concatenate([(each.mean - truth.mean) / each.err for each in folded])
    pulls = pulls[np.isfinite(pulls)]
    assert pulls.size > 2000
    assert abs(half_width(pulls) - 1) < 0.1
    assert abs(pulls.mean()) < 0.07


def test_losses_excesses_and_widths(nrs1):
    rng = np.random.default_rng(2)
    truth = trace_profile.of_arrays(nrs1.truth(), nrs1.err, nrs1.trace, nrs1.rate, trace_profile.Params())
    assert truth.balance.loss < -10
    assert truth.balance.excess == pytest.approx(-truth.balance.loss, rel=0.01)  # the simulator conserves charge
    assert 2 < truth.widths.full < 4  # the report: "a few (~2-3) pixels"
    assert 1 < truth.widths.core < truth.widths.full
    rows = []
    for _ in range(60):
        found = measured(nrs1, rng)
        b, w, t, v = found.balance, found.widths, truth.balance, truth.widths
        rows.append([(b.net - t.net) / b.net_err, (w.core - v.core) / w.core_err, (w.full - v.full) / w.full_err, b.loss / t.loss])
    pulls = np.array(rows)
    for column in range(3):
        assert 0.7 < pulls[:, column].std() < 1.35
        assert abs(pulls[:, column].mean()) < 0.6
    assert pulls[:, 3] == pytest.approx(1, abs=0.03)


def test_the_bias_of_an_aperture(nrs1):
    rng = np.random.default_rng(3)
    distance, half = nrs1.trace.distance(32), np.arange(0.5, 10.1, 0.5)
    slope = nrs1.truth()
    truth = aperture_bias(slope, nrs1.err, nrs1.rate, distance, half)
    # By hand at 3 px: parts of pixels that are inside.
    inside = np.where(np.isfinite(slope) & np.isfinite(distance), np.clip(3.5 - np.abs(distance), 0, 1), 0)
    by_hand = np.nansum(inside * slope) / np.nansum(inside * nrs1.rate)
    assert truth.bias[5] == pytest.approx(by_hand, rel=1e-9)
    assert truth.bias[0] < -0.005  # the middle loses
    assert abs(truth.bias[-1]) < 2e-5  # everything is inside
    pulls = []
    for _ in range(60):
        curve = aperture_bias(slope + nrs1.noise(rng), nrs1.err, nrs1.rate, distance, half)
        pulls.append((curve.bias - truth.bias) / curve.err)
    assert abs(half_width(np.ravel(pulls)) - 1) < 0.1


def test_where_the_bias_falls_below_a_limit():
    half = np.array([1.0, 2.0, 3.0, 4.0])
    assert falls_below(half, np.array([-0.5, -0.3, -0.1, 0.0]), 0.2) == pytest.approx(2.5)
    assert falls_below(half, np.array([0.1, 0.3, 0.1, 0.1]), 0.2) == pytest.approx(2.5)  # below for good, not for the first time
    assert falls_below(half, np.zeros(4), 0.2) == 1.0
    assert np.isnan(falls_below(half, np.full(4, 1.0), 0.2))
    assert np.isnan(falls_below(half, np.full(4, np.nan), 0.2))


def test_a_safe_half_width_with_its_range(nrs1):
    found = measured(nrs1, np.random.default_rng(4))
    low, high = found.safe_range
    assert 1.5 < low <= found.safe_half <= high < 4
    narrow = measured(nrs1, np.random.default_rng(4), trace_profile.Params(largest=1.0))
    assert np.isnan(narrow.safe_half)
    assert any("no half-width" in note for note in narrow.notes)


def test_nothing_is_seen_where_nothing_moves():
    maps = FakeMaps(migration=0.0)
    for seed in range(10):
        found = measured(maps, np.random.default_rng(seed))
        assert np.isnan(found.balance.loss)
        assert np.isnan(found.widths.full)
        assert any("no loss" in note for note in found.notes)


def test_noise_that_neighbouring_columns_share_is_noticed(nrs1):
    rng = np.random.default_rng(5)
    distance = nrs1.trace.distance(32)
    alone = [noise_factor(nrs1.noise(rng), nrs1.err, distance) for _ in range(10)]
    assert np.mean(alone) == pytest.approx(1, abs=0.1)
    rows = np.repeat(rng.normal(size=(32, 16)), 128, axis=1) * np.nanmin(nrs1.err)
    shared = noise_factor(nrs1.noise(rng) + rows, nrs1.err, distance)
    assert shared > 2
    slope = nrs1.truth() + nrs1.noise(rng) + rows
    found = trace_profile.of_arrays(slope, nrs1.err, nrs1.trace, nrs1.rate, trace_profile.Params())
    plain = fold(slope, nrs1.err, distance)
    np.testing.assert_allclose(found.folded.err[40], plain.err[40] * found.noise_factor, rtol=0.05)
    assert any("times those of independent pixels" in note for note in found.notes)


def test_pixels_beside_one_without_value_are_left_out():
    values = np.zeros((4, 5))
    values[1, 1] = np.nan
    kept = np.isfinite(with_neighbours(values))
    expected = np.ones((4, 5), bool)
    for y, x in ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2)):
        expected[y, x] = False
    np.testing.assert_array_equal(kept, expected)


def test_a_flagged_hot_pixel_does_not_unbalance_the_profile(nrs1):
    slope = nrs1.truth() + nrs1.noise(np.random.default_rng(6))
    before = trace_profile.of_arrays(slope, nrs1.err, nrs1.trace, nrs1.rate, trace_profile.Params()).balance
    spoilt = slope.copy()
    for x in range(600, 1900, 40):
        y = round(nrs1.trace.centre[x]) + 3
        spoilt[y, x] = np.nan
        for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            spoilt[y + dy, x + dx] += 12.0
    after = trace_profile.of_arrays(spoilt, nrs1.err, nrs1.trace, nrs1.rate, trace_profile.Params()).balance
    assert abs(after.net - before.net) < 5 * after.net_err


def test_bad_input_and_tables(nrs1, tmp_path):
    with pytest.raises(BadInput, match="bin must be larger"):
        trace_profile.check(trace_profile.Params(bin=0))
    with pytest.raises(BadInput, match="10000 points"):
        trace_profile.check(trace_profile.Params(step=1e-9))
    with pytest.raises(BadInput, match="no pixel within"):
        trace_profile.of_arrays(np.full((32, 2048), np.nan), nrs1.err, nrs1.trace, None, trace_profile.Params())
    found = measured(nrs1, np.random.default_rng(7))
    for name, table in (("profile.ecsv", trace_profile.as_table(found)), ("aperture.csv", trace_profile.aperture_table(found))):
        write_table(tmp_path / name, *table)
        assert (tmp_path / name).stat().st_size > 500


def test_without_a_middle_there_are_no_widths():
    folded = fold(np.ones((32, 100)), np.ones((32, 100)), np.broadcast_to(np.arange(32)[:, None] - 15.0, (32, 100)))
    assert np.isnan(widths(folded).full)
    assert np.isnan(balance(folded).loss)
