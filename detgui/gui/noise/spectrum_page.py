"""The Spectrum page: aperture and profile, the 1-D spectrum with its divots, the pixels that make them, and the background's errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QMenu

from detgui.data.tables import Columns
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.files import ask_file
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.noise.aperture import FOUND, ApertureOnImage
from detgui.gui.noise.context import Context
from detgui.gui.noise.guide import ISSUES
from detgui.gui.noise.spectrum_words import ASK, BACK_TIP, HEADERS, OPEN_TIP, WRITE_TIP, divot_row, percent, words_plain
from detgui.gui.pages.page import Need, Origin, Page, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import noise_work
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.analysis.extract1d import Aperture, Params, Result

LANE, OPEN, WRITE, BACKGROUND = "noise spectrum", "noise aperture file", "noise aperture", "noise background"
SETTLE_MS = 120  # after the last move of the aperture


class SpectrumPage(Page):
    """Extracts again while the aperture is moved."""

    name = "spectrum"
    room = "noise"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Spectrum and profile", (3, 2)), parent)
        self.plot.legends[0].setColumnCount(3)
        self.on_image = ApertureOnImage(context, self)
        self.axis = QComboBox(self)
        self.axis.addItems(["along x", "along y"])
        self.axis.setToolTip("Axis of the image that the light is dispersed along")
        self.axis.activated.connect(lambda at: self.session.set_noise(text="Dispersion", dispersion=at + 1, aperture=None))
        self.automatic = flat_button("Find", "Put the aperture where the profile has its light")
        self.automatic.clicked.connect(lambda: self.session.set_noise(text="Aperture", aperture=None))
        menu = QMenu(self, toolTipsVisible=True)
        self.open = menu.addAction("Open…", self._ask_aperture)
        self.open.setToolTip(OPEN_TIP)
        self.write = menu.addAction("Write…", self._ask_where)
        self.write.setToolTip(WRITE_TIP)
        self.file = menu_button("EXTRACT1D", "Take the aperture from an EXTRACT1D reference, or write it as one", menu)
        self.back = flat_button("Background…", BACK_TIP)
        self.back.clicked.connect(self._ask_background)
        self.put_tools(self.axis, self.automatic, self.file, self.back, None)
        self.verdict = QLabel(self, wordWrap=True)
        self.attempt = flat_button("Try…", "Put pixel_replace into the form of the Run page")
        self.attempt.clicked.connect(self._try)
        self.rows = RowsTable("Divots", HEADERS)
        self.rows.setSelectionBehavior(RowsTable.SelectionBehavior.SelectRows)
        self.rows.itemSelectionChanged.connect(self._go)
        self.numbers.hide()
        line = QHBoxLayout()
        line.addWidget(self.verdict, 1)
        line.addWidget(self.attempt)
        self.under.insertLayout(0, line)
        self.under.insertWidget(1, self.rows, 1)
        self.splitter.setSizes([400, 220])
        self._wanted: Any = None  # exposure, integration and aperture that were asked for
        self._wrong = ""
        self._drawn: Any = None
        self.background: Any = None  # errors with those of the background
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.extract)
        self.session.changed.connect(self._changed)

    # what a person does

    def _params(self) -> tuple[Params, Any]:
        from detgui.analysis.extract1d import Aperture, Params

        state, options = self.session.state, self.session.state.noise
        x0, y0, x1, y1 = options.aperture or (None,) * 4
        frame = state.frame
        integration = frame.integration if frame is not None and frame.exposure == self.key else None
        params = Params(Aperture(y0, y1, x0, x1, options.dispersion), integration)
        return params, (self.key, integration, options.aperture, options.dispersion)

    def extract(self) -> None:
        """Extract the spectrum of the present aperture, if that is another one."""
        source = self.maker.source
        if source is None or source.is_ramp or not self.isVisible():
            return
        params, wanted = self._params()
        if wanted == self._wanted:
            return
        if self._wanted is None or wanted[0] != self._wanted[0]:
            self.background = None
        self._wanted, self._wrong = wanted, ""
        then = lambda found, key=source.key: self.findings.put(key, FOUND, found)  # noqa: E731
        args = (self.context.exposures.shelf, source.key, params)
        self.jobs.start(LANE, "", noise_work.spectrum, *args, then=then, failed=self._failed, quick=True)

    def _failed(self, why: str) -> None:
        self._wrong = why
        self.refresh()

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if any(getattr(old, name) is not getattr(new, name) for name in ("noise", "frame", "exposures", "tab")):
            self._settle.start()

    def exporter_dialog(self, title: str, kinds: str, name: str, use: Any) -> None:
        """Ask where a file goes."""
        dialog = QFileDialog(self, title, "", kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(f"{self.file_name()}_{name}")
        dialog.fileSelected.connect(lambda chosen: use(Path(chosen)))
        dialog.open()

    def _ask_aperture(self) -> None:
        ask_file(self, "EXTRACT1D reference", "EXTRACT1D (*.json)", self.open_from)

    def _ask_where(self) -> None:
        self.exporter_dialog("EXTRACT1D reference", "EXTRACT1D (*.json)", "extract1d.json", self.write_to)

    def open_from(self, path: Path) -> None:
        """Make the aperture of an EXTRACT1D reference the drawn one."""
        key = self.key
        args = (self.context.exposures.shelf, key, path, self.session.state.noise.dispersion)
        then = lambda found: self._take(found, path) if self.key == key else None  # noqa: E731
        self.start(OPEN, f"Read {path.name}", noise_work.read_aperture, *args, then=then, quick=True)

    def _take(self, found: Aperture, path: Path) -> None:
        x0, x1, y0, y1 = found.box
        self.session.set_noise(text="Aperture", aperture=(x0, y0, x1, y1), dispersion=found.dispersion)
        self.tell(f"Aperture of {path.name}")

    def write_to(self, path: Path) -> None:
        """Write the drawn aperture as an EXTRACT1D reference."""
        drawn = self._params()[0].aperture if self.session.state.noise.aperture is not None else self.found(FOUND).aperture
        args = (self.context.exposures.shelf, self.key, drawn, path)
        self.start(WRITE, f"Write {path.name}", noise_work.write_aperture, *args, then=lambda written: self.tell(f"Wrote {written}"))

    def _ask_background(self) -> None:
        ask_file(self, "Combined background", "FITS files (*.fits *.fits.gz)", self.take_background)

    def take_background(self, path: Path, write: Path | None = None) -> None:
        """Add the errors of a combined background; ``write`` a copy of the exposure with them."""
        then = lambda found: self._background_came(found, path, write)  # noqa: E731
        args = (self.context.exposures.shelf, self.key, path, write)
        self.start(BACKGROUND, f"Errors of {path.name}", noise_work.background_errors, *args, then=then)

    def _background_came(self, found: Any, path: Path, write: Path | None) -> None:
        self.background = found
        self._drawn = None
        if write is not None:
            self.tell(f"Wrote {write}")
            self.context.exposures.open([write], join=False)
        else:
            self.tell(words_plain(found.diagnosis))
            copy = lambda to: self.take_background(path, to)  # noqa: E731
            self.exporter_dialog("Copy with the combined errors", "FITS files (*.fits)", "with_background_errors.fits", copy)
        self.refresh()

    def _try(self) -> None:
        recipe = next(each for issue in ISSUES for each in issue.recipes if "pixel_replace" in each.steps)
        self.maker.fill(recipe.steps, "Try pixel_replace")
        self.session.set_noise(page="Run")

    def _go(self) -> None:
        result: Result | None = self.found(FOUND)
        at = self.rows.currentRow()
        if result is not None and 0 <= at < len(result.pixels) and result.pixels[at]:
            pixel = result.pixels[at][0]
            self.session.choose_pixel(pixel.x, pixel.y)

    # what there is

    def need(self) -> Need | None:
        source = self.maker.source
        if source is None or source.is_ramp:
            return Need(ASK)
        self.extract()
        if self._wrong:
            return Need(f"{self._wrong}.", "Whole image", lambda: self.session.set_noise(text="Aperture", aperture=None))
        if self.found(FOUND) is None:
            return Need("Extracting…")
        return None

    def draw(self) -> None:
        result: Result = self.found(FOUND)
        self.axis.setCurrentIndex(self.session.state.noise.dispersion - 1)
        self.automatic.setEnabled(self.session.state.noise.aperture is not None)
        if result is self._drawn:
            return
        self._drawn = result
        self.plot.show_drawn(lambda: self._draw(result))
        self._fit(result)
        worst = max(result.divots, key=lambda each: each.lost, default=None)
        cost = f"A column misses up to <b>{percent(worst.lost, worst.lost_err)}</b> of its flux. " if worst is not None else ""
        self.verdict.setText(f"{cost}{result.diagnosis.sentence} ({result.diagnosis.issue})")
        self.attempt.setVisible(result.diagnosis.found)
        self.rows.show_rows([divot_row(each, pixels) for each, pixels in zip(result.divots, result.pixels, strict=True)])
        x0, x1, y0, y1 = result.aperture.box
        self.show_notes("; ".join((f"aperture x {x0:g} to {x1:g}, y {y0:g} to {y1:g}: drag its edges on the image", *result.notes)))

    def _fit(self, result: Result) -> None:
        """Show the spectrum without its wildest points, and free of the legend."""
        box = self.plot.plots[0].vb
        box.autoRange()
        low, high = box.viewRange()[1]
        self.plot.fit(0, 0.12)
        self.plot.fit(1, 0.12)
        finite = result.traced.flux[np.isfinite(result.traced.flux)]
        if finite.size > 20 and high > low:
            room = (box.viewRange()[1][1] - high) / (high - low)
            bottom, top = np.percentile(finite, (0.5, 99.5))
            bottom, top = np.array([bottom, top]) + 0.2 * max(top - bottom, 1e-12) * np.array([-1, 1])
            self.plot.plots[0].setYRange(bottom, top + room * (top - bottom), padding=0)

    def _draw(self, result: Result) -> None:
        plot, found = self.plot, result.traced
        colour = plot.theme.points
        plot.band(0, result.pixel, found.flux - found.err, found.flux + found.err, colour, 40)
        if self.background is not None:
            both = self._err_with_background(result)
            plot.band(0, result.pixel, found.flux - both, found.flux + both, plot.theme.warning, 40)
        plot.line(0, result.pixel, found.full, plot.theme.line, 1.2, "with what is missing")
        plot.line(0, result.pixel, found.flux, colour, 1.2, "spectrum")
        first = int(result.pixel[0]) if result.pixel.size else 0
        at = np.array([each.column for each in result.divots], int)
        if at.size:
            plot.points(0, at, found.flux[at - first], None, plot.theme.warning, size=6, name="divot")
        axis, across = ("x", "y") if result.aperture.dispersion == 1 else ("y", "x")
        plot.label(0, f"flux ({result.unit})", f"{axis} (pixel)")
        profile = result.mean_profile
        plot.line(1, np.arange(profile.size), profile, colour, 1.2)
        x0, x1, y0, y1 = result.aperture.box
        limits = (y0, y1) if result.aperture.dispersion == 1 else (x0, x1)
        region = pg.LinearRegionItem((limits[0] - 0.5, limits[1] + 0.5), movable=False, brush=pg.mkBrush(86, 180, 233, 50))
        plot.add(1, region, 1, bounds=False)
        plot.label(1, "mean profile", f"{across} (pixel), the aperture shaded")

    def _err_with_background(self, result: Result) -> Any:
        """Errors of the spectrum with the background's, in quadrature over the aperture."""
        err = self.background.err if result.aperture.dispersion == 1 else self.background.err.T
        part = err[:, result.pixel[0] : result.pixel[-1] + 1]
        return np.sqrt(np.nansum((result.traced.weight[:, None] * part) ** 2, axis=0))

    # for files

    def table(self) -> Table:
        result: Result = self.found(FOUND)
        found, unit = result.traced, result.unit
        columns: Columns = {
            "pixel": (result.pixel, ""),
            "flux": (found.flux, unit),
            "flux_err": (found.err, unit),
            "with_missing": (found.full, unit),
            "lost": (found.lost, ""),
            "centre": (found.centre, "pix"),
        }
        divots = [
            {"column": each.column, "lost": each.lost, "lost_err": each.lost_err, "depth": each.depth, "depth_err": each.depth_err}
            for each in result.divots
        ]
        return columns, {"aperture": str(result.aperture), "divots": divots, "provenance": result.provenance}

    def origin(self) -> Origin:
        return Origin.of(self.found(FOUND).provenance)

    def copy_numbers(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.rows.tsv())
