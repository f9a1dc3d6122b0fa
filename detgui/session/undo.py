"""Undo and redo by snapshots of what the user made; stepping and display are not undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from detgui.science.regions import Painted
from detgui.session import gain_options, hot_options, noise_options, offsets_options
from detgui.session.changes import tidy
from detgui.session.gain_options import GainOptions
from detgui.session.hot_options import HotOptions
from detgui.session.noise_options import NoiseOptions
from detgui.session.nonlinearity import NonlinearityOptions, without_place
from detgui.session.offsets_options import OffsetsOptions
from detgui.session.regions import DrawnRegion, select
from detgui.session.state import Difference, Pin, RampOptions, SessionState

LIMIT = 200  # snapshots kept; each is a few small tuples
PAINTED_BYTES = 256 * 2**20  # of painted regions that snapshots hold on to; the oldest go first


@dataclass(frozen=True, slots=True)
class Made:
    """The part of the state that undo brings back."""

    pixel: tuple[int, int] | None
    pins: tuple[Pin, ...]
    ramp: RampOptions
    difference: Difference
    nonlinearity: NonlinearityOptions
    gain: GainOptions
    hot: HotOptions
    noise: NoiseOptions
    offsets: OffsetsOptions
    regions: tuple[DrawnRegion, ...]

    @classmethod
    def of(cls, state: SessionState) -> Made:
        """The snapshot of a state."""
        return cls(
            state.pixel,
            state.pins,
            state.ramp,
            state.difference,
            without_place(state.nonlinearity),
            gain_options.without_place(state.gain),
            hot_options.without_place(state.hot),
            noise_options.without_place(state.noise),
            offsets_options.without_place(state.offsets),
            state.regions,
        )

    def put_into(self, state: SessionState) -> SessionState:
        """That state with this snapshot in it; references to closed exposures are dropped."""
        now = state.nonlinearity
        options = replace(self.nonlinearity, page=now.page, source=now.source)
        gain = replace(self.gain, page=state.gain.page, flats=state.gain.flats)
        hot = replace(self.hot, page=state.hot.page, series=state.hot.series)
        at = state.noise
        noise = replace(self.noise, page=at.page, source=at.source, before=at.before, after=at.after, step=at.step)
        made: dict[str, Any] = {
            "pixel": self.pixel,
            "pins": self.pins,
            "ramp": self.ramp,
            "difference": self.difference,
            "regions": self.regions,
            "offsets": offsets_options.with_place(self.offsets, state.offsets),
        }
        back = tidy(replace(state, nonlinearity=options, gain=gain, hot=hot, noise=noise, **made))
        return select(back, back.selected)  # those that are still there


class History:
    """Two stacks of (text, snapshot). A drag is one entry: changes that are not committed are part of the next commit."""

    def __init__(self) -> None:
        self._undo: list[tuple[str, Made]] = []
        self._redo: list[tuple[str, Made]] = []
        self._begun: Made | None = None
        self._latest = ""  # text of the last commit, '' after undo and redo

    @property
    def undo_text(self) -> str:
        """What the next undo takes back, '' for nothing."""
        return self._undo[-1][0] if self._undo else ""

    @property
    def redo_text(self) -> str:
        """What the next redo makes again, '' for nothing."""
        return self._redo[-1][0] if self._redo else ""

    def record(self, old: SessionState, new: SessionState, text: str, commit: bool = True, merge: bool = False) -> None:
        """Take note of a change. ``merge`` joins it with the entry before if that has the same text (arrow keys)."""
        before = self._begun or Made.of(old)
        if not commit:
            self._begun = before
            return
        self._begun = None
        if before == Made.of(new):
            return
        self._redo.clear()
        joined = merge and self._latest == text
        self._latest = text
        if joined:
            return
        self._undo.append((text, before))
        del self._undo[: -min(LIMIT, self._affordable())]

    def _affordable(self) -> int:
        """How many of the newest snapshots fit into `PAINTED_BYTES`, at least one."""
        seen: set[int] = set()
        total = 0
        for count, (_, made) in enumerate(reversed(self._undo)):
            for each in made.regions:
                shape = each.region.shape
                if isinstance(shape, Painted) and id(shape) not in seen:
                    seen.add(id(shape))
                    total += shape.pixels.nbytes
            if total > PAINTED_BYTES:
                return max(count, 1)
        return len(self._undo)

    def undo(self, state: SessionState) -> SessionState:
        """The state before the last commit."""
        self._latest = ""
        if self._begun is not None:  # an unfinished drag is taken back first
            begun, self._begun = self._begun, None
            return begun.put_into(state)
        return self._move(self._undo, self._redo, state)

    def redo(self, state: SessionState) -> SessionState:
        """The state after the commit that was undone last."""
        self._latest = ""
        return self._move(self._redo, self._undo, state)

    def clear(self) -> None:
        """Forget everything."""
        self._undo.clear()
        self._redo.clear()
        self._begun = None
        self._latest = ""

    @staticmethod
    def _move(source: list[tuple[str, Made]], target: list[tuple[str, Made]], state: SessionState) -> SessionState:
        if not source:
            return state
        text, made = source.pop()
        target.append((text, Made.of(state)))
        return made.put_into(state)
