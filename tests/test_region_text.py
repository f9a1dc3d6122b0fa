"""DS9 region files of other programs and other hands: one bad line is one sentence, the rest goes on."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.data.region_files import read_regions
from detgui.errors import BadInput
from detgui.science.region_masks import mask_of
from detgui.science.regions import Combined, Ellipse, Rectangle

SIZE = (23, 31)

WILD = """# Region file format: DS9 version 4.1
# Filename: flat.fits; made by hand
global color=yellow dashlist=8 3 width=1 font="helvetica 10 normal roman" tag={kind=void}
physical
# text(50,50) text={label; with a semicolon}
circle(6,6,2) # text={one; two} color=#f0f
  point(9,9) # point=x
# composite(15,6,45) || composite=1 color=red
circle(12,6,2) || # color=red
-box(12,6,1,1,0) || # color=red
box(18,6,3,3,0) # color=red
panda(5,5,0,360,4,2,4,1)
linear; circle(6,14,2)
image; circle(6,14,2) # color=orange
circle(12,14,2)&!circle(12,14,1)
circle(12,14
polygon(1,1,4,1,4)
circle(18,14,0)
detector
circle(6,14,2)
fk5
circle(150.1,2.2,5")
"""
"""A circle, a composite with an excluded part, and a circle in another colour; all else is of no use without a WCS."""


def test_what_cannot_be_used_is_said_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "wild.reg"
    path.write_bytes(WILD.replace("\n", "\r\n").encode("utf-8-sig"))
    said = []
    found = read_regions(path, left_out=said)
    assert [(each.name, each.kind, each.colour) for each in found] == [
        ("one; two", "void", "#ff00ff"), ("", "void", "#ff0000"), ("", "void", "#ff0000"), ("", "void", "#ffa500")
    ]  # fmt: skip
    assert [np.argwhere(mask_of(each.shape, SIZE)).mean(axis=0).tolist() for each in found] == [[5, 5], [5, 11], [5, 17], [13, 5]]
    assert [int(mask_of(each.shape, SIZE).sum()) for each in found] == [13, 12, 9, 13]
    assert said[0] == "line 12: shapes of the type panda cannot be used" and said[-1].endswith("more lines left out")
    with pytest.raises(BadInput, match=r"^wild\.reg: line 12: shapes of the type panda cannot be used; line 13: linear"):
        read_regions(path)  # a measurement must not go on without a region that was meant


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("circle(1:30:00,3,4)", "circle(1:30:00,3,4) cannot be read (Cannot parse pixel region position coordinates)"),
        ("circle(3,3,4)-circle(3,3,1)", "is not one shape"),
        ("circle(3,3,4", "is not one shape"),
        ("circle(3,3,4,5)", "a circle has 3 numbers, not 4"),
        ("polygon(1,1,9,1,9)", "an x and a y for each vertex"),
        ("box(3,3,-4,4,0)", "'width' must be a strictly positive scalar"),
        ("foo bar", "foo bar is no shape"),
        ('fk5; circle(150,2,5")', "sky coordinates, and the image has no WCS"),
        ('wcsa; circle(150,2,5")', "wcsa coordinates are not known"),
    ],
)
def test_one_bad_line_is_one_sentence(tmp_path, line, words):
    path = tmp_path / "a.reg"
    path.write_text(f"image\n{line}\nimage; circle(8,8,3)\n")
    said = []
    (found,) = read_regions(path, left_out=said)
    assert found.shape == Ellipse(7, 7, 3, 3)
    assert len(said) == 1 and said[0].startswith("line 2: ") and words in said[0]
    with pytest.raises(BadInput, match="line 2: "):
        read_regions(path)


@pytest.mark.parametrize(
    "extra", ["point(3,3) # point=x", "# vector(1,1,5,30) vector=1", "line(1,1,9,9) # line=0 0", "# text(3,3) text={a}"]
)
def test_what_has_no_area_changes_no_mask(tmp_path, extra):
    path = tmp_path / "a.reg"
    path.write_text(f"image\n{extra}\ncircle(8,8,3)\n")
    assert [each.shape for each in read_regions(path)] == [Ellipse(7, 7, 3, 3)]


@pytest.mark.parametrize("start", ["", "# Region file format: CIAO version 1.0\n", "image\n", "global color=red\nIMAGE\n"])
def test_without_a_coordinate_system_positions_are_pixels(tmp_path, start):
    path = tmp_path / "a.reg"
    path.write_bytes(f"{start}rotbox(8,8,3,5,30) # text={{Kühl}}\n!circle(8,8,1)\n".encode("latin-1"))
    (found,) = read_regions(path)
    assert found.name == "Kühl"
    assert found.shape == Combined(Rectangle(7, 7, 3, 5, 30), Ellipse(7, 7, 1, 1), "subtract")


def test_thousands_of_excluded_stars(tmp_path):
    path = tmp_path / "stars.reg"
    stars = [(x, y) for x in range(2, 2000, 20) for y in range(2, 600, 20)]
    path.write_text("image\nbox(16,12,31,23,0)\n" + "".join(f"-circle({x},{y},1.2)\n" for x, y in stars))
    (found,) = read_regions(path)
    y, x = np.indices(SIZE) + 1
    assert np.array_equal(mask_of(found.shape, SIZE), ~np.any([(x - a) ** 2 + (y - b) ** 2 <= 1.44 for a, b in stars], axis=0))


@pytest.mark.parametrize("text", ['"one; two"', "'one; two'", "{one; two}"])
def test_a_semicolon_in_a_text_parts_nothing(tmp_path, text):
    path = tmp_path / "a.reg"
    path.write_text(f"image; circle(8,8,3) # color=red text={text}; circle(18,8,2)\n")
    assert [each.shape for each in read_regions(path)] == [Ellipse(7, 7, 3, 3), Ellipse(17, 7, 2, 2)]
