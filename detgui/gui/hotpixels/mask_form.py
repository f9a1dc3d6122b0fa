"""Forms for masks: the former file that is updated, whether recovered pixels are released, and what the MASK reference says of itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QWidget

from detgui.analysis import hot_mask_file
from detgui.analysis.gain_file import Origin
from detgui.analysis.hot_history import Result as History
from detgui.gui.common.labels import TroubleLabel
from detgui.gui.gain.origin_form import OriginForm
from detgui.gui.ramp.ramp_options import ValueField

FORMER_TIP = "MASK reference whose flags stay; without one the mask has reference pixels and hot pixels only"
RELEASE_TIP = "Take HOT from pixels that are not hot any more, and DO_NOT_USE where nothing else is wrong with them"
TA_TIP = "Target-acquisition flat (relative response) or mask that is updated; its flags stay"


class FormerField(ValueField):
    """The path of a former file, or none."""

    def __init__(self, tip: str) -> None:
        super().__init__("former file", numbers=False)
        self.path: Path | None = None
        self.show_default("none", tip)
        self.entered.connect(self._entered)

    def _entered(self, value: object) -> None:
        self.path = value if isinstance(value, Path) else None
        self.edit.setModified(False)
        self.show_value(self.path)

    def settled(self) -> bool:
        """Take what stands in the line; False, and `refused` says why, where that is no file."""
        text = self.edit.text().strip()
        if self.path is not None and text == self.path.name:
            return True
        try:
            self._entered(self.parse(text))
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        return True


class MaskForm(OriginForm):
    """What a MASK reference says of itself, with ``former`` and ``release``."""

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        self.former = FormerField(FORMER_TIP)
        self.release = QCheckBox("release pixels that recovered")
        self.release.setToolTip(RELEASE_TIP)
        nothing = np.zeros((1, 1), np.uint32)  # the header does not depend on the pixels, and they would take their time
        empty = hot_mask_file.Update(history.series, nothing, nothing, nothing != 0, nothing != 0, ())
        header = hot_mask_file.mask_hdus(empty, "mask.fits", Origin())[0].header
        super().__init__(header, "MASK reference file", parent, (("Former mask", self.former), ("", self.release)))
        self.former.refused.connect(self.message.show_sentence)

    def _accept(self) -> None:
        if self.former.settled():
            super()._accept()


class TaForm(QDialog):
    """Asks for the target-acquisition flat that is updated; ``accepted_former(Path or None)``."""

    accepted_former = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mask of the target-acquisition flat")
        self.former = FormerField(TA_TIP)
        self.message = TroubleLabel()
        self.former.refused.connect(self.message.show_sentence)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("Former flat", self.former)
        form.addRow(self.message)
        form.addRow(self.buttons)
        self.resize(520, self.sizeHint().height())

    def _accept(self) -> None:
        if not self.former.settled():
            return
        self.accept()
        self.accepted_former.emit(self.former.path)
