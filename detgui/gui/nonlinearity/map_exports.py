"""What the Map page writes: the map, its figure, the statistics of the region, the plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from detgui.analysis import region_stats, slope_map
from detgui.gui.common.exporter import Exporter
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.histogram_plot import histogram_figure
from detgui.gui.nonlinearity.map_figure import MapFigure
from detgui.science.display import limits_about_zero
from detgui.session.slope_work import map_name

EXPORTS = (
    ("map", "fits", "Map as FITS…"),
    ("figure", "png", "Map as PNG…"),
    ("figure", "svg", "Map as SVG…"),
    ("figure", "pdf", "Map as PDF…"),
    ("statistics", "ecsv", "Statistics as ECSV…"),
    ("statistics", "csv", "Statistics as CSV…"),
    ("ramp", "png", "Mean ramp as PNG…"),
    ("ramp", "svg", "Mean ramp as SVG…"),
    ("ramp", "pdf", "Mean ramp as PDF…"),
    ("histogram", "png", "Histogram as PNG…"),
    ("histogram", "svg", "Histogram as SVG…"),
    ("histogram", "pdf", "Histogram as PDF…"),
)


class MapExports(QObject):
    """The menu of exports and what its entries do; ``finished(sentence, ok)`` when a file is there or could not be."""

    finished = Signal(str, bool)

    def __init__(self, page: Any, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._page, self._context = page, context
        self._exporter = Exporter(parent, context.jobs.engine)
        self._exporter.finished.connect(self.finished)
        self.menu = QMenu(parent)
        self.actions: dict[str, QAction] = {}
        for what, kind, text in EXPORTS:
            action = self.menu.addAction(text)
            action.triggered.connect(lambda _=False, what=what, kind=kind: self.ask(what, kind))
            self.actions[f"{what} {kind}"] = action

    def ask(self, what: str, kind: str) -> None:
        """Ask where a file goes, then write it."""
        result = self._context.maker.result
        if result is not None:
            root = map_name(result.exposure).removesuffix("_slopes")
            name = f"{root}_{'slopes' if what in ('map', 'figure') else what}"
            self._exporter.ask(kind, name, lambda path: self.write(what, path))

    def write(self, what: str, path: Path) -> None:
        """Write 'map', 'figure', 'statistics', 'ramp' or 'histogram' to a file whose ending says how."""
        result, stats = self._context.maker.result, self._page.stats
        if result is None:
            return
        if what == "map":
            self._exporter.run(lambda: slope_map.write(result, path), path)
        elif what == "statistics":
            if stats is not None:
                roi = self._context.maker.options.roi
                columns, meta = region_stats.as_table(stats)
                self._exporter.table(columns, {**meta, "roi": list(roi) if roi is not None else "whole image"}, path)
        elif what == "figure":
            self._draw_once(self._figure(result), what, path, result)
        elif what == "histogram":
            self._draw_once(histogram_figure(stats), what, path, result)
        else:
            self._draw(self._page.plot, what, path, result)

    def _draw_once(self, figure: Any, what: str, path: Path, result: slope_map.Result) -> None:
        self._draw(figure, what, path, result)
        figure.close()
        figure.deleteLater()

    def _draw(self, widget: Any, what: str, path: Path, result: slope_map.Result) -> None:
        command = str(result.provenance.get("command", ""))
        self._exporter.plot(widget, path, f"{result.exposure} {what}", command, result.provenance)

    def _figure(self, result: slope_map.Result) -> MapFigure:
        """The map in the colours and between the limits in which it is shown; robust ones where another image is."""
        image, maker = self._context.image, self._context.maker
        answer = image.answer if image is not None else None
        shown = answer is not None and answer.request.frame.exposure == maker.sheet().product and answer.request.signed
        limits = (answer.low, answer.high) if shown and answer is not None else limits_about_zero(result.slope, "zscale")
        return MapFigure(result, limits, self._context.session.state.display.difference_colormap, maker.options.roi)
