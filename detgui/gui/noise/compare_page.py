"""The Compare page: two exposures on the image and in numbers: what got better, what got worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from detgui.gui.common.colours import pin_colour
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.image.flow import FlowLayout
from detgui.gui.noise.compare_image import CompareImage
from detgui.gui.noise.compare_words import change_row, flag_row, is_point, pixel_words, power_unit, said, short, verdict
from detgui.gui.noise.context import Context
from detgui.gui.pages.page import Need, Origin, Page, Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import noise_work
from detgui.session.noise_work import PixelPair
from detgui.session.state import OpenExposure, SessionState

if TYPE_CHECKING:
    from detgui.analysis.compare import Result

LANE, PIXEL = "noise compare", "noise pixel"
HEADERS = (
    ("number", "what is compared"),
    ("verdict", "where the change is more than three of its errors"),
    ("change", "after less before, with its error; of flags how many pixels gained and lost it"),
    ("before", "with its error"),
    ("after", "with its error"),
)
BEFORE, AFTER = 0, 1  # of the pins' colours: orange and sky blue
ASK = "Choose the exposures before and after: of one size, both ramps or both images. A run of steps puts its own pair here."


class ComparePage(Page):
    """Compares as soon as a pair is chosen."""

    name = "compare"
    room = "noise"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Power spectra, and the chosen pixel", (1, 1)), parent)
        self.plot.plots[0].setLogMode(x=True, y=True)
        self._make_pair()
        self._make_tools(context)
        self._make_table()
        self._of = ("", "")  # the pair that was compared, or could not be
        self._wrong = ""
        self._drawn: Any = None
        self.result: Result | None = None
        self.pixel: PixelPair | None = None
        self._wanted: Any = None  # the pixel that was asked for
        self.session.changed.connect(self._follow)

    def _make_pair(self) -> None:
        self.before, self.after = QComboBox(self), QComboBox(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for box, field in ((self.before, "before"), (self.after, "after")):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setAccessibleName(f"exposure {field}")
            box.activated.connect(lambda _, box=box, field=field: self.session.set_noise(text="Pair", **{field: box.currentData() or ""}))
            row.addWidget(tool_label(field, box))
            row.addWidget(box, 1)
        self.layout().insertLayout(0, row)

    def _make_tools(self, context: Context) -> None:
        self.modes = CompareImage(context, self._pair, self)
        flow = QWidget(self)
        buttons = FlowLayout(flow, spacing=3)
        for button in (*self.modes.buttons.values(), self.export):
            buttons.addWidget(button)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        flow.setSizePolicy(policy)
        self.tools.addWidget(flow)

    def _make_table(self) -> None:
        self.verdict = sentence_label(self)
        self.rows = RowsTable("What changed", HEADERS)
        self.rows.horizontalHeader().setMaximumSectionSize(self.fontMetrics().horizontalAdvance("Alternating columns A and"))
        self.rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.numbers.hide()
        self.under.insertWidget(0, self.verdict)
        self.under.insertWidget(1, self.rows, 1)
        self.splitter.setSizes([300, 330])

    def _pair(self) -> tuple[str, str]:
        noise = self.session.state.noise
        return noise.before, noise.after

    @property
    def key(self) -> str:
        return self.session.state.noise.after

    # the pair

    def _fill(self) -> None:
        entries = [each for each in self.session.state.exposures if not each.source]
        names = short([each.name for each in entries])
        for box, key in zip((self.before, self.after), self._pair(), strict=True):
            wanted = [("choose…", ""), *zip(names, (each.key for each in entries), strict=True)]
            if [(box.itemText(i), box.itemData(i)) for i in range(box.count())] != wanted:
                box.clear()
                for name, data in wanted:
                    box.addItem(name, data)
            box.setCurrentIndex(max(0, box.findData(key)))
            entry = self._entry(key)
            box.setToolTip(entry.name if entry is not None else ASK)

    def need(self) -> Need | None:
        self._fill()
        pair = self._pair()
        if not all(pair) or pair[0] == pair[1]:
            return Need(ASK)
        if pair != self._of:
            self._begin(pair)
        if self._wrong:
            return Need(f"{self._wrong}.".replace("..", "."))
        if self.result is None:
            return Need("Comparing…", "Compare again", lambda: self._begin(self._pair()), LANE)
        return None

    def _begin(self, pair: tuple[str, str]) -> None:
        self._of, self._wrong, self.result, self._wanted = pair, "", None, None
        names = " and ".join(each.name for key in pair if (each := self._entry(key)) is not None)
        fails = self._failed
        self.jobs.start(LANE, f"Comparing {names}", noise_work.compare, self.context.exposures.shelf, pair, then=self._came, failed=fails)
        self._read_pixel()

    def _entry(self, key: str) -> OpenExposure | None:
        return self.session.state.exposure(key)

    def _came(self, result: Result) -> None:
        self.result = result
        if not self.modes.mode and self.isVisible():
            self.modes.show("split")
        self.refresh()

    def _failed(self, why: str) -> None:
        self._wrong = why
        self.refresh()

    # the chosen pixel

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if (old.pixel, old.frame) != (new.pixel, new.frame) and self.isVisible():
            self._read_pixel()

    def _read_pixel(self) -> None:
        state, pair = self.session.state, self._pair()
        entries = [self._entry(key) for key in pair]
        if state.pixel is None or not all(each is not None and each.contains(*state.pixel) for each in entries):
            return
        wanted = (pair, *state.pixel, state.frame.integration if state.frame is not None else 1)
        if wanted != self._wanted:
            self._wanted = wanted
            args = (self.context.exposures.shelf, *wanted)
            self.jobs.start(PIXEL, "", noise_work.pixel_pair, *args, then=self._pixel_came, quick=True)

    def _pixel_came(self, pixel: PixelPair) -> None:
        self.pixel = pixel
        self.refresh()

    # what is shown

    def draw(self) -> None:
        result = self.result
        if (result, self.pixel) != self._drawn:
            self._drawn = (result, self.pixel)
            plotted = self.pixel is not None and not is_point(self.pixel)
            self.plot.show_row(1, plotted)
            self.plot.show_drawn(lambda: self._draw(result))
            for row in (0, 1):
                self.plot.fit(row, 0.12)
            theme = self.plot.theme
            colours = [None if each.better is None else theme.points if each.better else theme.warning for each in result.changes]
            rows = [change_row(each, result.unit) for each in result.changes]
            self.rows.horizontalHeaderItem(2).setText(f"change ({result.unit})" if result.unit else "change")
            self.rows.show_rows([*rows, *map(flag_row, result.flags)], colours)
            self.verdict.setText(verdict(result))
        self.show_notes(pixel_words(self.pixel), *result.notes)

    def _draw(self, result: Result) -> None:
        plot = self.plot
        for name, side, colour in (("before", result.before, pin_colour(BEFORE)), ("after", result.after, pin_colour(AFTER))):
            for number, each in enumerate(side.one_over_f.spectra.values() if side is not None else ()):
                good = (each.frequency > 0) & (each.power > 0)
                plot.line(0, np.log10(each.frequency[good]), np.log10(each.power[good]), colour, 1.2, name if not number else "")
        plot.label(0, f"power ({power_unit(result.unit)})", "frequency (Hz), all amplifiers")
        pixel = self.pixel
        if pixel is None or is_point(pixel):
            return
        for name, (x, y), colour in (("before", pixel.first, pin_colour(BEFORE)), ("after", pixel.second, pin_colour(AFTER))):
            plot.line(1, x, y, colour, 0.8)
            plot.points(1, x, y, None, colour, size=5.0, name=name)
        plot.label(1, f"signal ({pixel.unit})", f"{pixel.along} of pixel {pixel.x}, {pixel.y}")

    # for files

    def table(self) -> Table:
        changes = self.result.changes
        columns: dict[str, Any] = {
            name: (np.array([getattr(each, at) for each in changes]), "") for name, at in (("number", "title"), ("unit", "unit"))
        }
        for name in ("before", "before_err", "after", "after_err", "change", "change_err"):
            columns[name] = (np.array([getattr(each, name) for each in changes]), "")
        columns["verdict"] = (np.array([said(each) for each in changes]), "")
        flags = [{"plane": each.plane, "flag": each.flag, "gained": each.gained, "lost": each.lost} for each in self.result.flags]
        meta = {"names": list(self.result.names), "flags": flags, "provenance": self.result.provenance}
        return columns, meta | {"notes": list(self.result.notes)}

    def origin(self) -> Origin:
        return Origin.of(self.result.provenance)

    def copy_numbers(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.rows.tsv())
