"""The open exposures: opened in the background, listed in the state, closed when nobody reads them any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from detgui.data.exposure import Exposure
from detgui.data.kinds import RESAMPLED_KINDS
from detgui.science.detector import DetectorGeometry
from detgui.session import changes, work
from detgui.session.bridge import FINAL, Bridge
from detgui.session.requests import Trouble
from detgui.session.session import Session
from detgui.session.shelf import Shelf
from detgui.session.state import OWN_ARRAY, OpenExposure, SessionState
from detgui.session.words import sentence, trouble
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of one call of `Exposures.open`."""

    paths: tuple[Path, ...]
    keys: tuple[str, ...] = ()  # of the exposures, new or open before, in the order of the files
    troubles: tuple[Trouble, ...] = field(default=())


class Exposures(QObject):
    """Opens files into the session and keeps their `Exposure` objects by key."""

    notice = Signal(object)  # requests.Trouble: one sentence for the user, its request is the tuple of paths
    opened = Signal(object)  # Opened, after the state has it
    closed = Signal(str)  # key
    replaced = Signal(str)  # key of a map in memory that has new values
    opening = Signal(bool)  # True while files are being opened

    def __init__(self, session: Session, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shelf = Shelf()
        self.engine, self.bridge = engine, bridge
        self._session = session
        self._tasks: dict[int, tuple[Path, ...]] = {}
        self._count = 0
        bridge.task_event.connect(self._hear)
        session.changed.connect(self._follow)

    def open(self, paths: Sequence[str | Path], *, join: bool = True) -> None:
        """Open files in the background; the first new exposure is shown. One that is open already is chosen instead."""
        files = tuple(Path(each).expanduser().absolute() for each in paths)
        if not files:
            return
        title = f"Opening {files[0].name}" + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        lane = "open " + "\n".join(sorted(map(str, files)))
        task = self.engine.submit(work.open_files, files, join=join, lane=lane, title=title, quick=True)
        self._tasks[task.id] = files
        if len(self._tasks) == 1:
            self.opening.emit(True)

    def exposure(self, key: str) -> Exposure | None:
        """The open exposure of a key, for quick questions only (geometry, timing, headers); workers borrow from `shelf`."""
        return self.shelf.get(key)

    def close_exposure(self, key: str) -> None:
        """Take it out of the session and close its files once running reads have ended."""
        self._session.close_exposure(key)

    def close_all(self) -> None:
        """Close every file, the state is left alone; the engine should be closed before."""
        self.shelf.clear()

    def add(self, exposure: Exposure) -> str:
        """Put an exposure that is open into the list and show it; returns its key. For scripts and tests."""
        return self._place([exposure])[0]

    def add_map(self, exposure: Exposure, source: str, label: str, show: bool = True, note: str = "") -> str:
        """Put a map in memory into the list under the exposure it was made from; returns its key.

        ``note`` is said of it beside the image.
        """
        self._count += 1
        key = f"e{self._count}"
        self.shelf.put(key, exposure)
        state = self._session.state
        entry = describe(key, exposure)
        entry = replace(entry, source=source, label=label, array=map_array(entry, state.exposure(source)))
        state = changes.insert_map(state, entry)
        self._session.put(changes.revise(state, key, note) if note else state)
        if show:
            self._session.choose_exposure(key)
        return key

    def replace(self, key: str, exposure: Exposure, note: str = "") -> None:
        """Show newer values of a map in memory, of the same planes and shape, under its key; fit for 30 times a second.

        ``note`` is said of it beside the image. Raises `BadInput` where it was closed.
        """
        self.shelf.replace(key, exposure)
        self.replaced.emit(key)
        self._session.put(changes.revise(self._session.state, key, note))

    def put_map(self, former: str, exposure: Exposure, source: str, label: str, note: str) -> str:
        """Show a map under the key ``former`` where that is still in the list, else add it without showing it; returns its key."""
        if former and self._session.state.exposure(former) is not None:
            self.replace(former, exposure, note)
            return former
        return self.add_map(exposure, source, label, show=False, note=note)

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if old.exposures is new.exposures:
            return
        for key in {each.key for each in old.exposures} - {each.key for each in new.exposures}:
            self.shelf.remove(key)
            self.closed.emit(key)

    def _hear(self, event: TaskEvent) -> None:
        if event.kind not in FINAL or event.task not in self._tasks:
            return
        paths = self._tasks.pop(event.task)
        if event.kind == "done":
            exposures, bad = event.result
            troubles = tuple(Trouble(paths, sentence(each), "") for each in bad)
            outcome = Opened(paths, self._place(exposures), troubles)
        elif event.kind == "failed":
            outcome = Opened(paths, (), (trouble(event, paths),))
        else:
            outcome = Opened(paths)
        for each in outcome.troubles:
            self.notice.emit(each)
        self.opened.emit(outcome)
        if not self._tasks:
            self.opening.emit(False)

    def _place(self, exposures: Iterable[Exposure]) -> tuple[str, ...]:
        keys, new = [], []
        for exposure in exposures:
            same = next((each for each in self._session.state.exposures if _is_same(each, exposure)), None)
            if same is not None and not self._is_stale(same, exposure):
                exposure.close()
                keys.append(same.key)
                continue
            if same is not None:
                self.close_exposure(same.key)
            self._count += 1
            key = f"e{self._count}"
            self.shelf.put(key, exposure)
            new.append(describe(key, exposure))
            keys.append(key)
        if new:
            self._session.add_exposures(new)
        elif keys:
            self._session.choose_exposure(keys[0])
        return tuple(keys)

    def _is_stale(self, entry: OpenExposure, fresh: Exposure) -> bool:
        """True where an open exposure cannot be read any more, or its files were written again since."""
        old = self.shelf.get(entry.key)
        if old is None or entry.error:
            return True
        records = {each.path: each for each in old.files}
        return any(records.get(each.path, each) != each for each in fresh.files)


def describe(key: str, exposure: Exposure) -> OpenExposure:
    """What the state says of an exposure."""
    spans = _spans([int(each) for each in exposure.integrations])
    return OpenExposure(
        key=key,
        name=exposure.name,
        kind=exposure.kind,
        shape=exposure.shape,
        unit=exposure.unit,
        planes=exposure.planes,
        integrations=(spans[0][0], spans[-1][1]),
        paths=tuple(each.path for each in exposure.files),
        warnings=exposure.warnings,
        spans=spans if len(spans) > 1 else (),
        signed=exposure.signed,
        array=array_of(exposure),
    )


def array_of(exposure: Exposure) -> str:
    """Which pixels of which detector, and how they lie: exposures with the same answer share their regions.

    Resampled images, images that are one of several in a file, and files without a detector frame get an answer of their own.
    """
    geometry: DetectorGeometry | None = getattr(exposure, "geometry", None)
    ny, nx = exposure.shape[2:]
    resampled = exposure.kind in RESAMPLED_KINDS or exposure.name.endswith("]")
    if geometry is None or not geometry.known or not geometry.detector or resampled or (geometry.ny, geometry.nx) != (ny, nx):
        path = exposure.files[0].path.absolute() if exposure.files else ""
        return f"{OWN_ARRAY}{path} {exposure.name} {nx}x{ny}"
    place = f"{nx}x{ny}+{geometry.xstart}+{geometry.ystart}"
    return f"{geometry.detector} {place} {geometry.fastaxis:+d}{geometry.slowaxis:+d}"


def map_array(entry: OpenExposure, source: OpenExposure | None) -> str:
    """The array of a map in memory: that of its source where it has its pixels."""
    if source is None:
        return entry.array
    return source.array if source.shape[2:] == entry.shape[2:] else f"{source.array} {entry.label or entry.name}"


def _spans(numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """First and last of each unbroken run of increasing numbers."""
    starts = [i for i in range(len(numbers)) if i == 0 or numbers[i] != numbers[i - 1] + 1]
    return tuple((numbers[i], numbers[j - 1]) for i, j in zip(starts, [*starts[1:], len(numbers)], strict=True))


def _is_same(entry: OpenExposure, exposure: Exposure) -> bool:
    """True where the files of ``exposure`` are shown by an open entry."""
    paths = {each.path for each in exposure.files}
    return not entry.source and paths <= set(entry.paths) and (entry.name == exposure.name or len(entry.paths) > 1)
