"""Writes the shown map in memory to a FITS file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.gui.window.parts import Parts
    from detgui.session.requests import Trouble

LANE = "save map"


class MapSaver:
    """Asks where a map goes and writes it in a worker; a failure is shown like any other."""

    def __init__(self, window: QWidget, parts: Parts, show_trouble: Callable[[Trouble], object]) -> None:
        self._window, self._parts, self._show_trouble = window, parts, show_trouble
        self.dialog: QFileDialog | None = None
        self._parts.bridge.task_event.connect(self._hear)

    def ask(self) -> None:
        """Ask where the shown map goes; nothing where the shown exposure is a file."""
        current = self._parts.session.state.current
        if current is None or not current.source:
            return
        dialog = QFileDialog(self._window, "Save map")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["FITS files (*.fits)"])
        dialog.setDefaultSuffix("fits")
        if current.paths:
            dialog.setDirectory(str(current.paths[0].parent))
        dialog.selectFile(f"{current.name}.fits")
        dialog.fileSelected.connect(lambda name: self.save(current.key, Path(name)))
        self.dialog = dialog
        dialog.open()

    def save(self, key: str, path: Path) -> None:
        """Write the map of a key."""
        from detgui.session.slope_work import save

        exposure = self._parts.exposures.exposure(key)
        if exposure is not None:
            self._parts.engine.submit(save, exposure, path, lane=f"{LANE} {path}", title=f"Saving {path.name}")

    def _hear(self, event: TaskEvent) -> None:
        if event.lane.startswith(LANE) and event.kind == "failed":
            from detgui.session.words import trouble

            self._show_trouble(trouble(event, None))
