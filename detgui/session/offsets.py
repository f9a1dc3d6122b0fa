"""Makes what the offsets panel shows: facts of files, offsets, the image of a step, each in a worker."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.session import offsets_images, offsets_options, offsets_work
from detgui.session.exposures import Exposures
from detgui.session.made import Work
from detgui.session.offsets_correction import Correction
from detgui.session.offsets_options import INPUTS, OVERVIEW, STEP, OffsetsOptions
from detgui.session.offsets_work import FileFacts, Measured, Wish
from detgui.session.session import Session
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.analysis.offset_types import PairResult, Result
    from detgui.data.memory_exposure import MapExposure

TAB = "Offsets"
SETTLE_MS = 400  # after the last change of a parameter measuring begins again
PATIENT_S = 20.0  # what takes longer is not done again by itself
LOOK, MEASURE, DIFFERENCE, FIND, FOLDER = (f"offsets {word}" for word in ("look", "measure", "difference", "find", "folder"))
SOURCE = "offsets"
"""Source that images made here name, so that they go with the program."""


class OffsetsMaker(QObject):
    """Follows the session's `OffsetsOptions`. Lives in the window's thread.

    `compute` measures for the first time; changes of parameters follow by themselves unless measuring takes long.
    """

    changed = Signal()  # what runs, what there is, or what is wrong

    def __init__(self, session: Session, exposures: Exposures, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._exposures, self._work = session, exposures, work
        self.facts: tuple[FileFacts, ...] = ()
        self.measured: Measured | None = None
        self.seconds = 0.0  # that the last measuring took
        self._asked = False  # whether the present files were asked to be measured
        self.trouble = ""  # what went wrong
        self.not_shown = False  # whether no open image shows the source that was looked for last
        self._picture: tuple[str, str] = ("", "")  # step whose difference is in the list, and its key
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.compute)
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self._look_at_files)
        self.correction = Correction(session, exposures, work, self)
        session.changed.connect(self._follow_state)
        work.changed.connect(self.changed)
        if self.options.files:
            self._look.start()

    # What there is

    source = None
    """There is no exposure that everything is made of."""

    @property
    def options(self) -> OffsetsOptions:
        """The session's options."""
        return self._session.state.offsets

    @property
    def wish(self) -> Wish:
        """What the present options ask for."""
        return Wish.of(self.options)

    @property
    def is_current(self) -> bool:
        """Whether `measured` is what the present options ask for."""
        return self.measured is not None and self.measured.wish == self.wish

    @property
    def result(self) -> Result | None:
        """The newest offsets as they were measured."""
        return self.measured.result if self.measured is not None else None

    @property
    def shown(self) -> Result | None:
        """The offsets that pages show: as measured, or after the correction where that was asked for and is there."""
        return (self.correction.predicted if self.options.corrected else None) or self.result

    @property
    def is_corrected(self) -> bool:
        """Whether `shown` is after the correction."""
        return self.shown is not None and self.shown is not self.result

    @property
    def pairs(self) -> tuple[PairResult, ...]:
        """The steps."""
        return self.shown.pairs if self.shown is not None else ()

    @property
    def place(self) -> int:
        """Which of the steps is shown, 0-based."""
        names = [offsets_work.step_name(each) for each in self.pairs]
        return names.index(self.options.step) if self.options.step in names else 0

    @property
    def pair(self) -> PairResult | None:
        """The step that is shown."""
        return self.pairs[self.place] if self.pairs else None

    @property
    def busy(self) -> bool:
        """Whether offsets are being measured."""
        return self._work.runs(MEASURE)

    @property
    def running(self) -> Any:
        """The newest word of the measuring, None where nothing runs."""
        return self._work.progress(MEASURE)

    # What a person does

    def add(self, paths: list[Path]) -> None:
        """Add catalogs and images, and those of folders; one that is there already is not added again."""
        self._work.start(FOLDER, "", offsets_work.expanded, tuple(paths), then=self._add_files, failed=self.tell, quick=True)

    def _add_files(self, paths: tuple[Path, ...]) -> None:
        self.tell("")
        new = offsets_options.with_files(self.options, tuple(each.expanduser().absolute() for each in paths))
        if new != self.options.files:
            self._session.set_offsets(text="Add catalogs", files=new)

    def compute(self) -> None:
        """Measure the offsets of the present files."""
        self._settle.stop()
        wish = self.wish
        if not wish.files:
            self.tell("there are no catalogs: add some")
            return
        self._asked = True
        self.tell("")
        began = monotonic()
        self._work.start(
            MEASURE,
            "Measuring offsets",
            offsets_work.measure,
            wish,
            self.facts,
            self.measured,
            then=lambda found: self._measured_came(found, monotonic() - began),
            failed=self._failed,
        )

    def _measured_came(self, found: Measured, seconds: float) -> None:
        first = self.measured is None
        self.measured, self.seconds = found, seconds
        if first and self.options.page == INPUTS:
            self._session.set_offsets(page=OVERVIEW)
        self.correction.renew()
        self.changed.emit()

    def _failed(self, sentence: str) -> None:
        """Old offsets are not shown as if they were those of the present parameters."""
        self.measured = None
        self.tell(sentence)

    def cancel(self) -> None:
        """Stop measuring."""
        self._settle.stop()
        self._work.cancel(MEASURE)

    def step(self, step: int) -> None:
        """Go on or back by steps, round and round."""
        if self.pairs:
            self.go_to_step(offsets_work.step_name(self.pairs[(self.place + step) % len(self.pairs)]))

    def go_to_step(self, name: str, show: bool = False) -> None:
        """Choose a step by name; ``show`` its page too."""
        self._session.set_offsets(step=name, page=STEP if show else self.options.page)

    def go_to(self, ra: float, dec: float) -> None:
        """Choose the pixel of a place on the sky (degrees) in the shown image, else in another open one whose WCS reaches there."""
        state = self._session.state
        order = sorted(state.exposures, key=lambda each: state.frame is None or each.key != state.frame.exposure)
        candidates = [(each.key, each.paths[0], each.shape[2], each.shape[3]) for each in order if each.paths and not each.error]
        self.not_shown = not candidates
        if candidates:
            self._work.start(FIND, "", offsets_images.find, candidates, ra, dec, then=self._found, quick=True)

    def _found(self, found: tuple[str, int, int] | None) -> None:
        self.not_shown = found is None
        self.changed.emit()
        if found is not None and self._session.state.exposure(found[0]) is not None:
            key, x, y = found
            if self._session.state.frame is None or self._session.state.frame.exposure != key:
                self._session.choose_exposure(key)
            self._session.choose_pixel(x, y)

    @property
    def cal_images(self) -> list[Path]:
        """Calibrated images of one detector that are used; mosaics are not corrected."""
        used = {each.path for each in self.options.files if each.use}
        return [
            each.path for each in self.facts if each.image is not None and not each.image.mosaic and each.detectors and each.path in used
        ]

    # The difference of the images of a step

    @property
    def images(self) -> list[Any]:
        """Images of the shown step in both epochs, (earlier, later) each; empty where they were not added."""
        return offsets_images.images_of(self.facts, self.pair) if self.pair is not None else []

    def show_difference(self) -> None:
        """Show the difference of the step's images, made first where it is not there."""
        couples, pair = self.images, self.pair
        if not couples or pair is None:
            return
        name = offsets_work.step_name(pair)
        if self._picture[0] == name and self._session.state.exposure(self._picture[1]) is not None:
            self._session.choose_exposure(self._picture[1])
            return
        source = self._open(couples[0][0].path)
        self._work.start(
            DIFFERENCE,
            "Difference of two epochs",
            offsets_images.difference,
            couples,
            name,
            then=lambda made: self._difference_came(name, source, made),
            failed=self.tell,
        )

    def _open(self, path: Path) -> str:
        """Key of the open exposure of a file, '' for none."""
        return next((each.key for each in self._session.state.exposures if each.paths == (path,) and not each.source), "")

    def _difference_came(self, name: str, source: str, made: MapExposure) -> None:
        if self._session.state.exposure(self._picture[1]) is not None:
            self._exposures.close_exposure(self._picture[1])
        self._picture = (name, self._exposures.add_map(made, source or SOURCE, "difference"))
        self.tell("")

    # From the state

    def _follow_state(self, old: SessionState, new: SessionState) -> None:
        if old.offsets is new.offsets:
            return
        if any(getattr(old.offsets, name) != getattr(new.offsets, name) for name in ("files", "columns")):
            self._look.start()
        before, after = Wish.of(old.offsets), Wish.of(new.offsets)
        if before != after:
            self._parameters_changed(before, after)
        self.changed.emit()

    def _parameters_changed(self, before: Wish, after: Wish) -> None:
        self._work.cancel(MEASURE)
        self._settle.stop()
        self.tell("")
        if before.files != after.files:
            self._asked = False
        if not after.files:
            self.measured = None
        elif self._asked and not self.is_current:
            known = self.measured
            if self.seconds < PATIENT_S or (known is not None and after.same_catalog(known.wish, known.images)):
                self._settle.start()

    def _look_at_files(self) -> None:
        options = self.options
        self._work.start(LOOK, "", offsets_work.look, options.files, options.columns, then=self._facts_came, failed=self.tell, quick=True)

    def _facts_came(self, facts: tuple[FileFacts, ...]) -> None:
        self.facts = facts
        self.changed.emit()

    def tell(self, trouble: str) -> None:
        """Say what went wrong, '' for nothing."""
        if trouble != self.trouble:
            self.trouble = trouble
            self.changed.emit()
