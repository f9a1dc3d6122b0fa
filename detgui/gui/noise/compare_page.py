"""The Compare page: two exposures on the image and in numbers: what got better, what got worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from detgui.gui.common.colours import pin_colour
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.image.flow import FlowLayout
from detgui.gui.noise.compare_image import CompareImage
from detgui.gui.noise.context import Context
from detgui.gui.pages.page import Need, Origin, Page, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import noise_work
from detgui.session.noise_work import PixelPair
from detgui.session.state import OpenExposure, SessionState

if TYPE_CHECKING:
    from detgui.analysis.compare import Change, FlagChange, Result

LANE, PIXEL = "noise compare", "noise pixel"
HEADERS = (
    ("number", "what is compared"),
    ("verdict", "where the change is more than three of its errors"),
    ("before", "with its error"),
    ("after", "with its error"),
    ("change", "after less before"),
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
        self.before, self.after = QComboBox(self), QComboBox(self)
        for place, (box, field) in enumerate(((self.before, "before"), (self.after, "after"))):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setAccessibleName(f"exposure {field}")
            box.activated.connect(lambda _, box=box, field=field: self.session.set_noise(text="Pair", **{field: box.currentData() or ""}))
            setattr(self, f"_label{place}", QLabel(field))
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget, share in ((self._label0, 0), (self.before, 1), (self._label1, 0), (self.after, 1)):
            row.addWidget(widget, share)
        self.layout().insertLayout(0, row)
        self.modes = CompareImage(context, self._pair, self)
        flow = QWidget(self)
        buttons = FlowLayout(flow, spacing=3)
        for button in (*self.modes.buttons.values(), self.export):
            buttons.addWidget(button)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        flow.setSizePolicy(policy)
        self.tools.addWidget(flow)
        self.verdict = sentence_label(self)
        self.rows = RowsTable("What changed", HEADERS)
        self.rows.horizontalHeader().setMaximumSectionSize(self.fontMetrics().horizontalAdvance("Level of the background (DN/s)"))
        self.numbers.hide()
        self.under.insertWidget(0, self.verdict)
        self.under.insertWidget(1, self.rows, 1)
        self.splitter.setSizes([300, 330])
        self._of = ("", "")  # the pair that was compared, or could not be
        self._wrong = ""
        self._drawn: Any = None
        self.result: Result | None = None
        self.pixel: PixelPair | None = None
        self._wanted: Any = None  # the pixel that was asked for
        self.session.changed.connect(self._follow)

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
            self.plot.show_drawn(lambda: self._draw(result))
            for row in (0, 1):
                self.plot.fit(row, 0.12)
            theme = self.plot.theme
            colours = [None if each.better is None else theme.points if each.better else theme.warning for each in result.changes]
            self.rows.show_rows([*map(change_row, result.changes), *map(flag_row, result.flags)], colours)
            self.verdict.setText(verdict(result))
        self.show_notes(*result.notes)

    def _draw(self, result: Result) -> None:
        plot = self.plot
        for name, side, colour in (("before", result.before, pin_colour(BEFORE)), ("after", result.after, pin_colour(AFTER))):
            for number, each in enumerate(side.one_over_f.spectra.values() if side is not None else ()):
                good = (each.frequency > 0) & (each.power > 0)
                plot.line(0, np.log10(each.frequency[good]), np.log10(each.power[good]), colour, 1.2, name if not number else "")
        plot.label(0, f"power ({result.unit}²/Hz)", "frequency (Hz), all amplifiers")
        pixel = self.pixel
        if pixel is None:
            plot.label(1, f"signal ({result.unit})", "click a pixel: its values before and after")
            return
        for name, (x, y), colour in (("before", pixel.first, pin_colour(BEFORE)), ("after", pixel.second, pin_colour(AFTER))):
            plot.line(1, x, y, colour, 0.8)
            plot.points(1, x, y, None, colour, size=5.0, name=name)
        said = f"{pixel.along} of pixel {pixel.x}, {pixel.y}"
        if pixel.first[0].size == pixel.second[0].size == 1:
            said = f"pixel {pixel.x}, {pixel.y}: {plain(pixel.first[1][0], 4)} before, {plain(pixel.second[1][0], 4)} after"
        plot.label(1, f"signal ({pixel.unit})", said)

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


def short(names: list[str]) -> list[str]:
    """Names without what all of them begin with, as far as a '_'."""
    words = [name.split("_") for name in names]
    same = 0
    while len(names) > 1 and all(len(each) > same + 1 and each[: same + 1] == words[0][: same + 1] for each in words):
        same += 1
    common = "_".join(words[0][:same]) if same else ""
    return [f"…{name.removeprefix(common)}" if common else name for name in names]


def said(change: Change) -> str:
    """Better, worse, or nothing."""
    return "" if change.better is None else "better" if change.better else "worse"


def change_row(each: Change) -> tuple[str, ...]:
    """A row of the table."""
    unit = f" ({each.unit})" if each.unit else ""
    return (
        f"{each.title}{unit}",
        said(each),
        with_error(each.before, each.before_err),
        with_error(each.after, each.after_err),
        with_error(each.change, each.change_err),
    )


def flag_row(each: FlagChange) -> tuple[str, ...]:
    """A row for a flag: how many have it, and how many gained and lost it."""
    return f"{each.plane} {each.flag}", "", str(each.before), str(each.after), f"+{each.gained} −{each.lost}"


def verdict(result: Result) -> str:
    """What got better and what got worse, in one or two sentences with a little markup."""
    better = [each for each in result.changes if each.better is True]
    worse = [each for each in result.changes if each.better is False]
    if not better and not worse:
        changed = result.difference
        by = f"{plain(changed.std, 3)} {result.unit} rms"
        return f"Nothing is better or worse by three errors; {changed.changed:,} pixels changed, by {by}."
    parts = []
    if better:
        parts.append("<b>Better:</b> " + "; ".join(each.words for each in better[:4]))
    if worse:
        parts.append("<b>Worse:</b> " + "; ".join(each.words for each in worse[:4]))
    return "<br>".join(f"{part}." for part in parts).replace("+-", "±")
