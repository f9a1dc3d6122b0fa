"""``detgui simulate noise``: the files, and that they are what the truth says."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from cli_help import run

from detgui.data.exposure import open_one
from detgui.errors import BadInput
from detgui.simulate.noise import flicker, make_scene, rate_image, read_noise
from detgui.simulate.noise_files import write_noise
from detgui.simulate.noise_params import DETECTORS, NoiseParams

SMALL = NoiseParams(rows=96, columns=128, groups=4, integrations=2, sources=3, telegraph=5, snowballs=2, snowball_radius=4.0)


@pytest.mark.parametrize("level", ("rate", "ramp", "uncal"))
def test_files_are_models_of_the_pipeline(tmp_path, level):
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    path, truth = write_noise(replace(SMALL, level=level), tmp_path)
    model = {"rate": datamodels.ImageModel, "ramp": datamodels.RampModel, "uncal": datamodels.Level1bModel}[level]
    with model(path) as opened:
        opened.validate()
        shape = (96, 128) if level == "rate" else (2, 4, 96, 128)
        assert opened.data.shape == shape
        assert opened.meta.subarray.fastaxis == 2
        assert opened.meta.exposure.noutputs == 1
    with open_one([path]) as exposure:
        assert exposure.kind == level
        assert exposure.unit == ("DN/s" if level == "rate" else "DN")
        assert exposure.geometry.known
    assert fits.getheader(truth)["ONEOVERF"] == 2.0
    assert fits.getheader(path)["SIMULATR"].startswith("detgui")


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_reads_its_own_way(tmp_path, detector):
    params = NoiseParams(detector=detector, rows=64, columns=96, read_noise=0.0, sources=0, noisy_rows=0, background=0.0, one_over_f=3.0)
    scene = make_scene(params)
    image, level = rate_image(scene)
    lines = scene.order.lines(image)
    # Without white noise the levels of the lines are what the truth says, but for the alternating columns, which add up to nothing.
    np.testing.assert_allclose(lines.mean(axis=1), level, atol=1e-3)
    assert level.std() == pytest.approx(3.0, rel=0.02)
    place = scene.order.column % 2 * 2 - 1
    across = (lines * place[None, :]).mean()
    assert across == pytest.approx(1.0, abs=0.1)


def test_flicker_has_the_slope_that_was_asked_for():
    scene = make_scene(replace(SMALL, slope=1.3))
    series = np.concatenate([np.abs(np.fft.rfft(flicker(np.random.default_rng(seed), scene).ravel())) ** 2 for seed in range(30)])
    powers = series.reshape(30, -1).mean(axis=0)
    frequency = np.arange(powers.size)
    low, high = powers[20:40].mean(), powers[400:800].mean()
    slope = np.log(low / high) / np.log(frequency[400:800].mean() / frequency[20:40].mean())
    assert slope == pytest.approx(1.3, abs=0.15)


def test_noisy_rows_have_their_noise_and_no_others():
    scene = make_scene(replace(SMALL, one_over_f=0.0, noisy_rows=3, row_factor=4.0))
    lines = scene.order.lines(np.stack([read_noise(scene, np.random.default_rng(seed))[0] for seed in range(20)]))
    spread = lines.std(axis=(0, 1))
    noisy = np.flatnonzero(spread > 16)
    np.testing.assert_array_equal(noisy, scene.rows)
    np.testing.assert_allclose(spread[noisy], 32, rtol=0.06)


def test_snowballs_saturate_and_are_flagged(tmp_path):
    path, truth = write_noise(replace(SMALL, level="ramp"), tmp_path)
    flags = fits.getdata(path, "GROUPDQ")
    for ball in fits.getdata(truth, "SNOWBALLS"):
        y, x = round(float(ball["y"])), round(float(ball["x"]))
        box = np.s_[max(0, y - 5) : y + 6, max(0, x - 5) : x + 6]
        struck = flags[ball["integration"] - 1, ball["group"] - 1][box]
        assert (struck & 4 > 0).sum() == ball["area"]
        assert (struck & 2 > 0).sum() == ball["core"]
        assert not (flags[ball["integration"] - 1, ball["group"] - 2][box] & 6).any()


def test_clean_has_none_of_it_and_the_same_light():
    scene, clean = make_scene(SMALL), make_scene(SMALL.clean)
    assert (clean.rows.size, len(clean.snowballs), len(clean.telegraph)) == (0, 0, 0)
    image, level = rate_image(clean)
    assert np.all(level == 0)
    rest = image - clean.light
    assert rest.std() == pytest.approx(8.0, rel=0.03)
    assert scene.light.shape == clean.light.shape


def test_the_same_seed_gives_the_same_files(tmp_path):
    one, _ = write_noise(SMALL, tmp_path / "a")
    two, _ = write_noise(SMALL, tmp_path / "b")
    other, _ = write_noise(replace(SMALL, seed=1), tmp_path / "c")
    np.testing.assert_array_equal(fits.getdata(one), fits.getdata(two))
    assert (fits.getdata(one) != fits.getdata(other)).any()


@pytest.mark.parametrize(
    "bad", [{"detector": "MIRIMAGE"}, {"level": "cal"}, {"readout": "IRS2"}, {"rows": 4}, {"columns_half": (1.0, 2.0)}, {"gain": 0.0},
            {"one_over_f": -1.0}, {"groups": 0}, {"rows": 2048, "columns": 2048, "level": "ramp", "groups": 400}]
)  # fmt: skip
def test_what_cannot_be_is_refused(bad):
    with pytest.raises(BadInput) as caught:
        NoiseParams(**bad)
    assert "\n" not in str(caught.value)


def test_the_command_line(capsys, tmp_path):
    options = ("--size", "64x96", "--detector", "nrs1,nrca1", "--acn", "0.5", "--one-over-f", "1.5", "--seed", "4")
    status, out, err = run(capsys, "simulate", "noise", "-o", tmp_path, *options)
    assert (status, err) == (0, [])
    names = [line.rsplit("/", 1)[-1] for line in out.split()]
    assert names == [f"jw99999007001_02101_00004_{name}_{kind}.fits" for name in ("nrs1", "nrca1") for kind in ("rate", "truth")]
    params = json.loads(fits.getdata(tmp_path / names[1], "PARAMS")["json"][0])
    assert (params["rows"], params["columns"], params["one_over_f"], params["columns_half"]) == (96, 64, 1.5, [0.5])
    status, _, err = run(capsys, "simulate", "noise", "-o", tmp_path, "--acn", "much")
    assert (status, len(err)) == (2, 1)
    assert run(capsys, "simulate", "noise", "-o", tmp_path / "clean", "--clean", "--size", "64")[0] == 0
    assert fits.getheader(next((tmp_path / "clean").glob("*truth.fits")))["LINERMS"] == 0
