"""Statistics of regions in every group or integration: a plot, a table, and both as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QMenu, QSizePolicy, QSpinBox, QSplitter, QVBoxLayout, QWidget

from detgui.analysis import region_groups
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.exporter import Exporter
from detgui.gui.common.jobs import Jobs
from detgui.gui.image.region_paths import DIM, brightness
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.regions.region_rows import RowsModel, table_view
from detgui.progress import Progress
from detgui.science.regions import Region
from detgui.session.reading import reading
from detgui.session.shelf import Shelf
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.gui.window.parts import Parts

FIGURES = {"mean": "mean_err", "median": "median_err", "sigma": "sigma_err"}
TITLES = {"mean": "Mean", "median": "Median", "sigma": "σ (MAD)"}
KINDS = ("ecsv", "csv", "png", "svg", "pdf")
MANY = 300
"""Points of a line from which error bars would hide it."""


def measure(key: str, regions: list[Region], params: region_groups.Params, shelf: Shelf, progress: Progress) -> region_groups.Result:
    """The statistics; runs in a worker."""
    with reading(shelf, key) as exposure:
        return region_groups.run(exposure, regions, params, progress)


class GroupsDialog(QDialog):
    """Measures the shown integration at once, others when asked."""

    def __init__(self, parts: Parts, jobs: Jobs, state: SessionState, regions: list[Region], parent: QWidget) -> None:
        super().__init__(parent)
        self._parts, self._jobs, self._regions = parts, jobs, regions
        self._exposure, self._frame, self._left_out = state.current, state.frame, state.tools.left_out
        self._lane = f"region groups {id(self)}"
        self.found: region_groups.Result | None = None
        self.setWindowTitle(f"Regions of {self._exposure.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.exporter = Exporter(self, parts.engine)
        self._build()
        self.resize(min(900, round(0.75 * parent.width())), min(640, round(0.85 * parent.height())))
        self.exporter.finished.connect(lambda sentence, _ok: self.said.setText(sentence))
        self.compute()

    def _build(self) -> None:
        self.figure = QComboBox(self)
        for name, title in TITLES.items():
            self.figure.addItem(title, name)
        self.figure.setAccessibleName("Figure")
        self.figure.currentIndexChanged.connect(self._draw)
        first, last = self._exposure.integrations
        self.first, self.last = (self._number(first, last, tip) for tip in ("First integration", "Last integration"))
        self.go = flat_button("Measure", "Measure the regions in these integrations")
        self.go.clicked.connect(self.compute)
        menu = QMenu(self)
        for kind in KINDS:
            menu.addAction(kind.upper(), partial(self._export, kind))
        self.export = menu_button("Export", "Write the table or the plot", menu)
        self.export.setEnabled(False)
        self.plot = PagePlot("Statistics of regions", (1,), counts=True)
        self.table = table_view(self)
        self.said = QLabel(self)
        self.said.setWordWrap(True)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.plot)
        splitter.addWidget(self.table)
        splitter.setSizes([300, 200])
        column = QVBoxLayout(self)
        column.addLayout(self._row())
        column.addWidget(splitter, 1)
        column.addWidget(self.said)

    def _row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.figure)
        row.addSpacing(12)
        words = [QLabel("integrations", self), QLabel("to", self)]
        for widget in (words[0], self.first, words[1], self.last, self.go):
            row.addWidget(widget)
            widget.setVisible(self._exposure.shape[0] > 1)
        row.addStretch(1)
        row.addWidget(self.export)
        return row

    def _number(self, first: int, last: int, tip: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(first, last)
        box.setValue(self._frame.integration)
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        return box

    def compute(self) -> None:
        """Measure the chosen integrations in a worker."""
        ends = sorted((self.first.value(), self.last.value()))
        params = region_groups.Params((ends[0], ends[1]), None, self._left_out, self._frame.plane)
        self.said.setText("measuring…")
        self._jobs.start(
            self._lane, f"Statistics of {len(self._regions)} region{'s' * (len(self._regions) > 1)}", measure,
            *(self._exposure.key, self._regions, params, self._parts.exposures.shelf),
            then=self._take, failed=self._say,
        )  # fmt: skip

    def _say(self, sentence: str) -> None:
        if not self._gone():
            self.said.setText(sentence)

    def _take(self, result: region_groups.Result) -> None:
        if self._gone():
            return
        self.found = result
        self.export.setEnabled(True)
        left = {"nothing": "every pixel with a value counts", "do not use": "without DO_NOT_USE", "flagged": "without flagged pixels"}
        self.said.setText(f"{left[result.params.left_out]}; errors take the pixels as independent")
        self.table.setModel(RowsModel(result, self.table))
        self._draw()

    def _gone(self) -> bool:
        from shiboken6 import isValid

        return not isValid(self)

    def done(self, status: int) -> None:
        self._jobs.cancel(self._lane)
        super().done(status)

    # The plot

    def _draw(self, *_: object) -> None:
        if self.found is not None:
            self.plot.show_drawn(self._lines)

    def _lines(self) -> None:
        result, name = self.found, self.figure.currentData()
        values, errors = result.column(name), result.column(FIGURES[name])
        by_integration = np.unique(result.group).size == 1
        for place, region in enumerate(self._regions):
            mine, called = result.region == place, region.name if len(self._regions) > 1 else ""  # one needs no legend
            along = result.integration if by_integration else result.group
            for number in [None] if by_integration else np.unique(result.integration):
                rows = mine if number is None else mine & (result.integration == number)
                newest = number is None or number == result.integration[0]
                self._line(along[rows], values[rows], errors[rows], self._seen(region), called if newest else "")
        unit = f" ({result.unit})" if result.unit else ""
        self.plot.label(0, f"{TITLES[name]}{unit}", "integration" if by_integration else "group")
        self.plot.plots[0].autoRange()

    def _seen(self, region: Region) -> QColor:
        """A region's colour, that of words where it would not be told from the ground."""
        colour, base = QColor(region.shown_colour), self.palette().base().color()
        return colour if abs(brightness(colour) - brightness(base)) > DIM else self.palette().text().color()

    def _line(self, x: Any, y: Any, err: Any, colour: QColor, name: str) -> None:
        self.plot.line(0, x, y, colour)
        self.plot.points(0, x, y, err if x.size <= MANY else None, colour, size=5.0 if x.size <= MANY else 2.0, name=name)

    # Files

    def _export(self, kind: str) -> None:
        self.exporter.ask(kind, f"{self._exposure.name}_regions", self.write)

    def write(self, path: Path) -> None:
        """Write the table or the plot, as the ending says."""
        if self.found is None:
            return
        if path.suffix.lower() in (".ecsv", ".csv"):
            columns, meta = region_groups.as_table(self.found)
            self.exporter.table(columns, meta, path)
        else:
            title = f"{TITLES[self.figure.currentData()]} of regions, {self._exposure.name}"
            self.exporter.plot(self.plot, path, title, "", self.found.provenance)
