"""Where regions are drawn: at any zoom, on which exposures, in which of two views."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from region_help import SHAPE, add, at, drawn, region_window, stroke, take
from view_fakes import pixels

from detgui.gui.image.region_lines import pixel_lines
from detgui.gui.image.region_paths import draw_thin, path_of_lines
from detgui.science.region_masks import painted
from detgui.science.regions import Ellipse, Rectangle
from detgui.session.state import Frame

BOX = Rectangle(50.0, 40.0, 30.0, 20.0)


@pytest.fixture
def window(qtbot):
    return region_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


@pytest.fixture
def session(window):
    return window.session


def near(panel, x, y, colour: str, reach: int = 4, view=None) -> bool:
    """Whether the colour is on the screen about a place of the image."""
    view = view or panel.view
    point, seen = at(panel, x, y, view), pixels(view)
    wanted = np.array(QColor(colour).getRgb()[:3])
    part = seen[point.y() - reach : point.y() + reach + 1, point.x() - reach : point.x() + reach + 1]
    return bool((np.abs(part - wanted).max(axis=2) < 40).any())


def test_outlines_are_drawn_where_the_regions_are_at_any_zoom(panel, session):
    add(session, Ellipse(50, 40, 20, 10), painted(mask_of_box()), kind="void")
    session.select_regions(())
    for place in ((70, 40), (50, 50), (14.5, 12), (20, 19.5)):
        assert near(panel, *place, "#ff8c1a")
    assert not near(panel, 50, 40, "#ff8c1a")
    panel.view.zoom_to(70, 40)
    assert near(panel, 70, 40, "#ff8c1a")
    panel.view.fit()
    panel.view.set_fill(True)
    QApplication.processEvents()
    assert near(panel, 50, 50, "#ff8c1a")


@pytest.mark.parametrize(
    ("colour", "under"), [("#000000", "#ffffff"), ("#0000ff", "#ffffff"), ("#ffffff", "#000000"), ("#ff8c1a", "#000000")]
)
def test_outlines_and_names_lie_on_what_they_are_told_from(panel, session, colour, under):
    add(session, Ellipse(50, 40, 30, 20), colour=colour, name="a name")
    session.select_regions(())
    seen, point = pixels(panel.view), at(panel, 20, 40)
    bright = seen[point.y() - 3 : point.y() + 4, point.x() - 5 : point.x() + 6].mean(axis=2)
    assert abs(bright - np.mean(QColor(colour).getRgb()[:3])).min() < 60
    assert abs(bright - np.mean(QColor(under).getRgb()[:3])).min() < 90
    plate = at(panel, 20, 60)  # its name stands above its left end
    words = seen[plate.y() - 16 : plate.y() - 2, plate.x() + 2 : plate.x() + 40].mean(axis=2)
    assert np.ptp(words) > 60
    assert abs(np.median(words) - np.mean(QColor(under).getRgb()[:3])) < 90


@pytest.mark.parametrize("way", [1, -1])
def test_bold_outlines_of_pixels_are_as_wide_and_have_a_rim_whichever_way_they_go(qtbot, way):
    steps = np.arange(20, 80)
    y, x = np.mgrid[0:100, 0:100]
    side = (x - 50) * way + (y - 50) > 0
    image = QImage(100, 100, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    painter = QPainter(image)
    draw_thin(painter, path_of_lines(pixel_lines(painted(side))), QColor("#ffffff"), bold=True)
    painter.end()
    seen = np.array(image.constBits()).reshape(100, 100, 4)[:, :, 0]
    along = seen[steps]  # every row from left to right: rim, line, rim
    edge = np.array([np.flatnonzero((row == 255)[5:95]) + 5 for row in along], dtype=object)
    for row, white in zip(along, edge, strict=True):
        assert white.size >= 2
        assert row[white[0] - 1] < 80 and row[white[-1] + 1] < 80


def mask_of_box() -> np.ndarray:
    found = np.zeros(SHAPE[2:], bool)
    found[5:20, 15:25] = True
    return found


def test_regions_belong_to_their_array(panel, session):
    add(session, BOX)
    session.choose_exposure("d")
    assert panel.canvas.regions.shown == ()
    take(panel, "rectangle")
    stroke(panel, [(10, 10), (20, 20)])
    assert [each.frame for each in session.state.regions] == ["NRCA1 full", "NRCB1 full"]
    session.choose_exposure("c")
    assert [each.number for each in panel.canvas.regions.shown] == [1]


def test_the_second_view_shows_and_takes_regions_of_its_own_exposure(panel, session):
    add(session, BOX)
    session.set_blink(True, Frame("d"))
    panel.show_beside(True)
    QApplication.processEvents()
    second = panel.second.view
    assert [each.number for each in panel.canvas.regions.shown] == [1]
    assert panel.second.canvas.regions.shown == ()
    take(panel, "rectangle")
    stroke(panel, [(10, 10), (30, 30)], view=second)
    made = session.state.regions[-1]
    assert made.frame == "NRCB1 full"
    assert panel.second.canvas.regions.shown == (made,)
    session.set_tools(tool="")
    stroke(panel, [(20, 20), (30, 25)], view=second)
    assert session.state.regions[-1].region.shape.x == made.region.shape.x + 10


def test_both_views_of_one_array_show_the_same_regions(panel, session):
    session.go_to(group=2)
    session.set_blink(True, Frame("c", group=1))
    panel.show_beside(True)
    QApplication.processEvents()
    take(panel, "rectangle")
    stroke(panel, [(10, 10), (30, 30)], view=panel.second.view)
    assert panel.canvas.regions.shown == panel.second.canvas.regions.shown == tuple(drawn(panel))


def test_an_image_of_another_size_than_the_array_has_no_regions(panel, session):
    add(session, BOX)
    object.__setattr__(panel.answer, "indices", panel.answer.indices[:40])  # as the reference output's plane
    panel.desk.show()
    assert panel.canvas.regions.shown == ()
    take(panel, "rectangle")
    stroke(panel, [(10, 10), (20, 20)])
    assert len(drawn(panel)) == 1
