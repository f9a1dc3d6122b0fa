"""The Calibrate page: raw flats through the stages of JWST-STScI-004622 (table 1), each optional, each shown before and after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTableWidgetItem, QVBoxLayout, QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.files import ask_files, ask_folder
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.gain.calibrate_work import STAGES, calibrate, reference_types
from detgui.gui.gain.context import Context
from detgui.session.state import Frame, OpenExposure

if TYPE_CHECKING:
    from detgui.analysis.flat_calibration import CalibratedFlats, Stage

LANE = "gain calibrate"
FOLDER = "calibrated"
CHECK = Qt.CheckState
HEADERS = (
    ("stage", "tick the stages that run, in this order"),
    ("status", "of the first flat, as its header says after the stage"),
    ("before/after", "the file of the first flat after the stage, blinked against that before it"),
    ("reference", "chosen by hand, or found by CRDS"),
)
BUTTONS = 2
REFERENCE_OF = {"dq_init": "mask", "superbias": "superbias", "ipc": "ipc", "saturation": "saturation", "linearity": "linearity"}
HOW = "Raw flats are calibrated one after the other by steps of the jwst pipeline in a process of its own; the ramps are then opened."


class CalibratePage(QWidget):
    """Asks for stages, reference files and a folder; opens what came of it."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._jobs = context, context.session, context.jobs
        self.result: CalibratedFlats | None = None
        self.references: dict[str, Path] = {}
        self.folder: Path | None = None
        self._how_far = ""  # of the calibration that runs
        self._wanted: tuple[Path, Path] | None = None  # before and after, to be blinked once both are open
        self._make()
        self._lay_out()
        self._fill()
        self._session.changed.connect(lambda *_: self.refresh())
        self._jobs.changed.connect(self.refresh)
        context.exposures.opened.connect(lambda _: self._blink())

    def _make(self) -> None:
        self.how = QLabel(HOW, self, wordWrap=True)
        self.rows = RowsTable("Stages of the calibration", HEADERS)
        self.rows.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 14)
        self.rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.rows.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.run = flat_button("Calibrate", "Run the ticked stages on all raw flats")
        self.run.clicked.connect(self.start)
        self.cancel = flat_button("Cancel", "Stop; flats that are done stay")
        self.cancel.clicked.connect(lambda: self._jobs.cancel(LANE))
        self.pick = flat_button("References…", "Reference files by hand: each is used for the type that it says (REFTYPE); default: CRDS")
        self.pick.clicked.connect(self._ask_references)
        self.place = flat_button("Folder…", "Where the calibrated ramps go, and the first flat after every stage")
        self.place.clicked.connect(self._ask_folder)
        self.said = sentence_label(self)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.run, self.cancel, self.pick, self.place):
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.how)
        column.addLayout(row)
        column.addWidget(self.rows, 1)
        column.addWidget(self.said)

    # what there is

    def raw(self) -> tuple[OpenExposure, ...]:
        """The raw flats that are open, of the detector in use."""
        state, flats = self._session.state, self._context.maker.flats
        of = flats[0].array if flats else ""
        return tuple(each for each in state.exposures if each.kind == "uncal" and not each.source and each.array == of)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show what can be done, and how far it is."""
        if not self.isVisible():
            return
        busy, raw = self._jobs.runs(LANE), self.raw()
        self.run.setVisible(not busy)
        self.run.setEnabled(bool(raw))
        self.run.setText({0: "Calibrate", 1: "Calibrate 1 flat"}.get(len(raw), f"Calibrate {len(raw)} flats"))
        self.cancel.setVisible(busy)
        self.how.setText(HOW if raw else "No raw flat (uncal) of this detector is open: nothing has to be calibrated.")
        self.place.setToolTip(f"Where the calibrated ramps go, and the first flat after every stage: {self._folder() or '…'}")
        if busy:
            event = self._jobs.progress(LANE)
            self._how_far = f"{event.message or 'working'} · {100 * event.fraction:.0f} %" if event is not None else "waiting…"
            self.tell(self._how_far)
        elif self._how_far:  # neither a result nor an error came: it was cancelled
            if self.said.text() == self._how_far:
                self.tell(f"Stopped: flats that were done are in {self._folder()}.")
            self._how_far = ""

    def _folder(self) -> Path | None:
        raw = self.raw()
        return self.folder or (raw[0].paths[0].parent / FOLDER if raw else None)

    def _fill(self) -> None:
        ticked = {name: self.ticked(name) for name in STAGES}
        stages = {each.name: each for each in self.result.stages} if self.result is not None else {}
        self.rows.show_rows([self._texts(name, stages.get(name)) for name in STAGES])
        for row, name in enumerate(STAGES):
            item = self.rows.item(row, 0)
            item.setToolTip(STAGES[name][1])
            item.setCheckState(CHECK.Checked if ticked[name] else CHECK.Unchecked)
            self._put_button(row, name, stages)

    def _texts(self, name: str, stage: Stage | None) -> list[str]:
        reftype = REFERENCE_OF.get(name)
        chosen = self.references.get(reftype) if reftype else None
        reference = "none needed" if reftype is None else chosen.name if chosen is not None else "by CRDS"
        return [STAGES[name][0], stage.status.lower() if stage is not None else "", "", reference]

    def _put_button(self, row: int, name: str, stages: dict[str, Stage]) -> None:
        order = list(stages.values())
        stage = stages.get(name)
        before = None
        if stage is not None and stage.path is not None:
            before = next((each.path for each in reversed(order[: order.index(stage)]) if each.path is not None), None)
        if stage is None or stage.path is None or before is None:
            self.rows.removeCellWidget(row, BUTTONS)
            return
        button = flat_button("Show", "Open the first flat before and after this stage and blink them")
        button.clicked.connect(lambda _, pair=(before, stage.path): self.show_pair(*pair))
        self.rows.setCellWidget(row, BUTTONS, button)

    def ticked(self, name: str) -> bool:
        """Whether a stage is to run."""
        item: QTableWidgetItem | None = self.rows.item(list(STAGES).index(name), 0)
        return item is None or item.checkState() == CHECK.Checked

    def tell(self, sentence: str, fine: bool = True) -> None:
        """Say what was done, or what went wrong."""
        theme = plot_theme.from_palette(self.palette())
        self.said.setStyleSheet(f"color: {(theme.foreground if fine else theme.warning).name()}")
        self.said.setText(sentence)

    # what a person does

    def start(self) -> None:
        """Calibrate all raw flats with the ticked stages."""
        from detgui.analysis.flat_calibration import Params

        raw, folder = self.raw(), self._folder()
        if not raw or folder is None:
            return
        params = Params(stages=tuple(name for name in STAGES if self.ticked(name)), references=dict(self.references))
        paths = [path for each in raw for path in each.paths]
        title = f"Calibrating {len(paths)} flats"
        fails = lambda why: self.tell(why, False)  # noqa: E731
        self._jobs.start(LANE, title, calibrate, paths, params, folder, then=self._came, failed=fails)

    def _came(self, result: CalibratedFlats) -> None:
        self.result = result
        self._fill()
        notes = "".join(f"\n{note[:1].upper()}{note[1:]}." for note in result.notes)
        self.tell(f"Wrote {len(result.paths)} ramps into {result.paths[0].parent} and opened them.{notes}")
        self._context.exposures.open(result.paths, join=False)

    def _ask_references(self) -> None:
        ask_files(self, "Reference files", "Reference files (*.fits *.fits.gz)", self.take_references)

    def take_references(self, paths: list[Path]) -> None:
        """Use reference files, each for the type that it says."""
        fails = lambda why: self.tell(why, False)  # noqa: E731
        self._jobs.start("gain references", "", reference_types, paths, then=self._references_came, failed=fails, quick=True)

    def _references_came(self, found: dict[str, Path]) -> None:
        known = set(REFERENCE_OF.values())
        self.references |= {name: path for name, path in found.items() if name in known}
        odd = sorted(set(found) - known)
        self.tell(f"Not used here: {', '.join(odd)}." if odd else "")
        self._fill()

    def _ask_folder(self) -> None:
        ask_folder(self, "Folder of the calibrated flats", self._set_folder, str(self._folder() or ""))

    def _set_folder(self, folder: Path) -> None:
        self.folder = folder
        self.refresh()

    # before and after

    def show_pair(self, before: Path, after: Path) -> None:
        """Open two files and blink them."""
        self._wanted = (before, after)
        missing = [path for path in self._wanted if self._entry(path) is None]
        if missing:
            self._context.exposures.open(missing, join=False)
        else:
            self._blink()

    def _entry(self, path: Path) -> OpenExposure | None:
        here = path.absolute()
        return next((each for each in self._session.state.exposures if not each.source and here in each.paths), None)

    def _blink(self) -> None:
        if self._wanted is None:
            return
        entries: list[Any] = [self._entry(path) for path in self._wanted]
        if None in entries:
            return
        self._wanted = None
        group = entries[1].shape[1]
        self._session.choose_exposure(entries[1].key)
        self._session.go_to(group=group)
        self._session.set_blink(True, Frame(entries[0].key, "SCI", entries[0].integrations[0], group))
