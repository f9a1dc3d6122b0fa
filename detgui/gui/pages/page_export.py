"""Takes the plots, tables and maps of a page out of the program, and reads phases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from detgui.gui.common.exporter import KINDS, Exporter


class PageExporter(Exporter):
    """As `Exporter`, which also asks for files to read."""

    kinds = {**KINDS, "json": "Phases (*.json)", "reg": "DS9 regions (*.reg)"}  # noqa: RUF012  (never changed)

    def ask_open(self, kind: str, title: str, read: Callable[[Path], object]) -> None:
        """Ask for a file of ``kind`` to read."""
        dialog = self._dialog(kind, title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._chosen(Path(chosen), read))
        dialog.open()
