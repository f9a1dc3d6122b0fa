"""Makes what the hot-pixel panel shows: facts of files, counts, histories, changes and risk, each in a worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.session import hot_options, hot_work
from detgui.session.exposures import Exposures
from detgui.session.hot_options import HotOptions, HotWindow
from detgui.session.hot_pictures import HotPictures
from detgui.session.hot_shown import COUNT, HotShown
from detgui.session.hot_work import FileFacts, Wish
from detgui.session.made import Made, Work, same
from detgui.session.session import Session
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.analysis import hot_history, hot_pixels, ta_risk
    from detgui.analysis.hot_types import Result

TAB = "Hot pixels"
SETTLE_MS = 300  # after the last change of a parameter counting begins again
PATIENT_S = 30.0  # what takes longer is not done again by itself
LOOK, FOLLOW, CHANGES, PIXEL, RISK, RISK_MAP, FOLDER = (
    f"hot {word}" for word in ("look", "follow", "changes", "pixel", "risk", "risk map", "folder")
)
MOST_COUNTED = 2000  # files whose counts are kept


class HotMaker(HotShown):
    """Follows the session's `HotOptions`. Lives in the window's thread.

    `compute` counts for the first time; changes of parameters follow by themselves unless counting takes long. What single pages need is
    made when they ask for it with `want_history`, `want_changes` and `want_risks`.
    """

    changed = Signal()  # what runs, what there is, or what is wrong

    def __init__(self, session: Session, exposures: Exposures, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._work = session, work
        self.pictures = HotPictures(session, exposures, work, self)
        self.facts: tuple[FileFacts, ...] = ()
        self._known: dict[tuple[Path, str, str | None], FileFacts] = {}
        self._memo: hot_pixels.Memo = {}
        self._risk, self._risk_map, self._pixel = Made(), Made(), Made()
        self._pending: tuple[int, int] | None = None  # pixel to choose once an image of the series is shown
        self.seconds = 0.0  # that the last counting took
        self.trouble = ""  # what went wrong
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.compute)
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self._look_at_files)
        session.changed.connect(self._follow_state)
        work.changed.connect(self.changed)
        self.pictures.failed.connect(self._tell)
        self._look.start()

    # What a person does

    def add(self, paths: list[Path]) -> None:
        """Add files, and those of folders; one that is there already is not added again."""
        self._work.start(FOLDER, "", hot_work.expanded, tuple(paths), then=self._add_files, failed=self._tell, quick=True)

    def _add_files(self, paths: tuple[Path, ...]) -> None:
        self._tell("")
        new = hot_options.with_files(self.options, tuple(each.expanduser().absolute() for each in paths))
        if new != self.options.files:
            self._session.set_hot(text="Add darks", files=new)

    def compute(self) -> None:
        """Count the present files."""
        self._settle.stop()
        wish = self.wish
        if not wish.files:
            self._tell("there are no darks: add some")
            return
        self._tell("")
        if len(self._memo) > MOST_COUNTED:
            self._memo = {}
        began, page = monotonic(), self.options.page
        # In the task bar where files are read; fits alone are quick.
        title = "" if self._counted is not None and self._counted[0].same_counts(wish) else "Counting hot pixels"

        def came(result: Result) -> None:
            self._count_came(wish, result, monotonic() - began)
            if page == "Files" == self.options.page and first:  # a page that was chosen meanwhile stays
                self._session.set_hot(page="Counts")

        first = self._counted is None
        self._start(COUNT, title, hot_work.count, wish, self._memo, then=came)

    def _count_came(self, wish: Wish, result: Result, seconds: float) -> None:
        if self._counted is None or not self._counted[0].same_counts(wish):
            self.seconds = seconds
        first = self._counted is None
        self._counted = (wish, result)
        if first:
            self.show_picture("rates")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop counting, following and comparing."""
        self._settle.stop()
        for lane in (COUNT, FOLLOW, CHANGES, RISK_MAP):
            self._work.cancel(lane)

    # What pages ask for

    def want_history(self, again: bool = False) -> None:
        """Follow single pixels, unless that was tried with the present parameters; ``again`` tries in any case."""
        if self.series is not None:
            key = (self.series, self.history_params)
            self._want(self._history, key, FOLLOW, "Following single pixels", hot_work.follow, again)

    def want_changes(self, again: bool = False) -> None:
        """Compare the chosen epochs."""
        if self.series is not None:
            self._want(self._changes, (self.series, self.changes_params), CHANGES, "Comparing epochs", hot_work.changes, again)

    def want_risks(self, params: ta_risk.Params, ages: tuple[float, ...]) -> tuple[ta_risk.Result, ...] | None:
        """Probabilities for masks of several ages, months; None while they are calculated."""
        self._want(self._risk, (params, ages), RISK, "", hot_work.risks, False)
        found: tuple[ta_risk.Result, ...] | None = self._risk.of((params, ages))
        return found

    def add_window(self, path: Path) -> None:
        """Add the window that an exposure in a subarray reads."""
        if self.series is not None:
            self._start(FOLDER, "", hot_work.window_of, path, self.series, then=self._add_window, quick=True)

    def _add_window(self, window: HotWindow) -> None:
        self._tell("")
        windows = dict.fromkeys((*self.options.windows, window))
        self._session.set_hot(text="Add window", windows=tuple(windows))

    def risk_map(self, params: ta_risk.MapParams) -> ta_risk.MapResult | None:
        """The map of risk with these parameters, None where it was not made."""
        found: ta_risk.MapResult | None = self._risk_map.of((self.history, params))
        return found

    @property
    def newest_risk_map(self) -> ta_risk.MapResult | None:
        """The map of risk that was made last of the present history."""
        made = self._risk_map
        found: ta_risk.MapResult | None = made.result if made.result is not None and made.key[0] is self.history else None
        return found

    def make_risk_map(self, params: ta_risk.MapParams) -> bool:
        """Make the map of risk out of the present history; False where that was tried before."""
        key = (self.history, params)
        if self.history is None or same(self._risk_map.tried, key):
            return False
        self._want(self._risk_map, key, RISK_MAP, "Map of risk", hot_work.risk_map, False)
        return True

    def pixel(self, x: int, y: int) -> hot_history.PixelHistory | None:
        """Rate of a pixel against date, None while it is read."""
        series = self.series
        if series is None or not (0 <= x < series.shape[1] and 0 <= y < series.shape[0]):
            return None
        self._want(self._pixel, (series, x, y), PIXEL, "", hot_work.one_pixel, False)
        found: hot_history.PixelHistory | None = self._pixel.of((series, x, y))
        return found

    def _want(self, made: Made, key: tuple[Any, ...], lane: str, title: str, func: Callable[..., Any], again: bool) -> None:
        if made.of(key) is not None or (not again and same(made.tried, key)) or (self._work.runs(lane) and same(made.tried, key)):
            return
        made.tried = key
        began = monotonic()

        def came(result: Any) -> None:
            made.key, made.result, made.seconds = key, result, monotonic() - began
            self.changed.emit()

        self._start(lane, title, func, *key, then=came, quick=not title)

    def _start(
        self, lane: str, title: str, func: Callable[..., Any], *args: Any, then: Callable[[Any], object], quick: bool = False
    ) -> None:
        self._work.start(lane, title, func, *args, then=then, failed=self._tell, quick=quick)

    # Images

    def show_picture(self, what: str, plane: str = "") -> None:
        """Show 'rates', 'classes', 'changes' or 'risk' of the shown series in the image; nothing where that was not made."""
        made = {"rates": self.series, "classes": self.history, "changes": self.changes, "risk": self._risk_map.result}.get(what)
        if self.series is not None and made is not None:
            self.pictures.show(what, self.series, made, self.name, plane)

    def go_to(self, x: int, y: int) -> None:
        """Choose a pixel; where no image of the series' shape is shown, the series' own is shown first."""
        if self._fits(self._session.state):
            self._session.choose_pixel(x, y)
        else:
            self._pending = (x, y)
            self.show_picture("rates")

    def _fits(self, state: SessionState) -> bool:
        return state.current is not None and self.series is not None and state.current.shape[2:] == self.series.shape

    # From the state

    def _follow_state(self, old: SessionState, new: SessionState) -> None:
        if self._pending is not None and self._fits(new):
            pixel, self._pending = self._pending, None
            self._session.choose_pixel(*pixel)
        if old.hot is new.hot:
            return
        self._tell("")
        names = ("files", "unit", "gain")
        if any(getattr(old.hot, name) != getattr(new.hot, name) for name in names):
            self._look.start()
        if Wish.of(old.hot) != Wish.of(new.hot):
            self._files_changed(Wish.of(new.hot))
        if old.hot.series != new.hot.series and self.series is not None:
            self.show_picture("rates")
        self.changed.emit()

    def _files_changed(self, wish: Wish) -> None:
        self._work.cancel(COUNT)
        if not wish.files:
            self._counted = None
            self._tell("")
        elif self._counted is not None and (self._counted[0].same_counts(wish) or self.seconds < PATIENT_S):
            self._settle.start()

    def _look_at_files(self) -> None:
        options = self.options
        if options.files or self.facts:
            self._start(LOOK, "", hot_work.look, options, dict(self._known), then=lambda facts: self._facts_came(options, facts))

    def _facts_came(self, options: HotOptions, facts: tuple[FileFacts, ...]) -> None:
        self.facts = facts
        each_file = zip(options.files, facts, strict=True)
        self._known = {hot_work.fact_key(file, options): fact for file, fact in each_file if fact.dark is not None}
        self.changed.emit()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self.changed.emit()
