"""How sources are matched and offsets fitted: parameters with their units and where defaults come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from detgui.errors import BadInput
from detgui.gui.common.fields import EntryField, named, number
from detgui.gui.image.flow import FlowLayout
from detgui.gui.offsets import words
from detgui.gui.offsets.context import Context
from detgui.science.offset_detectors import detector_name
from detgui.session.offsets_options import OffsetsOptions
from detgui.session.offsets_work import CATALOG, IMAGE

if TYPE_CHECKING:
    from detgui.session.offsets import OffsetsMaker

MATCHES = {"auto": "auto", "id": "identifier", "position": "position"}
SLOPES = {"auto": "long wave only", "zero": "none", "free": "all arrays"}
REFERENCES = {"B": "module B", "A": "module A", "mean": "mean of both"}
MAGNITUDES = {"iso": "isophotal", "kron": "Kron"}
FIRST_PAIR = "first that swap"


class FitForm(QWidget):
    """Sends what a person chooses and types to the session."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._say = context.session, context.say
        self._make()
        flow = FlowLayout(self, spacing=6)
        self._image_parts = [
            named("Magnitudes", self.magnitude, "", words.MAGNITUDE_TIP),
            named("Threshold", self.threshold, "σ", words.THRESHOLD_TIP),
            named("Compact", self.compact, "", words.COMPACT_TIP),
        ]
        for group in (
            named("Match", self.match, "", words.MATCH_TIP),
            named("Radius", self.radius, "arcsec", words.RADIUS_TIP),
            named("Brighter than", self.mag_limit, "mag", words.MAG_TIP),
            named("S/N", self.snr_limit, "", words.SNR_TIP),
            named("Long side", self.angle, "°", words.PA_TIP),
            named("Gradient", self.slope, "", words.SLOPE_TIP),
            named("T", self.free_time, "", words.TIME_TIP),
            named("Epochs", self.epochs, "", words.EPOCHS_TIP),
            named("Reference", self.reference, "", words.REFERENCE_TIP),
            *self._image_parts,
        ):
            flow.addWidget(group)

    def _make(self) -> None:
        self.match = self._choice(MATCHES, "Match", "match")
        self.slope = self._choice(SLOPES, "Gradient", "slope")
        self.magnitude = self._choice(MAGNITUDES, "Magnitudes", "magnitude")
        self.radius = self._number("Radius", "radius", 0.002, 0.1)
        self.mag_limit = self._number("Magnitude limit", "mag_limit", -10.0, 40.0)
        self.snr_limit = self._number("Signal-to-noise ratio", "snr_limit", 0.0, 1e6)
        self.threshold = self._number("Threshold", "threshold", 0.1, 1000.0)
        self.compact = self._number("Compactness", "compact", 1.0, 100.0)
        self.angle = EntryField(self._take_angle, self._say, 7, self)
        self.free_time = QCheckBox("free", self)
        self.free_time.toggled.connect(lambda on: self._session.set_offsets(text="Time term", free_time=on))
        self.epochs = QComboBox(self)
        self.epochs.activated.connect(lambda at: self._session.set_offsets(text="Epochs", pair_epochs=self.epochs.itemData(at)))
        self.reference = QComboBox(self, editable=True)
        self.reference.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for value, text in REFERENCES.items():
            self.reference.addItem(text, value)
        self.reference.activated.connect(lambda _: self._take_reference())
        self.reference.lineEdit().editingFinished.connect(self._take_reference)
        self.reference.lineEdit().returnPressed.connect(self.reference.clearFocus)
        self.reference.setMinimumWidth(self.fontMetrics().horizontalAdvance("mean of both") + 40)

    def _choice(self, choices: dict[str, str], text: str, name: str) -> QComboBox:
        box = QComboBox(self)
        for value, shown in choices.items():
            box.addItem(shown, value)
        box.activated.connect(lambda at: self._session.set_offsets(text=text, **{name: box.itemData(at)}))
        return box

    def _number(self, text: str, name: str, least: float, most: float) -> EntryField:
        def take(typed: str) -> None:
            self._session.set_offsets(text=text, **{name: number(text, typed, least, most)})

        return EntryField(take, self._say, 5, self)

    def _take_angle(self, text: str) -> None:
        value = None if not text else number("Long side", text.rstrip("°"), -360.0, 360.0) % 360.0
        self._session.set_offsets(text="Long side", long_axis_pa=value)

    def _take_reference(self) -> None:
        text = self.reference.currentText().strip()
        by_word = {word: value for value, word in REFERENCES.items()}
        value = by_word.get(text) or ({"a": "A", "b": "B", "mean": "mean"}.get(text.lower())) or detector_name(text)
        if value:
            self._session.set_offsets(text="Reference", reference=value)
        else:
            self.reference.setCurrentText(_reference(self._session.state.offsets.reference))
            self._say(str(BadInput(f"Reference: {text or 'nothing'} is neither a module, the mean, nor a detector such as nrcb1")))

    def show_options(self, options: OffsetsOptions, maker: OffsetsMaker) -> None:
        """Show the options, and what the angle was measured as."""
        for box, value in ((self.match, options.match), (self.slope, options.slope), (self.magnitude, options.magnitude)):
            box.setCurrentIndex(box.findData(value))
        for name in ("radius", "mag_limit", "snr_limit", "threshold", "compact"):
            getattr(self, name).show_value(f"{getattr(options, name):g}")
        self.angle.show_value("" if options.long_axis_pa is None else f"{options.long_axis_pa:g}")
        result = maker.result
        said = next((each.angle for each in maker.facts if each.angle is not None), None)
        self.angle.setPlaceholderText(f"{result.axis.angle:.1f}" if result is not None else f"{said:g}" if said is not None else "auto")
        source = f"\nNow {result.axis.angle:.2f}°: {result.axis_from}" if result is not None else ""
        self.angle.setToolTip(words.PA_TIP + source)
        with QSignalBlocker(self.free_time):
            self.free_time.setChecked(options.free_time)
        self._show_epochs(options, maker)
        if not self.reference.lineEdit().hasFocus():
            self.reference.setCurrentText(_reference(options.reference))
        kinds = {each.kind for each in maker.facts}
        images = IMAGE in kinds and CATALOG not in kinds  # beside catalogs images are not measured
        for group in self._image_parts:
            group.setVisible(images)

    def _show_epochs(self, options: OffsetsOptions, maker: OffsetsMaker) -> None:
        epochs = sorted({epoch for each in maker.facts for epoch in each.epochs}, key=_order)
        pairs = [(one, two) for at, one in enumerate(epochs) for two in epochs[at + 1 :]]
        wanted = [(FIRST_PAIR, None), *((f"{one}, {two}", (one, two)) for one, two in pairs)]
        if [self.epochs.itemText(at) for at in range(self.epochs.count())] != [text for text, _ in wanted]:
            self.epochs.clear()
            for text, value in wanted:
                self.epochs.addItem(text, value)
        self.epochs.setCurrentIndex(next((at for at, (_, value) in enumerate(wanted) if value == options.pair_epochs), 0))


def _order(epoch: str) -> tuple[float, str]:
    try:
        return float(epoch), epoch
    except ValueError:
        return float("inf"), epoch


def _reference(value: str) -> str:
    return REFERENCES.get(value, value)
