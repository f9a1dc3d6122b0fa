"""Simulated fields: what the files say is what the truth says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from cli_help import run as cli

from detgui.errors import BadInput
from detgui.simulate.imaging import TRUTH, write_imaging
from detgui.simulate.imaging_params import ImagingParams, numbers_of
from detgui.simulate.imaging_scene import make_scene, pointings


def test_command_line(tmp_path, capsys):
    status, out, errors = cli(capsys, "simulate", "imaging", "-o", tmp_path / "a", "--epochs", 2, "--filters", "f150w", "--sources", 80)
    assert (status, errors) == (0, [])
    names = [path.split("/")[-1] for path in out.split()]
    assert names == ["imaging_epoch1_f150w_cat.ecsv", "imaging_epoch2_f150w_cat.ecsv", TRUTH]
    truth = json.loads((tmp_path / "a" / TRUTH).read_text())
    assert truth["n_sources"] == len(truth["sources"]["mag"]) == 80
    assert {each["det"]: round(each["dmag_ab"], 5) for each in truth["offsets"]} == {
        "1": 0.01296,
        "2": -0.04342,
        "3": 0.02193,
        "4": -0.05013,
    }
    status, _, errors = cli(capsys, "simulate", "imaging", "-o", tmp_path / "b", "--filters", "blue")
    assert (status, errors) == (2, ["detgui: blue is no filter such as f150w"])
    assert not (tmp_path / "b").exists()


def test_the_same_twice(tmp_path):
    params = ImagingParams(epochs=2, sources=50, seed=3)
    one, two = (write_imaging(params, tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    other = write_imaging(ImagingParams(epochs=2, sources=50, seed=4), tmp_path / "c")
    assert one[0].read_bytes() != other[0].read_bytes()


def test_magnitudes_of_both_modules(tmp_path):
    params = ImagingParams(epochs=2, sources=300, offset=0.05, slope=0.004, time=0.01, scatter=0.0, outliers=0.0, filters=("f444w",))
    write_imaging(params, tmp_path)
    first, later = (Table.read(tmp_path / f"imaging_epoch{epoch}_f444w_cat.ecsv") for epoch in (1, 2))
    scene = make_scene(params)
    for table, gradient, time in ((first, 0.0, 0.0), (later, 0.004, 0.01)):
        rows = np.asarray(table["id"]) - 1
        expected = scene.mag[rows] + 0.05 * (table["detector"] == "nrcalong") + gradient * scene.d[rows] + time
        pulls = (table["mag"] - expected) / table["mag_err"]
        assert np.std(pulls) == pytest.approx(1.0, abs=0.15)
        assert abs(np.mean(pulls)) < 0.25
    in_b = {name: set(np.asarray(table["id"])[table["detector"] == "nrcblong"]) for name, table in (("1", first), ("2", later))}
    assert not in_b["1"] & in_b["2"]  # turned by 180 degrees


def test_arrays_of_one_number_see_the_same_sky():
    params = ImagingParams()
    places = {(each.detector, each.epoch): (each.d, each.c) for each in pointings(params, "f150w", dithered=False)}
    for number in "1234":
        assert places[f"nrcb{number}", 0] == pytest.approx(places[f"nrca{number}", 1])
        assert places[f"nrca{number}", 0] == pytest.approx(places[f"nrcb{number}", 1])
        assert places[f"nrca{number}", 0] == places[f"nrca{number}", 2]
    assert numbers_of("f200w") == ("1", "2", "3", "4")
    assert numbers_of("f277w") == ("long",)


def test_images_open_and_are_where_they_should(tmp_path):
    from stdatamodels.jwst import datamodels

    params = ImagingParams(epochs=2, sources=60, images="cal", size=64, filters=("f444w",), faint=20.0, outliers=0.0)
    write_imaging(params, tmp_path)
    files = sorted(tmp_path.glob("*_cal.fits"))
    assert len(files) == 4
    scene = make_scene(params)
    with datamodels.open(files[0]) as model:
        assert model.meta.instrument.detector == "NRCALONG"
        assert model.meta.bunit_data == "MJy/sr"
        assert model.data.shape == model.err.shape == model.var_rnoise.shape == (64, 64)
    for path in files:
        with fits.open(path) as hdus:
            x, y = WCS(hdus["SCI"].header).world_to_pixel_values(scene.ra, scene.dec)
            inside = (x > 4) & (x < 59) & (y > 4) & (y < 59)
            image = np.nan_to_num(hdus["SCI"].data)
            at_sources = image[np.round(y[inside]).astype(int), np.round(x[inside]).astype(int)]
            assert hdus["SCI"].header["PIXAR_SR"] == pytest.approx((np.pi / 180 / 60 * 2.2 / 64) ** 2)
        assert inside.sum() > 10
        level = np.median(image)
        spread = 1.4826 * np.median(np.abs(image - level))
        assert np.mean(at_sources > level + 5 * spread) > 0.85  # faint ones between two pixels, and bad pixels


@pytest.mark.parametrize(
    "values",
    [{"epochs": 1}, {"size": 16}, {"images": "png"}, {"faint": 10.0}, {"outliers": 1.0}, {"filters": ()}, {"sources": 0}, {"dithers": 0}],
)
def test_bad_params(values):
    with pytest.raises(BadInput):
        ImagingParams(**values)
