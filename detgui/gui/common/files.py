"""Files and folders that a person names: asked for in dialogs that block nothing, or dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

Mode = QFileDialog.FileMode


def ask_file(parent: QWidget, title: str, kinds: str, take: Callable[[Path], object], folder: str = "") -> None:
    """Ask for a file to read; ``kinds`` are the filters of its name."""
    dialog = _dialog(parent, title, folder, kinds, Mode.ExistingFile)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    dialog.open()


def ask_files(parent: QWidget, title: str, kinds: str, take: Callable[[list[Path]], object], folder: str = "") -> None:
    """Ask for one or more files to read."""
    dialog = _dialog(parent, title, folder, kinds, Mode.ExistingFiles)
    dialog.filesSelected.connect(lambda names: take([Path(name) for name in names]))
    dialog.open()


def ask_folder(parent: QWidget, title: str, take: Callable[[Path], object], folder: str = "", only_folders: bool = False) -> None:
    """Ask for a folder; with ``only_folders`` the files in it are not shown."""
    dialog = _dialog(parent, title, folder, "", Mode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, only_folders)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    dialog.open()


def _dialog(parent: QWidget, title: str, folder: str, kinds: str, mode: Mode) -> QFileDialog:
    dialog = QFileDialog(parent, title, folder, kinds)
    dialog.setFileMode(mode)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def local_files(mime: QMimeData) -> list[Path]:
    """The local files that something dragged or pasted names."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []
