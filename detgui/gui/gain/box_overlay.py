"""The boxes over the image while the gain tab is in front."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from detgui.science.boxes import VOID, Boxes
from detgui.session.gain import TAB, GainMaker
from detgui.session.session import Session
from detgui.session.state import SessionState


class BoxOverlay(QObject):
    """Shows the boxes of the present map over images of its shape; ``on`` is a matter of the window, not of the session."""

    changed = Signal(bool)

    def __init__(self, session: Session, maker: GainMaker, image: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker, self._image = session, maker, image
        self.on = True
        self._shown: Boxes | None = None
        maker.changed.connect(self.show)
        session.changed.connect(self._state_changed)

    def toggle(self) -> None:
        """Show or hide the boxes."""
        self.on = not self.on
        self.show()
        self.changed.emit(self.on)

    def _state_changed(self, old: SessionState, new: SessionState) -> None:
        if (old.tab == TAB) != (new.tab == TAB) or old.frame != new.frame:
            self.show()

    def show(self) -> None:
        """Draw the boxes of now, or none."""
        if self._image is None:
            return
        state = self._session.state
        boxes = self._maker.boxes if self.on and state.tab == TAB and self._fits(state) else None
        if boxes is self._shown:
            return
        self._shown = boxes
        self._image.show_labels(boxes.labels if boxes is not None else None, boxes.kind == VOID if boxes is not None else None)

    def _fits(self, state: SessionState) -> bool:
        """Whether the shown image is one of the flats, or a map of them."""
        current, flats = state.current, self._maker.flats
        if current is None or not flats:
            return False
        keys = {each.key for each in flats}
        return current.key in keys or current.source in keys or (bool(current.array) and current.array == flats[0].array)
