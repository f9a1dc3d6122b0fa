"""What a file is and how its axes are counted."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from data_files import JWST, counts, sparse, write

from detgui.data.exposure import open_one
from detgui.data.parts import plane_shape_of

SCIENCE = [
    ("a_uncal.fits", {"DATAMODL": "Level1bModel"}, (2, 3, 5, 6), "uint16", "uncal", (2, 3, 5, 6)),
    ("a_ramp.fits", {"DATAMODL": "RampModel"}, (2, 3, 5, 6), "float32", "ramp", (2, 3, 5, 6)),
    ("a_jump.fits", {"DATAMODL": "RampModel"}, (2, 3, 5, 6), "float32", "ramp", (2, 3, 5, 6)),
    ("a_gs-fg_uncal.fits", {"DATAMODL": "GuiderRawModel", "EXP_TYPE": "FGS_FINEGUIDE"}, (9, 2, 8, 8), "uint16", "uncal", (9, 2, 8, 8)),
    ("a_gs-fg_cal.fits", {"DATAMODL": "GuiderCalModel", "EXP_TYPE": "FGS_FINEGUIDE"}, (9, 8, 8), "float32", "calints", (9, 1, 8, 8)),
    ("a_rate.fits", {"DATAMODL": "ImageModel", "BUNIT": "DN/s"}, (5, 6), "float32", "rate", (1, 1, 5, 6)),
    ("a_rateints.fits", {"DATAMODL": "CubeModel", "BUNIT": "DN/s"}, (4, 5, 6), "float32", "rateints", (4, 1, 5, 6)),
    ("a_cal.fits", {"DATAMODL": "ImageModel"}, (5, 6), "float32", "cal", (1, 1, 5, 6)),
    ("a_calints.fits", {"DATAMODL": "CubeModel"}, (4, 5, 6), "float32", "calints", (4, 1, 5, 6)),
    ("a_crf.fits", {"DATAMODL": "ImageModel"}, (5, 6), "float32", "crf", (1, 1, 5, 6)),
    ("a_o001_crfints.fits", {"DATAMODL": "CubeModel"}, (4, 5, 6), "float32", "crfints", (4, 1, 5, 6)),
    ("a_i2d.fits", {"DATAMODL": "ImageModel", "S_RESAMP": "COMPLETE"}, (5, 6), "float32", "i2d", (1, 1, 5, 6)),
    ("a_s2d.fits", {"DATAMODL": "SlitModel"}, (5, 6), "float32", "s2d", (1, 1, 5, 6)),
    # a name that says nothing: the keywords decide
    ("renamed.fits", {"DATAMODL": "CubeModel", "BUNIT": "DN/s"}, (4, 5, 6), "float32", "rateints", (4, 1, 5, 6)),
    ("renamed.fits", {"DATAMODL": "CubeModel", "S_PHOTOM": "COMPLETE"}, (4, 5, 6), "float32", "calints", (4, 1, 5, 6)),
    ("renamed.fits", {"DATAMODL": "ImageModel", "S_RESAMP": "COMPLETE"}, (5, 6), "float32", "i2d", (1, 1, 5, 6)),
    ("renamed.fits", {"DATAMODL": "CubeModel", "FILENAME": "x_crfints.fits"}, (4, 5, 6), "float32", "crfints", (4, 1, 5, 6)),
    ("old.fits", {}, (2, 3, 5, 6), "uint16", "uncal", (2, 3, 5, 6)),
]


@pytest.mark.parametrize(("name", "words", "dims", "dtype", "kind", "shape"), SCIENCE)
def test_science_products(tmp_path, name, words, dims, dtype, kind, shape):
    data = counts(dims, dtype)
    with open_one([write(tmp_path / name, JWST | words, ("SCI", data))]) as exposure:
        assert (exposure.kind, exposure.shape, exposure.dtype) == (kind, shape, np.dtype(dtype))
        assert exposure.is_ramp == (shape[1] > 1)
        assert np.array_equal(exposure.read_block(), data.reshape(shape))


REFERENCES = [
    ("DARK", (7, 5, 6), (1, 7, 5, 6)),
    ("DARK", (2, 7, 5, 6), (2, 7, 5, 6)),
    ("SUPERBIAS", (5, 6), (1, 1, 5, 6)),
    ("GAIN", (5, 6), (1, 1, 5, 6)),
    ("READNOISE", (5, 6), (1, 1, 5, 6)),
    ("IPC", (3, 3), (1, 1, 3, 3)),
]


@pytest.mark.parametrize(("reftype", "dims", "shape"), REFERENCES)
def test_references(tmp_path, reftype, dims, shape):
    path = write(tmp_path / "r.fits", JWST | {"REFTYPE": reftype, "SUBSIZE1": 2048, "SUBSIZE2": 2048}, ("SCI", counts(dims, "float32")))
    with open_one([path]) as exposure:
        assert (exposure.kind, exposure.shape, exposure.meta.reftype) == ("reference", shape, reftype)
        assert bool(exposure.warnings) == (reftype != "IPC")  # a kernel is no cut-out


def test_a_mask_shows_its_only_image(tmp_path):
    flags = counts((5, 6), "uint32")
    with open_one([write(tmp_path / "mask.fits", JWST | {"REFTYPE": "MASK"}, ("DQ", flags))]) as exposure:
        assert exposure.planes == ("SCI", "DQ")
        assert np.array_equal(exposure.read_image(), flags)
        assert np.array_equal(exposure.read_dq(), flags)


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32"])
def test_ground_cube_in_the_primary_hdu(tmp_path, dtype):
    data = counts((9, 5, 6), dtype)
    with open_one([write(tmp_path / "LAMP_1.fits", {"OBJECT": "lamp"}, primary_data=data)]) as exposure:
        assert (exposure.kind, exposure.shape, exposure.dtype) == ("cube", (1, 9, 5, 6), np.dtype(dtype))
        assert not exposure.timing.known
        assert not exposure.geometry.known
        assert np.array_equal(exposure.read_image(group=4), data[3])


def test_full_size_ground_cube_opens_without_reading_it(tmp_path):
    path = tmp_path / "cube.fits"
    head = fits.PrimaryHDU(np.zeros((1, 1, 1), "uint16")).header
    head["NAXIS1"], head["NAXIS2"], head["NAXIS3"] = 2048, 2048, 160
    with path.open("wb") as file:
        file.write(head.tostring().encode())
        file.truncate(2880 + -(-160 * 2048 * 2048 * 2 // 2880) * 2880)
    with open_one([path]) as exposure:
        assert (exposure.kind, exposure.shape) == ("cube", (1, 160, 2048, 2048))


@pytest.mark.parametrize("dtype", ["int64", "uint8", "int16", "bool"])
def test_plain_bad_pixel_image(tmp_path, dtype):
    data = counts((5, 6), "int64") % 2
    with open_one([write(tmp_path / "bad.fits", {}, primary_data=data.astype("uint8" if dtype == "bool" else dtype))]) as exposure:
        assert (exposure.kind, exposure.shape) == ("image", (1, 1, 5, 6))
        assert exposure.integrations.tolist() == [1]
        assert np.array_equal(exposure.read_image(), data)


def test_sci_wins_over_a_primary_image(tmp_path):
    path = write(tmp_path / "f.fits", JWST, ("SCI", counts((5, 6), "float32")), primary_data=np.zeros((2, 2)))
    with open_one([path]) as exposure:
        assert exposure.shape == (1, 1, 5, 6)


def test_wavelength_cube_says_so(tmp_path):
    with open_one([write(tmp_path / "a_s3d.fits", JWST | {"DATAMODL": "IFUCubeModel"}, ("SCI", counts((4, 5, 6), "float32")))]) as exposure:
        assert (exposure.kind, exposure.shape) == ("s3d", (4, 1, 5, 6))
        assert "wavelength" in exposure.warnings[0]


def test_cropped_image_opens_with_a_warning(tmp_path):
    words = JWST | {"SUBARRAY": "FULL", "SUBSIZE1": 2048, "SUBSIZE2": 2048, "SUBSTRT1": 1, "SUBSTRT2": 1, "FASTAXIS": 2, "SLOWAXIS": 1}
    with open_one([write(tmp_path / "a_cal.fits", words, ("SCI", counts((5, 6), "float32")))]) as exposure:
        assert not exposure.geometry.known
        assert "2048 x 2048 pixels but the image has 6 x 5" in exposure.warnings[0]


def test_numbers_in_the_header_that_contradict_the_data_are_warnings(tmp_path):
    words = JWST | {"NGROUPS": 10, "NINTS": 7}
    with open_one([write(tmp_path / "a_uncal.fits", words, ("SCI", counts((2, 3, 5, 6))))]) as exposure:
        assert [each.split(": ")[1] for each in exposure.warnings] == [
            "the header says 10 groups but SCI has 3",
            "the header says 7 integrations but SCI has 2",
        ]


def test_timing_and_geometry(tmp_path):
    words = JWST | {"TGROUP": 10.0, "TFRAME": 2.0, "NFRAMES": 4, "GROUPGAP": 1, "FASTAXIS": 2, "SLOWAXIS": 1, "NOUTPUTS": 1}
    words |= {"SUBSTRT1": 1025, "SUBSTRT2": 957, "SUBSIZE1": 6, "SUBSIZE2": 5}
    with open_one([write(tmp_path / "a_uncal.fits", words, ("SCI", counts((2, 3, 5, 6))))]) as exposure:
        assert exposure.timing.group_times().tolist() == [5.0, 15.0, 25.0]  # mean of frames 1-4, 6-9, 11-14, 2 s apart
        place = exposure.geometry
        assert (place.known, place.fastaxis, place.slowaxis, place.noutputs, place.irs2) == (True, 2, 1, 1, False)
        assert place.to_full(0, 0) == (1025, 957)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"TGROUP": 10.0, "NFRAMES": 4, "GROUPGAP": 1}, (10.0, 2.0, True)),
        ({"TFRAME": 2.0, "NFRAMES": 4, "GROUPGAP": 1}, (10.0, 2.0, True)),
        ({"NFRAMES": 4}, (1.0, 1.0, False)),
        ({"TGROUP": -1.0}, (1.0, 1.0, False)),
        ({"TGROUP": "soon"}, (1.0, 1.0, False)),
    ],
)
def test_timing_that_is_only_half_there(tmp_path, words, expected):
    with open_one([write(tmp_path / "a_uncal.fits", JWST | words, ("SCI", counts((2, 3, 5, 6))))]) as exposure:
        assert (exposure.timing.tgroup, exposure.timing.tframe, exposure.timing.known) == expected


def test_detector_table_stands_in_for_missing_axes(tmp_path):
    words = JWST | {"DETECTOR": "NRCA2", "SUBSTRT1": 1, "SUBSTRT2": 1, "SUBSIZE1": 6, "SUBSIZE2": 5}
    with open_one([write(tmp_path / "a_uncal.fits", words, ("SCI", counts((2, 3, 5, 6))))]) as exposure:
        assert (exposure.geometry.known, exposure.geometry.fastaxis, exposure.geometry.slowaxis) == (True, 1, -2)


def test_slit_cutout_is_placed(tmp_path):
    words = JWST | {
        "SUBSTRT1": 1,
        "SUBSTRT2": 100,
        "SUBSIZE1": 2048,
        "SUBSIZE2": 256,
        "FASTAXIS": 2,
        "SLOWAXIS": 1,
        "DATAMODL": "SlitModel",
    }
    cut = {"SLTSTRT1": 11, "SLTSTRT2": 21, "SLTSIZE1": 6, "SLTSIZE2": 5}
    with open_one([write(tmp_path / "a_cal.fits", words, ("SCI", counts((5, 6), "float32"), cut))]) as exposure:
        assert exposure.geometry.to_full(0, 0) == (11, 120)
        assert exposure.warnings == ()


def test_irs2_frame(tmp_path):
    words = JWST | {"READPATT": "NRSIRS2", "SUBARRAY": "FULL", "SUBSIZE1": 2048, "SUBSIZE2": 2048, "FASTAXIS": 2, "SLOWAXIS": 1}
    sparse(tmp_path / "a_uncal.fits", words, (1, 2, 3200, 2048))
    with open_one([tmp_path / "a_uncal.fits"]) as exposure:
        assert exposure.geometry.irs2
        assert exposure.geometry.known
        assert exposure.warnings == ()


def test_calibration_steps(tmp_path):
    words = JWST | {"S_SUPERB": "COMPLETE", "S_DARK": "SKIPPED"}
    with open_one([write(tmp_path / "a_ramp.fits", words, ("SCI", counts((2, 3, 5, 6), "float32")))]) as exposure:
        assert exposure.cal_step("superbias") == "COMPLETE"
        assert exposure.cal_step("dark_current") == exposure.cal_step("dark_sub") == "SKIPPED"
        assert exposure.cal_step("jump") is None


MAIN = (4, 3, 5, 6)


@pytest.mark.parametrize(
    ("name", "dims", "main_dims", "shape", "expected"),
    [
        ("GROUPDQ", (4, 3, 5, 6), MAIN, MAIN, (4, 3, 5, 6)),
        ("PIXELDQ", (5, 6), MAIN, MAIN, (1, 1, 5, 6)),
        ("ZEROFRAME", (4, 5, 6), MAIN, MAIN, (4, 1, 5, 6)),
        ("ZEROFRAME", (3, 5, 6), MAIN, MAIN, None),
        ("REFOUT", (4, 3, 5, 2), MAIN, MAIN, (4, 3, 5, 2)),
        ("ERR", (4, 3, 5, 2), MAIN, MAIN, None),
        ("UNC", (6, 5), MAIN, MAIN, None),
        ("DQ", (5, 6), (4, 5, 6), (4, 1, 5, 6), (1, 1, 5, 6)),
        ("ERR", (4, 5, 6), (4, 5, 6), (4, 1, 5, 6), (4, 1, 5, 6)),
        ("DQ", (1, 1, 5, 6), MAIN, MAIN, (1, 1, 5, 6)),
        ("ERR", (7, 5, 6), (7, 5, 6), (1, 7, 5, 6), (1, 7, 5, 6)),
        ("CON", (1, 5, 6), (5, 6), (1, 1, 5, 6), (1, 1, 5, 6)),
        ("CON", (2, 5, 6), (5, 6), (1, 1, 5, 6), None),
        ("ERR", (0, 5, 6), MAIN, MAIN, None),
    ],
)
def test_shapes_of_planes(name, dims, main_dims, shape, expected):
    assert plane_shape_of(name, dims, main_dims, shape) == expected
