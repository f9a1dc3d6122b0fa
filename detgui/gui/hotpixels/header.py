"""What all pages of the hot-pixel tab share: the series, Count and Cancel, what runs, and what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import stretched_row
from detgui.gui.common.labels import TroubleLabel
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.image.elided_label import ElidedLabel

SERIES_TIP = "Files of one detector, read-out and subarray; others are never mixed with them"


class HotHeader(QWidget):
    """Shows which series is shown and what the maker does."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = context.session, context.maker
        self._wrong = ""  # with what was typed
        self.series = QComboBox(self)
        self.series.setToolTip(SERIES_TIP)
        self.series.setAccessibleName("Series")
        self.series.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.series.activated.connect(lambda place: self._session.set_hot(series=self.series.itemText(place)))
        self.count = flat_button("Count", "Count the hot pixels of the files in use (Ctrl+Shift+K)")
        self.count.clicked.connect(self._maker.compute)
        self.cancel = flat_button("Cancel", "Stop")
        self.cancel.clicked.connect(self._maker.cancel)
        self.status = ElidedLabel(self)
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.trouble = TroubleLabel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(stretched_row(self.count, self.cancel, self.series, self.status))
        column.addWidget(self.trouble)

    def say(self, sentence: str) -> None:
        """Say what is wrong with what was typed; '' takes it away."""
        self._wrong = sentence
        self.show_work()

    def show_work(self) -> None:
        """Show series, what runs and what is wrong."""
        maker = self._maker
        names = maker.names
        with QSignalBlocker(self.series):
            if [self.series.itemText(place) for place in range(self.series.count())] != names:
                self.series.clear()
                self.series.addItems(names)
            self.series.setCurrentText(maker.name)
        self.series.setVisible(bool(names))
        self.cancel.setVisible(maker.busy)
        self.count.setEnabled(not maker.busy and any(each.use for each in maker.options.files))
        self.status.show_text(words.status(maker))
        self.trouble.show_sentence(self._wrong or maker.trouble)
