"""The regions of the shown exposure in rows: colour, name, kind, shown or not, locked or not."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from detgui.gui.common.icons import icon
from detgui.session.regions import SHORT, DrawnRegion, regions_of
from detgui.session.session import Session
from detgui.session.state import SessionState

NUMBER_ROLE = int(Qt.ItemDataRole.UserRole)
NAME, KIND, EYE, LOCK = range(4)
ICON = 16  # pixels
NARROW = ICON + 6
EDGE = "#8C8C8C"  # about a colour that may be that of the list


class RegionList(QTreeWidget):
    """The rows; their selection is the session's, both ways."""

    menu_wanted = Signal(QPoint)  # global place
    zoom_wanted = Signal(int)  # number of a region
    delete_wanted = Signal()
    copy_wanted = Signal()
    paste_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._items: dict[int, QTreeWidgetItem] = {}
        self._drawn: tuple[DrawnRegion, ...] = ()
        self._set_up()
        self.itemSelectionChanged.connect(self._selected)
        self.itemChanged.connect(self._edited)
        self.itemDoubleClicked.connect(self._double_clicked)
        self.customContextMenuRequested.connect(lambda at: self.menu_wanted.emit(self.viewport().mapToGlobal(at)))
        session.changed.connect(self._follow)
        self._show(session.state)

    def _set_up(self) -> None:
        self.setColumnCount(4)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIconSize(QSize(ICON, ICON))
        self.setAccessibleName("Regions")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(NARROW)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(KIND, QHeaderView.ResizeMode.ResizeToContents)
        for column in (EYE, LOCK):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, NARROW)

    # What the session says

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if old.regions is not new.regions or old.frame != new.frame or old.exposures is not new.exposures:
            self._show(new)
        elif old.selected != new.selected:
            self._show_selection(new)

    def _show(self, state: SessionState) -> None:
        drawn = regions_of(state)
        if [each.number for each in drawn] != [each.number for each in self._drawn]:
            self._rebuild(drawn)
        else:
            for before, now in zip(self._drawn, drawn, strict=True):
                if _looks(before) != _looks(now):  # a dragged outline is none of the list's business
                    self._fill(self._items[now.number], now)
        self._drawn = drawn
        self._show_selection(state)

    def _rebuild(self, drawn: tuple[DrawnRegion, ...]) -> None:
        blocker = QSignalBlocker(self)
        self.clear()
        self._items.clear()
        for each in drawn:
            item = QTreeWidgetItem(self)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable)
            item.setData(NAME, NUMBER_ROLE, each.number)
            self._items[each.number] = item
            self._fill(item, each)
        del blocker

    def _fill(self, item: QTreeWidgetItem, each: DrawnRegion) -> None:
        blocker = QSignalBlocker(self)
        region = each.region
        item.setText(NAME, region.name)
        item.setText(KIND, SHORT.get(region.kind, region.kind))
        item.setForeground(KIND, self.palette().color(QPalette.ColorRole.PlaceholderText))
        item.setIcon(NAME, swatch(region.shown_colour, region.hidden))
        item.setIcon(EYE, icon("mdi6.eye-off-outline" if region.hidden else "mdi6.eye-outline"))
        item.setIcon(LOCK, icon("mdi6.lock-outline") if region.locked else icon("mdi6.lock-open-variant-outline"))
        item.setToolTip(NAME, f"{region.name}: {region.kind}, {type(region.shape).__name__.lower()}; double click shows it, F2 renames it")
        item.setToolTip(KIND, region.kind)
        item.setToolTip(EYE, "Hidden: click to show it" if region.hidden else "Shown: click to hide it")
        item.setToolTip(LOCK, "Locked: click to unlock it" if region.locked else "Click to lock it against changes")
        del blocker

    def _show_selection(self, state: SessionState) -> None:
        if self._chosen() == set(state.selected) & self._items.keys():
            return
        blocker = QSignalBlocker(self)
        self.clearSelection()
        for number in state.selected:
            if number in self._items:
                self._items[number].setSelected(True)
        newest = next((number for number in reversed(state.selected) if number in self._items), None)
        if newest is not None:
            self.selectionModel().setCurrentIndex(self.indexFromItem(self._items[newest]), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollToItem(self._items[newest])
        del blocker
        self.viewport().update()

    def refresh_icons(self) -> None:
        """Take the icons and greys of a new theme."""
        for each in self._drawn:
            self._fill(self._items[each.number], each)

    # What a person does

    def rename(self, number: int) -> None:
        """Edit the name in its row."""
        if number in self._items:
            self.editItem(self._items[number], NAME)

    def _chosen(self) -> set[int]:
        return {number for number, item in self._items.items() if item.isSelected()}

    def _selected(self) -> None:
        chosen = self._chosen()
        kept = [number for number in self._session.state.selected if number in chosen]
        self._session.select_regions([*kept, *(number for number in self._items if number in chosen and number not in kept)])

    def _edited(self, item: QTreeWidgetItem, column: int) -> None:
        if column != NAME:
            return
        number, text = item.data(NAME, NUMBER_ROLE), item.text(NAME).strip()
        before = next((each.region.name for each in self._drawn if each.number == number), "")
        if text and text != before:
            self._session.set_region((number,), "Rename region", name=text)
        elif text != before:
            blocker = QSignalBlocker(self)
            item.setText(NAME, before)
            del blocker

    def _double_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if column in (NAME, KIND):
            self.zoom_wanted.emit(item.data(NAME, NUMBER_ROLE))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # The eye and the lock act on their row without changing what is selected; on all selected rows where it is one of them.
        item = self.itemAt(event.position().toPoint())
        column = self.columnAt(int(event.position().x()))
        if item is None or column not in (EYE, LOCK) or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._toggle(item.data(NAME, NUMBER_ROLE), column)

    def _toggle(self, number: int, column: int) -> None:
        chosen = self._chosen()
        numbers = [each for each in self._items if each in chosen] if number in chosen else [number]
        region = next(each.region for each in self._drawn if each.number == number)
        if column == EYE:
            self._session.set_region(numbers, "Show region" if region.hidden else "Hide region", hidden=not region.hidden)
        else:
            self._session.set_region(numbers, "Unlock region" if region.locked else "Lock region", locked=not region.locked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_wanted.emit()
        elif control and event.key() == Qt.Key.Key_C:
            self.copy_wanted.emit()
        elif control and event.key() == Qt.Key.Key_V:
            self.paste_wanted.emit()
        else:
            super().keyPressEvent(event)


def _looks(each: DrawnRegion) -> tuple[object, ...]:
    region = each.region
    return region.name, region.kind, region.colour, region.locked, region.hidden, type(region.shape)


def swatch(colour: str, hidden: bool) -> QIcon:
    """A square of the region's colour in a grey edge, only its outline where the region is hidden."""
    picture = QPixmap(ICON, ICON)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QColor(EDGE))
    if not hidden:
        painter.setBrush(QColor(colour))
    painter.drawRoundedRect(3, 3, ICON - 7, ICON - 7, 2, 2)
    if hidden:
        painter.setPen(QColor(colour))
        painter.drawRect(5, 5, ICON - 11, ICON - 11)
    painter.end()
    made = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # its colour means something: a selected row must not tint it
        made.addPixmap(picture, mode)
    return made
