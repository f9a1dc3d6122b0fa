"""Simulated flats: what an analysis would measure on them is what went in."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from astropy.io import fits
from scipy.signal import convolve2d

from detgui.data.region_files import read_masks
from detgui.errors import BadInput, Cancelled
from detgui.simulate import flat_files
from detgui.simulate.flat_files import write_flats
from detgui.simulate.flat_params import DETECTORS, FlatParams
from detgui.simulate.flats import ipc_kernels, make_scene, simulate_flat

QUIET = {"structure": 0.0, "gradient": 0.0, "first_gradient": 0.0, "warm_up": 0.0}


def signals(params, flats=2):
    scene = make_scene(params)
    return scene, np.array([[group.signal for group in simulate_flat(scene, index)] for index in range(flats)])


def test_photons_make_variance_over_mean_and_gather_from_group_to_group():
    params = FlatParams(pairs=1, groups=4, rows=300, columns=300, ystart=800, gain=(2.0,), ipc=1.0, read_noise=5.0, ktc=0.0, **QUIET)
    _, data = signals(params)
    pixels = data[0].reshape(4, -1).astype(float)
    cov = np.cov(pixels)
    count = pixels.shape[1]
    mean = pixels.mean(axis=1)
    assert np.allclose(mean, 1100 * np.arange(1, 5), atol=5 * np.sqrt(4400 / 2 / count))
    expected = np.minimum.outer(mean, mean) / 2.0 + 25 * np.eye(4)  # reads share the photons that came before the earlier one
    error = np.sqrt((np.outer(np.diag(expected), np.diag(expected)) + expected**2) / count)
    assert (np.abs(cov - expected) < 5 * error).all()


def test_gain_of_each_amplifier_and_of_the_void():
    gains = (1.8, 2.0, 2.2, 2.4)
    params = FlatParams("NRCB1", 1, 2, 200, 2048, gain=gains, void=(1024, 100, 70), ipc=1.0, read_noise=0, ktc=0, **QUIET)
    scene, data = signals(params)
    sector = np.arange(2048) // 512  # NRCB1 is read along +x: sector 1 is amplifier A
    assert scene.void[:, :1024].sum() > 3000 and scene.void[:, 1024:].sum() > 3000
    for number, gain in enumerate(gains):
        for void, factor, level in ((False, 1.0, 1100.0), (True, 0.95, 1100.0 * 0.97)):
            chosen = (sector == number)[None, :] & (scene.void == void) & scene.active
            if not chosen.any():
                continue
            first, second = data[0, -1][chosen].astype(float), data[1, -1][chosen].astype(float)
            assert np.allclose(scene.gain[chosen], gain * factor)
            assert first.mean() == pytest.approx(2 * level, rel=0.003)
            measured = (first + second).mean() / (first - second).var()
            assert measured == pytest.approx(gain * factor, rel=5 * np.sqrt(2 / chosen.sum()))


def test_amplifiers_follow_the_raw_detector():
    scene = make_scene(FlatParams("NRCA1", 1, 1, 16, 2048, ystart=100, gain=(1, 2, 3, 4)))  # read along -x
    assert scene.gain[8, [10, 600, 1100, 1600]].tolist() == [4, 3, 2, 1]


@pytest.mark.parametrize("k11", [1.01, 1.025, 1.05])
def test_kernels_undo_each_other(k11):
    forward, correction = ipc_kernels(k11)
    assert correction[1, 1] == pytest.approx(k11, abs=1e-9)
    assert forward.sum() == pytest.approx(1) and correction.sum() == pytest.approx(1)
    both = convolve2d(forward, correction)
    both[2, 2] -= 1
    assert np.abs(both).max() < 4 * (k11 - 1) ** 2
    assert np.array_equal(ipc_kernels(1.0)[0], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_coupling_correlates_neighbours_and_raises_the_gain():
    params = FlatParams(pairs=1, groups=1, rows=600, columns=600, ystart=800, rate=5000, gain=(2.0,), read_noise=0, ktc=0, **QUIET)
    scene, data = signals(params)
    difference = (data[0, 0] - data[1, 0]).astype(float)
    kernel = scene.forward
    full = convolve2d(kernel, kernel[::-1, ::-1])
    white = 2 * 5000 / 2.0
    inner = difference[2:-2, 2:-2]
    error = 5 * white / np.sqrt(inner.size)
    assert inner.var() == pytest.approx(white * full[2, 2], abs=np.sqrt(2) * error)
    assert np.mean(inner[:, 1:] * inner[:, :-1]) == pytest.approx(white * full[2, 3], abs=error)
    assert np.mean(inner[1:] * inner[:-1]) == pytest.approx(white * full[3, 2], abs=error)
    measured = (data[0, 0] + data[1, 0]).mean() / inner.var()
    assert 1.04 < measured / 2.0 < 1.06  # 4 to 5 % high, JWST-STScI-004622 section 5.5
    assert data[0, 0].mean() == pytest.approx(5000, rel=1e-3)  # no charge is lost


def test_lamp_warms_up_and_the_first_gradient_differs():
    params = FlatParams(pairs=2, groups=1, rows=256, columns=256, ystart=800, rate=20000, ipc=1.0, warm_up=0.02, first_gradient=0.06)
    scene, data = signals(params, 4)
    means = data[:, 0].mean(axis=(1, 2))
    assert np.allclose(means / means[3], scene.lamp / scene.lamp[3], atol=5e-4) and (np.diff(means) > 0).all()
    ratio = data[0, 0] / data[1, 0]
    assert ratio[-40:, -40:].mean() / ratio[:40, :40].mean() == pytest.approx(1.06 ** (216 / 256), rel=2e-3)
    ratio = data[2, 0] / data[3, 0]
    assert ratio[-40:, -40:].mean() / ratio[:40, :40].mean() == pytest.approx(1, abs=2e-3)


def test_files_are_what_jwst_reads_and_reference_pixels_see_the_bias_only(tmp_path):
    from stdatamodels.jwst import datamodels

    params = FlatParams("NRCA3", 1, 3, 64, 2048, void=(1024, 30, 12), saturation=2500.0, seed=4)
    paths = write_flats(params, tmp_path, ("uncal", "ramp"))
    assert [path.name for path in paths] == sorted((p.name for p in tmp_path.iterdir()), key=[p.name for p in paths].index)
    references = {path.stem.rsplit("_", 1)[1]: path for path in paths[6:]}
    assert sorted(references) == ["gain", "ipc", "linearity", "mask", "readnoise", "saturation", "superbias"]
    assert all(fits.getval(path, "FILENAME") == path.name for path in references.values())
    with datamodels.open(paths[0]) as model:
        assert isinstance(model, datamodels.Level1bModel)
        model.validate()
        assert model.data.shape == (1, 3, 64, 2048) and model.data.dtype == np.uint16
        raw = np.array(model.data[0], float)
        meta = model.meta
        assert (meta.exposure.type, meta.exposure.ngroups, meta.exposure.noutputs) == ("NRC_LED", 3, 4)
        assert (meta.instrument.detector, meta.subarray.fastaxis, meta.subarray.ysize) == ("NRCA3", -1, 64)
        assert meta.exposure.group_time == pytest.approx(params.tframe)
    with datamodels.open(paths[2]) as model:
        assert isinstance(model, datamodels.RampModel) and model.data.shape == (1, 3, 64, 2048)
        ramp, dq, pixeldq = np.array(model.data[0]), np.array(model.groupdq[0]), np.array(model.pixeldq)
    truth = fits.open(paths[4])
    zero = truth["ZERO"].data
    reference = (pixeldq & 2**31) != 0
    assert reference[:4].all() and not reference[4:, 4:-4].any()
    assert np.abs((raw - zero)[:, reference].mean(axis=1)).max() < 5
    assert abs(np.mean((raw[0, :4] - raw[0, :4].mean())[:, 1::2]) - np.mean((raw[0, :4] - raw[0, :4].mean())[:, ::2])) > 900
    assert np.abs((raw - zero) - ramp)[:, ~reference].max() < 15
    saturated = (dq & 2) != 0
    assert not saturated[0].any() and saturated[2][~reference].mean() > 0.99 and not saturated[:, reference].any()
    ((name, kind, mask),) = read_masks(paths[5], (64, 2048), params.geometry)
    assert (name, kind) == ("epoxy void", "void") and np.array_equal(mask & ~reference, truth["VOID"].data != 0)
    stated = json.loads(truth["PARAMS"].data["json"][0])
    assert stated["gain"] == [2.28] * 4 and stated["files"] == [path.name for path in paths[:4]]
    with datamodels.IPCModel(references["ipc"]) as model:
        model.validate()
        assert model.data[1, 1] == pytest.approx(1.025) and np.allclose(model.data, truth["IPC_CORR"].data)
    truth.close()


def test_raw_numbers_bend(tmp_path):
    params = FlatParams(pairs=1, groups=3, rows=32, columns=32, ystart=900, rate=9000, ipc=1.0, bias_drift=0.0, nonlinearity=3e-6)
    uncal, _, ramp, _, truth, *_ = write_flats(params, tmp_path, ("uncal", "ramp"))
    measured = fits.getdata(uncal, 1).astype(float) - fits.getdata(truth, "ZERO")
    straight = fits.getdata(ramp, 1)
    assert np.abs(measured + 3e-6 * measured**2 - straight).max() < 0.6  # rounding, stretched
    assert (straight - measured)[0, 2].mean() > 1500


def test_detgui_opens_them(tmp_path):
    from detgui.data.exposure import open_exposures

    params = FlatParams("NRCB1", 1, 4, 32, 64, seed=1)
    paths = write_flats(params, tmp_path)[:2]
    exposures = open_exposures(paths)
    try:
        assert len(exposures) == 2  # two flats are not segments of one exposure
        assert [exposure.geometry for exposure in exposures] == [params.geometry] * 2
    finally:
        for exposure in exposures:
            exposure.close()


def test_the_same_seed_gives_the_same_flats(tmp_path):
    small = {"pairs": 1, "groups": 2, "rows": 16, "columns": 32, **QUIET}
    a, b, c, d = (
        write_flats(FlatParams(detector, seed=seed, **small), tmp_path / name)[0]
        for name, detector, seed in (("a", "NRCA1", 3), ("b", "NRCA1", 3), ("c", "NRCA1", 4), ("d", "NRCA3", 3))
    )
    assert np.array_equal(fits.getdata(a, 1), fits.getdata(b, 1))
    assert not np.array_equal(fits.getdata(a, 1), fits.getdata(c, 1))
    noise = [
        fits.getdata(p, 1).astype(float) - fits.getdata(p.parent / p.name.replace("_00001", "").replace("uncal", "truth"), "ZERO")
        for p in (a, d)
    ]
    assert abs(np.corrcoef(noise[0][0, 0, 4:].ravel(), noise[1][0, 0, 4:].ravel())[0, 1]) < 0.2


def test_memory_does_not_grow_with_groups(tmp_path, monkeypatch):
    """Truth and references, whose peak would hide that of the flats, are left out; one frame of float32 is the limit."""
    for name in ("_write_truth", "_write_references"):
        monkeypatch.setattr(flat_files, name, lambda *_: [])

    def written(groups):
        write_flats(FlatParams(pairs=1, groups=groups, rows=128, columns=256), tmp_path / str(groups))

    def peak(groups):
        tracemalloc.start()
        written(groups)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    written(1)  # imports
    assert peak(24) < peak(2) + 128 * 256 * 4


def test_stopping_leaves_nothing(tmp_path):
    def stop(fraction, message):
        if fraction > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        write_flats(FlatParams(pairs=1, groups=4, rows=16, columns=32), tmp_path, progress=stop)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"detector": "NRCA9"}, "no NIRCam detector NRCA9"),
        ({"pairs": 0}, "pairs must be between 1 and 100, not 0"),
        ({"groups": 1001}, "groups"),
        ({"rows": 4096}, "rows"),
        ({"ipc": 0.975}, "ipc must be between 1 and 1.2"),
        ({"gain": (1.0, 2.0)}, "one number or four"),
        ({"outputs": 2}, "1 or 4 outputs"),
        ({"columns": 1024, "xstart": 1026}, "do not lie on the detector"),
        ({"void": (10.0, 10.0, -1.0)}, "void"),
        ({"rate": float("nan")}, "rate"),
    ],
)
def test_flats_that_cannot_be(values, words):
    with pytest.raises(BadInput, match=words):
        FlatParams(**values)


def test_a_folder_that_is_a_file(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(BadInput, match="cannot be made into a folder"):
        write_flats(FlatParams(pairs=1, groups=1, rows=16, columns=16), path)
    with pytest.raises(BadInput, match="no level rateints"):
        write_flats(FlatParams(), tmp_path, ("rateints",))


def test_every_detector_has_a_frame():
    assert all(make_scene(FlatParams(name, 1, 1, 16, 16)).active.any() for name in DETECTORS)
