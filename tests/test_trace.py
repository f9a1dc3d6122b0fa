"""Finding the trace: against traces that are known."""

from __future__ import annotations

import numpy as np
import pytest
from trace_fakes import half_width

from detgui.analysis import trace
from detgui.data.exposure import open_one
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.science.robust import nan_median, rolling_median
from detgui.science.trace import find_trace
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import make_scene, trace_centre


def noisy(detector: str, read: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    params = BotsParams(detector=detector)
    scene = make_scene(params)
    rng = np.random.default_rng(seed)
    image = scene.rate + rng.standard_normal(scene.rate.shape) * np.sqrt(scene.rate / 14.3 + read**2)
    return np.where(scene.pixeldq != 0, np.nan, image), scene.centre


@pytest.mark.parametrize("detector", ["NRS1", "NRS2"])
@pytest.mark.parametrize("read", [3.0, 30.0])
def test_a_curved_trace_is_found_within_its_error(detector, read):
    pulls = []
    for seed in range(3):
        image, centre = noisy(detector, read, seed)
        found = find_trace(image)
        assert np.isfinite(found.centre).sum() > 1650
        off = found.centre - centre
        assert np.nanmax(np.abs(off)) < 0.15
        assert np.nanstd(off) < 0.012
        pulls.append((off / found.err)[np.isfinite(off)])
    pull = np.concatenate(pulls)
    # Columns share the errors of the spline's pieces: some 50 of them are independent, and the error must not be too small.
    # A good image is limited by the pixel grid, whose part in the error is an upper limit.
    assert (0.5 if read > 10 else 0.05) < pull.std() < 1.35
    assert np.mean(np.abs(pull) < 3) > 0.97


def test_columns_without_signal_have_no_centre():
    image, _ = noisy("NRS1", 3.0, 1)
    found = find_trace(image)
    dark = np.nonzero(make_scene(BotsParams()).rate.max(axis=0) < 0.3)[0]
    assert dark.size > 200
    assert np.isnan(found.centre[dark]).all()
    assert np.isnan(found.err[dark]).all()
    inside = np.flatnonzero(found.used)
    outside = np.isfinite(found.centre)
    outside[inside[0] : inside[-1] + 1] = False
    assert not outside.any()  # nothing is extrapolated


def test_wild_pixels_and_gaps_do_not_move_it():
    image, centre = noisy("NRS2", 3.0, 2)
    rng = np.random.default_rng(3)
    before = find_trace(image)
    spoilt = image.copy()
    spoilt[rng.random(image.shape) < 0.003] = 60000.0
    spoilt[rng.random(image.shape) < 0.003] = -500.0
    spoilt[rng.random(image.shape) < 0.02] = np.nan
    spoilt[:, 700:900] = np.nan
    after = find_trace(spoilt)
    assert np.isnan(after.centre[770:830]).all()
    there = np.isfinite(after.centre)
    assert there.sum() > 1800
    assert np.abs(after.centre - centre)[there].max() < 0.08
    assert np.abs(after.centre - before.centre)[there & np.isfinite(before.centre) & (np.abs(np.arange(2048) - 800) > 200)].max() < 0.03


def test_noise_alone_is_no_trace():
    image = np.random.default_rng(4).normal(0, 5, (32, 512))
    assert not find_trace(image).found
    with pytest.raises(BadInput, match="no trace"):
        trace.find(image, trace.Params())
    assert not find_trace(np.full((32, 64), np.nan)).found


def test_the_distance_is_that_of_pixel_centres():
    image, _ = noisy("NRS2", 3.0, 5)
    found = find_trace(image)
    np.testing.assert_allclose(found.distance(32)[10], 10 - found.centre)


@pytest.mark.parametrize("values", [{"sigma": 0.0}, {"window": 1}, {"knot_columns": 3}, {"significance": float("nan")}, {"sample": 1}])
def test_bad_parameters_are_named(values):
    with pytest.raises(BadInput, match="must be between"):
        trace.check(trace.Params(**values))


def test_the_trace_of_a_file(tmp_path):
    params = BotsParams(integrations=4, groups=10, columns=512, detector="NRS2", drift_y=0.0)
    write_exposure(params, tmp_path)
    with open_one([next(tmp_path.glob("*_ramp.fits"))]) as exposure:
        found = trace.run(exposure, trace.Params())
        with pytest.raises(BadInput, match="two or more groups"):
            trace.run(exposure, trace.Params(fit_groups=(3, 3)))
        with pytest.raises(BadInput, match="NOT_A_FLAG"):
            trace.run(exposure, trace.Params(flags=("NOT_A_FLAG",)))
        with pytest.raises(BadInput, match="9-12 are not there"):
            trace.run(exposure, trace.Params(integrations=(9, 12)))
    off = (found.trace.centre - trace_centre(params)) / found.trace.err
    assert half_width(off[np.isfinite(off)]) < 1.5
    columns, meta = trace.as_table(found)
    write_table(tmp_path / "trace.ecsv", columns, meta)
    assert "trace.run(exposure, trace.Params())" in str(meta["provenance"])


def test_medians_equal_numpys():
    rng = np.random.default_rng(6)
    values = rng.normal(size=(7, 40))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 3] = np.nan
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        expected = np.nanmedian(values, axis=0)
    np.testing.assert_allclose(nan_median(values, axis=0), expected)


def test_a_rolling_median_leaves_an_ingress():
    series = np.concatenate([np.ones(20), np.linspace(1, 0.5, 8), np.full(20, 0.5)])
    np.testing.assert_array_equal(rolling_median(series, 9), series)
    wild = series.copy()
    wild[5] = 9
    assert rolling_median(wild, 9)[5] == 1.0
