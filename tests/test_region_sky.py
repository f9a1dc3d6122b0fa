"""Regions in sky coordinates on mirrored images and on pixels that are not square."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS

from detgui.data.region_files import read_regions, write_regions
from detgui.science.region_masks import mask_of
from detgui.science.regions import Ellipse, Polygon, Rectangle, Region

SIZE = (160, 200)
SCALE = 0.07 / 3600


def wcs_of(turn: float = 25.0, mirrored: bool = False, stretch: float = 1.0) -> WCS:
    """TAN about the middle of the image, turned by ``turn`` degrees; y pixels ``stretch`` times as long."""
    made = WCS(naxis=2)
    made.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    made.wcs.crval = [53.1, -27.8]
    made.wcs.crpix = [(SIZE[1] + 1) / 2, (SIZE[0] + 1) / 2]
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    matrix = SCALE * np.array([[-cos, sin], [sin, cos]])
    if mirrored:
        matrix[:, 0] *= -1
    matrix[:, 1] *= stretch
    made.wcs.cd = matrix
    return made


FILE = """# Region file format: DS9
icrs
ellipse(53.1003,-27.8002,2.9",1.2",35) # text={ellipse}
box(53.0993,-27.7995,2.2",4.1",-20) # text={box}
polygon(53.1005,-27.7992,53.1012,-27.7990,53.1010,-27.7997) # text={polygon}
"""


def test_the_same_sky_is_mirrored_with_its_image(tmp_path):
    (tmp_path / "sky.reg").write_text(FILE)
    plain, mirrored = (read_regions(tmp_path / "sky.reg", wcs=wcs_of(mirrored=each)) for each in (False, True))
    assert [type(each.shape) for each in plain] == [Ellipse, Rectangle, Polygon]
    for one, other in zip(plain, mirrored, strict=True):
        masks = mask_of(one.shape, SIZE), mask_of(other.shape, SIZE)[:, ::-1]
        assert masks[0].sum() > 50
        assert np.count_nonzero(masks[0] != masks[1]) <= 0.01 * masks[0].sum()


def test_long_pixels_see_the_same_sky(tmp_path):
    """A pixel is inside where its sky position is inside on an image of square pixels."""
    (tmp_path / "sky.reg").write_text(FILE)
    square, stretched = wcs_of(), wcs_of(stretch=1.1)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    there = square.all_world2pix(*stretched.all_pix2world(x, y, 0), 0)
    for one, other in zip(read_regions(tmp_path / "sky.reg", wcs=square), read_regions(tmp_path / "sky.reg", wcs=stretched), strict=True):
        expected, found = one.shape.contains(*there), mask_of(other.shape, SIZE)
        assert np.count_nonzero(expected != found) <= 0.01 * expected.sum()


@pytest.mark.parametrize("how", [{}, {"mirrored": True}, {"stretch": 1.02}, {"mirrored": True, "stretch": 0.9}])
def test_written_and_read_again(tmp_path, how):
    regions = [Region(Ellipse(90, 80, 50, 20, 30), "e"), Region(Rectangle(120, 60, 70, 31, -12), "r")]
    write_regions(tmp_path / "sky.reg", regions, wcs=wcs_of(**how))
    again = read_regions(tmp_path / "sky.reg", wcs=wcs_of(**how))
    for before, after in zip(regions, again, strict=True):
        one, other = mask_of(before.shape, SIZE), mask_of(after.shape, SIZE)
        assert np.count_nonzero(one != other) <= 0.004 * one.sum()
    kept = [type(each.shape) for each in again]
    assert kept == ([Polygon, Polygon] if how else [Ellipse, Rectangle])


def test_a_mirrored_image_writes_what_a_plain_one_reads(tmp_path):
    """The absolute orientation, not only the way there and back."""
    shape = Ellipse(90, 80, 50, 20, 30)
    write_regions(tmp_path / "sky.reg", [Region(shape, "e")], wcs=wcs_of(mirrored=True))
    (found,) = read_regions(tmp_path / "sky.reg", wcs=wcs_of())
    one, other = mask_of(shape, SIZE)[:, ::-1], mask_of(found.shape, SIZE)
    assert np.count_nonzero(one != other) <= 0.004 * one.sum()
