"""Divots of spectra, apertures as EXTRACT1D references, and the error of the background."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from data_files import JWST, write

from detgui.analysis import extract1d, extract1d_background
from detgui.analysis.extract1d import Aperture
from detgui.data.exposure import open_one
from detgui.data.extract1d_reference import read_extract1d
from detgui.errors import BadInput
from detgui.science.divots import aperture_weights, divots, trace

ROWS, COLUMNS = 25, 200


def spectrum(noise=0.5, seed=0):
    """Image (rows, columns), the flux of each column, and the profile."""
    row, column = np.arange(ROWS)[:, None], np.arange(COLUMNS)
    profile = np.exp(-((row - 12 - 0.01 * column) ** 2) / (2 * 1.5**2))
    profile /= profile.sum(axis=0)
    flux = 1000 + 200 * np.sin(column / 30)
    image = profile * flux + np.random.default_rng(seed).normal(0, noise, (ROWS, COLUMNS))
    return image, flux, profile


def test_the_box_is_that_of_the_pipeline():
    extract1d_step = pytest.importorskip("jwst.extract_1d.extract")
    for start, stop in ((3, 9), (3.25, 9.5), (0, 24)):
        weights = extract1d_step.box_profile((ROWS, 10), {"dispaxis": 1, "xstart": 0, "xstop": 9, "ystart": start, "ystop": stop,
                                                        "src_coeff": None, "extract_width": None, "trace": None, "independent_var": "pixel",
                                                        "bkg_coeff": None}, np.arange(10.0))  # fmt: skip
        np.testing.assert_allclose(weights[:, 5], aperture_weights(ROWS, start, stop))


def test_a_pixel_at_the_centre_costs_its_part_of_the_profile():
    image, flux, profile = spectrum()
    bad = np.zeros(image.shape, bool)
    bad[13, 100] = True  # the centre is at 13.0
    bad[18, 150] = True  # far out
    found = trace(image, np.full(image.shape, 0.5), bad, 6, 20)
    listed = divots(image, bad, found, least=0.0005)
    first = listed[0]
    assert (first.column, first.rows, first.near) == (100, (13,), True)
    assert first.lost == pytest.approx(profile[13, 100], rel=0.05)
    assert first.lost == pytest.approx(profile[13, 100], abs=4 * first.lost_err + 0.005)  # the profile moves within the window
    assert 0 < first.lost_err < 0.01
    assert first.depth == pytest.approx(profile[13, 100], abs=4 * first.depth_err)
    assert first.distance == pytest.approx(0.0, abs=0.2)
    assert found.full[100] == pytest.approx(flux[100], rel=0.02)
    assert found.flux[100] < 0.8 * flux[100]
    far = next(each for each in listed if each.column == 150)
    assert not far.near
    assert far.lost < 0.02
    assert found.err[20] == pytest.approx(0.5 * np.sqrt(15))


def test_noise_far_from_the_light_does_not_make_the_profile_wide():
    image, _, _ = spectrum(noise=8.0, seed=3)
    tall = np.concatenate([image, np.random.default_rng(4).normal(0, 8.0, (60, COLUMNS))])
    bad = np.zeros(tall.shape, bool)
    bad[16, 100] = True  # two standard deviations from the centre at 13.0
    found = trace(tall, None, bad, 6, 20)
    assert np.median(found.width) == pytest.approx(1.5, rel=0.1)
    np.testing.assert_allclose(found.centre, 12 + 0.01 * np.arange(COLUMNS), atol=0.3)
    assert not divots(tall, bad, found)[0].near


def test_the_error_of_the_part_that_is_lost_is_its_scatter():
    """Profile that stays where it is: what is lost is known exactly."""
    row = np.arange(ROWS)[:, None]
    profile = np.exp(-((row - 12) ** 2) / (2 * 1.5**2)) * np.ones(61)
    profile /= profile.sum(axis=0)
    pulls = []
    for seed in range(60):
        image = 1000 * profile + np.random.default_rng(seed).normal(0, 8, profile.shape)
        bad = np.zeros(image.shape, bool)
        bad[13, 30] = True
        [found] = divots(image, bad, trace(image, None, bad, 6, 18))[:1]
        pulls.append((found.lost - profile[13, 30] / profile[6:19, 30].sum()) / found.lost_err)
    assert 0.4 < np.sqrt(np.mean(np.square(pulls))) < 1.5


def test_light_that_fills_the_slit_is_said(tmp_path):
    row = np.arange(ROWS)[:, None]
    image = np.where((row >= 4) & (row <= 20), 5.0, 0.0) * np.ones(COLUMNS) + np.random.default_rng(1).normal(0, 0.01, (ROWS, COLUMNS))
    path = write(tmp_path / "wide_cal.fits", JWST, ("SCI", image.astype(np.float32)))
    with open_one([path]) as exposure:
        found = extract1d.run(exposure)
    assert (found.aperture.ystart, found.aperture.ystop) == (4, 20)
    assert "fills 17 of 25 rows" in found.notes[0]


def test_without_bad_pixels_there_are_no_divots():
    image, flux, _ = spectrum()
    found = trace(image, None, np.zeros(image.shape, bool), 4, 22)
    assert divots(image, np.zeros(image.shape, bool), found) == []
    np.testing.assert_allclose(found.flux, flux, rtol=0.02)


@pytest.fixture
def files(tmp_path):
    image, _, _ = spectrum()
    dq = np.zeros(image.shape, np.uint32)
    dq[13, 100] = 1 | 1024
    image[13, 100] = np.nan
    words = JWST | {"EXP_TYPE": "NRS_FIXEDSLIT", "DATAMODL": "SlitModel"}
    science = write(tmp_path / "jw1_nrs1_cal.fits", words, ("SCI", image.astype(np.float32), {"BUNIT": "MJy", "SLTNAME": "S200A1"}),
                    ("ERR", np.full(image.shape, 3.0, np.float32)), ("DQ", dq))  # fmt: skip
    background = write(tmp_path / "jw1_nrs1_combinedbackground.fits", words, ("SCI", image.astype(np.float32), {"BUNIT": "MJy"}),
                       ("ERR", np.full(image.shape, 4.0, np.float32)))  # fmt: skip
    return science, background


def test_the_analysis_names_pixels_flags_and_the_issue(files):
    with open_one([files[0]]) as exposure:
        found = extract1d.run(exposure)
        turned = extract1d.run(exposure, extract1d.Params(Aperture(ystart=6, ystop=20, xstart=50, xstop=149)))
    assert found.aperture.ystart < 11 < 15 < found.aperture.ystop
    assert (found.diagnosis.issue, found.diagnosis.found) == ("NS-G03", True)
    assert found.diagnosis.sentence.startswith("1 column misses part of its flux, 1 near the centre")
    pixel = found.pixels[0][0]
    assert (pixel.x, pixel.y, pixel.flags) == (100, 13, ("DO_NOT_USE", "DEAD"))
    assert (turned.divots[0].column, turned.pixel[0], turned.pixel[-1]) == (100, 50, 149)


def test_an_aperture_outside_is_one_sentence(files):
    with open_one([files[0]]) as exposure, pytest.raises(BadInput, match="holds no pixel"):
        extract1d.run(exposure, extract1d.Params(Aperture(ystart=40, ystop=50)))


def test_the_reference_is_what_the_step_reads(files, tmp_path):
    step = pytest.importorskip("jwst.extract_1d.extract")
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    with open_one([files[0]]) as exposure:
        extract1d.write_reference(tmp_path / "aperture.json", exposure, Aperture(ystart=6.5, ystop=19))
        with pytest.raises(BadInput, match=r"\.json"):
            extract1d.write_reference(tmp_path / "aperture.fits", exposure, Aperture(ystart=6, ystop=19))
    reference = step.read_extract1d_ref(str(tmp_path / "aperture.json"))
    model = datamodels.SlitModel(np.zeros((ROWS, COLUMNS)))
    model.meta.exposure.type = "NRS_FIXEDSLIT"
    model.meta.wcsinfo.dispersion_direction = 1
    used = step.get_extract_parameters(reference, model, "S200A1", 1, model.meta)
    assert used["match"] == step.EXACT
    assert (used["ystart"], used["ystop"], used["xstart"], used["xstop"]) == (6.5, 19, 0, COLUMNS - 1)
    assert used["use_source_posn"] is False
    assert read_extract1d(tmp_path / "aperture.json")[0]["id"] == "S200A1"
    (tmp_path / "none.json").write_text(json.dumps([1]))
    with pytest.raises(BadInput, match=r"none\.json"):
        read_extract1d(tmp_path / "none.json")


@pytest.mark.parametrize(
    "aperture",
    [Aperture(6.5, 19, 10, 90), Aperture(ystart=6.1234, ystop=19), Aperture(0, ROWS - 1, 30.25, 40, 2), Aperture(4, 11, 2, 9, 2)],
)
def test_a_written_aperture_is_read_back_as_it_was(files, tmp_path, aperture):
    path = tmp_path / "aperture.json"
    with open_one([files[0]]) as exposure:
        extract1d.write_reference(path, exposure, aperture)
        found = extract1d.read_reference(path, exposure, 3 - aperture.dispersion)
    assert (found.box, found.dispersion) == (aperture.of(COLUMNS, ROWS).box, aperture.dispersion)


def reference(tmp_path, *apertures):
    path = tmp_path / "aperture.json"
    path.write_text(json.dumps({"reftype": "EXTRACT1D", "apertures": apertures}))
    return path


def test_the_aperture_that_is_read_is_what_the_step_takes(files, tmp_path):
    """Of several the target of the slit; limits that are not given are the edges, a width is about the middle, the rest is cut off."""
    entries = (
        {"id": "dummy", "ystart": 1, "ystop": 2},
        {"id": "S200A1", "region_type": "background", "ystart": 1, "ystop": 2},
        {"id": "S200A2", "ystart": 1, "ystop": 2},
        {"id": "S200A1", "ystart": 8, "ystop": 15, "extract_width": 5, "xstop": 5000},
        {"id": "ANY", "ystart": 3, "ystop": 4},
    )
    step = pytest.importorskip("jwst.extract_1d.extract")
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    path = reference(tmp_path, *entries)
    with open_one([files[0]]) as exposure:
        found = extract1d.read_reference(path, exposure)
    assert found.box == (0, COLUMNS - 1, 9.5, 13.5)
    model = datamodels.SlitModel(np.zeros((ROWS, COLUMNS)))
    model.meta.exposure.type = "NRS_FIXEDSLIT"
    used = step.get_extract_parameters(step.read_extract1d_ref(str(path)), model, "S200A1", 1, model.meta)
    profile, low, high = step.box_profile((ROWS, COLUMNS), used | {"dispaxis": 1}, np.zeros((ROWS, COLUMNS)), return_limits=True)
    assert (low, high) == (found.ystart, found.ystop)
    assert profile[:, 50].sum() == found.ystop - found.ystart + 1


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"src_coeff": [[3.0], [9.0]], "ystart": 3, "ystop": 9}, "src_coeff"),
        ({"ystart": 3}, "no ystart and ystop"),
        ({"dispaxis": 2, "ystart": 3, "ystop": 9}, "no xstart and xstop"),
        ({"ystart": "low", "ystop": 9}, 'ystart of its aperture is "low"'),
        ({"ystart": float("nan"), "ystop": 9}, "NaN"),
        ({"ystart": True, "ystop": 9}, "true"),
        ({"ystart": 9, "ystop": 3}, "holds no pixel"),
        ({"ystart": -8, "ystop": -2}, "holds no pixel"),
        ({"ystart": 300, "ystop": 310}, "holds no pixel"),
        ({"ystart": 3, "ystop": 9, "dispaxis": 7}, "dispaxis"),
        ({"id": "S1600A1", "ystart": 3, "ystop": 9}, "no aperture for slit S200A1: it has S1600A1"),
    ],
)
def test_an_aperture_that_cannot_be_drawn_is_one_sentence(files, tmp_path, entry, words):
    path = reference(tmp_path, {"id": "S200A1", **entry})
    with open_one([files[0]]) as exposure, pytest.raises(BadInput, match=r"^aperture\.json: ") as refused:
        extract1d.read_reference(path, exposure)
    assert words in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe{", b"[" * 100_000, b'{"apertures": [1]}', b"SIMPLE  =                    T"])
def test_what_is_no_reference_is_one_sentence(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"^bad\.json: ") as refused:
        read_extract1d(path)
    assert "\n" not in str(refused.value)


def only_errors(err):
    return SimpleNamespace(name="x", planes=("ERR",), unit="MJy", shape=(1, 1, *err.shape), read_image=lambda *_: err)


def test_the_growth_of_the_errors_has_the_error_of_a_median():
    rng, shape, pulls = np.random.default_rng(7), (40, 50), []
    for _ in range(60):
        background = only_errors(rng.normal(4.0, 0.1, shape))
        found = extract1d_background.run(only_errors(np.full(shape, 3.0)), background).diagnosis
        pulls.append((found.value - 5 / 3) / found.err)
    assert abs(np.mean(pulls)) < 3 / np.sqrt(60)
    assert 0.75 < np.std(pulls) < 1.3


def test_the_error_of_the_background_is_added_in_quadrature(files, tmp_path):
    science, background = files
    before = science.read_bytes()
    with open_one([science]) as one, open_one([background]) as two:
        found = extract1d_background.run(one, two)
        extract1d_background.write(found, one, tmp_path / "with_background.fits")
        with pytest.raises(BadInput, match="replace an input"):
            extract1d_background.write(found, one, science)
    np.testing.assert_allclose(found.err, 5.0)
    assert found.diagnosis.value == pytest.approx(5 / 3)
    assert (found.diagnosis.issue, found.diagnosis.found) == ("NS-G09", True)
    assert science.read_bytes() == before
    with open_one([tmp_path / "with_background.fits"]) as made:
        np.testing.assert_allclose(made.read_image("ERR"), 5.0)
