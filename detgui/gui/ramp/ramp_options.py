"""What the fit is told: method, gain, read noise and reference files; each with its unit and where its default comes from."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QToolButton, QWidget

from detgui.analysis import ramp
from detgui.gui.common.files import ask_file
from detgui.gui.common.quantity import plain
from detgui.session.state import RampOptions

REFERENCE_FILTER = "Reference files (*.fits *.fits.gz *.asdf);;All files (*)"
METHODS = (("gls", "generalised (read + photon noise)"), ("ols", "plain least squares"))

METHOD_TIP = """How the line is fitted (K)
generalised: with the ramp's own covariance (Brandt 2024); plain: every group counts the same.
The errors come from that covariance in both.
Default here: generalised; the command detgui ramp uses plain unless told otherwise."""


class ValueField(QWidget):
    """A line for a number or a reference file with a button to pick one; ``entered(value)`` float, Path or None for the default."""

    entered = Signal(object)
    refused = Signal(str)

    def __init__(self, name: str, numbers: bool = True, parent=None) -> None:
        super().__init__(parent)
        self._name, self._numbers = name, numbers
        self._value: float | Path | None = None
        self.edit = QLineEdit(self)
        self.edit.setAccessibleName(name)
        self.edit.setClearButtonEnabled(True)
        self.edit.setMinimumWidth(60)
        self.edit.editingFinished.connect(self._take)
        self.edit.returnPressed.connect(self.edit.clearFocus)  # or the next key would go into the field
        self.pick = QToolButton(self)
        self.pick.setText("File…")
        self.pick.setToolTip(f"Take the {name} from a reference file")
        self.pick.clicked.connect(self._ask)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        grid.addWidget(self.edit, 0, 0)
        grid.addWidget(self.pick, 0, 1)

    def show_value(self, value: float | Path | None) -> None:
        """Show what is set, unless the person is typing."""
        self._value = value
        if self.edit.hasFocus() and self.edit.isModified():
            return
        text = value.name if isinstance(value, Path) else "" if value is None else f"{value:g}"
        if text != self.edit.text():
            self.edit.setText(text)
            self.edit.setCursorPosition(0)  # the beginning of a long name

    def show_default(self, placeholder: str, tip: str) -> None:
        self.edit.setPlaceholderText(placeholder)
        self.edit.setToolTip(str(self._value) if isinstance(self._value, Path) else tip)

    def _take(self) -> None:
        text = self.edit.text().strip()
        if isinstance(self._value, Path) and text == self._value.name:
            return
        try:
            value = self.parse(text)
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.edit.setModified(False)
        self.refused.emit("")
        if value != self._value:
            self.entered.emit(value)

    def parse(self, text: str) -> float | Path | None:
        """A positive number, the path of a file that is there, or None for ''. Raises ValueError with one sentence."""
        if not text:
            return None
        if self._numbers:
            try:
                number = float(text.replace(",", "."))
            except ValueError:
                number = None
            if number is not None:
                if not (isfinite(number) and number > 0):
                    raise ValueError(f"{self._name}: {text} is not a positive number")
                return number
        path = Path(text).expanduser()
        if path.is_file():
            return path.absolute()
        wanted = "neither a number nor a file" if self._numbers else "not a file"
        raise ValueError(f"{self._name}: {text} is {wanted}")

    def _ask(self) -> None:
        ask_file(self, f"Reference file: {self._name}", REFERENCE_FILTER, self.entered.emit)


class RampOptionsBox(QWidget):
    """The options of the ramp panel; ``set_ramp(**fields)`` of the session is called with what a person enters."""

    def __init__(self, set_ramp: Callable[..., None], parent=None) -> None:
        super().__init__(parent)
        self._set = set_ramp
        self.method = QComboBox(self)
        for key, text in METHODS:
            self.method.addItem(text, key)
        self.method.setToolTip(METHOD_TIP)
        self.method.activated.connect(lambda i: self._set(method=self.method.itemData(i)))
        self.gain, self.read_noise = ValueField("gain"), ValueField("read noise")
        self.superbias, self.saturation = ValueField("superbias", numbers=False), ValueField("saturation", numbers=False)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setVisible(False)
        self._lay_out()
        for name in ("gain", "read_noise", "superbias", "saturation"):
            field: ValueField = getattr(self, name)
            field.entered.connect(lambda value, name=name: self._set(**{name: value}))
            field.refused.connect(self.show_message)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 2, 4, 2)
        grid.setVerticalSpacing(2)
        grid.setHorizontalSpacing(6)
        rows = (
            ("fit", self.method, 0, 0, 3),
            ("gain (e-/DN)", self.gain, 1, 0, 1),
            ("read noise (DN)", self.read_noise, 1, 2, 1),
            ("superbias", self.superbias, 2, 0, 1),
            ("saturation", self.saturation, 2, 2, 1),
        )
        for text, widget, row, column, span in rows:
            label = QLabel(text, self)
            label.setBuddy(widget)
            grid.addWidget(label, row, column)
            grid.addWidget(widget, row, column + 1, 1, span)
        grid.addWidget(self.message, 3, 0, 1, 4)
        for column in (1, 3):
            grid.setColumnStretch(column, 1)

    def show_options(self, options: RampOptions) -> None:
        """Show what the session holds."""
        with QSignalBlocker(self.method):
            self.method.setCurrentIndex([key for key, _ in METHODS].index(options.method))
        for name in ("gain", "read_noise", "superbias", "saturation"):
            getattr(self, name).show_value(getattr(options, name))

    def show_used(self, result: ramp.Result | None) -> None:
        """Show in empty fields what was used and in their tooltips where it comes from."""
        none = result is None
        gain = "default" if none or not isfinite(result.gain) else plain(result.gain, 4)
        noise = "default" if none or not isfinite(result.read_noise) else plain(result.read_noise, 4)
        order = "Default: built-in table by detector and read-out, else the scatter between integrations."
        how = "Type a number, or the path of a reference file; empty for the default."
        gain_from = "" if none else f"\nUsed now: {result.gain_source}"
        noise_from = "" if none else f"\nUsed now: {result.read_noise_source}"
        zero_from = "" if none else f"\nZero level now: {result.zero_source}"
        self.gain.show_default(gain, f"Gain, e-/DN. {how}\n{order}{gain_from}")
        self.read_noise.show_default(noise, f"Read noise of a single read, DN. {how}\n{order}{noise_from}")
        zero = "Superbias reference file: it gives the pixel's zero level, DN.\nDefault: the first group extrapolated back by one group."
        level = (
            "Saturation reference file: it gives the level, DN, drawn as a line.\nDefault: none; saturated groups are known from GROUPDQ."
        )
        self.superbias.show_default("none", zero + zero_from)
        self.saturation.show_default("none", level)

    def show_message(self, sentence: str) -> None:
        """Say in place what is wrong with an entry; '' for nothing."""
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))
