"""Takes tables and plots out of the program: asks where, writes in a worker, says when a file is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from detgui.data.tables import Columns, write_table, write_whole
from detgui.errors import DetguiError
from detgui.gui.common import export
from detgui.progress import Progress, no_progress

KINDS = {
    "ecsv": "Table with units (*.ecsv)",
    "csv": "Table (*.csv)",
    "fits": "FITS file (*.fits)",
    "png": "Picture (*.png)",
    "svg": "Drawing (*.svg)",
    "pdf": "Document (*.pdf)",
}


class Exporter(QObject):
    """Asks for a file name without blocking and writes in a worker; ``finished(sentence, ok)`` when a file is there or could not be."""

    finished = Signal(str, bool)
    kinds: Mapping[str, str] = KINDS

    def __init__(self, window: QWidget, engine: Any) -> None:
        """``engine`` is a `tasks.engine.Engine`; None writes at once, in the window's thread."""
        super().__init__(window)
        self._window, self._engine = window, engine
        self._folder = ""

    def ask(self, kind: str, name: str, write: Callable[[Path], object]) -> None:
        """Ask where a file of ``kind`` goes, starting from ``name`` without ending, then call ``write``."""
        dialog = self._dialog(kind, "Export")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{name.replace('[', '_').replace(']', '').replace(',', '_')}.{kind}")
        dialog.fileSelected.connect(lambda chosen: self._chosen(Path(chosen), write))
        dialog.open()

    def _dialog(self, kind: str, title: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, self._folder, self.kinds[kind])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _chosen(self, path: Path, use: Callable[[Path], object]) -> None:
        self._folder = str(path.parent)
        use(path)

    def table(self, columns: Columns, meta: Mapping[str, object], path: Path) -> None:
        """Write a table as ECSV or CSV, as the ending of ``path`` says."""
        self.run(partial(write_table, path, columns, meta), path)

    def plot(self, widget: pg.GraphicsLayoutWidget, path: Path, title: str, command: str, provenance: Mapping[str, object]) -> None:
        """Draw a plot here and write it in a worker."""
        try:
            content = export.picture(widget, path.suffix.lower().removeprefix("."), title, command, provenance)
        except DetguiError as error:
            self.finished.emit(str(error), False)
            return
        self.run(partial(write_whole, path, content), path)

    def run(self, work: Callable[[], object], path: Path) -> None:
        """Do what writes ``path``, in a worker."""
        if self._engine is None:
            _write(work, path, self.finished.emit)
        else:
            self._engine.submit(_write, work, path, self.finished.emit, title=f"Export {path.name}")


def _write(work: Callable[[], object], path: Path, tell: Callable[[str, bool], object], progress: Progress = no_progress) -> None:
    progress(0.0, "writing")
    try:
        work()
    except (DetguiError, OSError) as error:
        tell(str(error), False)
    else:
        tell(f"Wrote {path}", True)
