"""Painting with the brush: strokes that make a region, go on with it, or take from one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from detgui.errors import BadInput
from detgui.gui.image.region_brush import Stroke
from detgui.gui.image.region_edit import Place
from detgui.gui.image.region_item import Draft
from detgui.gui.image.region_lines import as_pixels
from detgui.science.regions import Shape
from detgui.session.regions import region
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.gui.image.region_draw import Drawing

TEXTS = {"add": "Add to region", "subtract": "Subtract from region"}


class Painting:
    """One stroke after the other; those that follow a new region's first stroke go on with it while it is selected."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing, self._table, self._session = drawing, drawing.table, drawing.session
        self._stroke: Stroke | None = None
        self._base: Shape | None = None  # the shape that is changed while the brush goes over it
        self._going_on = 0  # the region that the strokes before made
        self._at: Place | None = None

    @property
    def under_way(self) -> bool:
        """Whether a stroke is being painted."""
        return self._stroke is not None

    def start(self, place: Place) -> None:
        """Put the brush down."""
        drawing = self._drawing
        selected = [each.number for each in self._table.selected()]
        if drawing.how == "new" and self._going_on in selected:
            drawing.begin("add")
            drawing.target = self._going_on
        found = region(self._session.state, drawing.target) if drawing.how in TEXTS else None
        self._base = found.region.shape if found is not None else None
        how = drawing.how if self._base is not None else "add"
        self._stroke = Stroke(self._table.size, self._table.tools.brush, self._base, how)
        self.go(place)

    def go(self, place: Place) -> None:
        """Paint on to a place: a region that is there already changes at once."""
        assert self._stroke is not None
        self._stroke.go(*place)
        self._at = place
        if self._base is None:
            self._drawing.preview.put(self._stroke.passed())
        else:
            self._put(commit=False)
        self._show(None if self._base is not None or self._drawing.preview.number else self._stroke.passed())

    def _put(self, commit: bool) -> None:
        drawing = self._drawing
        assert self._stroke is not None
        assert self._base is not None
        after = self._stroke.result()
        if after is None:
            if commit and (passed := self._stroke.passed()) is not None:
                self._session.combine_region(drawing.target, passed, drawing.how)  # nothing is left: the region goes
            return
        # Where the brush passed over nothing that it changes, the shape stays what it is, a polygon for example.
        try:
            same = after == as_pixels(self._base)
        except BadInput:
            same = False
        self._session.set_region_shape(drawing.target, self._base if same else after, commit, TEXTS[drawing.how])

    def end(self, place: Place) -> None:
        """Take the brush up."""
        assert self._stroke is not None
        self._stroke.go(*place)
        drawing = self._drawing
        if self._base is not None:
            self._put(commit=True)
        else:
            made_new = drawing.how == "new"
            number = drawing.finish(self._stroke.passed(), "the brush passed no pixel")
            if made_new:
                self._going_on = number
        self._stroke = self._base = None
        self._show(None)

    def drop(self) -> None:
        """Give a stroke up: everything is as it was before."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None and self._base is not None:
            self._session.undo()  # what is not committed yet is taken back first
        self._base = None

    def follow(self, state: SessionState, other_tool: bool) -> None:
        """Strokes no longer go on with a region that is not selected any more, nor after another tool."""
        if other_tool or self._going_on not in state.selected:
            self._going_on = 0

    def hover(self, place: Place, how: str) -> None:
        """Show the brush where the mouse is."""
        self._at = place
        self._show(None, how)

    def renew(self) -> None:
        """Show the brush in its new size."""
        if self._at is not None and not self.under_way:
            self._show(None)

    def _show(self, shape: Shape | None, how: str | None = None) -> None:
        if self._at is None:
            return
        drawing = self._drawing
        how = how or (drawing.how if self.under_way else self._table.tools.how)
        selected = self._table.selected()
        target = drawing.target if self.under_way else selected[0].number if selected else 0
        draft = Draft(drawing.colour(how, target), shape, dashed=how in ("subtract", "intersect"))
        self._table.item.show_draft(replace(draft, brush=(*self._at, self._table.tools.brush)))
