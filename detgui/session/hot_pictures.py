"""Images of the hot-pixel panel in the list of exposures: made in a worker, shown when they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from detgui.session import hot_maps
from detgui.session.exposures import Exposures
from detgui.session.session import Session

if TYPE_CHECKING:
    from detgui.analysis.hot_types import Series
    from detgui.data.memory_exposure import MapExposure

SOURCE = "hot pixels"
"""Source that the images name, so that they stand together in the list and go with the program."""

LABELS = {"rates": "dark rate", "classes": "classes", "changes": "changes", "risk": "risk"}


class HotPictures(QObject):
    """One image of each sort; another one takes its place where it is of another series."""

    failed = Signal(str)

    def __init__(self, session: Session, exposures: Exposures, work: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._exposures, self._work = session, exposures, work
        self._made: dict[str, tuple[Any, str, str]] = {}  # what: the result it shows, its series' name, its key in the list
        self._before: dict[str, Any] | None = None  # how images were shown before the classes
        exposures.closed.connect(self._forget)

    def key(self, what: str) -> str:
        """Key of an image in the list, '' for none."""
        return self._made[what][2] if what in self._made else ""

    def shows(self, what: str) -> bool:
        """Whether that image is on the screen."""
        frame = self._session.state.frame
        return frame is not None and bool(self.key(what)) and frame.exposure == self.key(what)

    def is_of(self, what: str, result: object) -> bool:
        """Whether that image is there and shows that result."""
        return what in self._made and self._made[what][0] is result

    def is_of_flags(self) -> bool:
        """Whether the image of the last file has flags and no rates."""
        return "rates" in self._made and bool(self._made["rates"][0].is_mask)

    def show(self, what: str, series: Series, result: Any, name: str, plane: str = "") -> None:
        """Show an image, made first where it is not of ``result``."""
        if what in self._made and self._made[what][0] is result:
            self._choose(what, plane)
            return
        functions = {
            "rates": (hot_maps.rates_map, series),
            "classes": (hot_maps.classes_map, result),
            "changes": (hot_maps.changes_map, series, result),
            "risk": (hot_maps.risk_exposure, series, result),
        }
        func, *args = functions[what]
        self._work.start(
            f"hot image {what}", "", func, *args, name,
            then=lambda made: self._came(what, result, name, plane, made), failed=self.failed.emit, quick=True,
        )  # fmt: skip

    def _came(self, what: str, result: Any, name: str, plane: str, made: MapExposure) -> None:
        before = self._made.get(what)
        entry = self._session.state.exposure(before[2]) if before is not None else None
        if before is not None and entry is not None and before[1] == name and entry.shape == made.shape:
            self._exposures.replace(before[2], made)
            self._made[what] = (result, name, before[2])
        else:
            if entry is not None:
                self._exposures.close_exposure(entry.key)
            label = "last mask" if what == "rates" and made.unit == "flag" else LABELS[what]
            key = self._exposures.add_map(made, SOURCE, label, show=False)
            self._made[what] = (result, name, key)
        self._choose(what, plane)

    def _choose(self, what: str, plane: str) -> None:
        self._session.choose_exposure(self.key(what))
        if plane:
            self._session.set_plane(plane)
        display = self._session.state.display
        if what == "classes" or (what == "rates" and self.is_of_flags()):  # a few numbers among zeros: seen however far it is zoomed out
            if self._before is None:
                self._before = {"limits": display.limits, "block_max": display.block_max}
            self._session.set_display(limits="minmax", block_max=True)
        elif self._before is not None:
            self._session.set_display(**self._before)
            self._before = None

    def _forget(self, key: str) -> None:
        self._made = {what: made for what, made in self._made.items() if made[2] != key}
