"""Simulated darks: the files, and that they are what the truth says."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from cli_help import run

from detgui.data.dark_maps import read_maps
from detgui.data.darks import describe
from detgui.errors import BadInput
from detgui.simulate.dark_files import write_darks
from detgui.simulate.dark_params import DarkParams
from detgui.simulate.darks import frame, hot_rates, make_scene, share_above

SMALL = DarkParams(size=128, epochs=5, hot=60, births=6, deaths=2, telegraph=10, change="2022-12-01", gain=1.2, groups=3)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_darks(SMALL, tmp_path_factory.mktemp("sim"))


def test_they_are_dark_models(files):
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    with datamodels.DarkNirspecModel(files[0], strict_validation=True) as model:
        model.validate()
        assert model.dark_rate.shape == (128, 128)
        assert model.meta.exposure.readpatt == "NRSRAPID"
    dark = describe(files[0])
    assert (dark.unit, dark.unit_from, dark.detector, dark.readout, dark.missing) == ("e-/s", "header", "NRS1", "TRAD", ())
    assert describe(files[3]).unit == "DN/s"


def test_the_stack_has_the_rates_as_its_slope(files, tmp_path):
    with fits.open(files[3]) as hdus:
        rate = hdus["DRK"].data
        fits.HDUList([hdu for hdu in hdus if hdu.name not in ("DRK", "UNC")]).writeto(tmp_path / "stack.fits")
    dark = describe(tmp_path / "stack.fits")
    assert dark.rate == "slope of SCI"
    np.testing.assert_allclose(read_maps(dark).rate, rate, rtol=1e-4, atol=1e-4)


def test_errors_are_those_of_the_noise():
    scene = make_scene(SMALL)
    made = frame(scene, 4)
    assert np.std((made.rate - made.true) / made.err) == pytest.approx(1.0, abs=0.02)


def test_crosses_and_unit_from_the_change_on():
    scene = make_scene(SMALL)
    before, after = frame(scene, 0), frame(scene, 4)
    np.testing.assert_array_equal(before.true, before.centres)
    assert (before.unit, after.unit) == ("e-/s", "DN/s")
    bright = scene.pixels[(scene.pixels["kind"] == 0) & (scene.pixels["born"] < 0) & np.isinf(scene.pixels["died"])]
    bright = bright[np.argmax(bright["rate"])]
    y, x = int(bright["y"]), int(bright["x"])
    assert before.true[y, x] == pytest.approx(1.2 * after.centres[y, x], rel=1e-5)
    lent = after.true[y, x + 1] - after.centres[y, x + 1]
    assert lent == pytest.approx(0.007 * bright["rate"], rel=0.2)


def test_the_truth_counts_what_is_there(files):
    epochs, pixels = Table.read(files[-1], "EPOCHS"), Table.read(files[-1], "PIXELS")
    pixels.convert_bytestring_to_unicode()
    telegraph = fits.getdata(files[-1], "TELEGRAPH")
    months = np.asarray(epochs["month"])
    hot = (np.asarray(pixels["born"])[:, None] <= months) & (np.asarray(pixels["died"])[:, None] > months)
    hot[np.asarray(pixels["kind"]) == "telegraph"] = telegraph
    above = np.asarray(pixels["rate"])[:, None] + 0.007 > 3.0
    scaled = np.asarray(pixels["rate"])[:, None] * 1.2 + 0.008 > 3.0
    wanted = [(hot & (scaled if unit == "e-/s" else above))[:, k].sum() for k, unit in enumerate(epochs["unit"])]
    np.testing.assert_allclose(epochs["centres_3"], wanted, atol=1)


def test_both_readouts_have_the_same_hot_pixels():
    one, two = (make_scene(DarkParams(size=64, epochs=3, hot=20, births=3, readout=readout)) for readout in ("TRAD", "IRS2"))
    np.testing.assert_array_equal(one.pixels, two.pixels)
    assert (frame(one, 0).rate != frame(two, 0).rate).any()


def test_births_are_as_many_as_asked_for():
    found = [
        np.sum(make_scene(DarkParams(size=256, births=20, hot=0, deaths=0, telegraph=0, seed=seed)).pixels["kind"] == 1)
        for seed in range(40)
    ]
    assert np.mean(found) == pytest.approx(20 * 33, abs=4 * np.sqrt(20 * 33 / 40))


def test_rates_have_the_shares_that_the_truth_says():
    rates = hot_rates(np.random.default_rng(1), 100_000, DarkParams())
    for threshold in (1.0, 3.0, 10.0, 100.0):
        assert np.mean(rates > threshold) == pytest.approx(share_above(threshold, DarkParams()), abs=0.006)


def test_the_full_frame_has_reference_pixels():
    params = DarkParams(size=2048, epochs=1)
    scene = make_scene(params)
    assert scene.active.sum() == 2040**2
    assert scene.active[scene.pixels["y"], scene.pixels["x"]].all()


def test_the_same_seed_gives_the_same_darks(tmp_path, files):
    again = write_darks(SMALL, tmp_path)
    np.testing.assert_array_equal(fits.getdata(again[2], "DRK"), fits.getdata(files[2], "DRK"))


@pytest.mark.parametrize(
    "bad", [{"detector": "NRCA1"}, {"readout": "FAST"}, {"epochs": 0}, {"size": 4096}, {"hot": 900_000}, {"start": "soon"},
            {"change": "later"}, {"coupling": -1.0}, {"groups": 1}]
)  # fmt: skip
def test_what_cannot_be_is_refused(bad):
    with pytest.raises(BadInput):
        DarkParams(**bad)


def test_the_command_line_writes_every_detector_and_readout(capsys, tmp_path):
    options = ("--detector", "nrs1,nrs2", "--readout", "trad,irs2", "--size", 64, "--epochs", 2, "--hot", 20, "--births", 3)
    status, out, err = run(capsys, "simulate", "darks", "-o", tmp_path, *options)
    assert (status, err) == (0, [])
    assert len(out.splitlines()) == len(list(tmp_path.iterdir())) == 12
    found = {(describe(path).detector, describe(path).readout) for path in tmp_path.glob("*_dark_*.fits")}
    assert found == {("NRS1", "TRAD"), ("NRS1", "IRS2"), ("NRS2", "TRAD"), ("NRS2", "IRS2")}


@pytest.mark.parametrize("options", [("--size", "64x32"), ("--epochs", 0), ("--readout", "x"), ("--detector", "nrca1"), ("--gain", "1,2")])
def test_bad_use_is_one_line(capsys, tmp_path, options):
    status, out, err = run(capsys, "simulate", "darks", "-o", tmp_path / "new", *options)
    assert (status, out, len(err)) == (2, "", 1)
    assert not (tmp_path / "new").exists()
