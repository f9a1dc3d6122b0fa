"""A gain map against gain files with a value for every pixel."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.stats import sigma_clip
from gain_fakes import pairs
from test_gain_map import SIDE, truth, write_flat

from detgui.analysis import gain_compare, gain_map, gain_table
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput
from detgui.science.boxes import cut
from detgui.science.detector import DetectorGeometry

X, Y = 416, 800  # 0-based place of the flats on the detector


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flats")
    reads = pairs(np.random.default_rng(41), (SIDE, SIDE), 5, 900.0, truth()[0], 6.0, flats=4)
    exposures = open_exposures([write_flat(folder / f"flat_{at}_ramp.fits", each) for at, each in enumerate(reads)], join=False)
    yield gain_map.run(exposures, gain_map.Params(box=64, voids=(truth()[1],)))
    for each in exposures:
        each.close()


def write_gain(path, image, **keywords):
    header = fits.Header()
    header.update({"TELESCOP": "JWST", "INSTRUME": "NIRCAM", "DETECTOR": "NRCB1", "REFTYPE": "GAIN"} | keywords)
    header = fits.Header([(name, value) for name, value in header.items() if value is not None])
    fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(image.astype(np.float32), name="SCI")]).writeto(path)
    return path


def placed(x=X + 1, y=Y + 1):
    return {"SUBSTRT1": x, "SUBSTRT2": y, "FASTAXIS": 1, "SLOWAXIS": -2}


def full(rng):
    """A frame of 2048 x 2048 whose part under the flats is the true gain, 20 % lower, with 3 % of scatter and wild pixels."""
    frame = np.full((2048, 2048), 1.0)
    frame[Y : Y + SIDE, X : X + SIDE] = 0.8 * truth()[0]
    frame *= 1.0 + 0.03 * rng.standard_normal(frame.shape)
    frame[rng.random(frame.shape) < 0.005] = 900.0
    frame[rng.random(frame.shape) < 0.01] = np.nan
    return frame


def test_a_full_frame_is_cut_and_binned(result, tmp_path):
    frame = full(np.random.default_rng(1))
    found = gain_compare.compare(result, write_gain(tmp_path / "gain.fits", frame, **placed(1, 1)))
    expected = 0.8 * truth()[0]
    assert found.name == "gain.fits" and 0.98 < found.covered < 0.995
    assert any("of the pixels" in note for note in found.notes)
    for box in range(len(result.boxes)):
        here = result.boxes.labels == box
        values = frame[Y : Y + SIDE, X : X + SIDE][here]
        kept = sigma_clip(values[np.isfinite(values)], 3, maxiters=None, cenfunc="mean", stdfunc="std")
        assert found.gain[box] == pytest.approx(kept.mean(), rel=2e-6)  # astropy, iterated, about the mean
        assert abs(found.gain[box] - expected[here].mean()) < 5.0 * found.gain_err[box]
        assert found.ratio[box] == pytest.approx(found.gain[box] / result.gain[box])
    assert (np.abs(found.ratio - 0.8) < 4.5 * found.ratio_err).all()
    assert abs(found.mean - 0.8) < 4.0 * found.mean_err < 0.025
    percent = found.percent_map()
    assert percent.shape == (SIDE, SIDE) and np.nanmedian(percent) == pytest.approx(-20.0, abs=1.5)
    counted = found.histogram()
    assert counted.bulk.sum() + counted.void.sum() == result.boxes.pixels.sum()
    assert -30.0 < counted.edges[0] < counted.edges[-1] < -10.0


def test_a_constant_gain_has_the_inverse_ratio(result, tmp_path):
    found = gain_compare.compare(result, write_gain(tmp_path / "gain.fits", np.full((2048, 2048), 1.9), **placed(1, 1)))
    np.testing.assert_allclose(found.gain, 1.9, rtol=1e-6)
    np.testing.assert_allclose(found.ratio, 1.9 / result.gain, rtol=1e-6)
    np.testing.assert_array_equal(found.gain_err, 0.0)
    np.testing.assert_allclose(found.ratio_err, found.ratio * result.gain_err / result.gain)


def marked(geometry):
    """An image whose values name the raw detector pixel."""
    return np.array([[np.dot(geometry.to_detector(x, y), (1.0, 1e4)) for x in range(geometry.nx)] for y in range(geometry.ny)])


@pytest.mark.parametrize(
    ("there", "here"),
    [
        (DetectorGeometry(40, 30, "NRCB1", 1, -2, 11, 21, known=True), DetectorGeometry(8, 12, "NRCB1", 1, -2, 16, 31, known=True)),
        (DetectorGeometry(40, 30, "NRCB1", -1, 2, 11, 21, known=True), DetectorGeometry(2048, 2048, "NRCB1", 1, -2, known=True)),
        (DetectorGeometry(20, 30, "NRS1", 2, 1, 11, 21, known=True), DetectorGeometry(2048, 2048, "NRS1", 1, 2, known=True)),
        (DetectorGeometry(20, 30, "NRS2", 1, 2, 900, 700, known=True), DetectorGeometry(2048, 2048, "NRS2", -2, -1, known=True)),
    ],
)
def test_pixels_go_to_the_same_pixel_of_the_detector(there, here):
    """Shifted, mirrored and turned; NaN where the file does not reach."""
    image = marked(there)
    found = gain_compare.laid("gain.fits", image, there, here)
    assert found.shape == (here.ny, here.nx)
    ys, xs = np.nonzero(np.isfinite(found))
    for x, y in list(zip(xs.tolist(), ys.tolist(), strict=True))[::17]:
        assert found[y, x] == np.dot(here.to_detector(x, y), (1.0, 1e4))
    assert ys.size == min(there.nx * there.ny, here.nx * here.ny)


def test_a_file_in_raw_orientation_is_turned(result, tmp_path):
    frame = full(np.random.default_rng(2))
    science = gain_compare.compare(result, write_gain(tmp_path / "science.fits", frame, **placed(1, 1)))
    raw = write_gain(tmp_path / "raw.fits", frame[::-1], **(placed(1, 1) | {"SLOWAXIS": 2}))
    turned = gain_compare.compare(result, raw)
    np.testing.assert_allclose(turned.gain, science.gain)
    assert any("was turned" in note for note in turned.notes)


def test_a_subarray_is_put_where_it_belongs(result, tmp_path):
    part = truth()[0][:100, :80]
    found = gain_compare.compare(result, write_gain(tmp_path / "gain.fits", part, **placed()))
    values, _ = gain_compare.read_gain(tmp_path / "gain.fits", result.geometry)
    np.testing.assert_allclose(values[:100, :80], part, rtol=1e-6)
    assert np.isnan(values[100:]).all() and np.isnan(values[:, 80:]).all()
    assert np.isnan(found.ratio).any() and found.covered == pytest.approx(8000 / SIDE**2)
    row = gain_table.sector_rows(result, found)[0]
    assert row["compared_ratio"] == pytest.approx(1.0, abs=0.1)


def test_a_plain_image_of_the_same_size_needs_no_keywords(result, tmp_path):
    path = tmp_path / "plain.fits.gz"
    plain = tmp_path / "plain.fits"
    fits.PrimaryHDU(truth()[0].astype(np.float32)).writeto(plain)
    path.write_bytes(gzip.compress(plain.read_bytes()))
    found = gain_compare.compare(result, path)
    assert abs(found.mean - 1.0) < 4.0 * found.mean_err


def test_a_subarray_reference_without_its_place_is_that_of_the_flats(result, tmp_path):
    found = gain_compare.compare(result, write_gain(tmp_path / "gain.fits", truth()[0]))
    assert abs(found.mean - 1.0) < 4.0 * found.mean_err


def shaped(*shape, value=2.0):
    return np.full(shape, value)


@pytest.mark.parametrize(
    ("image", "keywords", "words"),
    [
        (shaped(100, 100), placed(1, 1), "shares none with the flats"),
        (shaped(100, 100), {}, "does not say where they lie"),
        (shaped(2, 2048, 2048), placed(1, 1), "not one for every pixel"),
        (shaped(SIDE, SIDE), {**placed(), "REFTYPE": "READNOISE"}, "is a READNOISE reference"),
        (shaped(SIDE, SIDE), {**placed(), "DETECTOR": "NRCA3"}, "is for detector NRCA3, the flats are of NRCB1"),
        (shaped(SIDE, SIDE, value=11000.0), placed(), "has a median of 11000, which is no gain"),
        (shaped(SIDE, SIDE, value=-1.0), placed(), "has no value above 0"),
        (shaped(SIDE, SIDE, value=np.nan), placed(), "has no value above 0"),
    ],
)
def test_what_is_no_gain_is_one_sentence(result, tmp_path, image, keywords, words):
    path = write_gain(tmp_path / "other.fits", image, **keywords)
    with pytest.raises(BadInput, match=words) as caught:
        gain_compare.compare(result, path)
    assert "other.fits" in str(caught.value) and "\n" not in str(caught.value)


def test_a_unit_that_is_none_of_a_gain_is_refused(result, tmp_path):
    path = write_gain(tmp_path / "rate.fits", shaped(SIDE, SIDE), **placed(), REFTYPE=None)
    with fits.open(path, mode="update") as hdus:
        hdus["SCI"].header["BUNIT"] = "DN/s"
    with pytest.raises(BadInput, match="its unit is DN/s"):
        gain_compare.compare(result, path)


def test_files_that_cannot_be_read(result, tmp_path):
    with pytest.raises(BadInput, match=r"missing\.fits"):
        gain_compare.compare(result, tmp_path / "missing.fits")
    (tmp_path / "text.fits").write_text("no gain")
    with pytest.raises(BadInput, match=r"text\.fits"):
        gain_compare.compare(result, tmp_path / "text.fits")


def test_the_real_ground_reference(result, shared_file):
    """The long-wave reference of CV2 is 1.9 everywhere; called NRCB5 in one place and NRCBLONG in another."""
    path = shared_file("nircam_gain_NRCBLONG_CV2.fits.gz")
    with pytest.raises(BadInput, match="NRCBLONG"):
        gain_compare.compare(result, path)
    geometry = DetectorGeometry(256, 2048, "NRCB5", 1, -2, 1, 1, 4, known=True)
    boxes = cut(geometry, 128)
    gain = np.full(len(boxes), 2.1)
    long = replace(result, geometry=geometry, boxes=boxes, gain=gain, gain_err=0.01 * gain)
    found = gain_compare.compare(long, path)
    np.testing.assert_allclose(found.ratio, 1.9 / 2.1, rtol=1e-6)
    assert found.covered == 1.0 and found.mean_err == pytest.approx(0.01 * 1.9 / 2.1 / np.sqrt(len(boxes)), rel=0.05)
