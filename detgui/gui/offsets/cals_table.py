"""The table of images to correct: what a table of offsets says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from detgui.gui.common.paths_table import LOOKING, PathsTable
from detgui.session.offsets_cals import CalFacts

HEADERS = (
    ("image", "calibrated image (cal)"),
    ("detector", ""),
    ("filter", ""),
    ("epoch", "as it was said, else by date; double-click to choose another one, or F2; for the selected images at once"),
    ("factor", "fluxes are multiplied by it: 10^(dmag/2.5), without the gradient"),
    ("k (mag/arcmin)", "fluxes are multiplied by 10^(k d/2.5) too"),
    ("said of it", "why an image cannot be corrected; whether it is corrected already"),
)
NAME_WIDTH = 170  # px
EPOCH, FACTOR = 3, 4
BY_DATE = "by date"
OF_ALL = "as for all"
CORRECTED = "corrected already: the correction can be taken off"


class EpochChooser(QStyledItemDelegate):
    """A box of the table's epochs in the cell of an image."""

    epochs: tuple[str, ...] = ()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:
        box = QComboBox(parent)
        box.addItem(OF_ALL, "")
        for each in self.epochs:
            box.addItem(each, each)
        box.activated.connect(lambda _: self._chosen(box))
        QTimer.singleShot(0, box, box.showPopup)
        return box

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        place = option.rect
        place.setWidth(max(place.width(), editor.sizeHint().width()))
        editor.setGeometry(place)

    def _chosen(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        table = self.parent()
        if isinstance(editor, QComboBox) and isinstance(table, CalsTable):
            editor.setCurrentIndex(max(editor.findData(table.said_of(index.row())), 0))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex) -> None:
        table = self.parent()
        if isinstance(editor, QComboBox) and isinstance(table, CalsTable) and editor.currentData() != table.said_of(index.row()):
            table.choose_epoch(index.row(), str(editor.currentData()))


class CalsTable(PathsTable):
    """Rows in the order in which images were added."""

    epoch_wanted = Signal(object, str)  # paths, epoch

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Images to correct", HEADERS, NAME_WIDTH, parent)
        self._said: Mapping[Path, str] = {}
        self.chooser = EpochChooser(self)
        self.setItemDelegateForColumn(EPOCH, self.chooser)

    def show_images(self, paths: Sequence[Path], facts: Sequence[CalFacts], epochs: Sequence[str], said: Mapping[Path, str]) -> None:
        """Show images and what is known of them; ``epochs`` that can be chosen, and what was ``said`` of single images."""
        known = {each.path: each for each in facts}
        if self.state() == QAbstractItemView.State.EditingState and list(paths) == self.paths:
            return  # a choice that is open is not taken from under the mouse
        self.paths, self._said = list(paths), said
        self.chooser.epochs = tuple(epochs)
        self.show_rows([_texts(path, known.get(path)) for path in paths])
        for row, path in enumerate(paths):
            self._finish_row(row, path, known.get(path), bool(epochs))

    def _finish_row(self, row: int, path: Path, fact: CalFacts | None, editable: bool) -> None:
        for column in range(len(HEADERS)):
            self.set_editable(row, column, column == EPOCH and editable)
        self.item(row, 0).setToolTip(str(path))
        if fact is not None and fact.by_date:
            self.item(row, EPOCH).setToolTip("by the date of the image; double-click to choose another one")
        if fact is not None and fact.dmag == fact.dmag:
            self.item(row, FACTOR).setToolTip(f"10^({fact.dmag:+.5f} / 2.5)")
        self.warn(row, len(HEADERS) - 1, fact is not None and bool(fact.why or fact.doubt))

    def said_of(self, row: int) -> str:
        """The epoch that was said of an image, '' for none."""
        return self._said.get(self.paths[row], "") if row < len(self.paths) else ""

    def choose_epoch(self, row: int, epoch: str) -> None:
        """Take an epoch for an image, or for all selected ones where it is one of them; '' takes what was said away."""
        self.epoch_wanted.emit(self.meant_paths(row), epoch)


def _texts(path: Path, fact: CalFacts | None) -> list[str]:
    if fact is None:
        return [path.name, "", "", "", "", "", LOOKING]
    factor = f"{10 ** (fact.dmag / 2.5):.5f}" if fact.dmag == fact.dmag else ""
    gradient = "" if fact.why else f"{fact.slope:+.5f}" if fact.slope else "none"
    epoch = f"{fact.epoch} ({BY_DATE})" if fact.by_date else fact.epoch
    said = fact.why or (CORRECTED if fact.corrected else fact.doubt)
    return [path.name, fact.detector.upper(), fact.filter.upper(), epoch, factor, gradient, said]
