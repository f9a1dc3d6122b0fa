"""Charge moved per contrast, from the mean and from the noise, against the simulator's coefficient."""

from __future__ import annotations

import numpy as np
import pytest
from trace_fakes import CLEAN, FakeMaps

from detgui.analysis import brighter_fatter, slope_map
from detgui.data.exposure import open_one
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.science.contrast import fit_contrast, late_contrast, late_excess, neighbour_contrast
from detgui.science.correlations import PairSums
from detgui.simulate.bots import collect, migrate
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams


def test_contrast_by_hand():
    image = np.array([[1.0, 2.0, 4.0], [1.0, 7.0, 4.0]])
    np.testing.assert_array_equal(neighbour_contrast(image), [[-1, -6, 2], [-6, 14, -3]])
    image[0, 0] = np.nan
    there = np.isfinite(neighbour_contrast(image))
    np.testing.assert_array_equal(there, [[False, False, True], [False, True, True]])


def test_late_contrast_is_what_moves():
    """Against the simulator's own migration, with the lines fitted by numpy."""
    rate = np.random.default_rng(1).uniform(200, 1500, (6, 7))
    ramp = rate * np.arange(1, 21)[:, None, None]
    moved = ramp.copy()
    migrate(moved, 1e-6, 3000.0, np.ones(rate.shape, bool))
    lost = (ramp - moved).reshape(20, -1) / 1e-6
    number = np.arange(1, 21)
    late = np.polyfit(number[10:], lost[10:], 1)[0] - np.polyfit(number[:10], lost[:10], 1)[0]
    np.testing.assert_allclose(late_contrast(rate, 20, (1, 10), 3000.0).ravel(), late, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(late_contrast(rate, 20, (1, 10), 0.0), neighbour_contrast(rate))


@pytest.mark.parametrize("detector", ["NRS1", "NRS2"])
def test_the_coefficient_comes_back_from_maps(detector):
    maps = FakeMaps(integrations=20, detector=detector)
    contrast = late_contrast(maps.rate, 42, (1, 10), 10000.0)
    rng = np.random.default_rng(2)
    found = [fit_contrast(maps.truth() + maps.noise(rng), maps.err, contrast) for _ in range(25)]
    pulls = np.array([(each.coefficient - maps.params.coefficient) / each.coefficient_err for each in found])
    assert 0.6 < pulls.std() < 1.5
    assert abs(pulls.mean()) < 1
    one = found[0]
    assert one.coefficient == pytest.approx(maps.params.coefficient, rel=0.03)
    assert one.coefficient_err < 0.02 * maps.params.coefficient
    assert one.correlation < -0.6
    straight = np.array([each.curvature / each.curvature_err for each in found])
    assert np.abs(straight).mean() < 2.5
    contrasts, slopes, errs = one.binned
    assert contrasts.size == slopes.size == errs.size == 20
    assert slopes[0] > 0 > slopes[-1]


def test_a_bent_relation_is_noticed():
    maps = FakeMaps(integrations=20)
    contrast = late_contrast(maps.rate, 42, (1, 10), 10000.0)
    slope = maps.truth() * (1 + 0.5 * np.abs(contrast) / np.nanmax(np.abs(contrast)))
    found = fit_contrast(slope + maps.noise(np.random.default_rng(3)), maps.err, contrast)
    assert found.curvature > 5 * found.curvature_err


def test_a_pixels_own_non_linearity_is_told_apart():
    maps = FakeMaps(integrations=20)
    contrast, excess = late_contrast(maps.rate, 42, (1, 10), 10000.0), late_excess(maps.rate, 42, (1, 10), 10000.0)
    slope = maps.truth() + 0.01 * excess + maps.noise(np.random.default_rng(4))
    both = fit_contrast(slope, maps.err, contrast, excess)
    assert abs(both.coefficient - 0.011) < 5 * both.coefficient_err
    assert abs(both.local - 0.01) < 5 * both.local_err
    assert fit_contrast(slope, maps.err, contrast).coefficient < 0.95 * both.coefficient


def test_no_contrast_no_coefficient():
    assert np.isnan(fit_contrast(np.ones((8, 8)), np.ones((8, 8)), np.zeros((8, 8))).coefficient)


def added(coefficient: float, seed: int, capacitance: float = 0.0) -> PairSums:
    """Ramps of a slope of brightness, six integrations of 40 groups of 60 x 160 pixels."""
    rng = np.random.default_rng(seed)
    rate = np.full((60, 160), 800.0) + np.linspace(-500, 200, 60)[:, None]
    sums = PairSums(rate, 10000.0)
    ramps = []
    for _ in range(6):
        charge = collect(rate * 1.43, 40, rng)
        migrate(charge, coefficient, 14300.0, np.ones(rate.shape, bool))
        if capacitance:
            charge -= (capacitance * neighbour_contrast_of(charge)).astype(np.float32)
        ramps.append(charge / 1.43 + rng.normal(0, 8, charge.shape))
    sums.add(np.array(ramps), np.zeros((6, 40, 60, 160), bool))
    return sums


def neighbour_contrast_of(cube: np.ndarray) -> np.ndarray:
    return np.array([neighbour_contrast(frame) for frame in cube])


def test_the_covariance_of_neighbours_gives_the_coefficient():
    values, noise = [], []
    for seed in range(8):
        sums = added(0.02, seed)
        noise.append(sums.noise_found())
        values += [(fit.coefficient, fit.coefficient_err) for fit in (sums.fit("x"), sums.fit("y"))]
    value, err = np.array(values).T
    pulls = (value - 0.02) / err
    assert abs(pulls.mean()) < 3 / np.sqrt(16)
    assert 0.6 < pulls.std() < 1.5
    gains = np.array(noise)
    assert abs(((gains[:, 0] - 1.43) / gains[:, 1]).mean()) < 1.2
    assert gains[:, 2].mean() == pytest.approx(8, rel=0.05)


def test_capacitance_is_not_taken_for_migration():
    fits = [fit for seed in range(6) for sums in [added(0.0, seed, capacitance=0.006)] for fit in (sums.fit("x"), sums.fit("y"))]
    migration = np.mean([fit.coefficient for fit in fits])
    shared = np.mean([fit.capacitance for fit in fits])
    assert abs(migration) < 3 * np.mean([fit.coefficient_err for fit in fits]) / np.sqrt(12)
    assert shared == pytest.approx(0.006, abs=3 * np.mean([fit.capacitance_err for fit in fits]) / np.sqrt(12))
    assert shared > 0.003


@pytest.fixture(scope="module")
def exposure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bfe")
    write_exposure(BotsParams(integrations=16, columns=1024, one_over_f=3.0, transit_depth=0, eclipse_depth=0), folder)
    with open_one([next(folder.glob("*_ramp.fits"))]) as opened:
        yield opened


def test_both_ways_from_ramps(exposure, tmp_path):
    said = []
    found = brighter_fatter.run(exposure, brighter_fatter.Params(), None, lambda f, m: said.append(f))
    assert abs(found.slopes.coefficient - 0.011) < 4 * found.slopes.coefficient_err
    assert found.slopes.coefficient_err < 2e-4
    assert abs(found.pair_coefficient - 0.011) < 3 * found.pair_err
    assert found.pair_err < 0.004
    assert abs(found.agreement) < 3
    assert found.gain == pytest.approx(1.43, rel=0.03)
    assert found.why_not == ""
    assert said == sorted(said)
    assert said[-1] == pytest.approx(1)
    for name in ("bfe.ecsv", "bfe.csv"):
        write_table(tmp_path / name, *brighter_fatter.as_table(found))


def test_where_the_data_do_not_allow_it_it_is_said(exposure):
    slopes = slope_map.run(exposure, slope_map.Params())
    for values, words in (
        ({"start": 60000.0}, "no pixel is above"),
        ({"pairs": 0}, "two or more integrations"),
        ({"start": 0.0}, "start above zero"),
    ):
        found = brighter_fatter.run(exposure, brighter_fatter.Params(**values), slopes=slopes)
        assert np.isnan(found.pair_coefficient)
        assert words in found.why_not
        assert any(words in note for note in found.notes)
    with pytest.raises(BadInput, match="other groups"):
        brighter_fatter.run(exposure, brighter_fatter.Params(fit_groups=(1, 9)), slopes=slopes)
    with pytest.raises(BadInput, match="0 DN or more"):
        brighter_fatter.check(exposure, brighter_fatter.Params(start=-1.0))


def test_short_ramps_have_slopes_only(tmp_path):
    write_exposure(BotsParams(integrations=4, groups=7, columns=256, peak=4000, **CLEAN), tmp_path)
    with open_one([next(tmp_path.glob("*_ramp.fits"))]) as short:
        found = brighter_fatter.run(short, brighter_fatter.Params(fit_groups=(1, 3)))
    assert "8 or more groups" in found.why_not
    assert np.isfinite(found.slopes.coefficient)
