"""What all pages of the noise tab share: the exposure, and the steps that run with Cancel."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QSizePolicy, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.fields import stretched_row
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.image.menus import checkable
from detgui.gui.noise.context import Context
from detgui.session.state import OpenExposure

TIP = """The exposure that is diagnosed and that steps run on.
Default: the shown one. A chosen one stays while others are looked at."""


class NoiseHeader(QWidget):
    """Shows the exposure in use and what runs."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = context.session, context.maker
        self.menu = QMenu(self)
        self.menu.addAction("…")  # an empty menu is not opened at all
        self.menu.aboutToShow.connect(self._fill)
        self.source = menu_button("Exposure", TIP, self.menu)
        self.what, self.status = ElidedLabel(self), ElidedLabel(self)
        for label in (self.what, self.status):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cancel = flat_button("Cancel", "Kill the process that runs the steps (Ctrl+Shift+.); nothing half written is left")
        self.cancel.clicked.connect(self._maker.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(stretched_row(self.source, self.what))
        column.addLayout(stretched_row(self.cancel, self.status))
        self.show_work()

    def show_work(self) -> None:
        """Show the exposure, and the steps that run."""
        source = self._maker.source
        fixed = bool(self._session.state.noise.source)
        self.source.setText("Chosen" if fixed else "Shown")
        self.what.show_text(describe(source) if source is not None else "nothing is open")
        busy, running = self._maker.busy, self._maker.running
        for widget in (self.cancel, self.status):
            widget.setVisible(busy)
        if busy:
            text = (running.message or running.title) if running is not None else "waiting…"
            if running is not None and running.fraction > 0:
                text += f" · {100 * running.fraction:.0f} %"
            self.status.show_text(text)

    def _fill(self) -> None:
        state = self._session.state
        self.menu.clear()
        chosen = state.noise.source
        follow = checkable(self.menu, "The shown exposure", not chosen)
        follow.triggered.connect(lambda _: self._session.set_noise(source=""))
        self.menu.addSeparator()
        for each in state.exposures:
            if not each.source:
                action = checkable(self.menu, each.name, each.key == chosen)
                action.triggered.connect(lambda _, key=each.key: self._session.set_noise(source=key))


def describe(entry: OpenExposure) -> str:
    """Name and size of an exposure."""
    nints, ngroups, ny, nx = entry.shape
    size = f"{nx} x {ny}"
    if entry.is_ramp:
        size = f"{nints} x {ngroups} groups of {size}"
    elif nints > 1:
        size = f"{nints} of {size}"
    return f"{entry.name}, {size}"
