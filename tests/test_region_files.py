"""Region files and masks: round trips, other programs' files, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from test_regions import SIZE, brushes, ellipses, polygons, rectangles

from detgui.data.mask_files import background_of, read_fits_masks, write_dq_mask, write_labels, write_mask, write_user_mask
from detgui.data.region_files import read_masks, read_regions, write_regions
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.region_masks import mask_of
from detgui.science.regions import KINDS, Combined, Ellipse, Polygon, Rectangle, Region

FULL = DetectorGeometry(2048, 2048, "NRCB1", 1, -2, 1, 1, 4, known=True)
SMALL = DetectorGeometry(64, 80, "NRCB1", 1, -2, 801, 1001, 1, known=True)
VOID = Rectangle(20, 15, 9, 7)


def blob(size=SIZE):
    return mask_of(Ellipse(15, 10, 6, 4, 20), size)


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(rectangles, ellipses, polygons),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_characters="{};\x7f\x85\xa0\xad"), max_size=12),
    st.sampled_from(KINDS),
    st.booleans(),
)
def test_a_region_comes_back(tmp_path_factory, shape, name, kind, locked):
    path = tmp_path_factory.mktemp("r") / "void.reg"
    write_regions(path, [Region(shape, name.strip(), kind, "#12ab9f", locked)])
    (back,) = read_regions(path)
    assert (back.name, back.kind, back.colour, back.locked, back.hidden) == (name.strip(), kind, "#12ab9f", locked, False)
    assert type(back.shape) is type(shape)
    assert np.allclose(back.shape.bounds, shape.bounds, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(brushes, st.one_of(rectangles, ellipses, brushes), st.sampled_from(("add", "intersect")))
def test_pixels_come_back_exactly(tmp_path_factory, first, second, how):
    path = tmp_path_factory.mktemp("r") / "void.reg"
    shape = Combined(first, second, how)
    x, y = np.meshgrid(np.arange(-60, 100), np.arange(-60, 100))
    if not shape.contains(x, y).any():
        with pytest.raises(BadInput):
            write_regions(path, [Region(shape)])
        assert not path.exists()
        return
    write_regions(path, [Region(first), Region(shape)])
    one, two = read_regions(path)
    assert np.array_equal(mask_of(one.shape, SIZE), mask_of(first, SIZE))
    assert np.array_equal(mask_of(two.shape, SIZE), mask_of(shape, SIZE))


@pytest.mark.parametrize("name", ["007", "1e3", "nan", "1_0", "True", "-", "kind=void", "a=b", "it's", 'a "quoted" name', "# 1"])
def test_names_that_look_like_something_else(tmp_path, name):
    write_regions(tmp_path / "a.reg", [Region(VOID, name, "source")])
    (back,) = read_regions(tmp_path / "a.reg")
    assert (back.name, back.kind) == (name, "source")


def test_the_file_is_one_based_ds9(tmp_path):
    path = tmp_path / "a.reg"
    write_regions(path, [Region(Rectangle(9, 19, 4, 6, 30), "one", "void"), Region(Ellipse(3, 4, 5, 6), "two", "source", "#00ff00")])
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# Region file format: DS9")
    assert lines[1] == "image"
    numbers = [float(n) for n in lines[2].split("(")[1].split(")")[0].split(",")]
    assert lines[2].startswith("box(") and numbers == [10, 20, 4, 6, 30]
    assert "text={one}" in lines[2] and "tag={kind=void}" in lines[2]
    numbers = [float(n) for n in lines[3].split("(")[1].split(")")[0].split(",")]
    assert numbers == [4, 5, 5, 6, 0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.reg"]


def test_a_file_as_ds9_writes_it(tmp_path):
    path = tmp_path / "ds9.reg"
    path.write_text(
        "# Region file format: DS9 version 4.1\n# Filename: flat.fits\n"
        'global color=green dashlist=8 3 width=1 font="helvetica 10 normal roman" select=1 highlite=1 dash=0 fixed=0 edit=1 move=1\n'
        "physical\ncircle(11,11,3.5) # text={spot} color=red\npolygon(3,3,8,3,8,8,3,8)\nannulus(21,11,2,4)\n"
        "-box(5.5,5.5,2,2,0)\n"
    )
    spot, square, ring = read_regions(path, kind="void")
    assert (spot.name, spot.kind, spot.colour) == ("spot", "void", "#ff0000")
    masks = read_masks(path, SIZE)
    y, x = np.indices(SIZE)
    assert np.array_equal(masks[0][2], (x - 10) ** 2 + (y - 10) ** 2 <= 3.5**2)
    expected = (x >= 2) & (x < 7) & (y >= 2) & (y < 7) & ~((x >= 4) & (x < 5.5) & (y >= 4) & (y < 5.5))
    assert np.array_equal(masks[1][2], expected)
    r = (x - 20) ** 2 + (y - 10) ** 2
    assert np.array_equal(masks[2][2], (r <= 16) & (r > 4))
    assert (square.colour, ring.colour) == ("#00ff00", "#00ff00")


def celestial():
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crpix, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [15, 10], [53.0, -27.0]
    wcs.wcs.cdelt = [-8.7e-6, 8.7e-6]
    wcs.wcs.set()
    return wcs


def generalised():
    import gwcs
    from astropy import units
    from astropy.coordinates import ICRS
    from astropy.modeling.models import Pix2Sky_TAN, RotateNative2Celestial, Scale, Shift
    from gwcs import coordinate_frames

    steps = (Shift(-14) & Shift(-9)) | (Scale(8.7e-6) & Scale(8.7e-6)) | Pix2Sky_TAN() | RotateNative2Celestial(53, -27, 180)
    detector = coordinate_frames.Frame2D(name="detector", axes_names=("x", "y"), unit=(units.pix, units.pix))
    return gwcs.WCS([(detector, steps), (coordinate_frames.CelestialFrame(reference_frame=ICRS(), name="world"), None)])


@pytest.mark.parametrize("make", [celestial, generalised])
def test_sky_coordinates_need_a_wcs_and_keep_their_pixels(tmp_path, make):
    wcs = make()
    path = tmp_path / "sky.reg"
    shapes = [Ellipse(14.2, 10.1, 6, 3, 25), Polygon(((2.3, 2.1), (9.7, 3.2), (5.4, 11.8))), Rectangle(22.2, 9.3, 5, 8, 10)]
    write_regions(path, [Region(shape) for shape in shapes], wcs=wcs)
    assert "icrs" in path.read_text()
    for (_, _, mask), shape in zip(read_masks(path, SIZE, wcs=wcs), shapes, strict=True):
        assert np.array_equal(mask, mask_of(shape, SIZE))
    with pytest.raises(BadInput, match=r"^sky\.reg: lines 4, 5 and 6: sky coordinates, and the image has no WCS$"):
        read_masks(path, SIZE)


def test_a_file_drawn_on_the_full_frame_fits_a_subarray(tmp_path):
    path = tmp_path / "full.reg"
    write_regions(path, [Region(Rectangle(840, 1030, 10, 10), "v", "void")], FULL)
    ((name, kind, mask),) = read_masks(path, (64, 80), SMALL)
    assert (name, kind) == ("v", "void")
    assert np.array_equal(mask, mask_of(Rectangle(40, 30, 10, 10), (64, 80)))
    ((_, _, same),) = read_masks(path, (2048, 2048), FULL)
    assert np.array_equal(same, mask_of(Rectangle(840, 1030, 10, 10), (2048, 2048)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no region"),
        ("hello", "hello"),
        ("image\ncircle(0,", "line 2: circle(0, is not one shape"),
        ("image\npoint(3,3)", "line 2: a point has no area"),
        ("image\npolygon(1,2,3,4)", "3 points"),
        ("image\ncircle(nan,3,3)", ""),
        ("image\npanda(1,1,0,360,4,2,4,1)", "panda"),
        ("linear\ncircle(1,1,1)", "linear"),
        ("image\ncircle(9000,1,1)", "covers a pixel"),
        ("image\n-circle(9,1,1)", "no region"),
        (b"\xff\xfe\x00", "neither"),
        (b"SIMPLE  = nonsense", "FITS mask"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, words):
    path = tmp_path / "bad.reg"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as caught:
        read_masks(path, SIZE)
    assert str(caught.value).startswith("bad.reg: ") and words in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match=r"none\.reg: cannot be read"):
        read_masks(tmp_path / "none.reg", SIZE)
    with pytest.raises(BadInput, match="cannot be written"):
        write_regions(tmp_path / "no" / "a.reg", [Region(VOID)])


def test_boolean_masks_and_labels_come_back(tmp_path):
    masks = [("the void", "void", blob()), ("", "source", mask_of(Rectangle(25, 20, 5, 5), SIZE))]
    for write in (write_mask, write_labels):
        path = tmp_path / f"{write.__name__}.fits"
        write(path, masks)
        back = read_masks(path, SIZE)
        assert [(name, kind) for name, kind, _ in back] == [("the void", "void"), ("", "source")]
        assert all(np.array_equal(a[2], b[2]) for a, b in zip(back, masks, strict=True))
    with pytest.raises(BadInput, match="one label"):
        write_labels(tmp_path / "x.fits", [*masks, ("again", "void", blob())])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
def test_other_programs_images(tmp_path, dtype):
    path = tmp_path / "mine.fits"
    fits.PrimaryHDU(blob().astype(dtype)).writeto(path)
    ((name, kind, mask),) = read_masks(path, SIZE, kind="void")
    assert (name, kind) == ("mine", "void") and np.array_equal(mask, blob())
    labels = blob().astype(dtype)
    labels[0, :4] = 7
    fits.PrimaryHDU(labels).writeto(path, overwrite=True)
    assert [(name, int(mask.sum())) for name, _, mask in read_masks(path, SIZE)] == [("label 1", int(blob().sum())), ("label 7", 4)]


def test_a_mask_goes_where_its_keywords_say(tmp_path):
    full = np.zeros((2048, 2048), bool)
    full[1000:1064, 800:880] = blob((64, 80))
    path = tmp_path / "full.fits"
    write_mask(path, [("v", "void", full)], FULL)
    assert np.array_equal(read_fits_masks(path, (64, 80), SMALL)[0][2], blob((64, 80)))
    write_mask(path, [("v", "void", blob((64, 80)))], SMALL)
    assert np.array_equal(read_fits_masks(path, (2048, 2048), FULL)[0][2], full)
    fits.PrimaryHDU(full.astype(np.uint8)).writeto(path, overwrite=True)
    assert np.array_equal(read_fits_masks(path, (64, 80), SMALL)[0][2], blob((64, 80)))
    with pytest.raises(BadInput, match="2048 x 2048 pixels and the image 31 x 23"):
        read_masks(path, SIZE)
    write_mask(path, [("v", "void", blob((64, 80)))], SMALL)
    with pytest.raises(BadInput, match="80 x 64"):
        read_masks(path, (2048, 2048), replace(FULL, detector="NRCB2"))


def test_images_that_are_no_masks(tmp_path):
    path = tmp_path / "no.fits"
    for image in (np.full(SIZE, 0.5), np.full(SIZE, np.nan), np.arange(23.0 * 31).reshape(SIZE)):
        fits.PrimaryHDU(image).writeto(path, overwrite=True)
        with pytest.raises(BadInput, match=r"^no\.fits: the image is no mask"):
            read_masks(path, SIZE)
    fits.PrimaryHDU(np.zeros((2, *SIZE))).writeto(path, overwrite=True)
    with pytest.raises(BadInput, match="no image"):
        read_masks(path, SIZE)
    fits.PrimaryHDU(np.zeros(SIZE)).writeto(path, overwrite=True)
    with pytest.raises(BadInput, match="covers a pixel"):
        read_masks(path, SIZE)
    fits.PrimaryHDU(np.ones((200, 200))).writeto(path, overwrite=True)
    path.write_bytes(path.read_bytes()[:5760])
    with pytest.raises(BadInput, match="cannot be read as a FITS mask"):
        read_masks(path, (200, 200))


def test_user_mask_is_what_clean_flicker_noise_opens(tmp_path):
    from stdatamodels.jwst import datamodels

    path = tmp_path / "user_mask.fits"
    background = ~blob()
    write_user_mask(path, background, FULL)
    with datamodels.open(path) as model:  # as jwst.clean_flicker_noise does
        assert isinstance(model, datamodels.ImageModel)
        assert np.array_equal(model.data.copy().astype(np.bool_), background)
    ((_, kind, mask),) = read_fits_masks(path, SIZE)
    assert kind == "background" and np.array_equal(mask, background)


def test_dq_mask_is_a_mask_model(tmp_path):
    from stdatamodels.jwst import datamodels

    path = tmp_path / "mask.fits"
    write_dq_mask(path, blob(), SMALL)
    with datamodels.MaskModel(path) as model:
        assert model.dq.dtype == np.uint32 and np.array_equal(model.dq & 1, blob())
        assert (model.meta.instrument.detector, model.meta.subarray.xstart) == ("NRCB1", 801)
    ((name, kind, mask),) = read_masks(path, SIZE)
    assert (name, kind) == ("DO_NOT_USE", "exclude") and np.array_equal(mask, blob())


def test_a_mask_reference_file_with_bits_of_its_own(tmp_path):
    path = tmp_path / "mask.fits"
    table = fits.BinTableHDU(
        np.array([(2, 4, "DO_NOT_USE"), (0, 1, "DEAD")], [("BIT", "i4"), ("VALUE", "i4"), ("NAME", "S40")]), name="DQ_DEF"
    )
    flags = np.where(blob(), 5, 1).astype(np.uint32)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(flags, name="DQ"), table]).writeto(path)
    assert np.array_equal(read_masks(path, SIZE)[0][2], blob())


def test_background_is_what_is_left():
    star = mask_of(Rectangle(5, 5, 4, 4), SIZE)
    sky = mask_of(Rectangle(8, 8, 12, 12), SIZE)
    assert np.array_equal(background_of([("", "source", star), ("", "region of interest", sky)], SIZE), ~star)
    assert np.array_equal(background_of([("", "source", star), ("", "background", sky)], SIZE), sky & ~star)
