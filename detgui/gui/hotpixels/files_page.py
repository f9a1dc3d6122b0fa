"""The Files page: which darks and masks are used, and in which unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QLabel, QMenu, QVBoxLayout, QWidget

from detgui.errors import BadInput
from detgui.gui.common.buttons import menu_button
from detgui.gui.common.fields import named
from detgui.gui.common.files import ask_files, ask_folder
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.listed_files import ListedFiles, offer_opened
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.files_table import FilesTable
from detgui.gui.image.flow import FlowLayout
from detgui.gui.ramp.ramp_options import ValueField
from detgui.session.hot_options import HotFile
from detgui.session.hot_work import FileFacts

UNITS = ("as files say", "DN/s", "e-/s")
FILTER = "FITS files (*.fits *.fits.gz *.fit *.fts);;All files (*)"
HOW = """Drop dark references, MASK references, rate images of darks or bad-pixel images here, or add them.
Then Count: every detector, read-out and subarray is a series of its own."""


MOST_SAID = 4  # files of which it is said below the table why they are left out


def _named(each: FileFacts) -> str:
    return each.why if each.path.name in each.why else f"{each.path.name}: {each.why}"


class FilesPage(QWidget):
    """Sends what a person adds, ticks and types to the session."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._maker = context, context.session, context.maker
        self._files = ListedFiles("darks", lambda: self._session.state.hot.files, self._session.set_hot)
        self._shown: tuple[object, ...] = ()
        self._make()
        self._lay_out()
        self._session.changed.connect(lambda *_: self.refresh())
        self._maker.changed.connect(self.refresh)

    def _make(self) -> None:
        add = QMenu(self)
        add.addAction("Files…", self.ask_files)
        add.addAction("Folder…", self.ask_folder)
        self.whole = add.addAction("All of these folders", self._add_folders)
        add.aboutToShow.connect(lambda: self.whole.setEnabled(bool(self._files.files())))
        self.opened = offer_opened(add, self._session, self._maker.add)
        self.add = menu_button("Add", "Add darks, masks, rate images of darks or bad-pixel images; or drop them here", add)
        remove = QMenu(self)
        remove.addAction("Selected files\tDel", lambda: self._files.remove(self.rows.selected_paths()))
        remove.addAction("Files that are left out", lambda: self._files.remove([each.path for each in self._maker.facts if each.why]))
        remove.addAction("All files", self._files.clear)
        self.remove = menu_button("Remove", "Take files out of the list; they stay on disk", remove)
        self.unit = QComboBox(self)
        self.unit.addItems(UNITS)
        self.unit.activated.connect(lambda place: self._session.set_hot(text="Unit", unit=UNITS[place] if place else None))
        self.gain = ValueField("gain")
        self.gain.setMaximumWidth(140)
        self.gain.entered.connect(lambda value: self._session.set_hot(text="Gain", gain=value))
        self.gain.refused.connect(self._context.say)
        self.rows = FilesTable(self)
        self.rows.use_wanted.connect(self._files.use)
        self.rows.date_wanted.connect(self._date)
        self.rows.unit_wanted.connect(self._unit)
        self.rows.remove_wanted.connect(self._files.remove)
        self.how = QLabel(HOW, self, wordWrap=True)
        self.said = sentence_label(self)

    def _lay_out(self) -> None:
        bar = FlowLayout(spacing=6)
        for widget in (self.add, self.remove, named("Unit", self.unit, "", words.UNIT_TIP), named("Gain", self.gain, "e-/DN", "")):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(bar)
        column.addWidget(self.how)
        column.addWidget(self.rows, 1)
        column.addWidget(self.said)

    # adding

    def ask_files(self) -> None:
        """Ask for files."""
        ask_files(self, "Add darks and masks", FILTER, self._maker.add, self._files.folder)

    def ask_folder(self) -> None:
        """Ask for a folder, of which all FITS files are added."""
        ask_folder(self, "Add all darks of a folder", lambda path: self._maker.add([path]), self._files.folder)

    def _add_folders(self) -> None:
        self._maker.add(list(dict.fromkeys(each.path.parent for each in self._files.files())))

    # changing

    def _date(self, path: Path, text: str) -> None:
        self._take(path, lambda: self._files.change("Date of a dark", [path], date=words.typed_date(text)))

    def _unit(self, paths: list[Path], text: str) -> None:
        """Of all selected darks where the typed one is among them."""
        self._take(paths[0], lambda: self._files.change("Unit of darks", paths, unit=words.typed_unit(text)))

    def _take(self, path: Path, change: Callable[[], object]) -> None:
        """Take what was typed, or say what is wrong with it; the table shows what holds."""
        try:
            self._context.say("")
            change()
        except BadInput as error:
            self._context.say(f"{path.name}: {error}")
        self._shown = ()
        self.refresh()

    # showing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is now."""
        if not self.isVisible():
            return
        options, facts = self._session.state.hot, self._maker.facts
        self.unit.setCurrentIndex(UNITS.index(options.unit) if options.unit in UNITS else 0)
        self.gain.show_value(options.gain)
        self.gain.show_default("of the files", words.GAIN_TIP)
        self.how.setVisible(not options.files)
        if self._shown == (options.files, facts):
            return
        self._shown = (options.files, facts)
        self.rows.show_files(options.files, facts)
        self.said.setText(self._sums(options.files))
        self.said.setVisible(bool(options.files))

    def _sums(self, files: tuple[HotFile, ...]) -> str:
        used = {each.path for each in files if each.use}
        found = [each for each in self._maker.facts if each.path in used]
        counts = {name: sum(each.series == name for each in found) for name in sorted({each.series for each in found if each.series})}
        whys = [_named(each) for each in sorted(found, key=lambda each: each.path.name) if each.why]
        parts = [f"{name}: {count}" for name, count in counts.items()] + ([f"left out: {len(whys)}"] if whys else [])
        more = [f"and {len(whys) - MOST_SAID} more, said in the last column"] if len(whys) > MOST_SAID else []
        return "\n".join([" · ".join(parts), *whys[:MOST_SAID], *more])
