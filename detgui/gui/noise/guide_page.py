"""The Guide page: known artifacts, with a button that shows each and buttons that fill the form of the Run page."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.labels import sentence_label
from detgui.gui.image.flow import FlowLayout
from detgui.gui.noise.context import Context
from detgui.gui.noise.guide import ISSUES, Issue, Recipe
from detgui.gui.noise.pages import PAGES
from detgui.session.state import SessionState

RUN = "Run"
HEAD = (
    "What is known to hurt data of the near-infrared detectors. Settings that help one exposure harm another: look before and after. "
    "<i>See</i> opens the diagnosis, <i>Try</i> fills the form of the Run page; nothing runs before you press Run."
)


class Card(QFrame):
    """One artifact; ``buttons`` by their texts."""

    def __init__(self, issue: Issue, page: GuidePage) -> None:
        super().__init__(page)
        self.issue = issue
        self.buttons: dict[str, Any] = {}
        self.setFrameShape(QFrame.Shape.StyledPanel)
        number = f" <span style='font-weight:normal'>· {issue.number}</span>" if issue.number else ""
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(3)
        column.addWidget(_text(f"<b>{issue.title}</b>{number}"))
        column.addWidget(_text(issue.symptom))
        column.addWidget(_text(issue.cause, faint=True))
        there = {row.title for row in PAGES}
        see = FlowLayout(spacing=4)
        if issue.page in there:
            see.addWidget(self._button(f"See: {issue.page}", issue.see, lambda: page.go(issue.page)))
        for recipe in issue.recipes:
            see.addWidget(self._button(f"Try: {recipe.label}", _tip(recipe), lambda recipe=recipe: page.fill(recipe)))
        if issue.link in there:
            see.addWidget(self._button(issue.link_text, issue.see, lambda: page.go(issue.link)))
        column.addWidget(_text(f"Here: {issue.see}"))
        column.addLayout(see)
        column.addWidget(_text(f"But: {issue.caveat}"))

    def _button(self, text: str, tip: str, call: Any) -> QWidget:
        button = flat_button(text, tip)
        button.clicked.connect(lambda _: call())
        self.buttons[text] = button
        return button


class GuidePage(QWidget):
    """The cards, one under the other."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = context.session, context.maker
        self.cards = [Card(issue, self) for issue in ISSUES]
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(6)
        column.addWidget(_text(HEAD))
        for card in self.cards:
            column.addWidget(card)
        column.addStretch(1)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.area)
        self._session.changed.connect(self._changed)
        self._enable()

    def go(self, page: str) -> None:
        """Show another page of the tab."""
        self._session.set_noise(page=page)

    def fill(self, recipe: Recipe) -> None:
        """Put a recipe into the form of the Run page and show that."""
        self._maker.fill(recipe.steps, f"Try {recipe.label.lower()}")
        self.go(RUN)

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if old.exposures is not new.exposures or old.frame is not new.frame or old.noise.source != new.noise.source:
            self._enable()

    def _enable(self) -> None:
        there = self._maker.source is not None
        for card in self.cards:
            for button in card.buttons.values():
                button.setEnabled(there)


def _text(text: str, faint: bool = False) -> QLabel:
    label = sentence_label()
    label.setText(text)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)  # or it would be as high as if it were narrow
    label.setSizePolicy(policy)
    if faint:
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


def _tip(recipe: Recipe) -> str:
    steps = [f"{step} " + " ".join(f"{name}={value}" for name, value in given.items()) for step, given in recipe.steps.items()]
    return "\n".join(filter(None, (recipe.tip, *(f"{step.strip()}" for step in steps))))
