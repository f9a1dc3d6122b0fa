"""The widgets of the image panel and where they lie."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from detgui.gui.common.choice_button import ChoiceButton
from detgui.gui.image.canvas import Canvas
from detgui.gui.image.display_bar import DisplayBar
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.image.image_view import ImageView
from detgui.gui.image.limits_row import LimitsRow
from detgui.gui.image.play import SPEEDS
from detgui.gui.image.region_strip import OptionsPlate, RegionStrip
from detgui.gui.image.second_view import SecondView, stack
from detgui.gui.image.steppers import Stepper, tool_button
from detgui.gui.image.view_message import ViewMessage


class ImageWidgets(QWidget):
    """Bar, image and second image side by side, limits, steppers; knows nothing of a session."""

    def __init__(self, exposures: Any, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(self)
        self.bar = DisplayBar(self)
        self.view = ImageView(self)
        self.canvas = Canvas(self.view, exposures)
        self.second = SecondView(self.view, exposures, self)
        self.views = QSplitter(self)
        self.first_title = ElidedLabel(self)  # takes the place of the title above while two images stand side by side
        self.first_title.hide()
        self.message = ViewMessage(self.view)
        self.strip = RegionStrip(self)
        self.options = OptionsPlate(self.view)
        self.limits = LimitsRow(self)
        self.integrations = Stepper("Integration", ("", ",", ".", ""), self)
        self.groups = Stepper("Group", ("Home", "[", "]", "End"), self)
        self.play_button = tool_button("mdi6.play", "Play or pause (Space)", self)
        self.speed = ChoiceButton("Frames a second", self)
        self.speed.set_choices([f"{speed}/s" for speed in SPEEDS])
        self._lay_out()
        self.setMinimumWidth(320)

    def _lay_out(self) -> None:
        first = QWidget(self)
        stack(first, self.first_title, self.view)
        for place, widget in enumerate((first, self.second)):
            self.views.addWidget(widget)
            self.views.setStretchFactor(place, 1)
        self.views.setChildrenCollapsible(False)
        steppers = QVBoxLayout()
        steppers.setSpacing(0)
        steppers.addWidget(self.integrations)
        steppers.addWidget(self.groups)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addLayout(steppers, 1)
        below.addWidget(self.speed)
        below.addWidget(self.play_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(2)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.strip)
        middle.addWidget(self.views, 1)
        column.addWidget(self.title)
        column.addWidget(self.bar)
        column.addLayout(middle, 1)
        column.addWidget(self.limits)
        column.addLayout(below)
