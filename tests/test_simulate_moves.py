"""Simulated series in which the trace moves or the migration changes."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from detgui.errors import BadInput
from detgui.simulate.bots import late_slopes, simulate_integration
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import make_scene, moved_rate, rate_of

CLEAN = {"jumps": 0.0, "hot": 0.0, "dead": 0.0}


def test_jitter_has_its_size_and_leaves_the_rest_alone():
    still = make_scene(BotsParams(integrations=400, columns=64))
    moved = make_scene(BotsParams(integrations=400, columns=64, jitter_x=0.02, jitter_y=0.05))
    assert not still.shifts.any()
    np.testing.assert_allclose(moved.shifts.std(axis=0), [0.02, 0.05], rtol=0.1)
    np.testing.assert_array_equal(still.superbias, moved.superbias)
    np.testing.assert_array_equal(still.rate, moved.rate)


def test_a_moved_trace_has_moved_and_lost_nothing():
    params = BotsParams(**CLEAN)
    y = np.arange(32)[:, None]
    still, moved = moved_rate(params, 0, 0), moved_rate(params, 0, 0.2)
    bright = still.max(axis=0) > 300
    centroids = [(image * y).sum(axis=0)[bright] / image.sum(axis=0)[bright] for image in (still, moved)]
    np.testing.assert_allclose(centroids[1] - centroids[0], 0.2, atol=0.02)  # the wings leave the subarray
    assert moved.sum() == pytest.approx(still.sum(), rel=2e-3)
    np.testing.assert_allclose(moved_rate(params, 3.0, 0).sum(axis=0)[103:2000], still.sum(axis=0)[100:1997], rtol=5e-3, atol=1e-3)


def test_drift_goes_from_nothing_to_its_size():
    scene = make_scene(BotsParams(integrations=5, columns=64, drift_y=1.0))
    np.testing.assert_allclose(scene.shifts[:, 1], [0, 0.25, 0.5, 0.75, 1])
    assert rate_of(BotsParams(integrations=5, columns=64, drift_y=1.0), scene, 0) is scene.rate


def test_migration_changes_in_the_transit_only(tmp_path):
    params = BotsParams(integrations=3, groups=14, columns=64, transit=0.5, duration=0.2, migration_change=0.5, **CLEAN)
    scene = make_scene(params)
    np.testing.assert_allclose(scene.coefficient, 0.011 * np.array([1, 1.5, 1]))
    path = write_exposure(params, tmp_path)[-1]
    with fits.open(path) as truth:
        np.testing.assert_allclose(truth["SHIFTS"].data["migration"], scene.coefficient)
        wanted = late_slopes(params, scene, scene.light[1], coefficient=scene.coefficient[1])
        np.testing.assert_allclose(truth["LATE_TRANSIT"].data, wanted, rtol=1e-5, atol=1e-4)
        assert np.abs(wanted).max() > 1.3 * np.abs(late_slopes(params, scene, scene.light[1])).max()


def test_an_integration_sees_its_own_shift():
    params = BotsParams(integrations=2, groups=4, columns=256, read_noise=0, ktc=0, drift_y=2.0, transit_depth=0, eclipse_depth=0, **CLEAN)
    scene = make_scene(params)
    y = np.arange(32)[:, None]
    signal = [simulate_integration(params, scene, index).signal[-1].astype(float) for index in range(2)]
    centroid = [(image * y).sum() / image.sum() for image in signal]
    assert centroid[1] - centroid[0] == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"jitter_x": -1.0}, "jitter x"),
        ({"drift_y": 40.0}, "drift"),
        ({"migration_change": 30.0}, "transit"),
        ({"migration_change": -2.0}, "transit"),
    ],
)
def test_bad_moves_are_named(values, word):
    with pytest.raises(BadInput, match=word):
        BotsParams(**values)
