"""Plots as PNG, SVG or PDF that say how they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from detgui.errors import BadInput, DetguiError
from detgui.gui.common import plot_theme
from detgui.gui.common.svg_lines import flattened

PICTURES = ("png", "svg", "pdf")
SCALE = 3  # PNG pixels per screen pixel
PX_PER_INCH = 96  # of the screen, as the size on paper is reckoned
FOOTER = 16  # px under the plot for the line that says how it was made


def provenance_text(provenance: Mapping[str, object]) -> str:
    """Provenance as JSON, one line; what JSON does not know is written as its text."""
    return json.dumps(provenance, default=str, ensure_ascii=False, sort_keys=True)


def picture(widget: pg.GraphicsLayoutWidget, kind: str, title: str, command: str, provenance: Mapping[str, object]) -> bytes:
    """The plot as the bytes of a file of ``kind`` ('png', 'svg', 'pdf'), black on white, with ``command`` under it and provenance inside.

    PNG: text chunks Title, Software, Command and Provenance; SVG: title and desc; PDF: title, and provenance.json attached.
    Takes tens of ms in the window's thread. Raises `BadInput` for another kind.
    """
    drawers = {"png": _png, "svg": _svg, "pdf": _pdf}
    if kind not in drawers:
        raise BadInput(f"{kind!r} is not a kind of picture; use one of {', '.join(PICTURES)}")
    with on_paper(widget, SCALE if kind == "png" else 1.0):
        return drawers[kind](widget, title, command, provenance_text(provenance))


@contextmanager
def on_paper(widget: Any, thickness: float = 1.0):
    """Show the plot black on white, lines ``thickness`` device pixels thick, for the time of drawing it."""
    before = widget.theme
    redraw = getattr(widget, "redraw", lambda: None)
    widget.setUpdatesEnabled(False)
    widget.apply_theme(plot_theme.paper(thickness))
    redraw()
    try:
        yield
    finally:
        widget.apply_theme(before)
        redraw()
        widget.setUpdatesEnabled(True)


def _png(widget: pg.GraphicsLayoutWidget, title: str, command: str, provenance: str) -> bytes:
    size = _size(widget)
    image = QImage(size * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)  # rather than scaling the painter: one-pixel pens, points and the legend then grow too
    image.fill(QColor("white"))
    for key, text in (("Title", title), ("Software", "detgui"), ("Command", command), ("Provenance", provenance)):
        image.setText(key, text)
    painter = QPainter(image)
    _draw(widget, painter, command)
    painter.end()
    # Only now: axes are replayed pictures, which Qt would scale to the resolution of what they are drawn on.
    image.setDotsPerMeterX(round(SCALE * PX_PER_INCH / 0.0254))
    image.setDotsPerMeterY(round(SCALE * PX_PER_INCH / 0.0254))
    buffer = _buffer()
    if not QImageWriter(buffer, b"png").write(image):
        raise DetguiError("the picture could not be written as PNG")
    return bytes(buffer.data())


def _svg(widget: pg.GraphicsLayoutWidget, title: str, command: str, provenance: str) -> bytes:
    size, buffer = _size(widget), _buffer()
    maker = QSvgGenerator()
    maker.setOutputDevice(buffer)
    maker.setResolution(widget.logicalDpiX())
    maker.setSize(size)
    maker.setViewBox(QRect(0, 0, size.width(), size.height()))
    maker.setTitle(title)
    maker.setDescription(f"{command}\n{provenance}")
    painter = QPainter(maker)
    _draw(widget, painter, command)
    painter.end()
    return flattened(bytes(buffer.data()).decode()).encode()


def _pdf(widget: pg.GraphicsLayoutWidget, title: str, command: str, provenance: str) -> bytes:
    size, buffer = _size(widget), _buffer()
    maker = QPdfWriter(buffer)
    maker.setTitle(title)
    maker.setCreator(f"detgui: {command}")
    maker.addFileAttachment("provenance.json", QByteArray(provenance.encode()), "application/json")
    points = QSizeF(size) * (72 / widget.logicalDpiX())
    maker.setPageSize(QPageSize(points, QPageSize.Unit.Point, "plot", QPageSize.SizeMatchPolicy.ExactMatch))
    maker.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Point)
    maker.setResolution(widget.logicalDpiX())
    painter = QPainter(maker)
    _draw(widget, painter, command)
    painter.end()
    return bytes(buffer.data())


def _size(widget: pg.GraphicsLayoutWidget) -> QSize:
    grow = max(1.0, 320 / max(widget.width(), 1), 240 / max(widget.height(), 1))  # the same both ways, or letters would be stretched
    return QSize(round(grow * widget.width()), round(grow * widget.height()) + FOOTER)


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _draw(widget: pg.GraphicsLayoutWidget, painter: QPainter, command: str) -> None:
    size = _size(widget)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    items = [item for item in widget.scene().items() if hasattr(item, "setExportMode")]
    # Scatter points are cached pictures on the screen; in export mode they are drawn as shapes.
    for item in items:
        item.setExportMode(True, {"antialias": True, "painter": painter, "background": None, "resolutionScale": 1.0})
    try:
        area = QRectF(0, 0, size.width(), size.height() - FOOTER)
        widget.scene().render(painter, area, QRectF(widget.viewport().rect()), Qt.AspectRatioMode.IgnoreAspectRatio)
    finally:
        for item in items:
            item.setExportMode(False)
    font = painter.font()
    font.setPixelSize(8)
    painter.setFont(font)
    painter.setPen(QColor("#555555"))
    room = QRectF(6, size.height() - FOOTER, size.width() - 12, FOOTER)
    text = painter.fontMetrics().elidedText(command, Qt.TextElideMode.ElideMiddle, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
