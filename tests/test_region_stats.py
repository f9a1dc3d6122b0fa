"""Statistics of a region of a slope map."""

from __future__ import annotations

import numpy as np
import pytest
from trace_fakes import FakeMaps

from detgui.analysis import region_stats
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.science.profile import with_neighbours
from detgui.science.ranges import charge, fill, ratio_of_ranges, robust_range


@pytest.fixture(scope="module")
def pair():
    return FakeMaps(), FakeMaps(detector="NRS2")


def near(maps: FakeMaps) -> np.ndarray:
    return np.abs(maps.trace.distance(32)) < 8


def test_the_range_is_numpys_and_its_error_is_true():
    rng = np.random.default_rng(1)
    lows, errors = [], []
    for seed in range(60):
        image = rng.normal(0, 2, (16, 512))
        found = robust_range(image, (5, 95), seed=seed)
        lows.append([found.low, found.high, found.half])
        errors.append([found.low_err, found.high_err, found.half_err])
    np.testing.assert_allclose(found.low, np.percentile(image, 5))
    pulls = (np.array(lows) - 2 * 1.6449 * np.array([-1, 1, 1])) / np.array(errors)
    assert (np.abs(pulls.std(axis=0) - 1) < 0.25).all()


def test_the_reports_ranges_and_their_ratio(pair):
    rng = np.random.default_rng(2)
    maps = [each.truth() + each.noise(rng) for each in pair]
    images = [np.where(near(each), image, np.nan) for each, image in zip(pair, maps, strict=True)]
    halves = [robust_range(image, (0.5, 99.5)).half for image in images]
    assert 12 < halves[0] < 24  # NRS1: +-20 DN/group
    assert 3.5 < halves[1] < 7.5  # NRS2: +-6
    ratio, err = ratio_of_ranges(images[0], images[1], (0.5, 99.5))
    assert ratio == pytest.approx(halves[0] / halves[1])
    assert 2.5 < ratio < 3.7  # about 3
    assert 0.01 < err < 0.4


def test_the_error_of_a_ratio_is_true():
    rng = np.random.default_rng(3)
    found = np.array([ratio_of_ranges(rng.normal(0, 3, (12, 320)), rng.normal(0, 1, (12, 320)), (5, 95), seed=s) for s in range(80)])
    assert found[:, 0].mean() == pytest.approx(3, rel=0.02)
    assert ((found[:, 0] - 3) / found[:, 1]).std() == pytest.approx(1, abs=0.25)
    assert np.isnan(ratio_of_ranges(np.ones((4, 64)), np.ones((4, 64)), (5, 95))[0])


def test_excesses_and_losses_by_hand():
    values = np.array([[10.0, -10.0, 1.0, np.nan, -20.0]])
    err = np.array([[1.0, 1.0, 1.0, 1.0, 2.0]])
    found = charge(values, err, 3.0)
    assert (found.excesses, found.losses, found.pixels) == (1, 2, 4)
    assert (found.excess, found.loss, found.net) == (10.0, -30.0, -19.0)
    assert found.net_err == pytest.approx(np.sqrt(7))
    assert found.loss_err == pytest.approx(np.sqrt(5))
    assert found.by_chance == pytest.approx(4 * 0.00135, rel=0.01)
    assert found.probability < 1e-9


def test_a_hole_is_filled_from_its_row():
    values = np.arange(12.0)[None, :] + np.array([[0.0], [100.0]])
    values[0, 5] = values[1, 0] = values[1, 10] = np.nan
    inside = np.ones(values.shape, bool)
    found, variance = fill(values, inside, reach=3)
    near = np.array([2.0, 3, 4, 6, 7, 8])
    assert found == pytest.approx([near.mean()])  # the first pixel of a row has no left side, the last but one too little on its right
    assert variance == pytest.approx([near.var(ddof=1)])
    inside[0, 5] = False
    assert fill(values, inside, reach=3)[0].size == 0


def test_holes_in_a_conserved_pattern_stay_within_the_error():
    rng = np.random.default_rng(8)
    y, x = np.mgrid[:24, :600]
    distance = y - 12 - 3 * np.sin(x / 300)
    pattern = np.exp(-(distance**2) / 2) * (distance**2 - 1) * 20  # sums to zero along y
    err = np.full(pattern.shape, 0.5)
    pulls = []
    for _ in range(60):
        values = pattern + rng.normal(0, 0.5, pattern.shape)
        values[rng.random(pattern.shape) < 0.02] = np.nan
        found = charge(with_neighbours(values), err, 3.0)
        pulls.append((found.net - pattern.sum()) / found.net_err)
    assert 0.6 < np.std(pulls) < 1.25
    assert abs(np.mean(pulls)) < 0.5


def test_conserved_charge_has_uniform_probabilities(pair):
    maps = pair[0]
    rng = np.random.default_rng(4)
    params = region_stats.Params()
    found = [region_stats.of_arrays(maps.truth() + maps.noise(rng), maps.err, near(maps), params) for _ in range(40)]
    p = np.array([each.charge.probability for each in found])
    assert 0.3 < p.mean() < 0.7
    assert (p < 0.05).sum() < 7
    assert all("is conserved" in each.conserved for each in found if each.charge.probability > 0.01)
    one = found[0]
    assert one.charge.losses > 10 * one.charge.by_chance
    assert one.noise_half < one.range.half / 5
    assert one.counts.sum() + one.below + one.above == one.pixels == int((near(maps) & np.isfinite(maps.err)).sum())


def test_lost_charge_is_noticed(pair):
    maps = pair[0]
    slope = maps.truth() + maps.noise(np.random.default_rng(5))
    found = region_stats.of_arrays(np.where(slope > 3, slope - 0.5, slope), maps.err, near(maps), region_stats.Params())
    assert "is not conserved" in found.conserved
    assert found.charge.net < 0


def test_pixels_beside_a_flagged_one_are_not_summed(pair):
    maps = pair[0]
    slope = maps.truth() + maps.noise(np.random.default_rng(6))
    for x in range(300, 2000, 10):
        slope[2, x] = np.nan
        slope[[1, 3], x] += 15.0
    mask = np.ones(slope.shape, bool)
    assert region_stats.of_arrays(slope, maps.err, mask, region_stats.Params()).charge.probability > 1e-3
    assert region_stats.of_arrays(slope, maps.err, mask, region_stats.Params(whole=False)).charge.probability < 1e-9


def test_bad_input_and_table(pair, tmp_path):
    maps = pair[0]
    with pytest.raises(BadInput, match="no valid pixel"):
        region_stats.of_arrays(maps.truth(), maps.err, np.zeros((32, 2048), bool), region_stats.Params())
    with pytest.raises(BadInput, match="percentiles"):
        region_stats.check(region_stats.Params(percentiles=(99, 1)))
    with pytest.raises(BadInput, match="histogram"):
        region_stats.check(region_stats.Params(bins=1))
    found = region_stats.of_arrays(maps.truth(), maps.err, None, region_stats.Params())
    for name in ("stats.ecsv", "stats.csv"):
        write_table(tmp_path / name, *region_stats.as_table(found))
