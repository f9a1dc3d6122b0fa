"""The Inputs page: catalogs or images, how sources are matched and offsets fitted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QVBoxLayout, QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.image.flow import FlowLayout
from detgui.gui.offsets.columns_dialog import ColumnsDialog
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.files_table import FilesTable
from detgui.gui.offsets.fit_form import FitForm
from detgui.session.offsets_work import CATALOG

FILTER = "Catalogs and images (*.ecsv *.csv *.fits *.fits.gz *.fit *.fts);;All files (*)"
HOW = """Drop catalogs of one field here, one or more for each epoch and filter (ECSV, FITS table, CSV: position, magnitude and its error, \
detector), or mosaics (i2d) or calibrated images of each detector and epoch, or add them. Then Measure.
Mosaics beside catalogs are for images of the difference."""


ALIGNMENT = (
    ("alignment", "filter"),
    ("epochs", ""),
    ("sources", "seen in both epochs"),
    ("ΔRA (mas)", "median of the position differences, later − earlier epoch, ± their median absolute deviation"),
    ("ΔDec (mas)", "median of the position differences, later − earlier epoch, ± their median absolute deviation"),
)


class InputsPage(QWidget):
    """Sends what a person adds, ticks and types to the session."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._maker = context, context.session, context.maker
        self._shown: tuple[object, ...] = ()
        self.dialog: ColumnsDialog | None = None  # the newest one, also for tests
        self._make()
        self._lay_out()
        self._colour()
        self._session.changed.connect(lambda *_: self.refresh())
        self._maker.changed.connect(self.refresh)

    def _make(self) -> None:
        add = QMenu(self)
        add.addAction("Files…", self.ask_files)
        add.addAction("Folder…", self.ask_folder)
        self.opened = add.addAction("The open exposures", self._add_opened)
        add.aboutToShow.connect(lambda: self.opened.setEnabled(any(not each.source for each in self._session.state.exposures)))
        self.add = menu_button("Add", "Add catalogs, mosaics or calibrated images; or drop them here", add)
        remove = QMenu(self)
        remove.addAction("Selected files\tDel", lambda: self._remove(self.rows.selected_paths()))
        remove.addAction("Files that cannot be used", lambda: self._remove([each.path for each in self._maker.facts if each.why]))
        remove.addAction("All files", lambda: self._session.set_offsets(text="Remove catalogs", files=()))
        self.remove = menu_button("Remove", "Take files out of the list; they stay on disk", remove)
        self.columns = flat_button("Columns…", "Say which column of the catalogs is which")
        self.columns.clicked.connect(self.ask_columns)
        self.rows = FilesTable(self)
        self.rows.use_wanted.connect(lambda paths, on: self._change("Use catalogs" if on else "Leave out catalogs", paths, use=on))
        self.rows.value_wanted.connect(lambda path, name, text: self._change(name.capitalize(), [path], **{name: text}))
        self.rows.remove_wanted.connect(self._remove)
        self.how = QLabel(HOW, self, wordWrap=True)
        self.said = QLabel(self, wordWrap=True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.form = FitForm(self._context, self)
        self.alignment = RowsTable("Alignment", ALIGNMENT)

    def _lay_out(self) -> None:
        bar = FlowLayout(spacing=6)
        for widget in (self.add, self.remove, self.columns):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(bar)
        column.addWidget(self.how)
        column.addWidget(self.rows, 1)
        column.addWidget(self.said)
        column.addWidget(self.form)
        column.addWidget(self.alignment)

    # what a person does

    def ask_files(self) -> None:
        """Ask for files."""
        dialog = QFileDialog(self, "Add catalogs or images", self._folder(), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self._maker.add([Path(name) for name in names]))
        dialog.open()

    def ask_folder(self) -> None:
        """Ask for a folder, of which all catalogs and FITS files are added."""
        dialog = QFileDialog(self, "Add all catalogs and images of a folder", self._folder())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self._maker.add([Path(name)]))
        dialog.open()

    def _folder(self) -> str:
        files = self._session.state.offsets.files
        return str(files[-1].path.parent) if files else ""

    def _add_opened(self) -> None:
        self._maker.add([path for each in self._session.state.exposures if not each.source for path in each.paths])

    def ask_columns(self) -> None:
        """Ask which column is which."""
        tables = [each for each in self._maker.facts if each.kind == CATALOG and each.columns]
        columns = list(dict.fromkeys(column for each in tables for column in each.columns))
        roles = {role: name for each in reversed(tables) for role, name in each.roles.items()}
        self.dialog = ColumnsDialog(columns, roles, self._session.state.offsets.columns, self)
        self.dialog.chosen.connect(lambda chosen: self._session.set_offsets(text="Columns", columns=chosen))
        self.dialog.open()

    def _change(self, text: str, paths: list[Path], **fields: object) -> None:
        files = self._session.state.offsets.files
        self._session.set_offsets(text=text, files=tuple(replace(each, **fields) if each.path in paths else each for each in files))

    def _remove(self, paths: list[Path]) -> None:
        gone = set(paths)
        left = tuple(each for each in self._session.state.offsets.files if each.path not in gone)
        if len(left) != len(self._session.state.offsets.files):
            self._session.set_offsets(text="Remove catalogs", files=left)

    # showing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is now."""
        if not self.isVisible():
            return
        options, facts = self._session.state.offsets, self._maker.facts
        self.form.show_options(options, self._maker)
        self.how.setVisible(not options.files)
        self.columns.setEnabled(any(each.kind == CATALOG and each.columns for each in facts))
        refused = self._maker.measured.refused if self._maker.measured is not None else ()
        troubles = self._maker.result.troubles if self._maker.result is not None else ()
        shown = (options.files, facts, refused, troubles, self._maker.result)
        if self._shown == shown:
            return
        self._shown = shown
        self._show_alignment()
        self.rows.show_files(options.files, facts)
        sentences = [*refused, *troubles]
        self.said.setText("\n".join(f"{each[:1].upper()}{each[1:]}." for each in sentences))
        self.said.setVisible(bool(sentences))

    def _show_alignment(self) -> None:
        """How well the images of the epochs lie on each other (PEARLS JWIDF paper, figure 3 and table 1)."""
        found = self._maker.result.alignments if self._maker.result is not None else ()
        rows = []
        for each in found:
            shifts = (_shift(each.east, each.east_mad), _shift(each.north, each.north_mad))
            rows.append([each.filter.upper(), ", ".join(each.epochs), f"{each.count}", *shifts])
        self.alignment.show_rows(rows)
        self.alignment.setVisible(bool(found))
        self.alignment.setMaximumHeight(min(len(found) + 1, 5) * (self.fontMetrics().height() + 7) + 6)

    # colours

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "rows"):
            self._colour()

    def _colour(self) -> None:
        self.rows.warning = plot_theme.from_palette(self.palette()).warning
        self._shown = ()
        self.refresh()


def _shift(median: float, mad: float) -> str:
    return f"{median:+.2f} ± {mad:.2f}"
