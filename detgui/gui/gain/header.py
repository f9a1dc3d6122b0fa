"""What all pages of the gain tab share: flats, boxes, limit, pairs, IPC, clipping, Compute and Cancel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import named, stretched_row
from detgui.gui.common.labels import TroubleLabel
from detgui.gui.gain import words
from detgui.gui.gain.context import Context
from detgui.gui.gain.flats_menu import FlatsMenu
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.image.flow import FlowLayout
from detgui.gui.ramp.ramp_options import ValueField
from detgui.session.state import SessionState

BOXES = (64, 128, 256, 512)
PAIRS = ("auto", "all", "chosen")
IPC = ("none", "centre", "kernel", "measured")
IPC_WORDS = {"none": "none", "centre": "centre", "kernel": "file", "measured": "measured"}


class GainHeader(QWidget):
    """Shows the session's `GainOptions` and sends what a person enters to the session."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = context.session, context.maker
        self.flats = FlatsMenu(context, self)
        self._wrong = ""  # with what was typed
        self._make()
        self._lay_out()
        self._connect()

    def _make(self) -> None:
        self.calibrate = flat_button("Calibrate…", "These flats are raw: correct superbias, reference pixels and non-linearity first")
        self.calibrate.clicked.connect(lambda: self._session.set_gain(page="Calibrate"))
        self.flats_text, self.status = ElidedLabel(self), ElidedLabel(self)
        for label in (self.flats_text, self.status):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.box = QComboBox(self, editable=True)
        self.box.addItems([str(size) for size in BOXES])
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setMinimumWidth(self.fontMetrics().horizontalAdvance("0000") + 40)
        self.limit = QLineEdit(self)
        self.limit.setMaximumWidth(self.fontMetrics().horizontalAdvance("00000000"))
        self.pairs, self.ipc = QComboBox(self), QComboBox(self)
        for name in PAIRS:
            self.pairs.addItem(name, name)
        for name in IPC:
            self.ipc.addItem(IPC_WORDS[name], name)
        self.ipc_value = ValueField("IPC kernel")
        self.ipc_value.setMaximumWidth(170)
        self.clip = QDoubleSpinBox(self, minimum=0.0, maximum=20.0, singleStep=0.5, decimals=1)
        self.clip.setKeyboardTracking(False)
        self.correct = QCheckBox("corrected", self)
        self.compute = flat_button("Compute", "Make the exact gain map of these flats (Ctrl+Shift+Return)")
        self.cancel = flat_button("Cancel", "Stop the pass over the flats")
        self.cancel.hide()
        self.trouble = TroubleLabel(self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(stretched_row(self.flats.button, self.calibrate, self.flats_text))
        parameters = FlowLayout(spacing=6)
        for group in (
            named("Box", self.box, "px", words.BOX_TIP),
            named("Limit", self.limit, "DN", words.LIMIT_TIP),
            named("Pairs", self.pairs, "", words.PAIRS_TIP),
            named("IPC", self.ipc, "", words.IPC_TIP, self.ipc_value),
            named("Clip", self.clip, "σ", words.CLIP_TIP, self.correct),
        ):
            parameters.addWidget(group)
        self.correct.setToolTip(words.CORRECT_TIP)
        column.addLayout(parameters)
        column.addLayout(stretched_row(self.compute, self.cancel, self.status))
        column.addWidget(self.trouble)

    def _connect(self) -> None:
        set_ = self._session.set_gain
        self.box.lineEdit().editingFinished.connect(self._take_box)
        self.box.activated.connect(lambda _: self._take_box())
        self.limit.editingFinished.connect(self._take_limit)
        for field in (self.box, self.limit):  # or the next key would go into the field
            (field.lineEdit() if field is self.box else field).returnPressed.connect(lambda field=field: field.clearFocus())
        self.pairs.activated.connect(lambda place: self._take_pairs(PAIRS[place]))
        self.ipc.activated.connect(lambda place: set_(text="IPC", ipc=IPC[place]))
        self.ipc_value.entered.connect(self._take_ipc)
        self.ipc_value.refused.connect(self._say)
        self.clip.valueChanged.connect(lambda value: set_(text="Clipping", clip=round(value, 3)))
        self.correct.toggled.connect(lambda on: set_(text="Clip correction", clip_correction=on))
        self.compute.clicked.connect(self._maker.compute)
        self.cancel.clicked.connect(self._maker.cancel)

    # what a person enters

    def _take_box(self) -> None:
        text = self.box.currentText().strip().removesuffix("px").strip()
        if text.isdigit() and int(text) >= 2:
            self._session.set_gain(text="Box", box=int(text))
        else:
            self.show_state(self._session.state)
            self._say(f"Box: {text or 'nothing'} is no number of pixels, such as 256")

    def _take_limit(self) -> None:
        text = self.limit.text().strip().replace(",", "")
        try:
            value = float(text) if text else None
        except ValueError:
            value = -1.0
        if value is None or 0 < value < float("inf"):
            self._session.set_gain(text="Limit", limit=value)
        else:
            self.limit.setModified(False)
            self.show_state(self._session.state)
            self._say(f"Limit: {text} is no signal in DN, such as 5000")

    def _take_pairs(self, choice: str) -> None:
        fields = {"pairs": choice}
        if choice == "chosen" and not self._session.state.gain.chosen_pairs:
            result = self._maker.result
            count = sum(each.shape[0] for each in self._maker.flats) // 2
            fields["chosen_pairs"] = result.pairs_used if result is not None else tuple(range(1, count + 1))
        self._session.set_gain(text="Pairs", **fields)

    def _take_ipc(self, value: float | Path | None) -> None:
        if isinstance(value, Path):
            self._session.set_gain(text="IPC", ipc="kernel", ipc_file=value)
        else:
            self._session.set_gain(text="IPC", ipc="centre" if value is not None else "none", ipc_centre=value)

    def _say(self, sentence: str) -> None:
        """Say what is wrong with what was typed; the next change of the parameters takes it away."""
        self._wrong = sentence
        self.show_work()

    # what there is

    def show_state(self, state: SessionState) -> None:
        """Show options and flats."""
        options = state.gain
        self._wrong = ""
        self.flats.show()
        with QSignalBlocker(self.box), QSignalBlocker(self.clip), QSignalBlocker(self.correct):
            self.box.setCurrentText(str(options.box))
            self.clip.setValue(options.clip)
            self.correct.setChecked(options.clip_correction)
        self.correct.setEnabled(options.clip > 0)
        if not (self.limit.hasFocus() and self.limit.isModified()):
            self.limit.setText("" if options.limit is None else f"{options.limit:g}")
        self.pairs.setCurrentIndex(PAIRS.index(options.pairs))
        self.ipc.setCurrentIndex(IPC.index(options.ipc))
        self.ipc_value.setVisible(options.ipc in ("centre", "kernel"))
        self.ipc_value.show_value(options.ipc_centre if options.ipc == "centre" else options.ipc_file)
        self.ipc_value.show_default("1.025" if options.ipc == "centre" else "IPC file", words.IPC_VALUE_TIP)
        self.show_work()

    def show_work(self) -> None:
        """Show what runs, or what was used; and what is wrong."""
        busy, there = self._maker.busy, bool(self._maker.flats)
        self.calibrate.setVisible(any(each.kind == "uncal" for each in self._maker.flats))
        self.cancel.setVisible(busy)
        self.compute.setEnabled(there and not busy)
        default = self._maker.default_limit
        self.limit.setPlaceholderText(f"{default:.0f}" if default else "default")
        self.flats_text.show_text(words.flats_line(self._maker))
        text, tip = words.status(self._maker)
        self.status.show_text(text)
        self.status.setToolTip(tip)
        self.trouble.show_sentence(self._wrong or self._maker.trouble or (self._maker.advice if not busy else ""))
