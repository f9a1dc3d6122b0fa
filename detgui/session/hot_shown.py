"""What the hot-pixel panel has: the shown series of the newest counts, and what was made of it with the present options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from detgui.session import hot_work
from detgui.session.hot_options import HotOptions
from detgui.session.hot_pictures import HotPictures
from detgui.session.hot_work import Wish
from detgui.session.made import Made, Work
from detgui.session.session import Session
from detgui.session.state import OpenExposure

if TYPE_CHECKING:
    from detgui.analysis import hot_changes, hot_history
    from detgui.analysis.hot_types import Result, Series

COUNT = "hot count"  # lane of the counting


class HotShown(QObject):
    """Reads the session's `HotOptions` and the results that `hot.HotMaker` puts here; starts nothing."""

    _session: Session
    _work: Work
    pictures: HotPictures

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._counted: tuple[Wish, Result] | None = None
        self._history, self._changes = Made(), Made()

    @property
    def options(self) -> HotOptions:
        """The session's options."""
        return self._session.state.hot

    @property
    def wish(self) -> Wish:
        """What the present options ask for."""
        return Wish.of(self.options)

    @property
    def result(self) -> Result | None:
        """The newest counts, of the present files or of those before."""
        return self._counted[1] if self._counted is not None else None

    @property
    def is_current(self) -> bool:
        """Whether `result` is what the present options ask for."""
        return self._counted is not None and self._counted[0] == self.wish

    @property
    def names(self) -> list[str]:
        """Names of the series of `result`."""
        return hot_work.series_names(self.result) if self.result is not None else []

    @property
    def name(self) -> str:
        """Name of the shown series: the chosen one, else that with most files; '' for none."""
        names = self.names
        if self.result is None or self.options.series in names:
            return self.options.series if names else ""
        sizes = [len(each.files) for each in self.result.series]
        return names[sizes.index(max(sizes))]

    @property
    def series(self) -> Series | None:
        """The shown series, None before there are counts."""
        return self.result.series[self.names.index(self.name)] if self.result is not None else None

    @property
    def threshold(self) -> float | None:
        """Rate above which single pixels are followed, None for masks."""
        series = self.series
        if series is None or series.is_mask:
            return None
        levels = [each.threshold for each in series.trends if each.threshold is not None]
        return self.options.threshold if self.options.threshold in levels else min(levels)

    @property
    def history_params(self) -> hot_history.Params:
        """Parameters of the histories."""
        from detgui.analysis import hot_history

        return hot_history.Params(self.threshold, self.options.persistence, self.options.discovery)

    @property
    def history(self) -> hot_history.Result | None:
        """Histories of the single pixels of the shown series, None where they were not made."""
        return self._history.of((self.series, self.history_params)) if self.series is not None else None

    @property
    def changes_params(self) -> hot_changes.Params:
        """The two epochs that are compared, and how."""
        from detgui.analysis import hot_changes

        options = self.options
        return hot_changes.Params(options.first, options.second, self.threshold or 0.5, options.discovery, options.persistence)

    @property
    def changes(self) -> hot_changes.Result | None:
        """What changed between the chosen epochs of the shown series."""
        return self._changes.of((self.series, self.changes_params)) if self.series is not None else None

    @property
    def source(self) -> OpenExposure | None:
        """The image of the shown series in the list, None for none."""
        return self._session.state.exposure(self.pictures.key("rates"))

    @property
    def busy(self) -> bool:
        """Whether files are being counted."""
        return self._work.runs(COUNT)

    @property
    def running(self) -> Any:
        """The newest word of the counting, None where nothing runs."""
        return self._work.progress(COUNT)
