"""Outlines with vertices about single pixels."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.errors import BadInput
from detgui.science.region_masks import mask_of, painted
from detgui.science.region_outline import with_vertices
from detgui.science.regions import Ellipse, Painted, Rectangle, Region
from detgui.session.region_work import with_outline

SIZE = (300, 320)


def test_a_blob_gets_few_vertices_and_keeps_its_pixels_but_for_the_edge():
    before = mask_of(Ellipse(150.3, 140.8, 110.0, 70.0, 25.0), SIZE)
    found = with_vertices(painted(before))
    after = mask_of(found, SIZE)
    assert 10 < len(found.points) < 90
    edge = before & ~np.pad(before[1:-1, 1:-1] & before[2:, 1:-1] & before[:-2, 1:-1] & before[1:-1, 2:] & before[1:-1, :-2], 1)
    assert (before != after).sum() < 0.5 * edge.sum()
    deep = mask_of(Ellipse(150.3, 140.8, 108.0, 68.0, 25.0), SIZE)
    wide = mask_of(Ellipse(150.3, 140.8, 112.0, 72.0, 25.0), SIZE)
    assert (after & deep).sum() == deep.sum()
    assert not (after & ~wide).any()


def test_a_box_of_pixels_has_four_vertices():
    found = with_vertices(Painted(10, 20, np.ones((6, 9), bool)))
    assert sorted(found.points) == [(9.5, 19.5), (9.5, 25.5), (18.5, 19.5), (18.5, 25.5)]


def test_what_one_polygon_cannot_go_around():
    ring = np.ones((9, 9), bool)
    ring[4, 4] = False
    apart = np.zeros((9, 9), bool)
    apart[1, 1] = apart[7, 7] = True
    with pytest.raises(BadInput, match="holes"):
        with_vertices(Painted(0, 0, ring))
    with pytest.raises(BadInput, match="islands"):
        with_vertices(Painted(0, 0, apart))


def test_it_says_how_many_pixels_changed():
    shape, said = with_outline(Region(Rectangle(20.0, 30.0, 11, 7), "box"))
    assert said == "box: 4 vertices; 0 pixels at the edge of 77 changed"
    assert np.array_equal(mask_of(shape, SIZE), mask_of(Rectangle(20.0, 30.0, 11, 7), SIZE))
    blob = painted(mask_of(Ellipse(60.0, 50.0, 30.0, 21.0), SIZE))
    shape, said = with_outline(Region(blob, "blob"))
    changed = int((mask_of(shape, SIZE) != mask_of(blob, SIZE)).sum())
    assert f" {changed} pixels" in said
