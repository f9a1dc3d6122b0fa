"""The date of a change of definition: a line in the plot that is dragged, and a field."""

from __future__ import annotations

from datetime import UTC, datetime

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal

from detgui.gui.pages.page_plot import PagePlot


class BreakLine(QObject):
    """A vertical line of a plot over s since 1970; ``moved('YYYY-MM-DD')`` when it was let go."""

    moved = Signal(str)

    def __init__(self, plot: PagePlot, row: int = 0) -> None:
        super().__init__(plot)
        self.line = pg.InfiniteLine(0.0, 90, movable=True, label="", labelOpts={"position": 0.03, "anchors": [(0, 1), (1, 1)]})
        self.line.setZValue(8)
        self.line.hide()
        plot.plots[row].addItem(self.line, ignoreBounds=True)
        plot.themed.append(self._colour)
        self._colour(plot.theme)
        self.line.sigPositionChanged.connect(lambda: self.line.label.setText(f"break {day_of(self.line.value())}"))
        self.line.sigPositionChangeFinished.connect(lambda: self.moved.emit(day_of(self.line.value())))

    def _colour(self, theme: object) -> None:
        self.line.setPen(theme.pen(theme.boundary, 1.4, Qt.PenStyle.DashLine))
        self.line.setHoverPen(theme.pen(theme.boundary, 3.0))
        self.line.label.setColor(theme.foreground)

    def show_date(self, date: str | None) -> None:
        """Put the line at a date, or hide it."""
        self.line.setVisible(bool(date))
        if date and not self.line.moving:
            self.line.setValue(second_of(date))
            self.line.label.setText(f"break {date[:10]}")


def day_of(seconds: float) -> str:
    """'YYYY-MM-DD', UTC, of the nearest midnight."""
    return f"{datetime.fromtimestamp(round(max(seconds, 0.0) / 86400) * 86400, UTC):%Y-%m-%d}"


def second_of(date: str) -> float:
    """s since 1970 of a date, UTC."""
    found = datetime.fromisoformat(date)
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).timestamp()
