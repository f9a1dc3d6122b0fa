"""The strip of region tools beside the image, and the plate with what the tool in hand needs to know."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QLabel, QSpinBox, QToolButton, QVBoxLayout, QWidget

from detgui.gui.common.choice_button import ChoiceButton
from detgui.gui.common.icons import icon
from detgui.science.regions import COLOURS, KINDS
from detgui.session.regions import RegionTools

TOOLS = (
    ("", "mdi6.cursor-default-outline", "tool_edit"),
    ("rectangle", "mdi6.rectangle-outline", "tool_rectangle"),
    ("ellipse", "mdi6.ellipse-outline", "tool_ellipse"),
    ("polygon", "mdi6.vector-polygon", "tool_polygon"),
    ("lasso", "mdi6.lasso", "tool_lasso"),
    ("brush", "mdi6.brush-outline", "tool_brush"),
    ("grow", "mdi6.auto-fix", "tool_grow"),
)
"""Tool, icon, action."""
HOWS = (
    ("new", "mdi6.shape-square-plus", "Each shape becomes a region of its own"),
    ("add", "mdi6.vector-union", "Add what is drawn to the selected region (Shift)"),
    ("subtract", "mdi6.vector-difference-ba", "Take what is drawn from the selected region (Alt, or the right button with the brush)"),
    ("intersect", "mdi6.vector-intersection", "Keep what the selected region and what is drawn have in common (Shift+Alt)"),
)
SIZE = QSize(18, 18)
STYLE = """
QToolButton { border: 1px solid transparent; border-radius: 3px; padding: 2px; }
QToolButton:hover { background: palette(midlight); }
QToolButton:checked { background: palette(highlight); }
QToolButton::menu-indicator { image: none; }
"""


def swatch(colour: str) -> QIcon:
    """A round spot of a colour."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(5, 5, 22, 22)
    painter.end()
    return QIcon(pixmap)


class RegionStrip(QWidget):
    """Buttons one below the other; asks for fields of `session.regions.RegionTools` by ``wanted(dict)``."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tools: dict[str, QToolButton] = {}
        self.hows: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 2, 0)
        column.setSpacing(1)
        for name, picture, _ in TOOLS:
            self.tools[name] = self._button(picture)
            self.tools[name].clicked.connect(lambda _=False, tool=name: self.wanted.emit({"tool": tool}))
            column.addWidget(self.tools[name])
        column.addWidget(_line())
        for name, picture, tip in HOWS:
            self.hows[name] = self._button(picture)
            self.hows[name].setToolTip(tip)
            self.hows[name].setAccessibleName(tip)
            self.hows[name].clicked.connect(lambda _=False, how=name: self.wanted.emit({"how": how}))
            column.addWidget(self.hows[name])
        column.addWidget(_line())
        self.kind = ChoiceButton("What new regions are for (Shift+K)", self)
        self.kind.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.kind.setStyleSheet(STYLE)
        self.kind.setIconSize(SIZE)
        self.kind.setFixedSize(SIZE.width() + 8, SIZE.height() + 8)
        self.kind.set_choices(KINDS)
        for action in self.kind.menu().actions():
            action.setIcon(swatch(COLOURS[action.data()]))
        self.kind.wanted.connect(lambda kind: self.wanted.emit({"kind": kind}))
        column.addWidget(self.kind)
        column.addStretch(1)
        self.setFixedWidth(SIZE.width() + 10)

    def _button(self, picture: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(picture, button))
        button.setProperty("icon_name", picture)
        button.setIconSize(SIZE)
        button.setCheckable(True)
        button.setStyleSheet(STYLE)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def name_tools(self, actions: dict[str, QAction]) -> None:
        """Say in the tooltips what the tools do and their keys."""
        for tool, _, name in TOOLS:
            key = actions[name].shortcut().toString()
            tip = f"{actions[name].toolTip()} ({key})"
            self.tools[tool].setToolTip(tip)
            self.tools[tool].setAccessibleName(tip)

    def show_tools(self, tools: RegionTools) -> None:
        """Show which tool is in hand and what it makes."""
        for name, button in self.tools.items():
            button.setChecked(name == tools.tool)
        for name, button in self.hows.items():
            button.setChecked(name == tools.how)
        self.kind.show_value(tools.kind)
        self.kind.setIcon(swatch(COLOURS[tools.kind]))
        self.kind.setToolTip(f"New regions: {tools.kind} (Shift+K)")


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line


class OptionsPlate(QFrame):
    """In a corner of the image while the brush or growing is in hand: radius, or tolerance and smoothing."""

    wanted = Signal(object)
    entered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.brush = _field(QDoubleSpinBox(self), 0.5, 512, " px", "Radius of the brush, image pixels (9 smaller, 0 larger, Ctrl+wheel)")
        self.brush.setDecimals(1)
        self.tolerance = _field(
            QDoubleSpinBox(self),
            0.0,
            1e9,
            "",
            "Largest difference from the level about the press; auto (0) ends at the edge of the plateau that it is on",
        )
        self.tolerance.setSpecialValueText("auto")
        self.smooth = _field(
            QSpinBox(self), 1, 31, " px", "Side of the box that is averaged first, against noise that cuts a plateau; 1 is none"
        )
        self.smooth.setSingleStep(2)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 2)
        row.setSpacing(4)
        self._labels = {
            name: QLabel(text, self) for name, text in (("brush", "Radius"), ("tolerance", "Tolerance ±"), ("smooth", "Smooth"))
        }
        for name, label in self._labels.items():
            row.addWidget(label)
            row.addWidget(getattr(self, name))
            label.setBuddy(getattr(self, name))
        self.brush.valueChanged.connect(lambda value: self.wanted.emit({"brush": value}))
        self.tolerance.valueChanged.connect(lambda value: self.wanted.emit({"tolerance": value or None}))
        self.smooth.valueChanged.connect(lambda value: self.wanted.emit({"smooth": value}))
        for field in (self.brush, self.tolerance, self.smooth):
            field.lineEdit().returnPressed.connect(self.entered)
        self.hide()

    def show_tools(self, tools: RegionTools, unit: str) -> None:
        """Show the fields of the tool in hand, or nothing; ``unit`` is that of the image."""
        fields = {"brush": ("brush",), "grow": ("tolerance", "smooth")}.get(tools.tool, ())
        for name, label in self._labels.items():
            label.setVisible(name in fields)
            getattr(self, name).setVisible(name in fields)
        value = tools.tolerance or 0.0
        blockers = [QSignalBlocker(field) for field in (self.brush, self.tolerance, self.smooth)]
        self.brush.setValue(tools.brush)
        self.brush.setSingleStep(max(0.5, round(tools.brush / 4)))
        self.tolerance.setSuffix(f" {unit}" if unit else "")
        self.tolerance.setDecimals(_decimals(value))
        self.tolerance.setSingleStep(value / 10 if value else 10.0)
        self.tolerance.setValue(value)
        self.smooth.setValue(tools.smooth)
        del blockers
        self.setVisible(bool(fields))
        if fields:
            self.adjustSize()


def _decimals(value: float) -> int:
    """So many that three digits are seen."""
    places = 0
    while value and value * 10**places < 99.5 and places < 6:
        places += 1
    return places


def _field(field: QDoubleSpinBox | QSpinBox, low: float, high: float, suffix: str, tip: str) -> QDoubleSpinBox | QSpinBox:
    field.setRange(low, high)
    field.setSuffix(suffix)
    field.setToolTip(tip)
    field.setAccessibleName(tip)
    field.setKeyboardTracking(False)
    field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    return field
