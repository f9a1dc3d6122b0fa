"""White light and movements from the first groups: against simulated series whose light and movements are known."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from trace_fakes import CLEAN, half_width

from detgui.analysis import light_curve
from detgui.data.exposure import Exposure, open_one
from detgui.data.tables import write_table
from detgui.errors import BadInput, Cancelled
from detgui.science.light import background_rows, outliers, point_scatter, without_background
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams

SERIES = BotsParams(
    integrations=72, groups=7, columns=1024, detector="NRS2", jitter_x=0.02, jitter_y=0.01, duration=0.3, transit=0.5, eclipses=(0.1, 2.0)
)
FIRST = light_curve.Params(fit_groups=(1, 6))


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    write_exposure(SERIES, folder, segments=2)
    exposure = open_one([next(folder.glob("*seg001*_ramp.fits"))])
    with fits.open(next(folder.glob("*_truth.fits"))) as truth:
        light, moves = np.array(truth["LIGHT"].data["flux"]), np.array(truth["SHIFTS"].data)
    with exposure:
        yield exposure, light, moves


@pytest.fixture(scope="module")
def found(series):
    return light_curve.run(series[0], FIRST)


def pulls_of(value: np.ndarray, truth: np.ndarray, err: np.ndarray) -> np.ndarray:
    off = value - truth
    return (off - off.mean()) / err


def test_flux_within_its_errors(series, found):
    light = series[1]
    scale = np.sum(found.flux * light / found.flux_err**2) / np.sum((light / found.flux_err) ** 2)
    pulls = (found.flux - scale * light) / found.flux_err
    assert found.flux.size == 72
    assert 0.8 < pulls.std() < 1.25
    assert np.ptp(light) > 20 * np.median(found.relative_err)  # the transit is there to be missed
    assert np.median(found.relative[~found.outlier]) == pytest.approx(1)
    np.testing.assert_allclose(found.relative_err, found.flux_err * found.relative / found.flux)


def test_errors_of_the_flux_over_many_points(tmp_path):
    pulls = []
    for seed in range(4):
        params = BotsParams(
            integrations=260, groups=4, columns=256, detector="NRS2", seed=seed, transit_depth=0.0, eclipse_depth=0.0, **CLEAN
        )
        folder = tmp_path / str(seed)
        write_exposure(params, folder)
        with open_one([next(folder.glob("*_ramp.fits"))]) as exposure:
            one = light_curve.run(exposure, light_curve.Params(fit_groups=(1, 4)))
        pulls.append(np.concatenate([[(one.flux - one.flux.mean()) / one.flux_err], [pulls_of(one.y_shift, 0 * one.flux, one.y_err)]]))
        assert one.scatter == pytest.approx(np.median(one.relative_err), rel=0.25)
    flux, moves = np.concatenate(pulls, axis=1)
    assert flux.size > 1000
    assert abs(half_width(flux) - 1) < 0.1
    assert abs(half_width(moves) - 1) < 0.1


def test_movements_are_found(series, found):
    _, _, moves = series
    for name, limit in (("x", 0.3), ("y", 0.02)):
        value, err = getattr(found, f"{name}_shift"), getattr(found, f"{name}_err")
        assert 0.75 < pulls_of(value, moves[name], err).std() < 1.3
        response = np.polyfit(moves[name], value, 1)[0]
        noise = err.mean() / moves[name].std() / np.sqrt(len(value))
        assert abs(response - 1) < limit + 3 * noise
    assert found.y_err.mean() < 0.002


def test_only_the_first_groups_are_read_and_little_at_a_time(series, monkeypatch):
    exposure = series[0]
    asked = []
    read = Exposure.read_block

    def watch(self, plane="SCI", integrations=None, groups=None, *args, **kwargs):
        asked.append((integrations, groups))
        return read(self, plane, integrations, groups, *args, **kwargs)

    monkeypatch.setattr(Exposure, "read_block", watch)
    light_curve.run(exposure, light_curve.Params(fit_groups=(1, 3), integrations=(10, 30)))
    assert {groups for _, groups in asked} == {(1, 3)}
    assert {first for (first, _), _ in asked} == set(range(10, 31))
    assert all(first == last for (first, last), _ in asked)


def test_times_come_from_the_files(series, found):
    assert found.time_scale == "BJD_TDB"
    np.testing.assert_allclose(np.diff(found.time) * 86400, SERIES.period, rtol=1e-3)
    np.testing.assert_array_equal(found.integration, np.arange(1, 73))


def test_hits_are_replaced_not_counted_as_light(tmp_path):
    params = BotsParams(
        integrations=40, groups=5, columns=256, detector="NRS2", jumps=5e-4, hot=0, dead=0, transit_depth=0, eclipse_depth=0
    )
    write_exposure(params, tmp_path)
    with open_one([next(tmp_path.glob("*_ramp.fits"))]) as exposure:
        clean = light_curve.run(exposure, light_curve.Params(fit_groups=(1, 5)))
        blind = light_curve.run(exposure, light_curve.Params(fit_groups=(1, 5), flags=("DEAD",)))
    assert clean.replaced.mean() > 2
    assert 0.7 < ((clean.flux - clean.flux.mean()) / clean.flux_err).std() < 1.4
    # Without the flags large hits are still known by their size.
    assert blind.replaced.mean() > 1
    assert blind.flux.std() < 3 * clean.flux.std()


def test_column_noise_is_taken_off():
    rng = np.random.default_rng(1)
    distance = np.arange(32)[:, None] - np.full(64, 12.0)
    columns = rng.normal(0, 50, 64)
    image = (columns + 3.0 * (np.abs(distance) < 5)).astype(np.float32)
    usable = np.ones((32, 64), bool)
    usable[:, 7] = False
    rows = background_rows(distance, 10.0, usable)
    assert (rows[:, 7] == -1).all()
    flat = without_background(image, np.zeros((32, 64), bool), rows)
    others = np.arange(64) != 7
    np.testing.assert_allclose(flat[12, others], 3.0, atol=1e-4)
    np.testing.assert_allclose(flat[30, others], 0.0, atol=1e-4)
    assert flat[12, 7] == pytest.approx(image[12, 7])


def test_one_over_f_noise_makes_errors_larger_not_wrong(tmp_path):
    params = BotsParams(integrations=60, groups=4, columns=512, detector="NRS2", one_over_f=8.0, transit_depth=0, eclipse_depth=0, **CLEAN)
    write_exposure(params, tmp_path)
    with open_one([next(tmp_path.glob("*_ramp.fits"))]) as exposure:
        found = light_curve.run(exposure, light_curve.Params(fit_groups=(1, 4)))
    assert 0.75 < ((found.flux - found.flux.mean()) / found.flux_err).std() < 1.35


def test_outliers_are_marked_and_an_ingress_is_not():
    rng = np.random.default_rng(2)
    flux = np.concatenate([np.ones(200), np.linspace(1, 0.985, 25), np.full(200, 0.985)]) + rng.normal(0, 2e-4, 425)
    flux[[50, 210, 300]] += [0.003, -0.004, 0.01]
    marked = outliers(flux, 9, 5.0)
    assert set(np.flatnonzero(marked)) == {50, 210, 300}
    assert point_scatter(flux) == pytest.approx(2e-4, rel=0.15)
    assert not outliers(np.ones(20), 9, 5.0).any()


def test_a_point_that_is_off_is_marked(series):
    exposure, _, _ = series
    found = light_curve.run(exposure, FIRST)
    flux = found.flux.copy()
    flux[40] *= 1.01
    assert outliers(flux, FIRST.outlier_window, 5.0)[40]


def test_cancel_stops_it_and_leaves_no_threads(series):
    calls = []

    def cancel(fraction: float, message: str = "") -> None:
        calls.append(fraction)
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        light_curve.run(series[0], FIRST, None, cancel)
    assert max(calls) < 0.6


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"aperture": 0.0}, "aperture"),
        ({"fit_groups": (1, 8)}, "1 to 7"),
        ({"fit_groups": (4, 4)}, "two or more groups"),
        ({"integrations": (70, 80)}, "70-80 are not there"),
        ({"integrations": (5, 5)}, "two or more integrations"),
        ({"outlier_window": 1}, "rolling median"),
        ({"flags": ("HOTT",)}, "HOTT"),
    ],
)
def test_bad_input_before_any_work(series, values, words):
    with pytest.raises(BadInput, match=words):
        light_curve.check(series[0], light_curve.Params(**{"fit_groups": (1, 6), **values}))


def test_the_table(found, tmp_path):
    columns, meta = light_curve.as_table(found)
    assert columns["flux"][1] == "DN/group"
    assert columns["y_shift_err" if "y_shift_err" in columns else "y_err"][1] == "pix"
    for name in ("curve.ecsv", "curve.csv"):
        write_table(tmp_path / name, columns, meta)
