"""Gain and read noise of the errors of the maps; each with its unit and where its default comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from detgui.gui.nonlinearity.words import typical
from detgui.gui.ramp.ramp_options import ValueField
from detgui.session.nonlinearity import NonlinearityOptions

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Result

HOW = "Type a number, or the path of a reference file; empty for the default."
GAIN_TIP = f"Gain, e-/DN: photon noise of the errors. {HOW}\nDefault: built-in table by detector and subarray."
NOISE_TIP = f"Read noise of a single read, DN. {HOW}\nDefault: from the ramps themselves, else the built-in table."


class NoiseOptions(QWidget):
    """What the errors of the maps are made with; ``set_(text=..., **fields)`` of the session is called with what a person enters."""

    def __init__(self, set_: Callable[..., None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gain, self.read_noise = ValueField("gain"), ValueField("read noise")
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        rows = (("gain (e-/DN)", self.gain, "Gain", "gain"), ("read noise (DN)", self.read_noise, "Read noise", "read_noise"))
        for place, (words, field, text, name) in enumerate(rows):
            label = QLabel(words, self)
            label.setBuddy(field.edit)
            grid.addWidget(label, 0, 2 * place)
            grid.addWidget(field, 0, 2 * place + 1)
            grid.setColumnStretch(2 * place + 1, 1)
            field.entered.connect(lambda value, text=text, name=name: set_(text=text, **{name: value}))
            field.refused.connect(self._say)
        grid.addWidget(self.message, 1, 0, 1, 4)

    def show_options(self, options: NonlinearityOptions) -> None:
        """Show what the session holds."""
        self.gain.show_value(options.gain)
        self.read_noise.show_value(options.read_noise)

    def show_used(self, result: Result | None) -> None:
        """Show in empty fields what was used, and in their tooltips where it comes from."""
        noise = result.noise if result is not None else None
        for field, name, tip in ((self.gain, "gain", GAIN_TIP), (self.read_noise, "read_noise", NOISE_TIP)):
            source = getattr(noise, f"{name}_source", "")
            field.show_default(typical(getattr(noise, name, None)) or "default", tip + (f"\nUsed now: {source}" if source else ""))

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))
