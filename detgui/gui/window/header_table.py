"""A header as a table: keyword, value, comment, with a search that filters and marks what it found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

Card = tuple[str, str, str]  # keyword, value, comment
COLUMNS = ("Keyword", "Value", "Comment")
_Index = QModelIndex | QPersistentModelIndex


def is_heading(card: Card) -> bool:
    """Whether a card is a line of text without a keyword, as those over the sections of JWST's headers."""
    return not card[0] and bool(card[1].strip())


class HeaderModel(QAbstractTableModel):
    """The cards of one HDU."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: Sequence[Card] = ()

    def show(self, cards: Sequence[Card]) -> None:
        """Show other cards."""
        self.beginResetModel()
        self.cards = cards
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.cards)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        card = self.cards[index.row()]
        if is_heading(card):
            return self._heading(card, index.column(), role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return card[index.column()]
        return None

    @staticmethod
    def _heading(card: Card, column: int, role: int) -> object:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return card[1] if column == 0 else ""
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None


class HeaderFilter(QSortFilterProxyModel):
    """Keeps the cards that hold every word of the search somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def search(self, text: str) -> None:
        """Search for words, whatever their case."""
        self.beginFilterChange()
        self.words = text.casefold().split()
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        line = " ".join(self.sourceModel().cards[row]).casefold()
        return all(word in line for word in self.words)


class FoundDelegate(QStyledItemDelegate):
    """Paints a mark behind the searched words."""

    def __init__(self, filtered: HeaderFilter) -> None:
        super().__init__(filtered)
        self._filtered = filtered

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        text = str(index.data() or "")
        found = [(text.casefold().find(word), len(word)) for word in self._filtered.words]
        super().paint(painter, option, index)
        if not any(at >= 0 for at, _ in found) or option.state & QStyle.StateFlag.State_Selected:
            return
        self._mark(painter, option, text, [(at, length) for at, length in found if at >= 0])

    def _mark(self, painter: QPainter, option: QStyleOptionViewItem, text: str, found: list[tuple[int, int]]) -> None:
        style = option.widget.style() if option.widget else QApplication.style()
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, option.widget) + 1
        metrics = option.fontMetrics
        colour = QColor(option.palette.color(QPalette.ColorRole.Accent))
        colour.setAlpha(70)
        painter.save()
        painter.setClipRect(option.rect)
        for at, length in found:
            left = option.rect.left() + margin + metrics.horizontalAdvance(text[:at])
            width = metrics.horizontalAdvance(text[at : at + length])
            painter.fillRect(QRect(left, option.rect.top() + 2, width, option.rect.height() - 4), colour)
        painter.restore()
