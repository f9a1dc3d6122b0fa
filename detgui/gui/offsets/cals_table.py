"""The table of images to correct: what a table of offsets says of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from detgui.gui.common.rows_table import RowsTable
from detgui.session.offsets_cals import CalFacts

HEADERS = (
    ("image", "calibrated image (cal)"),
    ("detector", ""),
    ("filter", ""),
    ("factor", "fluxes are multiplied by it: 10^(dmag/2.5), without the gradient"),
    ("k (mag/arcmin)", "fluxes are multiplied by 10^(k d/2.5) too"),
    ("said of it", "why an image cannot be corrected; whether it is corrected already"),
)
NAME_WIDTH = 170  # px
FACTOR = 3
CORRECTED = "corrected already: the correction can be taken off"


class CalsTable(RowsTable):
    """Rows in the order in which images were added."""

    remove_wanted = Signal(object)  # paths

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Images to correct", HEADERS, parent)
        self.paths: list[Path] = []
        self.warning = QColor()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(0, NAME_WIDTH)

    def show_images(self, paths: Sequence[Path], facts: Sequence[CalFacts]) -> None:
        """Show images and what is known of them."""
        known = {each.path: each for each in facts}
        self.paths = list(paths)
        self.show_rows([_texts(path, known.get(path)) for path in paths])
        for row, path in enumerate(paths):
            self.item(row, 0).setToolTip(str(path))
            fact = known.get(path)
            if fact is not None and fact.dmag == fact.dmag:
                self.item(row, FACTOR).setToolTip(f"10^({fact.dmag:+.5f} / 2.5)")
            brush = QBrush(self.warning) if fact is not None and fact.why else None
            self.item(row, len(HEADERS) - 1).setData(Qt.ItemDataRole.ForegroundRole, brush)

    def selected_paths(self) -> list[Path]:
        """Images of the selected rows."""
        return [self.paths[row] for row in sorted({index.row() for index in self.selectedIndexes()}) if row < len(self.paths)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.selected_paths():
            self.remove_wanted.emit(self.selected_paths())
            return
        super().keyPressEvent(event)


def _texts(path: Path, fact: CalFacts | None) -> list[str]:
    if fact is None:
        return [path.name, "", "", "", "", "looking…"]
    factor = f"{10 ** (fact.dmag / 2.5):.5f}" if fact.dmag == fact.dmag else ""
    gradient = "" if fact.why else f"{fact.slope:+.5f}" if fact.slope else "none"
    return [path.name, fact.detector.upper(), fact.filter.upper(), factor, gradient, fact.why or (CORRECTED if fact.corrected else "")]
