"""The dates of changes of definition as lines in the plot that are dragged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal

from detgui.gui.pages.page_plot import PagePlot

LOWEST, STEP = 0.03, 0.07  # of the height of the plot: where words stand


class BreakLines(QObject):
    """Vertical lines of a plot over s since 1970; ``moved`` has all dates, 'YYYY-MM-DD', when one was let go."""

    moved = Signal(object)

    def __init__(self, plot: PagePlot, row: int = 0) -> None:
        super().__init__(plot)
        self._plot, self._row = plot, row
        self.lines: list[pg.InfiniteLine] = []
        plot.themed.append(lambda theme: [_colour(line, theme) for line in self.lines])

    def show_dates(self, dates: Sequence[str]) -> None:
        """Put a line at each date; a line that is being dragged stays where it is."""
        if any(line.moving for line in self.lines):
            return
        while len(self.lines) < len(dates):
            self.lines.append(self._made())
        while len(self.lines) > len(dates):
            self._plot.plots[self._row].removeItem(self.lines.pop())
        for place, (line, date) in enumerate(zip(self.lines, dates, strict=True)):
            line.setValue(second_of(date))
            line.label.setText(f"break {date[:10]}")
            line.label.setPosition(LOWEST + STEP * (place % 3))  # words of lines that are near each other

    def _made(self) -> pg.InfiniteLine:
        line = pg.InfiniteLine(0.0, 90, movable=True, label="", labelOpts={"position": LOWEST, "anchors": [(0, 1), (1, 1)]})
        line.setZValue(8)
        self._plot.plots[self._row].addItem(line, ignoreBounds=True)
        _colour(line, self._plot.theme)
        line.sigPositionChanged.connect(lambda: line.label.setText(f"break {day_of(line.value())}"))
        line.sigPositionChangeFinished.connect(lambda: self.moved.emit(tuple(sorted({day_of(each.value()) for each in self.lines}))))
        return line


def _colour(line: pg.InfiniteLine, theme: Any) -> None:
    line.setPen(theme.pen(theme.boundary, 1.4, Qt.PenStyle.DashLine))
    line.setHoverPen(theme.pen(theme.boundary, 3.0))
    line.label.setColor(theme.foreground)


def day_of(seconds: float) -> str:
    """'YYYY-MM-DD', UTC, of the nearest midnight."""
    return f"{datetime.fromtimestamp(round(max(seconds, 0.0) / 86400) * 86400, UTC):%Y-%m-%d}"


def second_of(date: str) -> float:
    """s since 1970 of a date, UTC."""
    found = datetime.fromisoformat(date)
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).timestamp()
