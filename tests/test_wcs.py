"""Sky and wavelength against astropy's and gwcs's own answers at the same pixels."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from detgui.data import wcs as data_wcs
from detgui.data.wcs import Place, load_wcs
from detgui.data.wcs_tables import Table, full_table, grid_sky
from detgui.errors import BadInput, Cancelled

CAL = "jw01227002001_02105_00001_nrcalong_crop100_cal.fits"
SLIT = "jw01345062001_03101_00001_nrs2_phot.138.1345_933.fits"
LW_PIXEL = 0.063  # arcsec


def separation(place: Place, ra: float, dec: float) -> float:
    """Arcsec between a place and a position."""
    return SkyCoord(place.ra_deg, place.dec_deg, unit="deg").separation(SkyCoord(float(ra), float(dec), unit="deg")).arcsec


def plain_header(ra=10.0, dec=20.0, nx=400, ny=300) -> fits.Header:
    header = fits.Header({"WCSAXES": 2, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg"})
    header.update({"CRVAL1": ra, "CRVAL2": dec, "CRPIX1": nx / 2, "CRPIX2": ny / 2, "CDELT1": -1e-5, "CDELT2": 1e-5})
    return header


def image_file(path: Path, header: fits.Header, shape=(300, 400)) -> Path:
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros(shape, np.float32), header, name="SCI")]).writeto(path)
    return path


PIXELS = [(0, 0), (99, 0), (0, 99), (99, 99), (37, 61), (16, 15)]


def test_a_cut_out_image_follows_its_fits_keywords(shared_file):
    """The cut moved CRPIX by 400, 100; the gwcs in the file still is the whole detector's."""
    path = shared_file(CAL)
    found = load_wcs(path, 100, 100)
    assert found.source == "FITS keywords"
    assert "cut out" in found.note
    sip = WCS(fits.getheader(path, "SCI"), fix=False)
    for x, y in PIXELS:
        assert separation(found.place(x, y), *sip.all_pix2world(x, y, 0)) < 1e-3 * LW_PIXEL
    assert np.isnan(found.place(3, 4).wavelength_um)


def test_gwcs_of_a_whole_detector(shared_file):
    """The same file's gwcs, asked as if the image were whole: itself at any pixel, and the SIP keywords moved back by the cut."""
    from stdatamodels import asdf_in_fits

    path = shared_file(CAL)
    found = load_wcs(path, 2048, 2048)
    assert found.source == "gwcs"
    assert found.note == ""
    sip = WCS(fits.getheader(path, "SCI"), fix=False)
    with asdf_in_fits.open(path) as file:
        wcs = file.tree["meta"]["wcs"]
        for x, y in [(0, 0), (2047, 2047), (400, 100), (499, 199), (1037, 61), (1000, 1735)]:
            assert separation(found.place(x, y), *wcs(x, y)) < 1e-3 * LW_PIXEL
            assert separation(found.place(x, y), *sip.all_pix2world(x - 400, y - 100, 0)) < 0.25 * LW_PIXEL  # how well the keywords fit


def test_slit_wavelengths_are_the_plane(shared_file):
    path = shared_file(SLIT)
    found = load_wcs(path, 25, 341)
    plane = fits.getdata(path, "WAVELENGTH")
    y, x = np.argwhere(np.isfinite(plane) & (plane > 0))[500]
    assert found.place(int(x), int(y)).wavelength_um == pytest.approx(float(plane[y, x]))
    assert found.source == "gwcs, WAVELENGTH plane"


def test_slit_wavelengths_and_sky_of_the_gwcs(shared_file, tmp_path):
    """Without the plane: the gwcs has nearly its wavelengths (the plane adds the source's place in the slit) and the source's sky."""
    path = shared_file(SLIT)
    plane, header = fits.getdata(path, "WAVELENGTH"), fits.getheader(path, "SCI")
    with fits.open(path) as hdus:
        hdus["WAVELENGTH"].data[:] = np.nan
        hdus.writeto(tmp_path / "slit.fits")
    found = load_wcs(tmp_path / "slit.fits", 25, 341)
    assert found.source == "gwcs"
    places = {(x, y): found.place(x, y) for x in range(20, 330, 40) for y in range(8, 18, 3)}
    seen = [(place, plane[y, x]) for (x, y), place in places.items() if place is not None and plane[y, x] > 0]
    assert len(seen) > 10
    for place, wavelength in seen:
        assert place.wavelength_um == pytest.approx(float(wavelength), abs=0.03)
        assert separation(place, header["SRCRA"], header["SRCDEC"]) < 3.0


def test_spectrum_with_a_wavelength_plane_of_zeros():
    """MIRI's slitless prism: the plane was never filled, the gwcs knows."""
    from stdatamodels import asdf_in_fits

    spec = importlib.util.find_spec("jwst")
    path = Path(spec.origin).parent / "stpipe" / "tests" / "data" / "miri_data.fits"
    found = load_wcs(path, 416, 72)
    assert found.source == "gwcs"
    with asdf_in_fits.open(path) as file:
        ra, dec, wavelength = file.tree["meta"]["wcs"](30, 200)
    place = found.place(30, 200)
    assert (place.ra_deg, place.dec_deg, place.wavelength_um) == pytest.approx((ra, dec, wavelength))


def test_raw_flight_ramp_has_the_headers_pointing(flight_ramp):
    found = load_wcs(flight_ramp, 128, 128)
    assert found.note == data_wcs.COARSE
    sky = WCS(fits.getheader(flight_ramp, "SCI"), fix=False).celestial
    for x, y in [(0, 0), (127, 5), (64, 64)]:
        place = found.place(x, y)
        assert separation(place, *sky.all_pix2world(x, y, 0)) < 1e-4
        assert place.note == data_wcs.COARSE
    assert found.place(128, 0) is None
    assert found.place(0, -1) is None


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.9995, -45.0), (123.0, 89.9995), (10.0, -90.0)])
def test_right_ascension_zero_and_the_poles(tmp_path, ra, dec):
    header = plain_header(ra, dec)
    found = load_wcs(image_file(tmp_path / "sky.fits", header), 300, 400)
    direct = WCS(header, fix=False)
    for x, y in [(0, 0), (399, 299), (199, 149), (7, 201), (250, 33)]:
        place = found.place(x, y)
        assert 0 <= place.ra_deg < 360
        assert separation(place, *direct.all_pix2world(x, y, 0)) < 1e-3 * 0.036


def test_images_of_one_row_and_one_pixel(tmp_path):
    for shape in [(1, 1), (1, 50), (50, 1)]:
        header = plain_header()
        found = load_wcs(image_file(tmp_path / f"{shape[0]}_{shape[1]}.fits", header, shape), *shape)
        expected = WCS(header, fix=False).all_pix2world(shape[1] - 1, shape[0] - 1, 0)
        assert separation(found.place(shape[1] - 1, shape[0] - 1), *expected) < 1e-5


def test_files_without_wcs_say_so(tmp_path):
    path = image_file(tmp_path / "plain.fits", fits.Header())
    found = load_wcs(path, 300, 400)
    assert not found.known
    assert found.reason == "plain.fits has no WCS"
    assert found.place(3, 3) is None


def test_position_angles_alone_are_no_wcs(tmp_path):
    found = load_wcs(image_file(tmp_path / "pa.fits", fits.Header({"PA_APER": 30.0, "RA_REF": 3.0, "DEC_REF": 4.0})), 300, 400)
    assert not found.known


def test_keywords_that_cannot_be_used(tmp_path):
    header = plain_header()
    header["CDELT1"] = 0.0
    found = load_wcs(image_file(tmp_path / "zero.fits", header), 300, 400)
    assert not found.known
    assert "zero.fits" in found.reason


def test_a_gwcs_that_cannot_be_used_leaves_the_keywords(shared_file, monkeypatch):
    def broken(tree, extver):
        raise RuntimeError("no such tag\nand more")

    monkeypatch.setattr(data_wcs, "_gwcs_of", broken)
    found = load_wcs(shared_file(CAL), 2048, 2048)
    assert found.source == "FITS keywords"
    assert found.note == f"the gwcs of {CAL} cannot be used: no such tag"


def test_a_wcs_of_many_slits_says_why():
    wcs = SimpleNamespace(forward_transform=SimpleNamespace(n_inputs=3))
    assert "slit or a spectral order" in data_wcs._evaluated(wcs, (3, 3), lambda fraction, message: None).reason


def test_every_slit_has_its_own_gwcs():
    tree = {"meta": {"wcs": "whole"}, "slits": [{"meta": {"wcs": "first"}}, {"meta": {"wcs": "second"}}]}
    assert [data_wcs._gwcs_of(tree, version) for version in (1, 2, 3)] == ["first", "second", "whole"]
    assert data_wcs._gwcs_of({"meta": {}}, 1) is None


@pytest.mark.parametrize("content", [None, b"", b"hello", b"SIMPLE  = T"])
def test_what_is_no_fits_file_is_bad_input(tmp_path, content):
    path = tmp_path / "bad.fits"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"bad\.fits"):
        load_wcs(path, 5, 5)


def test_loading_can_be_cancelled(shared_file):
    for stop_at in range(4):
        calls = []

        def progress(fraction, message, stop_at=stop_at, calls=calls):
            calls.append(fraction)
            if len(calls) > stop_at:
                raise Cancelled

        with pytest.raises(Cancelled):
            load_wcs(shared_file(SLIT), 25, 341, progress=progress)


def test_tables():
    table = full_table(lambda x, y: (x, y, x + 1000 * y), (130, 7), lambda part: None)
    assert table.at(6, 129) == (6.0, 129.0, 129006.0)
    assert np.isnan(table.at(7, 0)).all()
    assert np.isnan(table.at(0, -1)).all()
    assert not Table(np.full((3, 2, 2), np.nan)).known
    with pytest.raises(ValueError, match="no coordinates"):
        grid_sky(lambda x, y: (np.full(x.shape, np.nan), y), (5, 5))
