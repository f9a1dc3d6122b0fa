"""The Compare page: the map against any gain file, binned into the same boxes (JWST-STScI-004622, figure 10)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy

from detgui.analysis.gain_types import Result
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.files import ask_file
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage, kind_colour
from detgui.gui.gain.study_work import compare
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.pages.page import Need, Origin, Table
from detgui.gui.pages.page_images import draw_map, fit_maps, scale_text
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.gui.ramp.ramp_options import REFERENCE_FILTER
from detgui.science.boxes import BULK, KINDS, VOID
from detgui.session import gain_work

if TYPE_CHECKING:
    from detgui.analysis.gain_compare import Comparison

LANE = "gain compare"
ASK = "Choose a gain file: a GAIN reference file from CRDS, or any FITS image with one value for every pixel."


class ComparePage(GainPage):
    """Compares as soon as there are a map and a file."""

    name = "compare"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Gain file over the map", (3, 2)), parent)
        self.file = flat_button("File…", ASK)
        self.file.clicked.connect(self.ask_file)
        self.file_name_label = ElidedLabel(self)
        self.file_name_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.put_tools(self.file, self.file_name_label)
        self.tools.setStretchFactor(self.file_name_label, 1)
        self.comparison: Comparison | None = None
        self._of: tuple[Any, Any] = (None, None)  # the map and the file that were compared, or could not be
        self._wrong = ""

    def ask_file(self) -> None:
        """Ask for a gain file."""
        ask_file(self, "Gain file to compare with", REFERENCE_FILTER, lambda path: self.session.set_gain(text="Gain file", compare=path))

    def need(self) -> Need | None:
        found = super().need()
        if found is not None:
            return found
        path = self.session.state.gain.compare
        if path is None:
            return Need(ASK, "Gain file…", self.ask_file)
        if self._of[0] is not self.result or self._of[1] != path:
            self._begin(path)
        if self._wrong:
            return Need(f"{self._wrong}\n\n{ASK}", "Another gain file…", self.ask_file)
        if self.comparison is None:
            return Need(f"Comparing with {path.name}…", "", None, LANE)
        return None

    def _begin(self, path: Path) -> None:
        self._of, self._wrong, self.comparison = (self.result, path), "", None
        self.jobs.start(LANE, "", compare, self.result, path, then=self._came, failed=self._failed, quick=True)

    def _came(self, found: Comparison) -> None:
        self.comparison = found
        self.refresh()

    def _failed(self, why: str) -> None:
        self._wrong = why
        self.refresh()

    def shown_things(self) -> tuple[Any, ...]:
        return self.result, self.comparison

    def what_to_know(self) -> tuple[str, ...]:
        return (*super().what_to_know(), *(self.comparison.notes if self.comparison is not None else ()))

    def draw_result(self, result: Result) -> None:
        found = self.comparison
        self.file_name_label.show_text(found.name)
        self.file_name_label.setToolTip(str(found.path))
        percent = found.percent_map()
        finite = np.abs(percent[np.isfinite(percent)])
        limit = float(np.percentile(finite, 99)) if finite.size else 1.0
        self.plot.show_drawn(lambda: self._draw(found, percent[::4, ::4] if percent.size > 1e6 else percent, max(limit, 1e-3)))
        fit_maps(self.plot, (0,), [percent.shape])
        self.plot.fit(1, 0.1)
        self.show_facts(("", None, self._facts(found, result)))

    def _draw(self, found: Comparison, percent: Any, limit: float) -> None:
        plot = self.plot
        draw_map(plot, 0, percent, limit, "", found.boxes.labels.shape)
        plot.label(0, "y (pixel)", f"x (pixel)  ·  {scale_text(limit, '%')}")
        plot.label(1, "pixels", "file above the map (%)")
        counted = found.histogram()
        for kind, counts in ((BULK, counted.bulk), (VOID, counted.void)):
            if counts.any():
                brush = QColor(kind_colour(kind))
                brush.setAlpha(90)
                pen = plot.theme.pen(kind_colour(kind))
                item = pg.PlotCurveItem(
                    counted.edges, counts.astype(float), stepMode="center", fillLevel=0, brush=pg.mkBrush(brush), pen=pen
                )
                plot.add(1, item, 3 + kind)
                plot.legends[1].addItem(item, KINDS[kind])

    def _facts(self, found: Comparison, result: Result) -> list[Fact]:
        ratio = found.ratio[np.isfinite(found.ratio)]
        return [
            Fact("file / map", with_error(found.mean, found.mean_err), "mean of the ratio over the pixels, and its error"),
            Fact("scatter", f"{plain(100 * found.std, 3)} %", "standard deviation of the ratio over the pixels"),
            Fact("least, most", f"{plain(float(ratio.min()), 4)}, {plain(float(ratio.max()), 4)}", "of the boxes"),
            Fact("file", f"{plain(float(np.nanmedian(found.gain)), 4)} {UNIT}", "median of the boxes"),
            Fact("covered", f"{plain(100 * found.covered, 4)} %", "part of the map's pixels that have a value in the file"),
        ]

    def origin(self) -> Origin:
        made = super().origin()
        command = gain_work.command(self.result, "--compare", str(self.comparison.path), "--table", "gain.ecsv")
        return Origin(command, "", dict(made.provenance or {}))

    def table(self) -> Table:
        found, boxes = self.comparison, self.comparison.boxes
        columns: dict[str, Any] = {
            "box": (np.arange(1, len(boxes) + 1), ""),
            "sector": (boxes.sector, ""),
            "region": (np.array(boxes.regions()), ""),
            "gain": (self.result.gain, "electron / DN"),
            "gain_err": (self.result.gain_err, "electron / DN"),
            "file": (found.gain, "electron / DN"),
            "file_err": (found.gain_err, "electron / DN"),
            "ratio": (found.ratio, ""),
            "ratio_err": (found.ratio_err, ""),
        }
        meta: dict[str, object] = {"file": str(found.path), "ratio": found.mean, "ratio_err": found.mean_err, "ratio_std": found.std}
        return columns, meta | {"covered": found.covered, "notes": list(found.notes), "provenance": self.origin().provenance}
