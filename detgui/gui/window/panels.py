"""The working panels: one row each, in the order of the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from detgui.gui.window.parts import Parts


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A tab: its title (`SessionState.tab`), the widget's place, the key that brings it to the front, and what it is for.

    The widget is made as ``Widget(session, loader, parent)``, with ``whole`` as ``Widget(parts, image, parent)``.
    """

    title: str
    module: str
    widget: str
    key: str
    tip: str
    whole: bool = False

    def build(self, parts: Parts, image: QWidget | None, parent: QWidget) -> QWidget:
        """Make the widget; its module is imported here, not with the window."""
        make = getattr(import_module(self.module), self.widget)
        return make(parts, image, parent) if self.whole else make(parts.session, parts.loader, parent)


PANELS = (
    PanelRow("Ramp", "detgui.gui.ramp.ramp_panel", "RampPanel", "Ctrl+1", "One pixel's ramp, its line and what is left"),
    PanelRow(
        "Non-linearity",
        "detgui.gui.nonlinearity.nonlinearity_panel",
        "NonlinearityPanel",
        "Ctrl+2",
        "Maps of what every pixel leaves after its line: migrating charge",
        whole=True,
    ),
    PanelRow(
        "Gain",
        "detgui.gui.gain.gain_panel",
        "GainPanel",
        "Ctrl+3",
        "Conversion gain in boxes from pairs of flats: photon transfer",
        whole=True,
    ),
    PanelRow(
        "Hot pixels",
        "detgui.gui.hotpixels.hot_panel",
        "HotPanel",
        "Ctrl+4",
        "Hot pixels in darks through time, and what unmasked ones mean for target acquisition",
        whole=True,
    ),
    PanelRow(
        "Offsets",
        "detgui.gui.offsets.offsets_panel",
        "OffsetsPanel",
        "Ctrl+5",
        "Offsets between NIRCam's modules and between epochs: step through them, fit them, correct images",
        whole=True,
    ),
    PanelRow(
        "Noise",
        "detgui.gui.noise.noise_panel",
        "NoisePanel",
        "Ctrl+6",
        "Read-out noise: see it, run steps of the pipeline, compare",
        whole=True,
    ),
)
