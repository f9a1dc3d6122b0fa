"""An image panel whose exposures have an array, so that regions can be drawn on them, and a hand that draws."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow
from view_fakes import LEFT, exposure, image_window

from detgui.science.region_masks import mask_of
from detgui.science.regions import Region
from detgui.session.regions import DrawnRegion, regions_of

NONE, SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
RIGHT = Qt.MouseButton.RightButton
SHAPE = (1, 3, 80, 100)


def region_window(qtbot, shape=SHAPE) -> QMainWindow:
    """A window whose shown exposure, 100 x 80 pixels, is of an array; nothing is drawn yet."""
    window = image_window(qtbot)
    session = window.session
    session.add_exposures([exposure("c", shape, array="NRCA1 full"), exposure("d", shape, array="NRCB1 full")])
    session.choose_exposure("c")
    QApplication.processEvents()
    session.forget()
    return window


def at(panel, x: float, y: float, view=None) -> QPoint:
    """Where a place of the image is on the screen."""
    view = view or panel.view
    return view.mapFromScene(view.box.mapViewToScene(QPointF(x, y)))


def stroke(panel, places: Iterable[tuple[float, float]], modifier=NONE, button=LEFT, view=None, release: bool = True) -> None:
    """Press at the first place, move from place to place, release at the last."""
    view = view or panel.view
    points = [at(panel, *place, view) for place in places]
    QTest.mouseMove(view.viewport(), points[0])
    QTest.mousePress(view.viewport(), button, modifier, points[0])
    for start, end in pairwise(points):
        for part in (0.34, 0.67, 1.0):
            move(view, start + (end - start) * part, button, modifier)
    if release:
        QTest.mouseRelease(view.viewport(), button, modifier, points[-1])
    QApplication.processEvents()


def move(view, point: QPoint, button, modifier) -> None:
    """A move with the button down: QTest's own carries neither buttons nor modifiers."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    place = QPointF(point)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, QPointF(view.viewport().mapToGlobal(point)), Qt.MouseButton.NoButton, button, modifier
    )
    QApplication.sendEvent(view.viewport(), event)


def tap(panel, x: float, y: float, modifier=NONE, button=LEFT, view=None) -> None:
    """A click, not so soon after the last one that both are a double click."""
    view = view or panel.view
    point = at(panel, x, y, view)
    QTest.mouseMove(view.viewport(), point)
    QTest.mouseClick(view.viewport(), button, modifier, point)
    QApplication.processEvents()


def double(panel, x: float, y: float) -> None:
    """A double click as the screen sends it: press, release, double click, release."""
    point, viewport = at(panel, x, y), panel.view.viewport()
    QTest.mouseClick(viewport, LEFT, NONE, point)
    QTest.mouseDClick(viewport, LEFT, NONE, point)
    QTest.mouseRelease(viewport, LEFT, NONE, point)
    QApplication.processEvents()


def key(panel, which, modifier=NONE) -> None:
    """Press and release a key over the image."""
    QTest.keyClick(panel.view, which, modifier)
    QApplication.processEvents()


def take(panel, tool: str, **fields) -> None:
    """Take a tool from the strip with the mouse."""
    QTest.mouseClick(panel.strip.tools[tool], LEFT)
    assert panel.session.state.tools.tool == tool
    if fields:
        panel.session.set_tools(**fields)


def drawn(panel) -> list[DrawnRegion]:
    """The regions of the shown exposure."""
    return list(regions_of(panel.session.state))


def only(panel) -> DrawnRegion:
    """The one region that is there."""
    (found,) = drawn(panel)
    return found


def mask(found: DrawnRegion, size=SHAPE[2:]) -> np.ndarray:
    """The pixels of a region."""
    return mask_of(found.region.shape, size)


def add(session, *shapes, **fields) -> None:
    """Put regions of these shapes there, the last one selected, with nothing to undo."""
    for shape in shapes:
        session.add_regions([Region(shape, **fields)])
    session.forget()
