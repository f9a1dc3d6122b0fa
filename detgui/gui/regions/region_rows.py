"""The table of a region's statistics: a model, for it may have a million lines."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from detgui.analysis import region_groups
from detgui.gui.common.quantity import plain, with_error

HEADERS = ("region", "int.", "group", "pixels", "left out", "mean", "median", "σ (MAD)", "min", "max")
ROLE = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex


class RowsModel(QAbstractTableModel):
    """The rows of a `region_groups.Result`."""

    def __init__(self, result: region_groups.Result, parent: QWidget) -> None:
        super().__init__(parent)
        self._result = result

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self._result.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if role == ROLE.DisplayRole and orientation == Qt.Orientation.Horizontal:
            unit = f" ({self._result.unit})" if self._result.unit and section >= HEADERS.index("mean") else ""
            return HEADERS[section] + unit
        return None

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        if role == ROLE.DisplayRole:
            return self.texts(index.row())[index.column()]
        if role == ROLE.TextAlignmentRole and index.column() > 0:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def texts(self, row: int) -> tuple[str, ...]:
        """What a line says."""
        result, found = self._result, self._result.rows[row]
        counts = (result.integration[row], result.group[row], found.pixels, found.left_out)
        pairs = ((found.mean, found.mean_err), (found.median, found.median_err), (found.sigma, found.sigma_err))
        figures = tuple(with_error(value, error) for value, error in pairs)
        return (result.names[result.region[row]], *map(str, counts), *figures, plain(found.minimum), plain(found.maximum))


def table_view(parent: QWidget) -> QTableView:
    """The view of such a table."""
    view = QTableView(parent)
    view.setAccessibleName("Statistics of regions")
    view.setAlternatingRowColors(True)
    view.setShowGrid(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 4)
    view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    view.horizontalHeader().setResizeContentsPrecision(50)
    return view
