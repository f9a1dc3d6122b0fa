"""The list of files that a tab works on: what is done to it, and the open exposures that can be added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from detgui.session.session import Session


@dataclass(frozen=True)  # without slots: signals need weak references
class ListedFiles:
    """``files()`` of the session's options, each with ``path`` and ``use``; ``put(text=..., files=...)`` sends others to the session.

    ``what`` they are, for the words of Undo.
    """

    what: str
    files: Callable[[], tuple[Any, ...]]
    put: Callable[..., object]

    @property
    def folder(self) -> str:
        """Folder of the last file, '' for none."""
        files = self.files()
        return str(files[-1].path.parent) if files else ""

    def change(self, text: str, paths: list[Path], **fields: object) -> None:
        """Set fields of files."""
        self.put(text=text, files=tuple(replace(each, **fields) if each.path in paths else each for each in self.files()))

    def use(self, paths: list[Path], on: bool) -> None:
        """Use files, or leave them out."""
        self.change(f"Use {self.what}" if on else f"Leave out {self.what}", paths, use=on)

    def remove(self, paths: list[Path]) -> None:
        """Take files out of the list."""
        files, gone = self.files(), set(paths)
        left = tuple(each for each in files if each.path not in gone)
        if len(left) != len(files):
            self.put(text=f"Remove {self.what}", files=left)

    def clear(self) -> None:
        """Take all files out of the list."""
        self.put(text=f"Remove {self.what}", files=())


def offer_opened(menu: QMenu, session: Session, add: Callable[[list[Path]], object]) -> QAction:
    """Put 'The open exposures' into a menu, which adds their files; off while there is none."""

    def of_files() -> list[Path]:
        return [path for each in session.state.exposures if not each.source for path in each.paths]

    def fit() -> None:
        action.setEnabled(any(not each.source for each in session.state.exposures))

    action = menu.addAction("The open exposures", lambda: add(of_files()))
    menu.aboutToShow.connect(fit)
    return action
