"""A rectangle of pixels that is resized with the mouse: its arithmetic."""

from __future__ import annotations

import pytest

from detgui.gui.image.rectangle import resized

BEGIN = (10, 5, 20, 8)


@pytest.mark.parametrize(
    ("part", "step", "expected"),
    [
        ((0, 0), (3, -2), (13, 3, 23, 6)),
        ((0, 0), (100, 100), (29, 28, 39, 31)),  # moved as far as the image goes, the size stays
        ((0, 0), (-100, -100), (0, 0, 10, 3)),
        ((1, 0), (4, 9), (10, 5, 24, 8)),  # an edge moves across itself only
        ((-1, 0), (-4, 9), (6, 5, 20, 8)),
        ((0, 1), (4, 2), (10, 5, 20, 10)),
        ((1, 1), (100, 1), (10, 5, 39, 9)),
        ((-1, -1), (-100, -100), (0, 0, 20, 8)),
        ((1, 0), (-15, 0), (5, 5, 10, 8)),  # past the other side it turns over
    ],
)
def test_resized(part, step, expected):
    assert resized(BEGIN, part, *step, 40, 32) == expected
