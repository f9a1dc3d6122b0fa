"""The correction of images: by which table, what it would do, writing it and taking it off again, each in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from detgui.session import offsets_cals, offsets_options, offsets_work
from detgui.session.exposures import Exposures
from detgui.session.made import Made, Work
from detgui.session.offsets_cals import CalFacts, Written
from detgui.session.offsets_options import CORRECTION, OffsetsOptions
from detgui.session.session import Session
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.analysis.offset_factor import CorrectParams
    from detgui.analysis.offset_types import Result
    from detgui.data.memory_exposure import MapExposure
    from detgui.data.offset_tables import OffsetTable
    from detgui.session.offsets import OffsetsMaker

TABLE, PREDICT, CALS, PREVIEW, WRITE, FOLDER = (
    f"offsets {word}" for word in ("table", "predict", "cals", "preview", "write", "cal folder")
)
OF_THE_TABLE = ("keep", "gradient", "epoch", "cal_epochs", "table", "table_file", "cals")


class Correction(QObject):
    """Follows the part of the options that is about the correction; belongs to an `OffsetsMaker`, whose ``changed`` it sends."""

    def __init__(self, session: Session, exposures: Exposures, work: Work, maker: OffsetsMaker) -> None:
        super().__init__(maker)
        self._session, self._exposures, self._work, self._maker = session, exposures, work, maker
        self._read, self._prediction = Made(), Made()
        self._own: tuple[Result, OffsetTable] | None = None  # offsets that were measured, as a table
        self.cals: tuple[CalFacts, ...] = ()
        self.written: Written | None = None
        self._into: Path | None = None  # where images are being written to, or were when that was stopped
        self.just_written: tuple[Path, ...] = ()  # the newest corrected images, whose correction can be taken off
        self.table_trouble = ""  # why there is no table
        self.trouble = ""  # what else went wrong
        self._pictures: dict[Path, str] = {}  # image: key of its factor in the list
        self._renew = QTimer(self, singleShot=True, interval=0)
        self._renew.timeout.connect(self._look)
        session.changed.connect(self._follow_state)

    # What there is

    @property
    def options(self) -> OffsetsOptions:
        """The session's options."""
        return self._session.state.offsets

    @property
    def measured_there(self) -> bool:
        """Whether offsets were measured."""
        return self._maker.result is not None

    @property
    def choice(self) -> str:
        """'measured', 'published' or 'file'."""
        choice = self.options.table
        usable = "measured" if self._maker.result is not None else "published"
        return usable if choice == "auto" or (choice == "measured" and self._maker.result is None) else choice

    @property
    def table(self) -> OffsetTable | None:
        """The table that images are corrected by, None while it is read or where it cannot be."""
        if self.choice == "measured":
            return self._own_table()
        found: OffsetTable | None = self._read.of(self._key())
        return found

    def _own_table(self) -> OffsetTable | None:
        from detgui.analysis import offset_rows

        result = self._maker.result
        if result is None:
            return None
        if self._own is None or self._own[0] is not result:
            self._own = (result, offset_rows.table_of(result))
        return self._own[1]

    def _key(self) -> tuple[Any, ...]:
        return (self.choice, self.options.table_file if self.choice == "file" else None)

    @property
    def params(self) -> CorrectParams:
        """How images are corrected."""
        from detgui.analysis.offset_factor import CorrectParams

        table = self.table
        gradient = self.options.gradient if table is None or table.own else "later"  # half of it needs a table with a long axis
        return CorrectParams(self.options.epoch, self.options.keep, gradient)

    @property
    def epochs(self) -> tuple[str, ...]:
        """Epochs that the gradients of the table know; empty where it has none."""
        from detgui.analysis.offset_factor import PUBLISHED_EPOCHS

        table = self.table
        if table is None or not any(row.slope for row in table.rows):
            return ()
        return table.pair_epochs or PUBLISHED_EPOCHS

    def epochs_of(self, paths: Sequence[Path]) -> dict[Path, str]:
        """Epochs of images as they were said or by their dates."""
        return {each.path: each.epoch for each in self.cals if each.epoch and each.path in paths}

    @property
    def predicted(self) -> Result | None:
        """The offsets after the correction, None where they were not calculated."""
        found: Result | None = self._prediction.of(self._prediction_key())
        return found

    def _prediction_key(self) -> tuple[Any, ...]:
        return (self._maker.measured, self.table, self.options.keep, self.params.gradient)

    @property
    def folder(self) -> Path | None:
        """Where corrected images go, None before there are images."""
        if self.options.folder is not None or not self.options.cals:
            return self.options.folder
        return self.options.cals[0].parent / offsets_cals.FOLDER

    @property
    def writing(self) -> bool:
        """Whether images are being written."""
        return self._work.runs(WRITE)

    # What a person does

    def add(self, paths: list[Path]) -> None:
        """Add images to correct, and those of folders."""
        self._work.start(
            FOLDER, "", offsets_work.expanded, tuple(paths), offsets_work.IMAGE_ENDINGS, then=self._add, failed=self._tell, quick=True
        )

    def _add(self, paths: tuple[Path, ...]) -> None:
        self._tell("")
        new = offsets_options.with_cals(self.options, tuple(each.expanduser().absolute() for each in paths))
        if new != self.options.cals:
            self._session.set_offsets(text="Add images to correct", cals=new)

    def want_table(self) -> None:
        """Read the chosen table, unless that was tried."""
        key = self._key()
        if key[0] == "measured" or self._read.tried == key:
            return
        self._read.tried = key
        self.table_trouble = ""
        self._work.start(
            TABLE, "", offsets_cals.read_table, *key, then=lambda found: self._table_came(key, found), failed=self._no_table, quick=True
        )

    def _table_came(self, key: tuple[Any, ...], table: OffsetTable) -> None:
        self._read.key, self._read.result = key, table
        self.renew()

    def _no_table(self, sentence: str) -> None:
        self.table_trouble = sentence
        self.renew()

    def read_again(self) -> None:
        """Read the table of a file again: it may have been mended since."""
        if self.choice == "file" and not self._work.runs(TABLE):
            self._read.tried = ()
        self.renew()

    def want_prediction(self) -> None:
        """Calculate the offsets after the correction, unless that was tried."""
        key = self._prediction_key()
        if self._maker.measured is None or self.table is None or self._prediction.tried == key:
            return
        self._prediction.tried = key

        def came(found: Result) -> None:
            self._prediction.key, self._prediction.result = key, found
            self._maker.changed.emit()

        self._work.start(PREDICT, "Offsets after the correction", offsets_cals.predict, *key, then=came, failed=self._tell)

    def preview(self, path: Path) -> None:
        """Show the factor of an image."""
        table = self.table
        if table is None:
            return
        source = next((each.key for each in self._session.state.exposures if each.paths == (path,) and not each.source), "")
        exposure = self._exposures.exposure(source) if source else None
        params = replace(self.params, epoch=self.epochs_of([path]).get(path, ""))
        args = (path, table, params, exposure)
        self._work.start(
            PREVIEW,
            f"Factor of {path.name}",
            offsets_cals.factor_map,
            *args,
            then=lambda made: self._factor_came(path, source, made),
            failed=self._tell,
        )

    def _factor_came(self, path: Path, source: str, made: MapExposure) -> None:
        self._tell("")
        before = self._session.state.exposure(self._pictures.get(path, ""))
        if before is not None:
            self._exposures.close_exposure(before.key)
        self._pictures[path] = self._exposures.add_map(made, source or "offsets", "factor")

    def say_epoch(self, paths: Sequence[Path], epoch: str) -> None:
        """Say the epoch of single images, '' for that of all."""
        said = self.options.cal_epochs
        for path in paths:
            said = offsets_options.with_epoch(replace(self.options, cal_epochs=said), path, epoch)
        if said != self.options.cal_epochs:
            self._session.set_offsets(text="Epoch of images", cal_epochs=said)

    def write(self, paths: list[Path]) -> None:
        """Write corrected images."""
        table, folder = self.table, self.folder
        if table is None or folder is None or not paths:
            return
        measured = self._maker.result if self.choice == "measured" else None
        title = f"Correcting {len(paths)} image{'s' if len(paths) > 1 else ''}"
        args = (tuple(paths), folder, table, measured, replace(self.params, epoch=""), self.epochs_of(paths))
        self._start_writing(title, offsets_cals.correct, folder, *args)

    def undo(self, paths: list[Path]) -> None:
        """Write images with their correction taken off: into the folder, else into one beside the first, which they must not replace."""
        if paths:
            chosen, beside = self.options.folder, {path.parent for path in paths}
            folder = chosen if chosen is not None and chosen not in beside else paths[0].parent / "undone"
            self._start_writing("Taking corrections off", offsets_cals.undo, folder, tuple(paths), folder)

    def _start_writing(self, title: str, func: Any, folder: Path, *args: Any) -> None:
        self.written, self._into = None, folder
        self._tell("")
        self._work.start(WRITE, title, func, *args, then=self._written_came, failed=self._write_failed)

    def _write_failed(self, sentence: str) -> None:
        self._into = None
        self._tell(sentence)

    @property
    def stopped(self) -> Path | None:
        """The folder that has what was written before a person stopped the writing; None where nobody did."""
        return self._into if self._into is not None and not self.writing else None

    def _written_came(self, written: Written) -> None:
        self.written, self._into = written, None
        self.just_written = () if written.undone else tuple(each.target for each in written.done.files)
        self.renew()

    def cancel(self) -> None:
        """Stop writing; what is written already stays."""
        self._work.cancel(WRITE)

    # From the state

    def renew(self) -> None:
        """Look again at what depends on the table or the offsets."""
        self._renew.start()
        self._maker.changed.emit()

    def _follow_state(self, old: SessionState, new: SessionState) -> None:
        if old.offsets is new.offsets:
            return
        if any(getattr(old.offsets, name) != getattr(new.offsets, name) for name in OF_THE_TABLE):
            self.written = self._into = None
            self._tell("")
            self._renew.start()
        if (new.offsets.page == CORRECTION or new.offsets.corrected) and new.tab == "Offsets":
            self._renew.start()

    def _look(self) -> None:
        """Ask workers for the table, the facts of the images, and the prediction where it is shown."""
        self.want_table()
        table = self.table
        if self.options.cals or self.cals:
            args = (self.options.cals, table, self.params, dict(self.options.cal_epochs))
            self._work.start(CALS, "", offsets_cals.look, *args, then=self._cals_came, failed=self._tell, quick=True)
        if table is not None and (self.options.corrected or self.options.page == CORRECTION):
            self.want_prediction()

    def _cals_came(self, cals: tuple[CalFacts, ...]) -> None:
        self.cals = cals
        self._maker.changed.emit()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._maker.changed.emit()
