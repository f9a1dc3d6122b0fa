"""The 1/f page: levels of the lines along the slow axis, and power spectra of the amplifiers."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox

from detgui.analysis.noise_types import Result
from detgui.data.tables import Columns
from detgui.gui.common.quantity import with_error
from detgui.gui.noise.context import Context
from detgui.gui.noise.level_line import LevelLine
from detgui.gui.noise.noise_page import NoisePage, amplifier_colour
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.session.noise import TAB
from detgui.session.state import SessionState

LINE_TIP = "Levels of the lines over the image, where they were read; the curve has no scale"
MASK_TIP = "Outline of the pixels that were left out: sources, hot pixels, cosmic rays, what was drawn"


class FlickerPage(NoisePage):
    """Shows `OneOverF`."""

    name = "1/f"
    shows = ("one_over_f",)

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Levels of the lines and power spectra", (3, 4)), parent)
        self.plot.plots[1].setLogMode(x=True, y=True)
        for legend in self.plot.legends:
            legend.setColumnCount(5)
        self.line = LevelLine(context, self)
        self.on_image = QCheckBox("on the image", self)
        self.on_image.setChecked(True)
        self.on_image.setToolTip(LINE_TIP)
        self.on_image.toggled.connect(self.line.set_on)
        self.mask = QCheckBox("mask", self)
        self.mask.setToolTip(MASK_TIP)
        self.mask.toggled.connect(lambda _: self._show_mask())
        self.put_tools(self.again, self.on_image, self.mask, None)
        self._mask_shown = False
        self.session.changed.connect(self._follow)

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if (old.tab, old.noise.page, old.frame) != (new.tab, new.noise.page, new.frame):
            self._show_mask()

    def _show_mask(self) -> None:
        """Draw the outline of the mask while this page is in front."""
        state, found = self.session.state, self.diagnosed
        front = self.mask.isChecked() and state.tab == TAB and state.noise.page == "1/f" and found is not None
        on = front and state.current is not None and state.current.key == self.key
        if self.context.image is None or on == self._mask_shown:
            return
        self._mask_shown = on
        self.context.image.show_labels(np.where(self.result.masked, 0, -1).astype(np.int32) if on else None)

    def draw_result(self, result: Result) -> None:
        self._mask_shown = False
        self._show_mask()
        self.plot.show_drawn(lambda: self._draw(result))
        for row in (0, 1):
            self.plot.fit(row, 0.12)
        self.show_facts(*self._facts(result))

    def _draw(self, result: Result) -> None:
        one, plot = result.one_over_f, self.plot
        colour = plot.theme.points
        axis = "y" if result.order.fast_is_x else "x"
        if len(one.outputs.names) > 1:
            for name, level in zip(one.outputs.names, one.outputs.level, strict=True):
                plot.line(0, one.line, level, amplifier_colour(name), 0.8, name)
        level, err = one.level[0], one.level_err[0]
        plot.band(0, one.line, level - err, level + err, colour, 50)
        plot.line(0, one.line, level, colour, 1.4, "all" if len(one.outputs.names) > 1 else "")
        plot.label(0, f"level ({result.unit})", f"line along the slow axis, {axis} (pixel)")
        for name, each in one.spectra.items():
            good = (each.frequency > 0) & (each.power > 0)
            x, y, model = np.log10(each.frequency[good]), np.log10(each.power[good]), np.log10(each.model()[good])
            several = len(one.spectra) > 1
            shade = amplifier_colour(name) if several else colour
            plot.line(1, x, y, shade, 1.2, name if several else "measured")
            plot.line(1, x, model, shade, 1.0, "" if several else "fit", style=Qt.PenStyle.DashLine)
            if np.isfinite(each.knee) and each.knee > 0:
                plot.level(1, float(np.log10(each.knee)), 90, "" if several else "knee", shade, style=Qt.PenStyle.DotLine)
        plot.label(1, f"power ({result.unit}²/Hz)", "frequency (Hz)")

    def _facts(self, result: Result) -> list[tuple[str, Any, list[Fact]]]:
        one, unit = result.one_over_f, result.unit
        shared = one.shared
        rows = [
            ("rms", with_error(one.rms.rms, one.rms.err, unit), "of the levels of the lines, white noise taken off, no detrending"),
            (
                "detrended",
                with_error(one.detrended.rms, one.detrended.err, unit),
                f"about a polynomial of order {result.params.detrend} along the lines",
            ),
            ("common", with_error(shared.common, shared.common_err, unit), "rms that all amplifiers share"),
            ("private", with_error(shared.private, shared.private_err, unit), "rms that each amplifier has by itself"),
            ("correlation", with_error(shared.correlation, shared.correlation_err), "of the amplifiers' levels, free of white noise"),
            ("masked", f"{100 * float(result.masked.mean()):.1f} %", "of the pixels, as sources, hot pixels or cosmic rays"),
            ("of", f"{result.what}, {result.images}", "images that were taken apart"),
        ]
        if not np.isfinite(shared.common):  # of one output
            rows = [row for row in rows if row[0] not in ("common", "private", "correlation")]
        if len(one.spectra) == 1:
            return [("", None, [Fact(*row) for row in rows] + spectrum_facts(result, next(iter(one.spectra))))]
        columns: list[tuple[str, Any, list[Fact]]] = [("image", None, [Fact(*row) for row in rows] + spectrum_facts(result, ""))]
        for name in one.spectra:
            columns.append((name, amplifier_colour(name), [Fact(row[0], "") for row in rows] + spectrum_facts(result, name)))
        return columns

    def columns(self) -> Columns:
        one, unit = self.result.one_over_f, self.result.unit
        table: dict[str, Any] = {"line": (one.line, ""), "level": (one.level[0], unit), "level_err": (one.level_err[0], unit)}
        for name, level, var in zip(one.outputs.names, one.outputs.level, one.outputs.var, strict=True):
            table[f"level_{name}"] = (level, unit)
            table[f"level_{name}_err"] = (np.sqrt(var), unit)
        return table


def spectrum_facts(result: Result, name: str) -> list[Fact]:
    """Knee, slope and white noise of an amplifier; labels alone for ''."""
    tips = {
        "knee": "where 1/f noise and white noise have the same power",
        "slope": "of the power law: 1 is 1/f",
        f"white ({result.unit}²/Hz)": "power of the white noise",
    }
    if not name:
        return [Fact(label, "", tip) for label, tip in tips.items()]
    each = result.one_over_f.spectra[name]
    seen = np.isfinite(each.knee)
    values = (
        with_error(each.knee, each.knee_err, "Hz") if seen else "none seen",
        with_error(each.slope, each.slope_err) if seen else "",
        with_error(each.white, each.white_err),
    )
    return [Fact(label, text, tip) for (label, tip), text in zip(tips.items(), values, strict=True)]
