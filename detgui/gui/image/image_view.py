"""The image in its axes, with what lies over it; knows pixels, mouse and zoom, and nothing of sessions."""

from __future__ import annotations

from math import floor
from typing import Any, Protocol

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPalette, QWheelEvent

from detgui.gui.image.image_item import IndexedImageItem
from detgui.gui.image.overlays import AmplifierItem, HatchedItem, MarksItem

EXTREME = 4.0  # images longer than this many times their width fill the view instead of keeping square pixels
_OVERHANG = 14  # how far a number may hang over the end of its axis, px: pixel 0 is there
_CLOSE = 12  # image pixels on either side after "zoom to pixel"


class Hand(Protocol):
    """What is asked first about mouse and keys, with the place in image coordinates; True: nobody else gets the event."""

    def press(self, event: QMouseEvent, place: QPointF) -> bool: ...
    def move(self, event: QMouseEvent, place: QPointF) -> bool: ...
    def release(self, event: QMouseEvent, place: QPointF) -> bool: ...
    def twice(self, event: QMouseEvent, place: QPointF) -> bool: ...
    def turn(self, event: QWheelEvent) -> bool: ...
    def leave(self) -> None: ...
    def wants(self, event: QKeyEvent) -> bool: ...
    def key(self, event: QKeyEvent) -> bool: ...
    def key_up(self, event: QKeyEvent) -> bool: ...


class _ImageViewBox(pg.ViewBox):
    """Pans with the left or middle button; clicks and the right button are left to the view."""

    clicked = Signal(object)  # pyqtgraph mouse click event

    def mouseClickEvent(self, event: Any) -> None:
        event.accept()
        self.clicked.emit(event)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            super().mouseDragEvent(event, axis)
        else:
            event.ignore()


class ImageView(pg.PlotWidget):
    """Shows indices with y upwards.

    ``clicked(x, y, modifiers)`` and ``menu_wanted(x, y, place)`` name the pixel, ``hovered`` it or None.
    """

    clicked = Signal(int, int, object)
    menu_wanted = Signal(int, int, object)
    hovered = Signal(object)  # (x, y) or None

    def __init__(self, parent: Any = None) -> None:
        self._box = _ImageViewBox(enableMenu=False)
        super().__init__(parent=parent, viewBox=self._box, enableMenu=False)
        self.hand: Hand | None = None
        self.image = IndexedImageItem()
        self.reference = HatchedItem()
        self.flags = HatchedItem()
        self.amplifiers = AmplifierItem()
        self.marks = MarksItem()
        for depth, item in enumerate((self.image, self.reference, self.flags, self.amplifiers, self.marks)):
            item.setZValue(depth)
            self.box.addItem(item, ignoreBounds=True)
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.setLabel("bottom", "x (pixel)")
        plot.setLabel("left", "y (pixel)")
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
            plot.getAxis(side).setStyle(hideOverlappingLabels=_OVERHANG)
        plot.setContentsMargins(0, 6, 6, 0)
        self.box.setDefaultPadding(0.0)
        self.box.disableAutoRange()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Image")
        self.box.clicked.connect(self._clicked)
        self._shape: tuple[int, int] | None = None
        self._fill = False
        self._ranges: dict[tuple[int, int], QRectF] = {}
        self._over: tuple[int, int] | None = None
        self._fitted = True
        self.box.sigRangeChangedManually.connect(self._left_fit)
        self.box.sigResized.connect(self._resized)
        self._follow_palette()

    @property
    def box(self) -> pg.ViewBox:
        """The pyqtgraph view box."""
        return self._box

    # Shape and zoom

    @property
    def fill(self) -> bool:
        """True where the image fills the view, False where its pixels are square."""
        return self._fill

    def set_shape(self, ny: int, nx: int) -> None:
        """Make ready for images of that shape; the zoom stays where the shape stays, and comes back where it was shown before."""
        if self._shape == (ny, nx):
            return
        if self._shape is not None:
            self._ranges[self._shape] = QRectF() if self._fitted else self.box.viewRect()
        self._shape = (ny, nx)
        far = max(nx, ny)  # a long image with square pixels is all in view only with much room on its long sides
        self.box.setLimits(xMin=-2 * far - 20, xMax=nx + 2 * far + 20, yMin=-2 * far - 20, yMax=ny + 2 * far + 20, minXRange=2, minYRange=2)
        before = self._ranges.get((ny, nx), QRectF())
        self.set_fill(max(ny, nx) > EXTREME * min(ny, nx))
        if before.isValid():
            self.box.setRange(before, padding=0)
            self._fitted = False

    def set_fill(self, fill: bool) -> None:
        """Let the image fill the view, or keep its pixels square; shows all of it."""
        self._fill = fill
        self.box.setAspectLocked(not fill, ratio=1.0)
        self.fit()

    def show_range(self, view: QRectF) -> None:
        """Show a part of the image, in pixel coordinates."""
        self._fitted = False
        self.box.setRange(view, padding=0)

    def fit(self) -> None:
        """Show the whole image."""
        if self._shape is not None:
            ny, nx = self._shape
            self.box.setRange(QRectF(-0.5, -0.5, nx, ny), padding=0.0 if self._fill else 0.01)
            self._fitted = True

    def zoom(self, factor: float, centre: tuple[int, int] | None = None) -> None:
        """Show ``factor`` times larger, about a pixel if it is in view."""
        self._fitted = False
        view = self.box.viewRect()
        about = QPointF(*centre) if centre is not None and view.contains(QPointF(*centre)) else None
        self.box.scaleBy((1 / factor, 1 / factor), center=about)

    def one_to_one(self, centre: tuple[int, int] | None = None) -> None:
        """One image pixel on one screen pixel."""
        self._fitted = False
        ratio = self.devicePixelRatioF()
        self._centre_on(centre, self.box.width() * ratio, self.box.height() * ratio)

    def zoom_to(self, x: int, y: int) -> None:
        """Show a pixel and its surroundings."""
        self._fitted = False
        self._centre_on((x, y), 2 * _CLOSE + 1, 2 * _CLOSE + 1)

    def keep_in_view(self, x: int, y: int) -> None:
        """Move the view so that a pixel is in it."""
        view = self.box.viewRect()
        dx = min(0.0, x - 0.5 - view.left()) + max(0.0, x + 0.5 - view.right())
        dy = min(0.0, y - 0.5 - view.top()) + max(0.0, y + 0.5 - view.bottom())
        if dx or dy:
            self._fitted = False
            self.box.translateBy(x=dx, y=dy)

    def _centre_on(self, centre: tuple[int, int] | None, width: float, height: float) -> None:
        middle = QPointF(*centre) if centre is not None else self.box.viewRect().center()
        self.box.setRange(QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height), padding=0)

    def _left_fit(self, *_: Any) -> None:
        self._fitted = False

    # Mouse

    def pixel_at(self, place: QPointF) -> tuple[int, int] | None:
        """The pixel under a point of the scene, None outside the image."""
        if self._shape is None or not self.box.sceneBoundingRect().contains(place):
            return None
        point = self.box.mapSceneToView(place)
        x, y = floor(point.x() + 0.5), floor(point.y() + 0.5)
        return (x, y) if 0 <= x < self._shape[1] and 0 <= y < self._shape[0] else None

    def place_of(self, x: int, y: int) -> QPointF:
        """Where the middle of a pixel is in this widget."""
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(x, y))))

    def _clicked(self, event: Any) -> None:
        pixel = self.pixel_at(event.scenePos())
        if pixel is None:
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*pixel, event.modifiers())
        elif event.button() == Qt.MouseButton.RightButton:
            self.menu_wanted.emit(*pixel, event.screenPos())

    def image_place(self, event: QMouseEvent) -> QPointF:
        """Where the mouse is in image coordinates."""
        return QPointF(self.box.mapSceneToView(self.mapToScene(event.position().toPoint())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.hand is None or not self.hand.press(event, self.image_place(event)):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.hand is None or not self.hand.twice(event, self.image_place(event)):
            super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.hand is None or not self.hand.release(event, self.image_place(event)):
            super().mouseReleaseEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.hand is None or not self.hand.move(event, self.image_place(event)):
            super().mouseMoveEvent(event)
        # Not the scene's own signal: it leaves moves out that follow each other quickly, the last one too.
        self._hover(self.pixel_at(self.mapToScene(event.position().toPoint())))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hand is None or not self.hand.turn(event):
            super().wheelEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and getattr(self, "hand", None) is not None and self.hand.wants(event):
            event.accept()  # it comes back as a key
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.hand is None or not self.hand.key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self.hand is None or not self.hand.key_up(event):
            super().keyReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.hand is not None:
            self.hand.leave()
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, pixel: tuple[int, int] | None) -> None:
        if pixel != self._over:
            self._over = pixel
            self.hovered.emit(pixel)

    def _resized(self, *_: Any) -> None:
        if self._fitted:
            self.fit()

    # Colours

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "_fitted"):
            self._follow_palette()

    def _follow_palette(self) -> None:
        palette = self.palette()
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        text = palette.color(QPalette.ColorRole.Text)
        line = QColor(text)
        line.setAlpha(120)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(line)
            axis.setTextPen(text)
