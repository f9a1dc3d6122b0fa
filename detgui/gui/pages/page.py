"""What the pages have in common: a sentence and one button where something is missing, else controls, plots, numbers and the script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from detgui.data.tables import Columns
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.labels import sentence_label
from detgui.gui.pages.findings import findings_of
from detgui.gui.pages.page_context import PageContext
from detgui.gui.pages.page_export import PageExporter
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.pages.page_words import Need, Origin, PageScript
from detgui.gui.ramp.ramp_export import KINDS
from detgui.gui.ramp.ramp_facts import Fact
from detgui.gui.ramp.ramp_numbers import NumbersTable

__all__ = ["Need", "Origin", "Page", "PageScript", "Table", "tool_label"]

Table = tuple[Columns, Mapping[str, object]]


class Page(QWidget):
    """Follows session, maker, jobs and findings while it is shown; subclasses say what is missing and draw what there is.

    Subclasses override `need`, `draw`, `table` and `origin`, put their controls into `tools` and what stands under the plots into `under`.
    """

    name = "page"
    room = "nonlinearity"  # of the tab, in the names that layouts are kept by
    result_word = "slope map"  # what `maker` makes

    def __init__(self, context: PageContext, plot: PagePlot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context, self.plot = context, plot
        self.session, self.maker, self.jobs = context.session, context.maker, context.jobs
        self.findings = findings_of(context)
        self.exporter = PageExporter(self, context.jobs.engine)
        self.exporter.finished.connect(self.tell)
        self._need: Need | None = None
        self._make()
        self._lay_out()
        self.session.changed.connect(lambda *_: self.refresh())
        self.maker.changed.connect(self.refresh)
        self.jobs.changed.connect(self.refresh)
        self.findings.changed.connect(lambda *_: self.refresh())

    def _make(self) -> None:
        self.pages = QStackedWidget(self)
        self.prompt = sentence_label(self)
        self.get = flat_button("", "")
        self.get.clicked.connect(self._get)
        self.stop = flat_button("Cancel", "Stop this computation")
        self.stop.clicked.connect(self._stop)
        self.working = QLabel(self, wordWrap=True)  # a long message must not widen the tab
        self.numbers = NumbersTable(self)
        self.numbers.setMinimumHeight(4 * self.numbers.fontMetrics().height() + 12)
        self.script = PageScript(self)
        self.said = sentence_label(self)
        self.said.hide()
        self.notes = sentence_label(self)
        self.notes.hide()
        self.export_menu = QMenu(self)
        self.export_menu.addAction("Copy the table of numbers", self.copy_numbers)
        self.export_menu.addSeparator()
        self.export_actions: dict[str, QAction] = {}
        for kind in KINDS:
            action = self.export_menu.addAction(f"Export as {kind.upper()}…")
            action.triggered.connect(lambda _=False, kind=kind: self.ask_export(kind))
            self.export_actions[kind] = action
        self.export = menu_button("Export", "Copy and export", self.export_menu)

    def _lay_out(self) -> None:
        asks = QWidget(self)
        column = QVBoxLayout(asks)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.prompt)
        for widget in (self.get, self.stop):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.working)
        column.addStretch(1)
        self.content = QWidget(self)
        inside = QVBoxLayout(self.content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(3)
        self.tools, self.under = QHBoxLayout(), QVBoxLayout()
        self.tools.setSpacing(4)
        self.under.setSpacing(3)
        inside.addLayout(self.tools)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setObjectName(f"{self.room} {self.name}")
        below = QWidget(self)
        below.setLayout(self.under)
        self.under.setContentsMargins(0, 0, 0, 0)
        self.under.addWidget(self.numbers, 1)
        self.splitter.addWidget(self.plot)
        self.splitter.addWidget(below)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([520, 170])
        inside.addWidget(self.splitter, 1)
        for widget in (self.notes, self.script):
            inside.addWidget(widget)
        self.pages.addWidget(asks)
        self.pages.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(3)
        outer.addWidget(self.pages, 1)
        outer.addWidget(self.said)

    def put_tools(self, *widgets: QWidget | None) -> None:
        """Put controls into the first row, None for the gap; the export button ends it."""
        for widget in (*widgets, self.export):
            if widget is None:
                self.tools.addStretch(1)
            else:
                self.tools.addWidget(widget)

    # for subclasses

    def need(self) -> Need | None:
        """What is missing, None where there is all."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what there is."""
        raise NotImplementedError

    def table(self) -> Table:
        """Columns and metadata of what is shown."""
        raise NotImplementedError

    def origin(self) -> Origin:
        """How what is shown was made."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """Key of the exposure whose ramps are used, '' for none."""
        source = self.maker.source
        return source.key if source is not None else ""

    def found(self, name: str, key: str = "") -> Any:
        """A finding of the present exposure, None where there is none."""
        return self.findings.get(key or self.key, name)

    def need_map(self, why: str) -> Need:
        """What the maker makes is missing."""
        return Need(f"{why} needs the {self.result_word}.", f"Compute the {self.result_word}", self.maker.compute)

    def start(self, lane: str, title: str, func: Callable[..., Any], *args: Any, then: Callable[[Any], object], **how: Any) -> None:
        """Start a job of this page; what went wrong is said below."""
        self.tell("")
        self.jobs.start(lane, title, func, *args, then=then, failed=lambda sentence: self.tell(sentence, False), **how)

    # what is shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def came_to_front(self) -> None:
        """The page was chosen."""
        self.refresh()

    def refresh(self) -> None:
        """Show what there is now, or what is missing."""
        if not self.isVisible():
            return
        self._need = self.need()
        self.pages.setCurrentIndex(0 if self._need is not None else 1)
        if self._need is not None:
            self._show_need(self._need)
        else:
            self.draw()
            self.script.show_origin(self.origin())

    def _show_need(self, need: Need) -> None:
        running = self.jobs.progress(need.lane) if need.lane else self.maker.running
        busy = self.jobs.runs(need.lane) if need.lane else running is not None
        self.prompt.setText(need.sentence)
        self.get.setText(need.button)
        self.get.setVisible(bool(need.button) and not busy)
        self.stop.setVisible(busy)
        self.working.setVisible(busy)
        if busy:
            self.working.setText(f"{running.message or 'working'} · {100 * running.fraction:.0f} %" if running is not None else "waiting…")

    def _get(self) -> None:
        if self._need is not None and self._need.get is not None:
            self._need.get()

    def _stop(self) -> None:
        if self._need is not None and self._need.lane:
            self.jobs.cancel(self._need.lane)
        else:
            self.maker.cancel()

    def show_facts(self, *columns: tuple[str, Any, list[Fact]], notes: Sequence[str] = ()) -> None:
        """Show numbers: (title, colour or None, facts), the same labels in every column; ``notes`` follow in the first."""
        more = [Fact("note", f"{note[:1].upper()}{note[1:]}") for note in notes]
        blank = [Fact("note", "") for _ in notes]
        self.numbers.show_columns([(name, colour, rows + (blank if i else more)) for i, (name, colour, rows) in enumerate(columns)])

    def show_notes(self, *notes: str) -> None:
        """Say what must be known of the numbers."""
        text = "  ".join(note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".") for note in notes if note)
        self.notes.setText(text)
        self.notes.setVisible(bool(text))

    def tell(self, sentence: str, fine: bool = True) -> None:
        """Say what was done, or what went wrong."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        theme = self.plot.theme
        self.said.setStyleSheet(f"color: {(theme.foreground if fine else theme.warning).name()}")

    # export

    def copy_numbers(self) -> None:
        """Put the numbers on the clipboard, tab-separated."""
        QGuiApplication.clipboard().setText(self.numbers.tsv())

    def ask_export(self, kind: str) -> None:
        """Ask where what is shown goes as a file of ``kind``."""
        if self._need is None:
            self.exporter.ask(kind, self.file_name(), self.export_to)

    def file_name(self) -> str:
        """What an exported file is called at first, without its ending."""
        source = self.maker.source
        root = source.name.rpartition("_")[0] or source.name if source is not None else "detgui"
        return f"{root}_{self.name.replace(' ', '_')}"

    def export_to(self, path: Path) -> None:
        """Write what is shown to a file whose ending says how."""
        if self._need is not None:
            return
        if path.suffix.lower() in (".ecsv", ".csv"):
            self.exporter.table(*self.table(), path)
            return
        origin = self.origin()
        source = self.maker.source
        title = f"{source.name if source is not None else ''} {self.name}".strip()
        self.exporter.plot(self.plot, path, title, origin.line, origin.provenance or {})


def tool_label(text: str, buddy: QWidget | None = None) -> QLabel:
    """A word in front of a control."""
    label = QLabel(text)
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    if buddy is not None:
        label.setBuddy(buddy)
    return label
