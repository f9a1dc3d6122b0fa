"""What images are corrected by: table, reference, epoch, who gets the gradient, and where the results go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import named
from detgui.gui.common.files import ask_file, ask_folder
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.image.flow import FlowLayout
from detgui.gui.offsets.context import Context
from detgui.session.offsets_options import OffsetsOptions

if TYPE_CHECKING:
    from detgui.session.offsets_correction import Correction

TABLES = {"measured": "measured here", "published": "published (PEARLS JWIDF)", "file": "file…"}
KEEPS = {"": "as the table says", "B": "module B", "A": "module A", "mean": "mean of both"}
GRADIENTS = {"later": "all to the later epoch", "half": "half to each epoch"}
NO_EPOCH = "by date"
TABLE_TIP = "Table of offsets: the measured one, the authors' published one (jwst_1130.pmap), or one of a file"
KEEP_TIP = "The module that keeps its photometry. The paper's recipe (section 5.2): module B"
EPOCH_TIP = (
    "Epoch of the images: the gradient differs between epochs. By date where the table's epochs have dates; for single images double-click"
    " their epoch in the list. Not needed where the table has no gradient for them"
)
GRADIENT_TIP = "The gradient is only measured as a difference of two epochs: who gets it is a choice. The paper's recipe: the later epoch"
TABLE_FILTER = "Tables of offsets (*.ecsv *.csv);;All files (*)"


class CorrectionForm(QWidget):
    """Sends what a person chooses to the session."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._correction = context.session, context.maker.correction
        self.table = self._box(TABLES)
        self.table.activated.connect(lambda at: self._take_table(self.table.itemData(at)))
        self.keep = self._box(KEEPS)
        self.keep.activated.connect(lambda at: self._session.set_offsets(text="Reference", keep=self.keep.itemData(at)))
        self.gradient = self._box(GRADIENTS)
        self.gradient.activated.connect(lambda at: self._session.set_offsets(text="Gradient", gradient=self.gradient.itemData(at)))
        self.epoch = QComboBox(self)
        self.epoch.activated.connect(lambda at: self._session.set_offsets(text="Epoch", epoch=self.epoch.itemData(at)))
        self.folder = flat_button("Folder…", "Where corrected images go")
        self.folder.clicked.connect(self.ask_folder)
        self.place = ElidedLabel(self)
        flow = FlowLayout(spacing=6)
        for group in (
            named("Table", self.table, "", TABLE_TIP),
            named("Keeps", self.keep, "", KEEP_TIP),
            named("Epoch", self.epoch, "", EPOCH_TIP),
            named("Gradient", self.gradient, "", GRADIENT_TIP),
        ):
            flow.addWidget(group)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(flow)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.folder)
        row.addWidget(self.place, 1)
        column.addLayout(row)

    def _box(self, choices: dict[str, str]) -> QComboBox:
        box = QComboBox(self)
        for value, text in choices.items():
            box.addItem(text, value)
        return box

    def _take_table(self, choice: str) -> None:
        if choice == "file":
            self.ask_table()
        else:
            self._session.set_offsets(text="Table of offsets", table=choice)

    def ask_table(self) -> None:
        """Ask for a table of offsets."""
        ask_file(self, "Table of offsets", TABLE_FILTER, self.take_file)

    def take_file(self, path: Path) -> None:
        """Take a table of a file, read again where it is the one of before."""
        self._session.set_offsets(text="Table of offsets", table="file", table_file=path)
        self._correction.read_again()

    def ask_folder(self) -> None:
        """Ask where corrected images go."""
        ask_folder(self, "Folder of corrected images", lambda path: self._session.set_offsets(text="Folder", folder=path))

    def show_options(self, options: OffsetsOptions, correction: Correction) -> None:
        """Show the options and what the table allows."""
        table = correction.table
        model = self.table.model()
        if isinstance(model, QStandardItemModel):
            model.item(0).setEnabled(correction.measured_there)
        name = options.table_file.name if options.table_file is not None else ""
        self.table.setItemText(2, f"{name}…" if name else TABLES["file"])
        self.table.setCurrentIndex(self.table.findData(correction.choice))
        self.keep.setCurrentIndex(self.keep.findData(options.keep))
        self.gradient.setCurrentIndex(self.gradient.findData(correction.params.gradient))
        self.gradient.setEnabled(table is not None and table.own)
        epochs = correction.epochs
        wanted = [(NO_EPOCH, ""), *((each, each) for each in epochs)]
        if [self.epoch.itemText(at) for at in range(self.epoch.count())] != [text for text, _ in wanted]:
            self.epoch.clear()
            for text, value in wanted:
                self.epoch.addItem(text, value)
        self.epoch.setCurrentIndex(max(self.epoch.findData(options.epoch), 0))
        self.epoch.setEnabled(bool(epochs))
        self.place.show_text(f"to {correction.folder}" if correction.folder is not None else "to a folder beside the images")
