"""The Inputs page: catalogs or images, how sources are matched and offsets fitted."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.files import ask_files, ask_folder
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.listed_files import ListedFiles, offer_opened
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.image.flow import FlowLayout
from detgui.gui.offsets.columns_dialog import ColumnsDialog
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.files_table import FilesTable
from detgui.gui.offsets.fit_form import FitForm
from detgui.session.offsets_options import OffsetFile
from detgui.session.offsets_work import CATALOG, FileFacts

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
        self._files = ListedFiles("catalogs", lambda: self._session.state.offsets.files, self._session.set_offsets)
        self._shown: tuple[object, ...] = ()
        self.dialog: ColumnsDialog | None = None  # the newest one, also for tests
        self._make()
        self._lay_out()
        self._session.changed.connect(lambda *_: self.refresh())
        self._maker.changed.connect(self.refresh)

    def _make(self) -> None:
        add = QMenu(self)
        add.addAction("Files…", self.ask_files)
        add.addAction("Folder…", self.ask_folder)
        self.opened = offer_opened(add, self._session, self._maker.add)
        self.add = menu_button("Add", "Add catalogs, mosaics or calibrated images; or drop them here", add)
        remove = QMenu(self)
        remove.addAction("Selected files\tDel", lambda: self._files.remove(self.rows.selected_paths()))
        remove.addAction("Files that cannot be used", lambda: self._files.remove([each.path for each in self._maker.facts if each.why]))
        remove.addAction("All files", self._files.clear)
        self.remove = menu_button("Remove", "Take files out of the list; they stay on disk", remove)
        self.columns = flat_button("Columns…", "Say which column of the catalogs is which")
        self.columns.clicked.connect(self.ask_columns)
        self.rows = FilesTable(self)
        self.rows.use_wanted.connect(self._files.use)
        self.rows.value_wanted.connect(lambda path, name, text: self._files.change(name.capitalize(), [path], **{name: text}))
        self.rows.remove_wanted.connect(self._files.remove)
        self.how = QLabel(HOW, self, wordWrap=True)
        self.said = sentence_label(self)
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
        ask_files(self, "Add catalogs or images", FILTER, self._maker.add, self._files.folder)

    def ask_folder(self) -> None:
        """Ask for a folder, of which all catalogs and FITS files are added."""
        ask_folder(self, "Add all catalogs and images of a folder", lambda path: self._maker.add([path]), self._files.folder)

    def ask_columns(self) -> None:
        """Ask which column is which."""
        tables = [each for each in self._maker.facts if each.kind == CATALOG and each.columns]
        columns = list(dict.fromkeys(column for each in tables for column in each.columns))
        roles = {role: name for each in reversed(tables) for role, name in each.roles.items()}
        self.dialog = ColumnsDialog(columns, roles, self._session.state.offsets.columns, self)
        self.dialog.chosen.connect(lambda chosen: self._session.set_offsets(text="Columns", columns=chosen))
        self.dialog.open()

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
        sentences = [*(refused or _unusable(options.files, facts)), *troubles]
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


def _unusable(files: Sequence[OffsetFile], facts: Sequence[FileFacts]) -> list[str]:
    """Why files that are to be used cannot be: the first reason, and how many more there are."""
    used = {each.path for each in files if each.use}
    whys = [each.why for each in facts if each.why and each.path in used]
    if not whys:
        return []
    more = f" ({len(whys) - 1} more cannot be used either: the column “missing” tells why)" if len(whys) > 1 else ""
    hint = "; Columns… says which is which" if "has no column for" in whys[0] else ""
    return [f"{whys[0]}{hint}{more}"]


def _shift(median: float, mad: float) -> str:
    return f"{median:+.2f} ± {mad:.2f}"
