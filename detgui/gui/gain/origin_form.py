"""The form that asks what a reference file says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from detgui.analysis.gain_file import PEDIGREES, Origin, check_origin
from detgui.errors import BadInput
from detgui.gui.common.labels import TroubleLabel


class OriginForm(QDialog):
    """Filled with what the file would say by itself (``header``); ``accepted_origin(Origin)`` once it holds. ``more`` rows go first."""

    accepted_origin = Signal(object)

    def __init__(
        self, header: Mapping[str, object], title: str, parent: QWidget | None = None, more: Sequence[tuple[str, QWidget]] = ()
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.useafter, self.author = QLineEdit(str(header["USEAFTER"])), QLineEdit(str(header["AUTHOR"]))
        self.pedigree = QComboBox(editable=True)
        self.pedigree.addItems(PEDIGREES)
        self.pedigree.setCurrentText(str(header["PEDIGREE"]))
        self.descrip = QLineEdit(str(header["DESCRIP"]))
        self.history = QPlainTextEdit()
        self.history.setPlaceholderText("lines that follow those on how the file was made")
        self.history.setFixedHeight(5 * self.fontMetrics().lineSpacing())
        tips = {
            self.useafter: "USEAFTER: first date for which CRDS takes the file, YYYY-MM-DDTHH:MM:SS (default: that of the data)",
            self.author: "AUTHOR: who made the file",
            self.pedigree: "PEDIGREE: INFLIGHT is followed by two dates, INFLIGHT 2022-04-01 2022-05-01",
            self.descrip: "DESCRIP: one sentence on what is in the file",
            self.history: "HISTORY: more lines",
        }
        form = QFormLayout(self)
        for name, field in more:
            form.addRow(name, field)
        for name, field in zip(("USEAFTER", "AUTHOR", "PEDIGREE", "DESCRIP", "HISTORY"), tips, strict=True):
            field.setToolTip(tips[field])
            field.setAccessibleName(name)
            form.addRow(name, field)
        self.message = TroubleLabel()
        form.addRow(self.message)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        form.addRow(self.buttons)
        self.resize(520, self.sizeHint().height())

    def origin(self) -> Origin:
        """What was entered."""
        history = tuple(line for line in self.history.toPlainText().splitlines() if line.strip())
        texts = (self.useafter.text(), self.author.text(), self.pedigree.currentText(), self.descrip.text())
        return Origin(*(text.strip() for text in texts), history=history)

    def _accept(self) -> None:
        origin = self.origin()
        try:
            check_origin(origin)
        except BadInput as error:
            self.message.show_sentence(str(error))
            return
        self.accept()
        self.accepted_origin.emit(origin)
