"""The CDS page: noise of the differences of groups by amplifier, their covariance, and a map of what lies beyond lag one."""

from __future__ import annotations

from typing import Any

import numpy as np

from detgui.analysis.noise_types import Result
from detgui.data.tables import Columns
from detgui.gui.common.quantity import with_error
from detgui.gui.noise.context import Context
from detgui.gui.noise.noise_page import NoisePage, amplifier_colour
from detgui.gui.pages.page import Need
from detgui.gui.pages.page_images import draw_map, fit_maps, scale_text
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.noise_ramp import BOX, RampNoise

FEW_GROUPS = "Three groups at least are needed for two differences; the covariance at lag two needs five."


class CdsPage(NoisePage):
    """Shows `science.noise_ramp.RampNoise`."""

    name = "CDS noise"
    shows = ("cds_noise",)

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Covariance of group differences, and its map beyond lag one", (2, 3), counts=True), parent)
        self.plot.legends[0].setColumnCount(5)
        self.put_tools(self.again, None)

    @property
    def ramp(self) -> RampNoise:
        """Noise of the differences."""
        assert self.result.ramp is not None
        return self.result.ramp

    def missing(self) -> Need | None:
        return None if self.result.ramp is not None else Need(f"This exposure has no differences of groups. {FEW_GROUPS}")

    def draw_result(self, result: Result) -> None:
        self.plot.show_drawn(lambda: self._draw(result))
        there = bool(np.isfinite(self._map()).any())
        self.plot.show_row(1, there)
        self.plot.fit(0, 0.12)
        if there:
            fit_maps(self.plot, (1,), [self._size()])
        self.show_facts(*self._facts(result))

    def _map(self) -> Any:
        """The map with the image's axes (y, x)."""
        beyond = self.ramp.beyond
        return beyond if self.result.order.fast_is_x else beyond.T

    def _size(self) -> tuple[int, ...]:
        return tuple(BOX * each for each in self._map().shape)

    def _draw(self, result: Result) -> None:
        ramp, plot = self.ramp, self.plot
        lags = np.arange(ramp.covariance.shape[1])
        several = len(ramp.names) > 1
        expected = np.zeros((len(ramp.names), lags.size))
        expected[:, 0] = 2 * ramp.read**2 + ramp.photon
        if lags.size > 1:
            expected[:, 1] = -(ramp.read**2)
        usual = np.nanmean(expected, axis=0)
        plot.points(0, lags.astype(float), usual, None, plot.theme.line, symbol="s", size=13, name="expected")
        for number, name in enumerate(ramp.names):
            colour = amplifier_colour(name) if several else plot.theme.points
            shift = 0.06 * (number - (len(ramp.names) - 1) / 2)
            plot.points(0, lags + shift, ramp.covariance[number], ramp.covariance_err[number], colour, name=name if several else "measured")
        plot.level(0, 0.0)
        plot.label(0, f"covariance ({result.unit}²)", "lag (differences of groups)")
        values = self._map()
        if values.size and np.isfinite(values).any():
            limit = float(np.nanpercentile(np.abs(values), 98)) or 1.0
            draw_map(plot, 1, values, limit, "covariance at lag two", self._size())
            plot.label(1, "y (pixel)", f"x (pixel)  ·  {scale_text(limit, f'{result.unit}²')}")

    def _facts(self, result: Result) -> list[tuple[str, Any, list[Fact]]]:
        ramp, unit = self.ramp, result.unit
        columns: list[tuple[str, Any, list[Fact]]] = []
        for at, name in enumerate(ramp.names):
            rows = [
                Fact("in time", with_error(ramp.temporal[at], ramp.temporal_err[at], unit), "rms of a pixel's differences"),
                Fact("in space", with_error(ramp.spatial[at], ramp.spatial_err[at], unit), "standard deviation over the pixels"),
                Fact("read noise", with_error(ramp.read[at], ramp.read_err[at], unit), "of a group: sqrt(-C1)"),
                Fact("photons", with_error(ramp.photon[at], ramp.photon_err[at], f"{unit}²"), "variance: C0 + 2 C1"),
            ]
            for lag in range(2, ramp.covariance.shape[1]):
                number = with_error(ramp.covariance[at, lag], ramp.covariance_err[at, lag], f"{unit}²")
                few = "" if np.isfinite(ramp.covariance[:, lag]).any() else "needs five groups"
                rows.append(Fact(f"lag {lag}", few or number, "zero for read noise and photons"))
            rows.append(Fact("differences", str(ramp.differences), "that were used"))
            columns.append((name, amplifier_colour(name) if len(ramp.names) > 1 else None, rows))
        return columns

    def columns(self) -> Columns:
        ramp, unit = self.ramp, self.result.unit
        table: dict[str, Any] = {"amplifier": (np.array(ramp.names), "")}
        for name in ("temporal", "spatial", "read"):
            table[name] = (getattr(ramp, name), unit)
            table[f"{name}_err"] = (getattr(ramp, f"{name}_err"), unit)
        for lag in range(ramp.covariance.shape[1]):
            table[f"covariance_{lag}"] = (ramp.covariance[:, lag], f"{unit}2")
            table[f"covariance_{lag}_err"] = (ramp.covariance_err[:, lag], f"{unit}2")
        return table
