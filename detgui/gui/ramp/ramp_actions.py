"""What can be done in the ramp panel, as actions with their keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

VIEWS = (("ramp", "This integration", "I"), ("overlay", "Overlay all integrations", "O"), ("slopes", "Slope against integration", "H"))


def action(parent: QWidget, text: str, keys: tuple[str, ...], call: Callable[[], object], tip: str = "") -> QAction:
    """An action of the panel; the first key is shown in menus."""
    made = QAction(text, parent)
    made.setShortcuts([QKeySequence(key) for key in keys])
    made.setToolTip(f"{tip or text} ({', '.join(keys)})" if keys else tip or text)
    made.setMenuRole(QAction.MenuRole.NoRole)  # macOS would move actions by words in their text
    made.triggered.connect(lambda _checked=False: call())
    parent.addAction(made)
    return made


class RampActions:
    """The actions; they send intents to the session and are checked by `show_options` only."""

    def __init__(self, panel: QWidget, do: dict[str, Callable[[], object]], show: Callable[[str], object]) -> None:
        """``do``: what each name does; ``show``: called with 'ramp', 'overlay' or 'slopes'."""
        self.views: dict[str, QAction] = {}
        group = QActionGroup(panel)
        for key, text, shortcut in VIEWS:
            made = action(panel, text, (shortcut,), lambda key=key: show(key))
            made.setCheckable(True)
            group.addAction(made)
            self.views[key] = made
        self.time = action(panel, "Time axis", ("T",), do["axis"], "Time instead of group number on the axis")
        self.time.setCheckable(True)
        self.fewer = action(panel, "One group less in the line", ("Ctrl+[", "<", "Shift+N"), do["fewer"])
        self.more = action(panel, "One group more in the line", ("Ctrl+]", ">", "N"), do["more"])
        self.reset = action(panel, "Groups by the 10,000 DN rule", ("Ctrl+0",), do["reset"], "N from the 10,000 DN rule again")
        self.method = action(panel, "Plain least squares", ("K",), do["method"], "Plain instead of generalised least squares")
        self.method.setCheckable(True)
        self.whole = action(panel, "Show the whole plot", ("Y",), do["whole"], "Axes around all the data")
        self.copy = action(panel, "Copy the table of numbers", ("Ctrl+Shift+C",), do["copy"])
        self.ecsv = action(panel, "Export as ECSV…", ("Ctrl+E",), do["ecsv"])

    def all(self) -> list[QAction]:
        """In the order of a menu."""
        return [
            *self.views.values(), self.time, self.whole, self.fewer, self.more, self.reset, self.method, self.copy, self.ecsv,
        ]  # fmt: skip
