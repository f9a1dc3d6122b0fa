"""The Box page: variance against mean of the box under the mouse, the line, and what is left after it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from detgui.analysis.gain_types import Result
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.gain.box_line import BoxLine, box_line
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact

ESTIMATORS = {"classic": "variance against mean", "adjacent": "adjacent groups", "lag1": "one ramp, lag 1", "lag2": "one ramp, lag 2"}

RIGHT_OF_IT = [(0, 0.5), (0, 0.5)]


class BoxPage(GainPage):
    """Follows the mouse over the image; without it the box of the chosen pixel."""

    name = "box"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Variance against mean of a box", (4, 3, 3)), parent)
        self.plot.label(0, "variance (DN²)")
        self.plot.label(1, "residual (DN²)", "mean of the sum of both flats (DN)")
        self.plot.plots[1].setXLink(self.plot.plots[0])
        self.plot.plots[0].getAxis("bottom").setStyle(showValues=False)
        self.plot.plots[2].getAxis("bottom").setTicks([list(enumerate(ESTIMATORS))])
        self.plot.label(2, f"gain ({UNIT})")
        self.plot.legends[0].setOffset((8, 4))  # the line goes to the upper right
        self.put_tools(None)
        self.splitter.setSizes([500, 140])
        self._pixel: tuple[int, int] | None = None
        self._box = -1
        if context.image is not None:
            context.image.hovered.connect(self._hovered)

    def _hovered(self, pixel: tuple[int, int] | None) -> None:
        self._pixel = pixel
        if self.isVisible() and self.result is not None and self._wanted(self.result) != self._box:
            self.refresh()

    def _wanted(self, result: Result) -> int:
        """Number of the box to show: under the mouse, of the chosen pixel, else the first that was measured; -1 for none."""
        labels = result.boxes.labels
        for pixel in (self._pixel, self.session.state.pixel):
            if pixel is not None and 0 <= pixel[0] < labels.shape[1] and 0 <= pixel[1] < labels.shape[0]:
                number = int(labels[pixel[1], pixel[0]])
                if number >= 0:
                    return number
        measured = np.flatnonzero(np.isfinite(result.gain))
        return int(measured[0]) if measured.size else -1

    def shown_things(self) -> tuple[Any, ...]:
        result = self.result
        self._box = self._wanted(result) if result is not None else -1
        return result, self._box

    def draw_result(self, result: Result) -> None:
        if self._box < 0:
            return
        lines = [box_line(result, pair, self._box) for pair in result.pairs_used]
        self.plot.show_drawn(lambda: self._draw(result, lines))
        for row in range(3):
            self.plot.fit(row)
        self.plot.plots[2].setXRange(-0.4, len(ESTIMATORS) - 0.6, padding=0)
        self.show_facts((f"box {self._box + 1}", None, self._facts(result, self._box)))

    def _draw(self, result: Result, lines: list[BoxLine]) -> None:
        limit = 2.0 * result.limit
        for line in lines:
            colour = pin_colour(line.pair - 1)
            inside, plot = line.mean <= limit, self.plot
            for chosen, size in ((inside, 5.0), (~inside, 3.0)):
                name = f"pair {line.pair}" if chosen is inside else ""
                plot.points(0, line.mean[chosen], line.variance[chosen], line.err[chosen], colour, "o", size, name)
                plot.points(1, line.mean[chosen], line.residual[chosen], line.err[chosen], colour, "o", size)
            ends = np.array([0.0, float(np.nanmax(line.mean))])
            plot.line(0, ends, line.intercept + line.slope * ends, colour, 1.2)
        how = {"position": 0.1, "anchors": RIGHT_OF_IT, "style": Qt.PenStyle.DashLine}
        for row, words in ((0, f"limit {result.limit:,.0f} DN"), (1, "")):
            self.plot.level(row, limit, 90, words, self.plot.theme.boundary, **how)
        self.plot.level(1, 0.0)
        self._draw_estimators(result)

    def _draw_estimators(self, result: Result) -> None:
        """Gain of the box by every estimator that was made."""
        there = [(place, result.estimators[name]) for place, name in enumerate(ESTIMATORS) if name in result.estimators]
        x = np.array([place for place, _ in there], float)
        gains, errors = (np.array([getattr(each, name)[self._box] for _, each in there], float) for name in ("gain", "err"))
        self.plot.level(2, float(result.gain[self._box]))
        self.plot.points(2, x, gains, errors, self.plot.theme.points, "o", 6)

    def _facts(self, result: Result, box: int) -> list[Fact]:
        boxes = result.boxes
        place = f"centre x {boxes.x[box]:.0f}, y {boxes.y[box]:.0f}"
        amplifier = f" ({boxes.amplifiers[box]})" if boxes.amplifiers[box] else ""
        small = ", less than half of the nominal number" if boxes.small[box] else ""
        gain = with_error(float(result.gain[box]), float(result.gain_err[box]), UNIT)
        noise = with_error(float(result.read_noise[box]), float(result.read_noise_err[box]), "DN")
        facts = [
            Fact("gain", gain, "mean over the pairs used, corrected for IPC"),
            Fact("intercept noise", noise, "of a single read, from the intercept 2 R²; noise of the reset included"),
            Fact("box", f"{box + 1}: sector {boxes.sector[box]}{amplifier}, {boxes.regions()[box]}", place),
            Fact("pixels", f"{boxes.pixels[box]:,}{small}", f"nominally {boxes.nominal:,}; {place}"),
        ]
        for name, words in ESTIMATORS.items():
            each = result.estimators.get(name)
            if each is not None and name != "classic":
                value = with_error(float(each.gain[box]), float(each.err[box]), UNIT)
                facts.append(Fact(name, f"{value}  {_against(result, name, box)}", f"{words}: another estimator on the same box"))
        return facts

    def table(self) -> Table:
        result = self.result
        lines = [box_line(result, pair, self._box) for pair in result.pairs_used]
        groups = np.arange(1, lines[0].mean.size + 1)
        columns: dict[str, Any] = {
            "pair": (np.concatenate([np.full(line.mean.size, line.pair) for line in lines]), ""),
            "group": (np.tile(groups, len(lines)), ""),
            "mean": (np.concatenate([line.mean for line in lines]), "DN"),
            "variance": (np.concatenate([line.variance for line in lines]), "DN2"),
            "variance_err": (np.concatenate([line.err for line in lines]), "DN2"),
            "residual": (np.concatenate([line.residual for line in lines]), "DN2"),
        }
        meta = {"box": self._box + 1, "sector": int(result.boxes.sector[self._box]), "region": result.boxes.regions()[self._box]}
        meta |= {"gain": float(result.gain[self._box]), "gain_err": float(result.gain_err[self._box]), "limit": result.limit}
        return columns, {**meta, "provenance": self.origin().provenance}


def _against(result: Result, name: str, box: int) -> str:
    each, classic = result.estimators[name], result.estimators["classic"]
    difference = float(each.gain[box] - classic.gain[box])
    return f"({plain(100 * difference / float(classic.gain[box]), 2)} %)" if np.isfinite(difference) else MISSING
