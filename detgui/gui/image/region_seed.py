"""Growing from a pixel with the mouse: press to grow, drag up for a larger tolerance and down for a smaller one."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any

from detgui.gui.common.background import Asker
from detgui.gui.image.region_edit import Place
from detgui.gui.image.region_grow import NO_BORDERS, Borders, grown
from detgui.gui.image.region_item import Draft
from detgui.science.regions import Painted
from detgui.session.regions import region

if TYPE_CHECKING:
    from detgui.gui.image.region_draw import Drawing

LANE = "grow region"
DOUBLES = 60.0
"""Screen pixels of a drag that double the tolerance."""
SHAKE = 4.0
"""Screen pixels that a hand moves while it clicks."""

Question = tuple[int, int, float | None, int]


def rounded(value: float) -> float:
    """To three digits."""
    return float(f"{value:.3g}")


@dataclass(slots=True)
class Grown:
    """What was grown last: it grows anew when the tolerance is changed afterwards."""

    number: int
    shape: Painted
    values: Any
    borders: Borders
    x: int
    y: int


class Seed:
    """A growth under way, or the last one, whose tolerance may still be changed."""

    def __init__(self, drawing: Drawing, asker: Asker) -> None:
        self._drawing, self._table, self._session, self._asker = drawing, drawing.table, drawing.session, asker
        self._values: Any = None
        self._borders: Borders = NO_BORDERS
        self._pixel: tuple[int, int] | None = None
        self._press: Place = (0.0, 0.0)
        self._begin: float | None = None  # tolerance when the drag began, that was used first
        self._asked: Question | None = None  # under way in the worker
        self._found: tuple[Question, Painted | None, float, str] | None = None
        self._ended = False
        self._number = 0  # of the question, so that late answers are known
        self._last: Grown | None = None

    @property
    def under_way(self) -> bool:
        """Whether the button is down."""
        return self._pixel is not None and not self._ended

    def start(self, place: Place) -> None:
        """Grow from the pixel under the mouse."""
        answer = self._table.answer()
        if answer is None:
            return
        self._values, self._press, self._begin = answer.values, place, self._table.tools.tolerance
        self._borders = self._table.borders()
        self._pixel, self._ended, self._found, self._asked = (floor(place[0] + 0.5), floor(place[1] + 0.5)), False, None, None
        self._last = None
        self._ask()

    def go(self, place: Place) -> None:
        """Change the tolerance with the height of the mouse above the press."""
        rise = (place[1] - self._press[1]) / self._table.pixel()[1]
        if self._begin is None:
            self._begin = self._found[2] if self._found is not None else None
        if self._begin and abs(rise) >= SHAKE:
            self._session.set_tools(tolerance=rounded(self._begin * 2 ** (rise / DOUBLES)))  # `follow` asks

    def end(self, place: Place) -> None:
        """The button went up: what is found for the last tolerance becomes the region."""
        self._ended = True
        if self._asked is None:
            self._finish()

    def drop(self) -> None:
        """Give up."""
        self._number += 1
        self._pixel = self._asked = self._found = None
        self._ended = False

    def scale(self, factor: float) -> None:
        """Make the tolerance larger or smaller."""
        now = self._table.tools.tolerance or (self._found[2] if self._found is not None else 0.0)
        if now > 0:
            self._session.set_tools(tolerance=rounded(now * factor))
        else:
            self._table.note("grow once, then the tolerance can be changed")

    def follow(self) -> None:
        """The tolerance or the smoothing changed: the button is down, or what was grown last is still as it was then."""
        if self.under_way:
            self._ask()
            return
        last, tools = self._last, self._table.tools
        if last is None or tools.tool != "grow" or self._pixel is not None:
            return
        found = region(self._session.state, last.number)
        if found is None or found.region.shape != last.shape or last.number not in self._session.state.selected:
            self._last = None
            return
        self._values, self._borders, self._asked = last.values, last.borders, None
        self._pixel, self._ended = (last.x, last.y), True
        self._ask()

    # Asking

    def _question(self) -> Question | None:
        tools = self._table.tools
        return None if self._pixel is None else (*self._pixel, tools.tolerance, tools.smooth)

    def _ask(self) -> None:
        question = self._question()
        if question is None or self._asked is not None or (self._found is not None and self._found[0] == question):
            return  # one at a time: the next question is asked when the answer to this one came
        self._asked = question
        self._number += 1
        number = self._number
        self._asker.ask(LANE, "", grown, self._values, *question, self._borders, then=lambda found: self._came(number, question, found))

    def _came(self, number: int, question: Question, found: Any) -> None:
        if number != self._number or self._pixel is None:
            return
        self._asked = None
        shape, tolerance, complaint = found if found is not None else (None, 0.0, "growing failed")
        self._found = (question, shape, tolerance, complaint)
        if not self._ended:
            self._show(shape)
        if question != self._question():
            self._ask()
        elif self._ended:
            self._finish()

    def _show(self, shape: Painted | None) -> None:
        drawing = self._drawing
        drawing.preview.put(shape)
        seen = None if shape is None or drawing.preview.number else shape
        self._table.item.show_draft(Draft(drawing.colour(), seen, dashed=drawing.how in ("subtract", "intersect")))

    def _finish(self) -> None:
        assert self._pixel is not None
        pixel, found, last = self._pixel, self._found, self._last
        self._pixel, self._ended = None, False
        self._table.item.show_draft(None)
        if found is None or found[1] is None:
            self._drawing.preview.drop()
            self._table.note(found[3] if found is not None else "growing failed")
            return
        shape = found[1]
        self._say(shape, found[2], found[3])
        if last is not None:
            self._session.set_region_shape(last.number, shape, True, "Grow region")
            last.shape = shape
            return
        new = self._drawing.how == "new"
        number = self._drawing.finish(shape)
        if new and number:
            self._last = Grown(number, shape, self._values, self._borders, *pixel)

    def _say(self, shape: Painted, tolerance: float, remark: str) -> None:
        answer = self._table.answer()
        unit = f" {answer.unit}" if answer is not None and answer.unit else ""
        count = int(shape.pixels.sum())
        said = f"{count:,} pixel{'s' if count > 1 else ''} within ± {rounded(tolerance):g}{unit}"
        self._table.note(f"{said}; {remark}" if remark else said)
