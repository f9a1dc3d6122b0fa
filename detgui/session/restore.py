"""The session across runs: saved a moment after every change, opened again on request; its regions are brought back always."""

from __future__ import annotations

import contextlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.folders import state_folder
from detgui.progress import Progress, no_progress
from detgui.session import changes
from detgui.session.bridge import FINAL
from detgui.session.codec import from_json, to_json
from detgui.session.exposures import Exposures, Opened
from detgui.session.noise_options import with_keys
from detgui.session.region_store import RegionStore
from detgui.session.requests import Trouble
from detgui.session.session import Session
from detgui.session.state import Frame, OpenExposure, SessionState
from detgui.session.store import RecentFiles, Settings, read_json, set_aside, write_json
from detgui.session.words import sentence
from detgui.tasks.engine import Task
from detgui.tasks.events import TaskEvent

__all__ = ["Keeper", "RecentFiles", "Settings", "load_state", "remap", "save_state"]

SAVE_AFTER_MS = 300
VERSION = 1


def session_file() -> Path:
    """Where the session is kept."""
    return state_folder() / "session.json"


def save_state(state: SessionState, path: Path) -> None:
    """Write the state whole or not at all; raises OSError."""
    kept = replace(without_maps(state), regions=(), selected=())  # regions have a file of their own
    write_json(path, {"version": VERSION, "state": to_json(kept)})


def without_maps(state: SessionState) -> SessionState:
    """The state without maps in memory, which are gone with the program; where one is shown, its source is."""
    shown = state.current
    for each in state.exposures:
        if each.source:
            state = changes.close_exposure(state, each.key)
    if shown is not None and shown.source and state.exposure(shown.source) is not None:
        state = changes.choose_exposure(state, shown.source)
    return state


def files_named(state: SessionState) -> list[str]:
    """Names of what a session has to bring back: open exposures, else files that are in the list of a tab."""
    names = [each.name for each in state.exposures]
    return names or [path.name for path in (*(each.path for each in state.hot.files), *(each.path for each in state.offsets.files))]


def load_state(path: Path) -> SessionState | None:
    """The saved state, None for none; raises ValueError where the file is not one."""
    data = read_json(path)
    if data is None:
        return None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise ValueError("not a session of this version")
    return from_json(SessionState, data.get("state"))


def remap(saved: SessionState, keys: dict[str, str], current: SessionState) -> SessionState:
    """The saved state over the exposures that are open now: ``keys`` gives the new key of a saved one; what lacks one is dropped."""

    def frame(each: Frame | None) -> Frame | None:
        return replace(each, exposure=keys[each.exposure]) if each is not None and each.exposure in keys else None

    shown = frame(saved.frame)
    kept = {each.name: getattr(saved, each.name) for each in fields(SessionState)}
    kept["exposures"] = _in_order(saved, keys, current)
    kept["frame"] = None
    kept["positions"] = tuple(new for each in saved.positions if (new := frame(each)) is not None)
    kept["difference"] = replace(saved.difference, other=frame(saved.difference.other))
    kept["blink"] = replace(saved.blink, on=False, other=frame(saved.blink.other))
    kept["revisions"] = current.revisions
    kept["theme"] = current.theme  # of the settings, or asked for at the start
    kept["regions"], kept["selected"] = current.regions, current.selected
    kept["tools"] = replace(saved.tools, tool=current.tools.tool, how=current.tools.how)
    kept["nonlinearity"] = replace(saved.nonlinearity, source=keys.get(saved.nonlinearity.source, ""))
    kept["gain"] = replace(saved.gain, flats=tuple(keys[each] for each in saved.gain.flats if each in keys))
    kept["noise"] = with_keys(saved.noise, keys)
    kept["ramp"] = replace(saved.ramp, compare=tuple(keys[each] for each in saved.ramp.compare if each in keys))
    state = changes.tidy(SessionState(**kept))
    if shown is not None:  # through go_to: the file may be shorter than it was
        return changes.go_to(state, exposure=shown.exposure, integration=shown.integration, group=shown.group, plane=shown.plane)
    return changes.choose_exposure(state, state.exposures[0].key) if state.exposures else state


def _in_order(saved: SessionState, keys: dict[str, str], current: SessionState) -> tuple[OpenExposure, ...]:
    """The open exposures in the order in which they were saved, others after them."""
    order = {keys[each.key]: place for place, each in enumerate(saved.exposures) if each.key in keys}
    return tuple(sorted(current.exposures, key=lambda each: order.get(each.key, len(order))))


class Keeper(QObject):
    """Saves the session shortly after every change and brings back the one of the last run.

    Nothing is written before `start`, so that an empty new session does not replace the old one before it could be restored.
    """

    notice = Signal(object)  # requests.Trouble
    restored = Signal()

    def __init__(self, session: Session, exposures: Exposures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._exposures = session, exposures
        self._path = session_file()
        self._store = RegionStore()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save_behind)
        self._started = False
        self._task: Task | None = None
        self._failed = False
        exposures.bridge.task_event.connect(self._hear)

    def start(self) -> None:
        """Bring back the regions, and save from now on."""
        if not self._started:
            self.bring_regions()
            self._session.changed.connect(self._later)
            self._started = True

    def bring_regions(self) -> None:
        """Draw again what was drawn in earlier runs; nothing is written."""
        state = self._session.state
        found, wrong = self._store.load(each.number for each in state.regions)
        if wrong:
            self.notice.emit(Trouble(self._store.path, wrong, ""))
        if found:
            old = [(each.frame, each.region.shape, each.region.kind) for each in found]
            new = [each for each in state.regions if (each.frame, each.region.shape, each.region.kind) not in old]  # of a file given again
            kept = {each.number for each in (*new, *found)}
            self._session.update(regions=(*new, *found), selected=tuple(number for number in state.selected if number in kept))
            self._session.forget()  # an undo beyond this would take them away

    def saved(self) -> SessionState | None:
        """The session of the last run, None for none; one that cannot be read is set aside, with a notice."""
        try:
            return load_state(self._path)
        except ValueError as error:
            aside = set_aside(self._path)
            where = f"; it was renamed to {aside.name}" if aside else ""
            self.notice.emit(Trouble(self._path, f"the saved session {self._path.name} cannot be read{where}", str(error)))
            return None

    def restore(self) -> bool:
        """Open again what was open; `restored` follows. False where there is nothing to restore."""
        saved = self.saved()
        if saved is None or not files_named(saved):
            return False
        Restoring(self, saved, self._session, self._exposures).start()
        return True

    def flush(self) -> None:
        """Save now, in this thread; a session that cannot be saved is a notice, never an error."""
        self._timer.stop()
        if self._task is not None:
            with contextlib.suppress(Exception):
                self._task.result(5.0)
            self._task = None
        try:
            _save(self._session.state, self._path, self._store)
        except OSError as error:
            self._tell(error)

    def close(self) -> None:
        """Save what is not saved yet, and stop."""
        if not self._started:
            return
        self._session.changed.disconnect(self._later)
        self._started = False
        if self._timer.isActive() or self._task is not None:
            self.flush()

    def _later(self, *_: Any) -> None:
        if not self._timer.isActive():  # a moment after the first change, however many follow
            self._timer.start()

    def _save_behind(self) -> None:
        if self._task is not None:
            self._timer.start()  # one at a time, or an older state could be written last
            return
        try:
            # A disk may take its time to write: not in the window's thread.
            self._task = self._exposures.engine.submit(
                _save, self._session.state, self._path, self._store, title="Saving the session", quick=True
            )
        except RuntimeError:  # the engine is closed already
            self.flush()

    def _hear(self, event: TaskEvent) -> None:
        if self._task is None or event.task != self._task.id or event.kind not in FINAL:
            return
        self._task = None
        if event.kind == "done":
            self._failed = False
        elif event.kind == "failed" and event.error is not None:
            self._tell(event.error)

    def _tell(self, error: BaseException) -> None:
        if not self._failed:  # once, not after every change
            self._failed = True
            self.notice.emit(Trouble(self._path, f"the session cannot be saved: {sentence(error, self._path.name)}", ""))


def _save(state: SessionState, path: Path, store: RegionStore, progress: Progress = no_progress) -> None:
    store.save(state.regions)
    save_state(state, path)


class Restoring(QObject):
    """One restoration: opens the files of each saved exposure, then puts the rest of the saved state over them."""

    def __init__(self, keeper: Keeper, saved: SessionState, session: Session, exposures: Exposures) -> None:
        super().__init__(keeper)
        self._keeper, self._saved, self._session, self._exposures = keeper, saved, session, exposures
        self._keys: dict[str, str] = {}
        self._left: dict[tuple[Path, ...], tuple[Path, ...]] = {}  # files asked for: files of the saved entries

    def start(self) -> None:
        """Open the files that are there; a notice for each that is not."""
        for paths in dict.fromkeys(each.paths for each in self._saved.exposures):
            there = tuple(each for each in paths if each.exists())
            for each in paths:
                if each not in there:
                    self._keeper.notice.emit(Trouble(each, f"{each.name} of the last session is not in {each.parent} any more", ""))
            if there:
                self._left[there] = paths
        self._exposures.opened.connect(self._hear)
        for there in list(self._left):
            self._exposures.open(there, join=len(self._left[there]) > 1)
        if not self._left:
            self._finish()

    def _hear(self, opened: Opened) -> None:
        paths = self._left.pop(opened.paths, None)
        if paths is None:
            return
        saved = [each for each in self._saved.exposures if each.paths == paths]
        for key in opened.keys:
            entry = self._session.state.exposure(key)
            for each in saved:
                # Several exposures of one file are told apart by name.
                if entry is not None and (len(saved) == 1 or each.name == entry.name):
                    self._keys[each.key] = key
        if not self._left:
            self._finish()

    def _finish(self) -> None:
        self._exposures.opened.disconnect(self._hear)
        self._session.put(remap(self._saved, self._keys, self._session.state))
        self._session.forget()
        self._keeper.restored.emit()
        self.deleteLater()
