"""Takes the shown ramp out of the program: the table to the clipboard, tables and pictures to files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from detgui.analysis import ramp
from detgui.data.tables import write_whole
from detgui.errors import DetguiError
from detgui.gui.common import export
from detgui.gui.ramp.overview_table import write_overview
from detgui.progress import Progress, no_progress

KINDS = {
    "ecsv": "Table with units (*.ecsv)",
    "csv": "Table (*.csv)",
    "png": "Picture (*.png)",
    "svg": "Drawing (*.svg)",
    "pdf": "Document (*.pdf)",
}


class Submits(Protocol):
    """The part of `tasks.engine.Engine` that is needed here."""

    def submit(self, func: Callable[..., Any], *args: Any, lane: str = "", title: str = "", **kwargs: Any) -> Any: ...


class RampExporter(QObject):
    """Asks for a file name without blocking and writes in a worker; ``finished(sentence, ok)`` when a file is there or could not be."""

    finished = Signal(str, bool)

    def __init__(self, window: QWidget, engine: Submits | None) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._folder = ""

    def ask(self, kind: str, name: str, write: Callable[[Path], None]) -> None:
        """Ask where a file of ``kind`` goes, starting from ``name`` without ending, then call ``write``."""
        dialog = QFileDialog(self._window, "Export", self._folder, KINDS[kind])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{name}.{kind}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self._chosen(Path(chosen), write))
        dialog.open()

    def _chosen(self, path: Path, write: Callable[[Path], None]) -> None:
        self._folder = str(path.parent)
        write(path)

    def table(self, result: ramp.Result, path: Path) -> None:
        """Write a result as ECSV or CSV, as the ending of ``path`` says."""
        self._run(partial(ramp.write, result, path), path)

    def overview(self, overview: ramp.Overview, show: Literal["overlay", "slopes"], provenance: dict[str, object], path: Path) -> None:
        """Write all integrations as ECSV or CSV: the slopes, or every ramp."""
        self._run(partial(write_overview, overview, show, provenance, path), path)

    def plot(self, widget: pg.GraphicsLayoutWidget, path: Path, title: str, command: str, provenance: dict[str, object]) -> None:
        """Draw a plot here and write it in a worker."""
        try:
            content = export.picture(widget, path.suffix.lower().removeprefix("."), title, command, provenance)
        except DetguiError as error:
            self.finished.emit(str(error), False)
            return
        self._run(partial(write_whole, path, content), path)

    def _run(self, work: Callable[[], object], path: Path) -> None:
        job = partial(_write, work, path, self.finished.emit)
        if self._engine is None:
            job()
        else:
            self._engine.submit(job, title=f"Export {path.name}")


def _write(work: Callable[[], object], path: Path, tell: Callable[[str, bool], object], progress: Progress = no_progress) -> None:
    try:
        work()
    except (DetguiError, OSError) as error:
        tell(str(error), False)
    else:
        tell(f"Wrote {path}", True)
