"""Every real file at hand either opens, with the pixels that astropy reads, or says in one sentence why not."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import SHARED

from detgui.data.exposure import open_exposures, open_one
from detgui.errors import BadInput

EXPECTED = {
    "ERS_NGTS10_2022_new_drift_041_rateints.fits": ("rateints", (4, 1, 416, 72), "float32"),
    "jw01019001001_gs-acq1_2022117003102_uncal.fits": ("uncal", (6, 2, 128, 128), "uint16"),
    "jw01227002001_02105_00001_nrcalong_crop100_cal.fits": ("cal", (1, 1, 100, 100), "float32"),
    "jw01345062001_03101_00001_nrs2_phot.138.1345_933.fits": ("cal", (1, 1, 25, 341), "float32"),
    "jw42424001001_01101_00001_nrca1_rate.fits.gz": ("rate", (1, 1, 2048, 2048), "uint16"),
    "jwst_nircam_mask_0026_NRCA1.fits.gz": ("reference", (1, 1, 2048, 2048), "uint32"),
    "jwst_nircam_newhot_NRCA1_extra20231129.fits.gz": ("image", (1, 1, 2048, 2048), "uint8"),
    "jwst_niriss_superbias_0111.fits": ("reference", (1, 1, 96, 2048), "float32"),
    "jwst_nirspec_dark_0046.fits": ("reference", (1, 10, 32, 512), "float32"),
    "jwst_nirspec_ipc_with_asdf_extension.fits": ("reference", (1, 1, 3, 3), "float32"),
    "jwst_nirspec_superbias_0075.fits": ("reference", (1, 1, 32, 512), "float32"),
    "nircam_gain_NRCBLONG_CV2.fits.gz": ("reference", (1, 1, 2048, 2048), "float32"),
    "nircam_readnoise_NRCBLONG_CV2.fits.gz": ("reference", (1, 1, 2048, 2048), "float32"),
    "nrc_badpix_230120_NRCALONG.fits.gz": ("image", (1, 1, 2048, 2048), "int32"),
    "nrc_badpix_240627_NRCALONG.fits.gz": ("image", (1, 1, 2048, 2048), "int16"),
    "nrc_badpix_260627_NRCALONG.fits.gz": ("image", (1, 1, 2048, 2048), "int64"),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_opens(shared_file, name):
    path = shared_file(name)
    with open_one([path]) as exposure:
        assert (exposure.kind, exposure.shape, str(exposure.dtype)) == EXPECTED[name]
        with fits.open(path, memmap=False) as hdus:
            for plane in exposure.planes:
                hdu = hdus[plane] if plane in hdus else hdus["DQ"] if "DQ" in hdus else hdus[0]
                truth = np.reshape(hdu.data, exposure.plane_shape(plane))
                truth = np.broadcast_to(truth, (exposure.shape[0], *truth.shape[1:]))
                np.testing.assert_array_equal(exposure.read_block(plane), truth)
                ny, nx = truth.shape[2:]
                np.testing.assert_array_equal(exposure.read_pixel(nx // 3, ny // 2, plane)[-1], truth[-1, :, ny // 2, nx // 3])
        exposure.read_dq()
        assert exposure.headers()[0][0] == "PRIMARY"


@pytest.mark.shared
def test_the_dark_leaves_its_turned_plane_out(shared_file):
    with open_one([shared_file("jwst_nirspec_dark_0046.fits")]) as exposure:
        assert exposure.planes == ("SCI", "ERR", "DQ")
        assert exposure.plane_dtype("DQ") == np.uint8
        assert any("UNC (512 x 32) does not fit" in sentence for sentence in exposure.warnings)


@pytest.mark.shared
def test_pixels_removed(shared_file):
    with pytest.raises(BadInput, match="the pixels were removed from it"):
        open_one([shared_file("jw01075001001_03105_00009_nrca2_uncal.fits")])


@pytest.mark.shared
def test_simulated_segment_keeps_its_numbers(shared_file):
    with open_one([shared_file("ERS_NGTS10_2022_new_drift_041_rateints.fits")]) as exposure:
        assert exposure.integrations.tolist() == [1847, 1848, 1849, 1850]
        assert exposure.int_times() is None  # its table has no rows


def test_times_of_a_real_table(flight_ramp):
    path = flight_ramp.parents[3] / "stpipe" / "tests" / "data" / "miri_data.fits"
    with open_one([path]) as exposure, fits.open(path) as hdus:
        assert (exposure.kind, exposure.shape) == ("crfints", (10, 1, 416, 72))
        table = hdus["INT_TIMES"].data
        times = exposure.int_times()
        assert table["integration_number"].tolist() == [1, 2, 3]  # of 10
        np.testing.assert_array_equal(times["int_mid_MJD_UTC"], [*table["int_mid_MJD_UTC"], *[np.nan] * 7])
        assert np.isnan(times["int_mid_BJD_TDB"]).all()  # the table has zeros: never filled in


def everything() -> list[Path]:
    spec = importlib.util.find_spec("jwst")
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    return sorted([*SHARED.glob("*"), *package.rglob("*.fits"), *package.rglob("*.fits.gz")])


def test_whatever_lies_about_opens_or_says_why_not():
    for path in everything():
        try:
            exposures = open_exposures([path])
        except BadInput as refused:
            assert path.name in str(refused)
            assert "\n" not in str(refused)
            continue
        for exposure in exposures:
            with exposure:
                assert len(exposure.shape) == 4
                for plane in exposure.planes:
                    image = exposure.read_image(plane)
                    assert image.shape == exposure.plane_shape(plane)[2:]
                exposure.read_dq()
                exposure.headers()
                exposure.int_times()
