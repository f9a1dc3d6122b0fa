"""What all pages of the offsets tab share: Measure and Cancel, before or after the correction, what runs, and what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import stretched_row
from detgui.gui.common.labels import TroubleLabel
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.offsets import words
from detgui.gui.offsets.context import Context


class OffsetsHeader(QWidget):
    """Shows what the maker does."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = context.session, context.maker
        self._wrong = ""  # with what was typed
        self.measure = flat_button("Measure", "Match the sources and fit the offsets (Ctrl+Shift+F)")
        self.measure.clicked.connect(self._maker.compute)
        self.cancel = flat_button("Cancel", "Stop measuring")
        self.cancel.clicked.connect(self._maker.cancel)
        self.corrected = flat_button("Corrected", words.CORRECTED_TIP)
        self.corrected.setCheckable(True)
        self.corrected.clicked.connect(self.toggle)
        self.status = ElidedLabel(self)
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.trouble = TroubleLabel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(stretched_row(self.measure, self.cancel, self.corrected, self.status))
        column.addWidget(self.trouble)

    def toggle(self) -> None:
        """Show the offsets after the correction, or before it."""
        if self._maker.result is not None:
            self._session.set_offsets(corrected=not self._session.state.offsets.corrected)
        self.show_work()

    def say(self, sentence: str) -> None:
        """Say what is wrong with what was typed; '' takes it away."""
        self._wrong = sentence
        self.show_work()

    def show_work(self) -> None:
        """Show what runs, what there is and what is wrong."""
        maker = self._maker
        self.cancel.setVisible(maker.busy)
        self.measure.setEnabled(not maker.busy and any(each.use for each in maker.options.files))
        with QSignalBlocker(self.corrected):
            self.corrected.setEnabled(maker.result is not None)
            self.corrected.setChecked(maker.options.corrected and maker.result is not None)
        text, tip = words.status(maker)
        self.status.show_text(text)
        self.status.setToolTip(tip)
        self.trouble.show_sentence(self._wrong or maker.trouble or maker.correction.trouble or maker.correction.table_trouble)
