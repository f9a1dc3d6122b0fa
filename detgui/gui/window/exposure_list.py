"""What is open: a tree of exposures and their products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from detgui.gui.common.icons import icon
from detgui.session.session import Session
from detgui.session.state import Frame, OpenExposure, SessionState

KEY_ROLE = int(Qt.ItemDataRole.UserRole)
PRODUCTS = ("uncal", "ramp", "rate", "rateints", "cal", "calints", "crf", "crfints")
MOST_PATHS = 6
ICON, MARGIN = 16, 8  # pixels


def split_name(exposure: OpenExposure) -> tuple[str, str]:
    """(root, product) of an exposure, as in ('jw..._nrs1', 'ramp'); the kind is the product where the name does not end in one."""
    root, _, suffix = exposure.name.rpartition("_")
    if exposure.label:
        return root, exposure.label
    product, bracket, extension = suffix.partition("[")
    if root and product in (exposure.kind, *PRODUCTS):
        return root, product + bracket + extension
    return exposure.name, exposure.kind


def shape_text(shape: tuple[int, int, int, int]) -> str:
    """Shape in the order integrations, groups, rows, columns, without leading ones."""
    kept = list(shape)
    while len(kept) > 2 and kept[0] == 1:
        kept.pop(0)
    return "×".join(str(n) for n in kept)


def tooltip(exposure: OpenExposure) -> str:
    """Paths, shape in words, unit, and what is wrong."""
    nints, ngroups, ny, nx = exposure.shape
    lines = [exposure.name, *(str(path) for path in exposure.paths[:MOST_PATHS])]
    if len(exposure.paths) > MOST_PATHS:
        lines.append(f"… {len(exposure.paths)} files")
    unit = f", {exposure.unit}" if exposure.unit else ""
    lines.append(f"{exposure.kind}, {nints} integrations × {ngroups} groups × {ny} rows × {nx} columns{unit}")
    lines += [f"Warning: {warning}" for warning in exposure.warnings]
    return "\n".join([*lines, f"Error: {exposure.error}"] if exposure.error else lines)


class ExposureList(QTreeWidget):
    """The tree; choosing a row shows that exposure."""

    def __init__(self, session: Session, actions: dict[str, QAction], close: Callable[[str], None], parent: QWidget | None = None) -> None:
        """``actions``: the window's, of which 'header' is used; ``close`` closes the exposure of a key."""
        super().__init__(parent)
        self._session = session
        self._close = close
        self._actions = actions
        self._items: dict[str, QTreeWidgetItem] = {}
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(12)
        self.setIconSize(QSize(ICON, ICON))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName("Open exposures")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.currentItemChanged.connect(self._chosen)
        session.changed.connect(self._state_changed)
        self._rebuild(session.state)

    def _state_changed(self, old: SessionState, new: SessionState) -> None:
        if old.exposures != new.exposures:
            self._rebuild(new)
        elif old.frame != new.frame:
            self._show_current(new)

    def _rebuild(self, state: SessionState) -> None:
        blocker = QSignalBlocker(self)
        self.clear()
        self._items.clear()
        roots: dict[str, QTreeWidgetItem] = {}
        for exposure in state.exposures:
            self._add(exposure, roots)
        self.expandAll()
        words = [self.fontMetrics().horizontalAdvance(item.text(0)) for item in self._items.values()]
        self.header().resizeSection(0, 2 * self.indentation() + ICON + 2 * MARGIN + max(words, default=0))
        del blocker
        self._show_current(state)

    def _add(self, exposure: OpenExposure, roots: dict[str, QTreeWidgetItem]) -> None:
        root, product = split_name(exposure)
        if root not in roots:
            roots[root] = QTreeWidgetItem(self, [root, ""])
            roots[root].setToolTip(0, root)
            roots[root].setFlags(Qt.ItemFlag.ItemIsEnabled)
            roots[root].setFirstColumnSpanned(True)
        item = QTreeWidgetItem(roots[root], [product, shape_text(exposure.shape)])
        item.setData(0, KEY_ROLE, exposure.key)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column in (0, 1):
            item.setToolTip(column, tooltip(exposure))
        self._set_icon(item, exposure)
        self._items[exposure.key] = item

    def _set_icon(self, item: QTreeWidgetItem, exposure: OpenExposure) -> None:
        plain = "exposure" if exposure.shape[1] > 1 else "image"
        item.setIcon(0, icon("error" if exposure.error else "warning" if exposure.warnings else plain))

    def _show_current(self, state: SessionState) -> None:
        item = self._items.get(state.frame.exposure) if state.frame else None
        if item is not None and item is self.currentItem() and item.isSelected():
            return  # another frame of the same exposure: painting the list at every step would slow stepping down
        blocker = QSignalBlocker(self)
        self.setCurrentItem(item)
        del blocker
        self.viewport().update()

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, KEY_ROLE) is not None:
            self._session.choose_exposure(item.data(0, KEY_ROLE))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # The right button asks what can be done with an exposure beside the shown one; it does not show it.
        if event.button() != Qt.MouseButton.RightButton:
            super().mousePressEvent(event)

    def refresh_icons(self) -> None:
        """Take the icons in the colours of a new theme."""
        for exposure in self._session.state.exposures:
            self._set_icon(self._items[exposure.key], exposure)

    def _open_menu(self, at: QPoint) -> None:
        item = self.itemAt(at)
        exposure = self._session.state.exposure(item.data(0, KEY_ROLE)) if item and item.data(0, KEY_ROLE) else None
        if exposure is not None:
            menu = self.context_menu(exposure)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.viewport().mapToGlobal(at))

    def context_menu(self, exposure: OpenExposure) -> QMenu:
        """The menu of an exposure."""
        menu = QMenu(self)
        state = self._session.state
        menu.addAction(icon("header"), "Show header", lambda: self._show_header(exposure.key))
        self._with_shown(menu, exposure, state)
        menu.addSeparator()
        menu.addAction(icon("copy"), "Copy path", lambda: _copy_paths(exposure.paths))
        menu.addAction(icon("reveal"), "Open folder", lambda: _open_folder(exposure.paths))
        menu.addSeparator()
        menu.addAction(icon("close"), "Close", lambda: self._close(exposure.key))
        return menu

    def _with_shown(self, menu: QMenu, exposure: OpenExposure, state: SessionState) -> None:
        """Entries that put this exposure beside the shown one."""
        if state.frame is None or state.frame.exposure == exposure.key:
            return
        frame = _frame_like(state, exposure)
        same_size = state.current is not None and state.current.shape[2:] == exposure.shape[2:]
        compared = exposure.key in state.ramp.compare
        compare = menu.addAction(icon("compare"), "Compare in the ramp panel", self._compare(exposure.key))
        compare.setCheckable(True)
        compare.setChecked(compared)
        session = self._session
        subtract = menu.addAction(icon("difference"), "Subtract from the shown image", lambda: session.set_difference("other", frame))
        blink = menu.addAction(icon("blink"), "Blink with the shown image", lambda: session.set_blink(True, frame))
        for action in (compare, subtract, blink):
            action.setEnabled(same_size)

    def _compare(self, key: str) -> Callable[[], None]:
        def toggle() -> None:
            now = self._session.state.ramp.compare
            self._session.compare_exposures([k for k in now if k != key] if key in now else [*now, key])

        return toggle

    def _show_header(self, key: str) -> None:
        self._session.choose_exposure(key)
        self._actions["header"].trigger()


def _frame_like(state: SessionState, exposure: OpenExposure) -> Frame:
    """The frame of another exposure with the numbers of the shown one, as far as it has them."""
    first, last = exposure.integrations
    plane = state.frame.plane if state.frame.plane in exposure.planes else exposure.main_plane
    return Frame(exposure.key, plane, min(max(state.frame.integration, first), last), min(state.frame.group, exposure.shape[1]))


def _copy_paths(paths: Sequence[Path]) -> None:
    QGuiApplication.clipboard().setText("\n".join(str(path) for path in paths))


def _open_folder(paths: Sequence[Path]) -> None:
    if paths:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths[0].parent)))
