"""Borders of the boxes of a label image."""

from __future__ import annotations

import numpy as np
from view_fakes import image_window, pixels

from detgui.gui.image.region_labels import VOID_COLOUR
from detgui.gui.image.region_lines import borders


def sides(lines: np.ndarray) -> set[tuple[float, float, float, float]]:
    """Lines cut into sides of single pixels."""
    cut = set()
    for x0, y0, x1, y1 in lines:
        for step in range(int(x1 - x0 + y1 - y0)):
            cut.add((x0 + step, y0, x0 + step + 1, y0) if y0 == y1 else (x0, y0 + step, x0, y0 + step + 1))
    return cut


def expected(labels: np.ndarray, void: np.ndarray) -> tuple[set, set]:
    """The same pixel by pixel."""
    found = (set(), set())
    ny, nx = labels.shape
    for y in range(ny):
        for x in range(nx):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < nx and y + dy < ny and labels[y, x] != labels[y + dy, x + dx]:
                    beside = any(label >= 0 and void[label] for label in (labels[y, x], labels[y + dy, x + dx]))
                    side = (x + 0.5, y - 0.5, x + 0.5, y + 0.5) if dx else (x - 0.5, y + 0.5, x + 0.5, y + 0.5)
                    found[beside].add(side)
    return found


def test_borders_are_the_sides_between_different_labels():
    labels = np.random.default_rng(5).integers(-1, 4, (13, 17)).astype(np.int32)
    void = np.array([False, False, True, False])
    for lines, sides_wanted in zip(borders(labels, void), expected(labels, void), strict=True):
        assert sides(lines) == sides_wanted


def test_a_straight_border_is_one_line():
    labels = np.zeros((50, 60), np.int32)
    labels[:, 30:] = 1
    bulk, void = borders(labels, np.array([False, False]))
    assert bulk.tolist() == [[29.5, -0.5, 29.5, 49.5]]
    assert len(void) == 0


def test_the_panel_draws_them_over_images_of_their_shape_only(qtbot):
    window = image_window(qtbot)
    panel = window.panel
    labels = np.zeros((40, 60), np.int32)
    labels[10:20, 10:30] = 1
    before = pixels(panel.view)
    panel.show_labels(labels, np.array([False, True]))
    orange = np.array([VOID_COLOUR.red(), VOID_COLOUR.green(), VOID_COLOUR.blue()])
    row, column = panel.view.place_of(20, 10).toPoint().y(), panel.view.place_of(20, 10).toPoint().x()
    near = pixels(panel.view)[row - 12 : row + 12, column]
    assert (np.abs(near - orange).max(axis=1) < 10).any()
    panel.show_labels(labels[:20], np.array([False, True]))
    assert np.array_equal(pixels(panel.view), before)
    panel.show_labels(labels)
    assert not np.array_equal(pixels(panel.view), before)
    panel.show_labels(None)
    assert np.array_equal(pixels(panel.view), before)
