"""The forward model of a NIRSpec time series against what it is meant to be."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.errors import BadInput
from detgui.science.dq import DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL, SATURATED
from detgui.simulate.bots import collect, cosmic_rays, late_slopes, migrate, rates, simulate_integration
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import DEAD, light_curve, make_scene

CLEAN = {"jumps": 0.0, "hot": 0.0, "dead": 0.0}


def test_migration_conserves_charge():
    rng = np.random.default_rng(1)
    charge = rng.uniform(0, 80000, (5, 32, 64))
    active = rng.random((32, 64)) > 0.1
    before = charge.copy()
    migrate(charge, 0.011, 14200.0, active)
    np.testing.assert_allclose(charge.sum(axis=(1, 2)), before.sum(axis=(1, 2)), rtol=1e-13)
    assert np.abs(charge - before).max() > 100
    np.testing.assert_array_equal(charge[:, ~active], before[:, ~active])


def test_migration_of_one_bright_pixel_by_hand():
    frame = np.full((1, 3, 4), 100.0)
    frame[0, 1, 1] = 15000.0
    migrate(frame, 0.01, 10000.0, np.ones((3, 4), bool))
    expected = np.full((3, 4), 100.0)
    expected[1, 1] = 15000 - 4 * 50
    for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
        expected[y, x] = 150
    np.testing.assert_allclose(frame[0], expected)


def test_nothing_migrates_below_the_start():
    frame = np.random.default_rng(2).uniform(0, 9999, (2, 8, 8))
    before = frame.copy()
    migrate(frame, 0.05, 10000.0, np.ones((8, 8), bool))
    np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize(("detector", "least", "most"), [("NRS1", 16, 24), ("NRS2", 4.5, 7.5)])
def test_late_slopes_have_the_reports_size(detector, least, most):
    params = BotsParams(detector=detector, **CLEAN)
    scene = make_scene(params)
    slopes = late_slopes(params, scene)
    assert -most < slopes.min() < -least
    assert least / 2 < slopes.max() < most
    assert abs(slopes.sum()) < 1e-3 * np.abs(slopes).sum()  # what the centre loses the wings gain
    middle = np.rint(scene.centre[800:1800]).astype(int)
    columns = np.arange(800, 1800)
    assert (slopes[middle, columns] < 0).mean() > 0.95
    outside = np.maximum(slopes[middle - 2, columns], slopes[middle + 2, columns])
    assert (outside > 0).mean() > 0.95


def test_late_slopes_equal_polyfit():
    params = BotsParams(columns=512, **CLEAN)
    scene = make_scene(params)
    group = np.arange(1, 43)
    column = scene.rate[:, 400][None, :] * group[:, None] + scene.dark[:, 400] * params.tframe / params.electrons_per_dn
    # Migration between rows only: neighbouring columns are left out of this check by giving them the same light.
    flat = np.repeat(column[:, :, None], 3, axis=2)
    migrate(flat, params.coefficient, params.migration_start, np.ones((32, 3), bool))
    expected = []
    for y in range(32):
        early = np.polyfit(group[:10], flat[:10, y, 1], 1)
        rest = flat[:, y, 1] - np.polyval(early, group)
        expected.append(np.polyfit(group[10:], rest[10:], 1)[0])
    np.testing.assert_allclose(late_slopes(params, scene)[:, 400], expected, atol=0.3)


def test_late_slopes_are_what_noisy_ramps_show():
    params = BotsParams(integrations=24, columns=512, transit_depth=0.0, eclipse_depth=0.0, **CLEAN)
    scene = make_scene(params)
    group = np.arange(1, 43)
    maps = []
    for index in range(24):
        signal = simulate_integration(params, scene, index).signal.reshape(42, -1).astype(float)
        slope, start = np.polyfit(group[:10], signal[:10], 1)
        rest = signal - slope * group[:, None] - start
        maps.append(np.polyfit(group[10:], rest[10:], 1)[0].reshape(scene.rate.shape))
    bright = scene.rate > 100
    error = np.std(maps, axis=0, ddof=1) / np.sqrt(24)
    truth = late_slopes(params, scene)
    pulls = ((np.mean(maps, axis=0) - truth) / error)[bright]
    assert pulls.size > 1000
    assert abs(pulls.mean()) < 0.15
    assert abs(np.diff(np.percentile(pulls, [15.87, 84.13]))[0] / 2 - 1) < 0.1
    assert np.abs(truth[bright] / error[bright]).max() > 5  # the effect is there to be missed


def test_peak_reaches_10000_dn_in_ten_groups():
    params = BotsParams(integrations=1, read_noise=0, ktc=0, **CLEAN)
    scene = make_scene(params)
    y, x = np.unravel_index(scene.rate.argmax(), scene.rate.shape)
    signal = simulate_integration(params, scene, 0).signal
    assert abs(signal[9, y, x] - 10000) < 6 * np.sqrt(10000 / params.electrons_per_dn)
    assert signal.dtype == np.float32


def test_photon_transfer_gives_the_gain():
    rng = np.random.default_rng(3)
    charge = collect(np.full((100, 100), 500.0), 10, rng) / 1.43
    steps = np.diff(charge, axis=0)
    gain = steps.mean() / steps.var()
    assert abs(gain / 1.43 - 1) < 5 * np.sqrt(2 / steps.size)
    # Noise adds up: the variance of the last group is that of ten increments.
    assert abs(charge[9].var() / charge[0].var() / 10 - 1) < 0.1


def test_read_noise_and_pedestal():
    params = BotsParams(integrations=1, peak=1e-6, dark=0.0, read_noise=8.0, ktc=26.0, **CLEAN)
    scene = make_scene(params)
    signal = simulate_integration(params, scene, 0).signal
    assert abs(np.diff(signal, axis=0).std() / (8 * np.sqrt(2)) - 1) < 0.01
    reference = (scene.pixeldq & REFERENCE_PIXEL) != 0
    assert abs(signal.mean(axis=0)[~reference].std() / np.hypot(26, 8 / np.sqrt(42)) - 1) < 0.02
    assert signal[:, reference].mean(axis=0).std() < 3  # reference pixels have no reset noise here


def test_one_over_f_is_correlated_along_the_fast_axis():
    params = BotsParams(integrations=1, groups=20, peak=1e-6, dark=0.0, read_noise=0.0, ktc=0.0, one_over_f=5.0, **CLEAN)
    signal = simulate_integration(params, make_scene(params), 0).signal.astype(float)
    assert abs(signal.std() / 5 - 1) < 0.1
    along_y = (signal[:, 1:] * signal[:, :-1]).mean() / signal.var()
    along_x = (signal[:, :, 1:] * signal[:, :, :-1]).mean() / signal.var()
    assert along_y > along_x + 0.1


def test_light_curve_has_its_depths_and_places():
    params = BotsParams(integrations=3504)
    light = light_curve(params)
    assert abs(light[350] - 1) < 1e-12  # only the star shines in eclipse
    assert abs(light[3180] - 1) < 1e-12
    assert np.abs(light[200] - 1.005) < 5e-4
    middle = int(0.508 * 3504)
    assert np.abs(1.0 - light[middle] - 0.015 + 0.0005) < 3e-4
    assert light.argmin() == pytest.approx(middle, abs=20)
    # The report's ranges lie inside the events (figure 6).
    assert (light[1730:1830] < 0.99).all()
    np.testing.assert_allclose(light[300:400], 1.0)
    np.testing.assert_allclose(light[3130:3230], 1.0)


def test_light_curve_is_recovered_from_the_ramps():
    params = BotsParams(integrations=12, groups=6, columns=512, peak=800, transit=0.5, duration=0.2, migration=0.0, **CLEAN)
    scene = make_scene(params)
    flux = np.array([np.diff(simulate_integration(params, scene, i).signal, axis=0).sum(dtype=float) for i in range(12)])
    expected = scene.light * scene.rate.sum() * 5
    error = np.sqrt(expected.mean() / params.electrons_per_dn + 2 * 64 * scene.rate.size)
    pulls = (flux - expected) / error
    assert np.abs(pulls).max() < 4
    assert 0.5 < pulls.std() < 1.6


def test_saturation_is_clipped_and_flagged_to_the_end():
    params = BotsParams(integrations=1, peak=3000, read_noise=0, ktc=0, **CLEAN)
    scene = make_scene(params)
    integration = simulate_integration(params, scene, 0)
    full = (integration.groupdq & SATURATED) != 0
    assert full.any()
    assert integration.signal.max() == np.float32(params.saturation_dn)
    np.testing.assert_array_equal(full, integration.signal >= np.float32(params.saturation_dn))
    assert (np.diff(full.astype(int), axis=0) >= 0).all()


def test_a_jump_stays_in_the_ramp_and_is_flagged_once():
    params = BotsParams(integrations=1, peak=50, read_noise=1.0, ktc=0, jumps=1e-3, hot=0, dead=0, columns=512)
    scene = make_scene(params)
    with_hits = simulate_integration(params, scene, 0)
    hit = with_hits.jumps[with_hits.jumps["flagged"]][0]
    ramp = with_hits.signal[:, hit["y"], hit["x"]].astype(float)
    others = (with_hits.jumps["y"] == hit["y"]) & (with_hits.jumps["x"] == hit["x"])
    total = with_hits.jumps["electrons"][others].sum() / params.electrons_per_dn
    expected = scene.rate[hit["y"], hit["x"]] * scene.light[0] * 42
    assert abs(ramp[-1] - expected - total) < 6 * np.sqrt(expected / 1.43 + 1) + 2
    flags = with_hits.groupdq & JUMP_DET
    wanted = np.zeros_like(flags)
    marked = with_hits.jumps[with_hits.jumps["flagged"]]
    wanted[marked["group"] - 1, marked["y"], marked["x"]] = JUMP_DET
    np.testing.assert_array_equal(flags, wanted)


def test_rate_of_hits():
    params = BotsParams(jumps=1e-4, hot=0, dead=0)
    scene = make_scene(params)
    count = sum((cosmic_rays(params, scene, i, scene.rate, np.random.default_rng(i))["electrons"] > 0).sum() / 5 for i in range(20))
    expected = 20 * 1e-4 * 42 * params.tframe * scene.rate.size
    assert abs(count / expected - 1) < 0.05


def test_reference_and_bad_pixels():
    scene = make_scene(BotsParams())
    reference = (scene.pixeldq & REFERENCE_PIXEL) != 0
    expected = np.zeros((32, 2048), bool)
    expected[:, :4] = expected[:, -4:] = True
    np.testing.assert_array_equal(reference, expected)
    assert (scene.pixeldq[reference] == REFERENCE_PIXEL).all()  # with DO_NOT_USE jwst's refpix step corrects nothing
    dead = (scene.pixeldq & DEAD) != 0
    assert dead.sum() == pytest.approx(65, abs=30)
    assert ((scene.pixeldq[dead] & DO_NOT_USE) != 0).all()
    assert (scene.rate[dead] == 0).all()


def test_rates_have_honest_errors():
    params = BotsParams(integrations=6, groups=12, columns=512, migration=0.0, jumps=2e-4, hot=0, dead=0)
    scene = make_scene(params)
    pulls = []
    for index in range(6):
        planes = rates(simulate_integration(params, scene, index), params, scene)
        truth = scene.rate * scene.light[index] / params.tframe + scene.dark / params.electrons_per_dn
        good = (planes["DQ"] == 0) & (truth > 20)
        pulls.append(((planes["SCI"] - truth) / planes["ERR"])[good])
    pull = np.concatenate(pulls)
    assert pull.size > 5000
    assert abs(np.median(pull)) < 0.05
    assert abs(np.diff(np.percentile(pull, [15.87, 84.13]))[0] / 2 - 1) < 0.05


def test_flags_off():
    params = BotsParams(integrations=1, flags=False, peak=3000, jumps=1e-4, columns=512)
    scene = make_scene(params)
    assert not simulate_integration(params, scene, 0).groupdq.any()


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"integrations": 0}, "integrations"),
        ({"groups": 0}, "groups"),
        ({"detector": "NRS3"}, "NRS3"),
        ({"grating": "G999"}, "G999"),
        ({"gain": -1.0}, "gain"),
        ({"gain": float("nan")}, "gain"),
        ({"migration": 0.5}, "migration"),
        ({"read_noise": -2.0}, "read noise"),
        ({"read_noise": 1e300}, "read noise must be between 0 and 100000 DN"),
        ({"gain": 1e-300}, "gain must be between"),
        ({"gain": 1e300}, "gain must be between"),
        ({"peak": 1e300}, "peak must be between"),
        ({"saturation": 1e300}, "saturation must be between"),
        ({"jumps": 1e9}, "jumps must be between"),
        ({"columns": 4096}, "columns"),
        ({"rows": 2048, "groups": 100}, "more than 1 GB"),
        ({"transit_depth": 2.0}, "transit depth"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_parameters_are_named(values, word):
    with pytest.raises(BadInput, match=word):
        BotsParams(**values)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "values", [{"peak": 1e7}, {"peak": 1e7, "gain": 1000.0}, {"gain": 0.01}, {"saturation": 1e7}, {"read_noise": 1e5}, {"jumps": 0.1}]
)
def test_the_largest_values_can_be_simulated(values):
    params = BotsParams(integrations=1, groups=3, columns=32, **values)
    made = simulate_integration(params, make_scene(params), 0)
    assert np.isfinite(made.signal).all()
