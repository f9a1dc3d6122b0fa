"""The lasso's line: thinned out as it is drawn, never far from where the mouse went."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.gui.image import region_pens
from detgui.gui.image.region_pens import PIECE, LassoPen
from detgui.science.regions import Polygon


def around(count: int, waves: int) -> np.ndarray:
    """Places of a mouse that goes once around, shape (count, 2)."""
    at = np.linspace(0, 2 * np.pi, count, endpoint=False)
    reach = 700 + 60 * np.sin(waves * at)
    return np.column_stack([1000 + reach * np.cos(at), 1000 + reach * np.sin(at)])


def apart(places: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Distance of each place from a closed outline."""
    start, along = outline, np.roll(outline, -1, axis=0) - outline
    share = np.clip(((places[:, None] - start) * along).sum(axis=2) / (along**2).sum(axis=1), 0, 1)
    return np.linalg.norm(start + share[..., None] * along - places[:, None], axis=2).min(axis=1)


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (0.5, 0.5)])
def test_a_lasso_of_thousands_of_places_stays_near_them_and_is_thinned_in_pieces(monkeypatch, pixel):
    thinned = []
    monkeypatch.setattr(
        region_pens, "simplified", lambda points, *more, real=region_pens.simplified: thinned.append(len(points)) or real(points, *more)
    )
    places = around(4000, 40)
    pen = LassoPen(tuple(places[0]))
    for place in places[1:]:
        pen.go(tuple(place), pixel)
        pen.shape(pixel)
    assert max(thinned) <= PIECE + 1  # however long the line has become
    shape = pen.shape(pixel)
    assert isinstance(shape, Polygon) and len(shape.points) < 0.4 * len(places)
    assert (
        apart(places, np.array(shape.points)).max() <= 1.01 * (0.7 + 1.0) * pixel[0]
    )  # thinned to 0.7 screen pixels; moves of less than one are no points


def test_a_short_lasso_is_what_was_drawn():
    pen = LassoPen((0.0, 0.0))
    for place in ((10.0, 0.0), (10.0, 10.0), (0.0, 10.0)):
        pen.go(place, (1.0, 1.0))
    assert pen.shape((1.0, 1.0)) == Polygon(((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)))
