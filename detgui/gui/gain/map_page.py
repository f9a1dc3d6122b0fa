"""The Map page: histogram of the boxes by kind, their medians, and the map in the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from detgui.analysis import gain_table
from detgui.analysis.gain_maps import uncertainty
from detgui.analysis.gain_types import Result
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage, kind_colour
from detgui.gui.gain.reference_exports import ReferenceExports
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.boxes import BULK, KINDS, VOID
from detgui.session.gain_work import VOID_FILE

FEWEST_BINS, MOST_BINS = 10, 40
MEDIAN_ERROR = 1.2533  # of a median, in errors of a mean
SAVE_FIRST = f"the command below reads the outlines from {VOID_FILE}: Export writes them"


class MapPage(GainPage):
    """Follows the outline too: while it is dragged the histogram is that of the approximate map."""

    name = "map"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Histogram of the gain of the boxes"), parent)
        self.plot.label(0, "boxes", f"gain ({UNIT})")
        self.plot.legends[0].setColumnCount(2)
        self.show_map = flat_button("Show the map", "Show the gain map in the image; again: the first flat")
        self.show_map.clicked.connect(self._swap)
        self.boxes = flat_button("Boxes", "Draw the boxes over the image (Ctrl+Shift+B)")
        self.boxes.setCheckable(True)
        if context.overlay is not None:
            self.boxes.clicked.connect(context.overlay.toggle)
            context.overlay.changed.connect(self.boxes.setChecked)
            self.boxes.setChecked(context.overlay.on)
        self.put_tools(self.show_map, self.boxes, None)
        self.references = ReferenceExports(self, context)
        self.references.add_to(self.export_menu)

    def _swap(self) -> None:
        """The map in the image, or the first flat where the map is shown."""
        state = self.session.state
        if state.frame is not None and state.frame.exposure == self.maker.product and self.maker.source is not None:
            self.session.choose_exposure(self.maker.source.key)
        else:
            self.maker.show_map()

    def shown_things(self) -> tuple[Any, ...]:
        return self.result, self.maker.approximate

    def draw(self) -> None:
        super().draw()
        state = self.session.state
        on_map = state.frame is not None and state.frame.exposure == self.maker.product
        self.show_map.setText("Show the flat" if on_map else "Show the map")

    def draw_result(self, result: Result) -> None:
        shown = self.maker.approximate or result
        self.plot.show_drawn(lambda: draw_histogram(self.plot, shown))
        self.plot.fit(0, 0.15)
        self.show_facts(
            *[(KINDS[kind], kind_colour(kind), self._facts(shown, result, kind)) for kind in (BULK, VOID) if _here(shown, kind).any()]
        )

    def what_to_know(self) -> tuple[str, ...]:
        if self.maker.approximate is not None:
            return ("approximate: made of the reads that are kept in memory; the exact map follows when the outline is let go",)
        result = self.result
        if result is None:
            return super().what_to_know()
        drawn = isinstance(result.params.voids, tuple) and (result.params.voids or result.params.exclude)
        return (*super().what_to_know(), *result.notes, *((SAVE_FIRST,) if drawn else ()))

    def _facts(self, shown: Any, result: Result, kind: int) -> list[Fact]:
        here = _here(shown, kind)
        gains, errors = shown.gain[here], shown.gain_err[here]
        one = float(np.median(errors)) if errors.size else np.nan
        spread = float(np.percentile(gains, 84) - np.percentile(gains, 16)) / 2 if gains.size > 2 else np.nan
        middle = with_error(float(np.median(gains)), MEDIAN_ERROR * one / np.sqrt(gains.size), UNIT) if gains.size else MISSING
        here_text = f"{int(here.sum())} ({int(shown.boxes.pixels[here].sum()):,} pixels)"
        scatter = f"{plain(spread, 3)} {UNIT}" if np.isfinite(spread) else MISSING
        facts = [
            Fact("median", middle, "median of the boxes; its error from those of the boxes"),
            Fact("error of a box", f"{plain(one, 3)} {UNIT}", "median of the boxes' own errors, from the covariance of the groups"),
            Fact("scatter", scatter, "half of the 16 to 84 % interval: errors, and what differs over the detector"),
            Fact("boxes", here_text, f"nominally {shown.boxes.nominal} pixels each"),
            self._from_maps(result, kind),
        ]
        factor = Fact("IPC factor", _ipc(result), "what the gain was multiplied with")
        return [*facts, _to_bulk(shown, kind), factor if kind == BULK else Fact(factor.label, "")]

    def _from_maps(self, result: Result, kind: int) -> Fact:
        """What the maps of the pairs differ by: of boxes of the exact map."""
        found = uncertainty(result, result.boxes.kind == kind)
        more = "differences of the maps of two pairs over √2, and that over the root of the number of pairs (section 6.2)"
        text = f"{with_error(found.single, found.single_err)} / {plain(found.mean, 3)} {UNIT}" if np.isfinite(found.single) else MISSING
        return Fact("one map / mean", text, more)

    def table(self) -> Table:
        result = self.result
        boxes = result.boxes
        columns: dict[str, Any] = {
            "box": (np.arange(1, len(boxes) + 1), ""),
            "sector": (boxes.sector, ""),
            "region": (np.array(boxes.regions()), ""),
            "x": (boxes.x, "pix"),
            "y": (boxes.y, "pix"),
            "n_pixels": (boxes.pixels, ""),
            "gain": (result.gain, "electron / DN"),
            "gain_err": (result.gain_err, "electron / DN"),
            "intercept_noise": (result.read_noise, "DN"),
            "intercept_noise_err": (result.read_noise_err, "DN"),
        }
        return columns, gain_table.facts(result) | {"provenance": self.origin().provenance}


def _here(shown: Any, kind: int) -> Any:
    return (shown.boxes.kind == kind) & np.isfinite(shown.gain)


def _to_bulk(shown: Any, kind: int) -> Fact:
    gains, bulk = (shown.gain[_here(shown, each)] for each in (kind, BULK))
    ratio = plain(float(np.median(gains) / np.median(bulk)), 4) if kind != BULK and gains.size and bulk.size else ""
    return Fact("void / bulk", ratio, "ratio of the medians" if ratio else "")


def _ipc(result: Result) -> str:
    ipc = result.ipc
    others = [f"{name} {plain(value, 4)}" for name in ("analytic", "kernel", "measured") if (value := getattr(ipc, name)) is not None]
    factor = with_error(ipc.factor, ipc.factor_err) if ipc.factor_err else plain(ipc.factor, 5)
    return f"{factor} {ipc.method}" + (f" ({', '.join(others)})" if len(others) > 1 else "")


def draw_histogram(plot: PagePlot, shown: Any) -> None:
    """Histogram of the gains of a map by kind, each with its median."""
    finite = shown.gain[np.isfinite(shown.gain)]
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    if high <= low:
        low, high = low - 0.01, high + 0.01
    edges = np.linspace(low, high, int(np.clip(2.0 * np.sqrt(finite.size), FEWEST_BINS, MOST_BINS)) + 1)
    for kind in (BULK, VOID):
        gains = shown.gain[_here(shown, kind)]
        if not gains.size:
            continue
        colour = kind_colour(kind)
        brush = QColor(colour)
        brush.setAlpha(90)
        counts = np.histogram(gains, edges)[0].astype(float)
        item = pg.PlotCurveItem(edges, counts, stepMode="center", fillLevel=0, brush=pg.mkBrush(brush), pen=plot.theme.pen(colour))
        plot.add(0, item, 3 + kind)
        middle = float(np.median(gains))
        plot.line(0, np.array([middle, middle]), np.array([0.0, max(counts.max(), 1.0)]), colour, 1.6, style=Qt.PenStyle.DashLine,
                  name=f"{KINDS[kind]}: median {middle:.4f}")  # fmt: skip
