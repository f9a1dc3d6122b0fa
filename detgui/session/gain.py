"""Makes the maps of the gain panel: exact ones in a pass over the flats, and while an outline is dragged out of reads that are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.session import gain_work, regions
from detgui.session.bridge import FINAL, Bridge
from detgui.session.exposures import Exposures
from detgui.session.gain_flats import flats_of, needs
from detgui.session.gain_options import GainOptions
from detgui.session.gain_work import Drawn, Wish
from detgui.session.session import Session
from detgui.session.state import OpenExposure, SessionState
from detgui.session.under_way import UnderWay
from detgui.session.words import sentence
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.analysis import gain_map
    from detgui.analysis.gain_live import LiveGain, LiveMap
    from detgui.science.boxes import Boxes

SETTLE_MS = 400  # after the last change of an outline the exact pass begins
PATIENT_S = 30.0  # an exact map that takes longer is made again by itself for outlines only
KEPT = 4  # exact maps to come back to at once
TAB = "Gain"
LABEL = "gain map"


class GainMaker(QObject):
    """Follows options and outlines for the present flats: `compute` makes the first map, changes of outlines follow by themselves.

    Lives in the window's thread. One approximate map is under way at a time and the newest wish comes next, so that a drag never starves.
    """

    changed = Signal()  # what runs, what there is, or what is wrong
    updated = Signal()  # another map is in the image, exact or approximate

    def __init__(self, session: Session, exposures: Exposures, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._exposures = session, exposures
        self._exact: OrderedDict[Wish, Drawn[gain_map.Result]] = OrderedDict()
        self._tasks: UnderWay[Wish] = UnderWay(engine)
        self._products: dict[tuple[str, ...], str] = {}  # flats: key of their map in the list
        self._shown: tuple[Wish, gain_map.Result] | None = None  # the newest exact map
        self._live: tuple[Wish, LiveGain] | None = None
        self._approximate: tuple[Wish, LiveMap] | None = None  # in the image instead of the exact map
        self._next: Wish | None = None  # the approximate map to make next
        self._warmed = False
        self.holding: Callable[[], bool] = lambda: False  # whether the mouse holds an outline: no exact pass begins
        self.trouble = ""  # what went wrong
        self.advice = ""  # why the chosen flats give no map
        self.default_limit = 0.0  # DN, of these flats; 0 before they were looked at
        self.seconds = 0.0  # that the last exact map took
        self.live_seconds = 0.0  # that the last approximate one took
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self._check)
        session.changed.connect(self._follow)
        bridge.task_event.connect(self._hear)
        exposures.closed.connect(self._forget)

    # What there is

    @property
    def flats(self) -> tuple[OpenExposure, ...]:
        """The flats in use, in their order."""
        return flats_of(self._session.state)

    @property
    def source(self) -> OpenExposure | None:
        """The first flat, None for none."""
        return next(iter(self.flats), None)

    @property
    def options(self) -> GainOptions:
        """The session's options."""
        return self._session.state.gain

    @property
    def wish(self) -> Wish:
        """What the present options, flats and outlines ask for."""
        return self._wish(self._session.state)

    @property
    def result(self) -> gain_map.Result | None:
        """The newest exact map of the present flats."""
        if self._shown is None or self._shown[0].flats != tuple(each.key for each in self.flats):
            return None
        return self._shown[1]

    @property
    def made_for(self) -> Wish | None:
        """What `result` was asked for with, its outlines among it."""
        return self._shown[0] if self.result is not None and self._shown is not None else None

    @property
    def is_current(self) -> bool:
        """Whether `result` is what the present options ask for."""
        return self.result is not None and self._shown is not None and self._shown[0] == self.wish

    @property
    def approximate(self) -> LiveMap | None:
        """The map that follows an outline, None where the exact one is shown."""
        return self._approximate[1] if self._approximate is not None and self.result is not None else None

    @property
    def boxes(self) -> Boxes | None:
        """Boxes of the map in the image."""
        shown = self.approximate or self.result
        return shown.boxes if shown is not None else None

    @property
    def follows(self) -> bool:
        """Whether the reads are there from which a map follows an outline."""
        return self._live is not None and self._live[0].same_reads(self.wish)

    @property
    def product(self) -> str:
        """Key of the map in the list, '' for none."""
        return self._products.get(tuple(each.key for each in self.flats), "")

    @property
    def running(self) -> TaskEvent | None:
        """The newest word of the exact pass, None where none runs."""
        return self._tasks.newest(lambda what, _: what == "exact")

    @property
    def busy(self) -> bool:
        """Whether an exact pass runs."""
        return self._tasks.runs("exact")

    # What a person does

    def compute(self) -> None:
        """Make the exact map of the present options and show it."""
        wish = self.wish
        if not wish.flats:
            self._tell("there are no flats: open ramps of flats, two for every pair")
            return
        self._settle.stop()
        if wish in self._exact:
            self._take(wish, self._exact[wish])
            self.show_map()
        elif not self._tasks.runs("exact", wish):
            self._make_exact(wish)

    def cancel(self) -> None:
        """Stop the exact pass, and the reading for the map that follows."""
        self._settle.stop()
        self._tasks.cancel(lambda what, _: what in ("exact", "build"))

    def show_map(self) -> None:
        """Show the map in the image."""
        if self._session.state.exposure(self.product) is not None:
            self._session.choose_exposure(self.product)

    def look(self) -> None:
        """Look whether the chosen flats give a map."""
        self._look.start()

    # From the state to tasks

    def _wish(self, state: SessionState) -> Wish:
        flats = flats_of(state)
        drawn = regions.regions_of(state, flats[0].key) if flats else ()
        return Wish.of(tuple(each.key for each in flats), state.gain, tuple(each.region for each in drawn))

    def _follow(self, old: SessionState, new: SessionState) -> None:
        fields = ("exposures", "gain", "regions", "tab", "frame")
        if all(getattr(old, name) is getattr(new, name) for name in fields):
            return
        before, after = self._wish(old), self._wish(new)
        if new.tab == TAB and (old.tab != new.tab or not before.same_but_outlines(after)):
            self._look.start()  # what is wrong with an outline the map itself says
        if before == after:
            return
        if not self.follows:  # else the map that follows says so
            self.changed.emit()
        if before.flats != after.flats:
            self._tell("")
        if self._shown is None or self._shown[0].flats != after.flats:
            return
        self._tasks.cancel(lambda what, _: what == "exact")  # out of date: it would only slow a drag down
        if after in self._exact:
            self._settle.stop()
            self._next = None
            self._take(after, self._exact[after])
            return
        if self._live is not None and self._live[0].same_reads(after):
            self._next = after
            self._make_next()
        if self._shown[0].same_reads(after) or self.seconds < PATIENT_S:
            self._settle.start()

    def _settled(self) -> None:
        if self.holding():
            self._settle.start()
            return
        wish = self.wish
        if self._shown is not None and self._shown[0].flats == wish.flats and not self._is_shown(wish):
            self._make_exact(wish)

    def _is_shown(self, wish: Wish) -> bool:
        return self._shown is not None and self._shown[0] == wish and self._approximate is None

    def _check(self) -> None:
        """Ask a worker whether the flats give a map; the answer is `advice`."""
        wish = self.wish
        if not wish.flats or wish in self._exact:
            self._advise("")
            return
        self._submit("check", wish, gain_work.check, self._exposures.shelf, wish, lane="gain check", title="", quick=True)

    def _warm(self, wish: Wish) -> None:
        """Let a worker compile what the first map would wait for, while a person still looks at the flats."""
        if not self._warmed:
            self._warmed = True
            self._submit("warm", wish, gain_work.warm, lane="gain warm", title="")

    def _make_exact(self, wish: Wish) -> None:
        self._tell("")
        args = (self._exposures.shelf, wish)
        self._submit("exact", wish, gain_work.exact_map, *args, lane="gain", title="Gain map", needs=needs(self.flats))

    def _make_live(self, wish: Wish, result: gain_map.Result) -> None:
        """Keep reads for the map that follows, unless they are kept already."""
        if (self._live is not None and self._live[0].same_reads(wish)) or self._tasks.runs("build"):
            return
        args = (self._exposures.shelf, wish, result)
        self._submit("build", wish, gain_work.live_of, *args, lane="gain live", title="Reads that the gain map follows outlines with")

    def _make_next(self) -> None:
        if self._next is None or self._live is None or self._tasks.runs("follow"):
            return
        wish, self._next = self._next, None
        self._submit("follow", wish, gain_work.follow, self._live[1], wish, lane="gain follow", title="", quick=True)

    def _submit(self, what: str, wish: Wish, func: Any, *args: Any, **how: Any) -> None:
        if self._tasks.submit(what, wish, func, *args, **how) and what in ("exact", "build"):
            self.changed.emit()

    # From answers to the image

    def _hear(self, event: TaskEvent) -> None:
        if event.task not in self._tasks:
            return
        if event.kind not in FINAL:
            if self._tasks.heard(event) == "exact":
                self.changed.emit()
            return
        what, wish, seconds = self._tasks.ended(event.task)
        if event.kind == "done":
            self._came(what, wish, event.result, seconds)
        elif event.kind == "failed":
            self._failed(what, wish, sentence(event.error, event.title))
        if what == "follow":
            self._make_next()  # what came was said with the map
        else:
            self.changed.emit()

    def _came(self, what: str, wish: Wish, result: Any, seconds: float) -> None:
        if what == "warm":
            return
        if what == "check":
            self.default_limit = result
            self._advise("")
            self._warm(wish)
        elif wish.flats != tuple(each.key for each in self.flats):
            return
        elif what == "exact":
            self.seconds = seconds
            first = self.result is None
            self._keep(wish, result)
            if first or wish == self.wish:
                self._take(wish, result)
                if first:
                    self.show_map()
            self._make_live(wish, result.made)
        elif what == "build":
            self._live = (wish, result)
        else:
            live, self.live_seconds = result
            if wish == self.wish or self._next is not None:
                self._take_live(wish, live)

    def _failed(self, what: str, wish: Wish, why: str) -> None:
        if what == "check":
            self._advise(why if wish == self.wish else self.advice)
        elif what in ("exact", "follow"):
            self._tell(why)

    def _keep(self, wish: Wish, drawn: Drawn[gain_map.Result]) -> None:
        self._exact[wish] = drawn
        self._exact.move_to_end(wish)
        while len(self._exact) > KEPT:
            self._exact.popitem(last=False)

    def _take(self, wish: Wish, drawn: Drawn[gain_map.Result]) -> None:
        """Show an exact map instead of what was shown."""
        self._shown, self._approximate = (wish, drawn.made), None
        source = self._exposures.exposure(wish.flats[0])
        if source is not None:
            self._put(wish, gain_work.as_exposure(drawn, source), gain_work.words(wish, drawn.made.pairs_used, False))
            self._tell("")

    def _take_live(self, wish: Wish, drawn: Drawn[LiveMap]) -> None:
        if wish in self._exact or self._shown is None:
            return
        self._approximate = (wish, drawn.made)
        source = self._exposures.exposure(wish.flats[0])
        if source is not None:
            self._put(wish, gain_work.live_exposure(drawn, source), gain_work.words(wish, self._shown[1].pairs_used, True))

    def _put(self, wish: Wish, shown: Any, note: str) -> None:
        product = self._products.get(wish.flats, "")
        self._products[wish.flats] = self._exposures.put_map(product, shown, wish.flats[0], LABEL, note)
        self.updated.emit()
        self.changed.emit()

    def _forget(self, key: str) -> None:
        for wish in [wish for wish in self._exact if key in wish.flats]:
            del self._exact[wish]
        if self._shown is not None and key in self._shown[0].flats:
            self._shown = self._approximate = None
        if self._live is not None and key in self._live[0].flats:
            self._live = None
        self._tasks.cancel(lambda _, wish: key in wish.flats)
        self._products = {flats: product for flats, product in self._products.items() if key not in (*flats, product)}

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self.changed.emit()

    def _advise(self, advice: str) -> None:
        if advice != self.advice:
            self.advice = advice
            self.changed.emit()
