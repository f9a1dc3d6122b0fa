"""The Correction page: by which table images are corrected, what it would do, writing them and taking the correction off again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QSplitter, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.files import ask_files, ask_folder
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.listed_files import offer_opened
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.image.flow import FlowLayout
from detgui.gui.offsets import correction_words as said
from detgui.gui.offsets.cals_table import CalsTable
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.correction_form import CorrectionForm
from detgui.gui.pages.page import Origin, PageScript
from detgui.session import offsets_cals

FILTER = "Calibrated images (*.fits *.fits.gz *.fit *.fts);;All files (*)"
HOW = "Drop calibrated images (cal) of NIRCam here, or add them. Inputs are never changed."
MOST_ROWS = 12  # of the table of the effect without scrolling
HEADERS = (
    ("array", ""),
    ("filter", ""),
    ("epochs", ""),
    ("A − B (mag)", "as measured"),
    ("after (mag)", "A − B as the correction would leave it"),
    ("k after (mag/arcmin)", "gradient that the correction would leave"),
)


class CorrectionPage(QWidget):
    """Sends what a person chooses to the session; the maker's `correction` does the work."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._maker = context, context.session, context.maker
        self._correction = context.maker.correction
        self._shared = False  # whether the height is that of a page with the table of the effect
        self._make()
        self._lay_out()
        self._session.changed.connect(lambda *_: self.refresh())
        self._maker.changed.connect(self.refresh)

    def _make(self) -> None:
        self.form = CorrectionForm(self._context, self)
        add = QMenu(self)
        add.addAction("Files…", self.ask_files)
        add.addAction("Folder…", self.ask_folder)
        self.inputs = add.addAction("The images of the inputs", lambda: self._correction.add(self._maker.cal_images))
        add.aboutToShow.connect(lambda: self.inputs.setEnabled(bool(self._maker.cal_images)))
        self.opened = offer_opened(add, self._session, self._correction.add)
        self.add = menu_button("Add", "Add calibrated images; or drop them here", add)
        remove = QMenu(self)
        remove.addAction("Selected images\tDel", lambda: self._remove(self.rows.selected_paths()))
        remove.addAction("All images", lambda: self._session.set_offsets(text="Remove images", cals=()))
        self.remove = menu_button("Remove", "Take images out of the list; they stay on disk", remove)
        self.preview = flat_button("Preview", "Show the factor of the selected image, or of the first, in the image")
        self.preview.clicked.connect(self._preview)
        self.write = flat_button("Write", "")
        self.write.clicked.connect(lambda: self._correction.write(self._chosen(corrected=False)))
        self.undo = flat_button("Undo", "")
        self.undo.clicked.connect(lambda: self._correction.undo(self._chosen(corrected=True)))
        self.cancel = flat_button("Cancel", "Stop writing; what is written already stays")
        self.cancel.clicked.connect(self._correction.cancel)
        self.rows = CalsTable(self)
        self.rows.remove_wanted.connect(self._remove)
        self.rows.epoch_wanted.connect(self._correction.say_epoch)
        self.rows.itemSelectionChanged.connect(self.refresh)
        self.effect = RowsTable("Effect of the correction", HEADERS)
        self.effect.hide()
        self.how = QLabel(HOW, self, wordWrap=True)
        self.notes, self.said = sentence_label(self), sentence_label(self)
        self.script = PageScript(self)

    def _lay_out(self) -> None:
        bar = FlowLayout(spacing=6)
        for widget in (self.add, self.remove, self.preview, self.write, self.undo, self.cancel):
            bar.addWidget(widget)
        top, bottom = QWidget(self), QWidget(self)
        upper, lower = QVBoxLayout(top), QVBoxLayout(bottom)
        for column, widgets in ((upper, (self.form, self.effect, self.notes)), (lower, (bar, self.how, self.rows, self.said))):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(4)
            for widget in widgets:
                if isinstance(widget, FlowLayout):
                    column.addLayout(widget)
                else:
                    column.addWidget(widget, 100 if isinstance(widget, RowsTable) else 0)
        upper.addStretch(1)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(top)
        self.splitter.addWidget(bottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.script)

    # what a person does

    def ask_files(self) -> None:
        """Ask for images."""
        ask_files(self, "Add images to correct", FILTER, self._correction.add, self._folder())

    def ask_folder(self) -> None:
        """Ask for a folder, of which all FITS files are added."""
        ask_folder(self, "Add all images of a folder", lambda path: self._correction.add([path]), self._folder())

    def _folder(self) -> str:
        cals = self._session.state.offsets.cals
        return str(cals[-1].parent) if cals else ""

    def _remove(self, paths: list[Path]) -> None:
        gone = set(paths)
        left = tuple(each for each in self._session.state.offsets.cals if each not in gone)
        if left != self._session.state.offsets.cals:
            self._session.set_offsets(text="Remove images", cals=left)

    def _chosen(self, corrected: bool) -> list[Path]:
        """The selected images that are corrected already, or are not and can be; else those just written, or all of the list."""
        usable = {each.path for each in self._correction.cals if (each.corrected if corrected else each.usable)}
        selected = self.rows.selected_paths()
        found = [path for path in selected if path in usable]
        if found or (selected and not corrected):
            return found
        just = list(self._correction.just_written) if corrected else []
        return just or [path for path in self._session.state.offsets.cals if path in usable]

    def _preview(self) -> None:
        paths = self._chosen(corrected=False)
        if paths:
            self._correction.preview(paths[0])

    # showing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._correction.read_again()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_height()

    def came_to_front(self) -> None:
        """The page was chosen."""
        self._correction.read_again()

    def refresh(self) -> None:
        """Show what there is now."""
        if not self.isVisible():
            return
        correction, options = self._correction, self._session.state.offsets
        self.form.show_options(options, correction)
        self.rows.show_images(options.cals, correction.cals, correction.epochs, dict(options.cal_epochs))
        self.how.setVisible(not options.cals)
        self._show_buttons()
        self.effect.show_rows(said.effect_rows(self._maker.result, correction.predicted))
        self.effect.setVisible(self._maker.result is not None)
        self.effect.setMaximumHeight((min(self.effect.rowCount(), MOST_ROWS) + 2) * (self.fontMetrics().height() + 6))
        self.notes.setText(said.notes(self._maker, correction))
        self._share_height()
        done = said.written(correction.written, correction.stopped)
        text = "\n".join(each for each in (done, said.cannot(correction.cals), said.doubts(correction.cals)) if each)
        self.said.setText(text)
        self.said.setVisible(bool(text))
        paths, folder = self._chosen(corrected=False), correction.folder
        table = correction.table
        if paths and folder is not None and table is not None:
            place = folder / offsets_cals.TABLE if correction.choice == "measured" else table.path if correction.choice == "file" else None
            epochs = correction.epochs_of(paths)
            self.script.show_origin(Origin(offsets_cals.command(paths, folder, place, correction.params, epochs)))
        else:
            self.script.show_origin(Origin())

    def _share_height(self) -> None:
        """Without the table of the effect the images have all the height that the options and notes leave."""
        there = not self.effect.isHidden()
        if there and self._shared:
            return  # as a person has moved the border
        self._shared = there
        top, whole = self.splitter.widget(0), self.splitter.height()
        top.layout().activate()
        high = top.layout().heightForWidth(self.splitter.width())
        if there:
            high = min(high + max(self.effect.maximumHeight() - self.effect.sizeHint().height(), 0), whole // 2)
        self.splitter.setSizes([high, max(whole - high, 1)])

    def _show_buttons(self) -> None:
        correction = self._correction
        fresh, done, busy = len(self._chosen(corrected=False)), len(self._chosen(corrected=True)), correction.writing
        there = correction.table is not None and not busy
        self.preview.setEnabled(there and fresh > 0)
        self.write.setEnabled(there and fresh > 0)
        self.write.setText(f"Write {fresh}" if fresh else "Write")
        self.write.setToolTip(f"Write corrected copies of the selected images, or of all, into {correction.folder or 'a folder'}")
        self.undo.setEnabled(done > 0 and not busy)
        self.undo.setText(f"Undo {done}" if done else "Undo")
        just = done and self._chosen(corrected=True) == list(correction.just_written)
        which = "the images just written" if just else "the images of the list that are corrected, selected or all"
        self.undo.setToolTip(f"Write copies of {which}, with the correction taken off as their HISTORY tells of it")
        self.cancel.setVisible(busy)
        self.remove.setEnabled(bool(self._session.state.offsets.cals))
