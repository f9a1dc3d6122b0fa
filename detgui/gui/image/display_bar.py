"""The bar above the image: plane, stretch, limits, colour map, difference, blink, what lies over the image, zoom."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QInputDialog, QMenu, QSizePolicy, QToolButton, QWidget

from detgui.gui.common.choice_button import ChoiceButton
from detgui.gui.image import colormaps
from detgui.gui.image.flow import FlowLayout
from detgui.gui.image.menus import StickyMenu
from detgui.gui.image.steppers import tool_button
from detgui.session.resolve import is_signed, subtracted
from detgui.session.state import Display, SessionState, Stretch

STRETCHES: tuple[str, ...] = get_args(Stretch)
PERCENTILES = (90.0, 95.0, 98.0, 99.0, 99.5, 99.9)
_OTHER = "percentile…"
_MINMAX, _ZSCALE = "min–max", "zscale"


def limits_text(display: Display) -> str:
    """How the limits are chosen, in one word."""
    if display.limits == "percentile":
        return f"{display.percentile:g} %"
    return {"zscale": _ZSCALE, "minmax": _MINMAX, "typed": "typed"}[display.limits]


class DisplayBar(QWidget):
    """Shows a `SessionState`'s choices; asks through its signals, changes nothing itself."""

    plane_wanted = Signal(str)
    display_wanted = Signal(object)  # dict: fields of session.state.Display and their values

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = ChoiceButton("Plane: which of the file's arrays is shown", self)
        self.stretch = ChoiceButton("Stretch (S)", self)
        self.limits = ChoiceButton("Limits: zscale (Z), min–max (M), or the percentage of pixels between them", self)
        self.colormap = ChoiceButton("Colour map (C)", self)
        self.difference = self._menu_button("mdi6.vector-difference", "Difference (D)")
        self.blink = self._menu_button("mdi6.swap-horizontal", "Blink (B)")
        self.flags = self._menu_button("mdi6.flag-outline", "Data quality flags over the image (Q)", StickyMenu(self))
        self.over = self._menu_button("mdi6.layers-outline", "Amplifiers (A), reference pixels (R) and more over the image")
        self.zoom = self._menu_button("mdi6.magnify-plus-outline", "Zoom (F fits, 1 is one to one, + and −)")
        self._map_field = "colormap"
        self._fill_choices()
        row = FlowLayout(self, spacing=2)
        for widget in (self.plane, self.stretch, self.limits, self.colormap, self.difference, self.blink, self.flags, self.over, self.zoom):
            row.addWidget(widget)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._connect()

    def _menu_button(self, icon_name: str, tip: str, menu: QMenu | None = None) -> QToolButton:
        button = tool_button(icon_name, tip, self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setIconSize(QSize(18, 18))
        menu = menu or QMenu(button)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    def _fill_choices(self) -> None:
        self.stretch.set_choices(STRETCHES)
        self.limits.set_choices((_ZSCALE, _MINMAX, *(f"{p:g} %" for p in PERCENTILES), _OTHER))
        self.colormap.set_choices(colormaps.NAMES)
        self.colormap.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.colormap.setIconSize(QSize(28, 12))
        for action in self.colormap.menu().actions():
            action.setIcon(_swatch(action.data()))

    def _connect(self) -> None:
        self.plane.wanted.connect(self.plane_wanted)
        self.stretch.wanted.connect(lambda name: self.display_wanted.emit({"stretch": name}))
        self.colormap.wanted.connect(lambda name: self.display_wanted.emit({self._map_field: name}))
        self.limits.wanted.connect(self._limits_chosen)

    def show_state(self, state: SessionState) -> None:
        """Show what the state says about plane and display."""
        current, display = state.current, state.display
        self.setEnabled(current is not None)
        self.plane.set_choices(current.planes if current else ("SCI",))
        self.plane.show_value(state.frame.plane if state.frame else "SCI")
        self.stretch.show_value(display.stretch)
        self.limits.show_value(limits_text(display))
        subtracts = state.frame is not None and subtracted(state, state.frame) is not None
        signed = state.frame is not None and is_signed(state, state.frame)
        self._map_field = "difference_colormap" if subtracts or signed else "colormap"
        name = getattr(display, self._map_field)
        if self.colormap.value != name:
            self.colormap.show_value(name)
            self.colormap.setIcon(_swatch(name))
        self._show_on(self.difference, state.difference.mode != "none")
        self._show_on(self.blink, state.blink.on)
        self._show_on(self.flags, bool(display.dq_flags))
        self._show_on(self.over, display.amplifiers or display.reference_pixels)

    @staticmethod
    def _show_on(button: QToolButton, on: bool) -> None:
        """A button whose menu has something switched on is shown pressed in."""
        if button.isCheckable() != on:
            button.setCheckable(on)
            button.setChecked(on)
            button.update()  # a button that is no longer checkable is not drawn again by itself

    def _limits_chosen(self, name: str) -> None:
        # The check mark goes back to what the session says: it moves when the session does.
        self.limits.show_value(self.limits.value)
        if name == _OTHER:
            self._ask_percentile()
        elif name.endswith(" %"):
            self.display_wanted.emit({"limits": "percentile", "percentile": float(name[:-2])})
        else:
            self.display_wanted.emit({"limits": "zscale" if name == _ZSCALE else "minmax"})

    def _ask_percentile(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Limits")
        dialog.setLabelText("Per cent of the pixels between the limits:")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(3)
        dialog.setDoubleRange(1.0, 100.0)
        dialog.setDoubleValue(99.5)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.doubleValueSelected.connect(lambda value: self.display_wanted.emit({"limits": "percentile", "percentile": value}))
        dialog.open()


def _swatch(name: str) -> QIcon:
    """A small picture of a colour map."""
    rgb = colormaps.table(name)[:-1]
    image = QImage(len(rgb), 1, QImage.Format.Format_RGB32)
    for column, colour in enumerate(rgb):
        image.setPixel(column, 0, colour)
    return QIcon(QPixmap.fromImage(image.scaled(56, 24, Qt.AspectRatioMode.IgnoreAspectRatio)))
