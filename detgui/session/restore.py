"""The session across runs: saved a moment after every change, opened again on request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.folders import state_folder
from detgui.session import changes
from detgui.session.codec import from_json, to_json
from detgui.session.exposures import Exposures, Opened
from detgui.session.requests import Trouble
from detgui.session.session import Session
from detgui.session.state import Frame, OpenExposure, SessionState
from detgui.session.store import RecentFiles, Settings, read_json, set_aside, write_json

__all__ = ["Keeper", "RecentFiles", "Settings", "load_state", "remap", "save_state"]

SAVE_AFTER_MS = 300
VERSION = 1

_log = logging.getLogger(__name__)


def session_file() -> Path:
    """Where the session is kept."""
    return state_folder() / "session.json"


def save_state(state: SessionState, path: Path) -> None:
    """Write the state whole or not at all; raises OSError."""
    write_json(path, {"version": VERSION, "state": to_json(state)})


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

    kept = {name.name: getattr(saved, name.name) for name in fields(SessionState) if name.name != "exposures"}
    kept["positions"] = tuple(new for each in saved.positions if (new := frame(each)) is not None)
    kept["difference"] = replace(saved.difference, other=frame(saved.difference.other))
    kept["blink"] = replace(saved.blink, on=False, other=frame(saved.blink.other))
    kept["ramp"] = replace(saved.ramp, compare=tuple(keys[each] for each in saved.ramp.compare if each in keys))
    shown = frame(saved.frame)
    kept["frame"] = None
    state = changes.tidy(replace(current, **kept))
    for key in ([shown.exposure] if shown else []) or [each.key for each in state.exposures][:1]:
        state = changes.choose_exposure(state, key)
    if shown is not None:  # also where the file is shorter than it was
        state = changes.go_to(state, integration=shown.integration, group=shown.group, plane=shown.plane)
    return state


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
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.flush)
        self._saved: SessionState | None = None
        self._stop: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Save from now on."""
        self._session.changed.connect(self._later)
        self._stop = lambda: self._session.changed.disconnect(self._later) and None

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
        if saved is None or not saved.exposures:
            return False
        Restoring(self, saved, self._session, self._exposures)
        return True

    def flush(self) -> None:
        """Save now; a session that cannot be saved is a notice, never an error."""
        self._timer.stop()
        state = self._session.state
        if state == self._saved:
            return
        try:
            save_state(state, self._path)
        except OSError as error:
            _log.warning("the session was not saved: %s", error)
            self.notice.emit(Trouble(self._path, f"the session cannot be saved in {self._path.parent}: {error.strerror}", ""))
        self._saved = state  # also after a failure: one notice for one change

    def close(self) -> None:
        """Save what is not saved yet, and stop."""
        pending = self._timer.isActive()
        self._stop()
        self._stop = lambda: None
        if pending:
            self.flush()

    def _later(self, *_: Any) -> None:
        if not self._timer.isActive():  # a moment after the first change, however many follow
            self._timer.start()


class Restoring(QObject):
    """One restoration: opens the files of each saved exposure, then puts the rest of the saved state over them."""

    def __init__(self, keeper: Keeper, saved: SessionState, session: Session, exposures: Exposures) -> None:
        super().__init__(keeper)
        self._keeper, self._saved, self._session = keeper, saved, session
        self._left: list[tuple[Path, ...]] = []
        self._keys: dict[str, str] = {}
        self._exposures = exposures
        exposures.opened.connect(self._hear)
        groups: dict[tuple[Path, ...], None] = {}
        for each in saved.exposures:
            groups.setdefault(each.paths, None)
        there = [paths for paths in groups if self._exist(paths)]
        self._left = list(there)
        for paths in there:
            exposures.open(paths, join=len(paths) > 1)
        if not there:
            self._finish()

    def _exist(self, paths: tuple[Path, ...]) -> bool:
        missing = [each for each in paths if not each.exists()]
        for each in missing:
            self._keeper.notice.emit(Trouble(each, f"{each} of the last session is not there any more", ""))
        return len(missing) < len(paths)

    def _hear(self, opened: Opened) -> None:
        if opened.paths not in self._left:
            return
        self._left.remove(opened.paths)
        for key in opened.keys:
            entry = self._session.state.exposure(key)
            for each in self._saved.exposures if entry else ():
                if entry is not None and each.paths == opened.paths and _same_name(each, entry, self._saved):
                    self._keys[each.key] = key
        if not self._left:
            self._finish()

    def _finish(self) -> None:
        self._exposures.opened.disconnect(self._hear)
        self._session.put(remap(self._saved, self._keys, self._session.state))
        self._session.forget()
        self._keeper.restored.emit()
        self.deleteLater()


def _same_name(saved: OpenExposure, entry: OpenExposure, state: SessionState) -> bool:
    """True where a saved entry is the opened one: by name among several exposures of one file."""
    return saved.name == entry.name or sum(each.paths == saved.paths for each in state.exposures) == 1
