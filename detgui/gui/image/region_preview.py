"""What is being drawn is in the session from the first move on, so that statistics and maps follow it; one undo in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detgui.errors import BadInput
from detgui.gui.image.region_lines import extent
from detgui.science.region_masks import cut_mask, pixels_of
from detgui.science.regions import Combined, Region, Shape
from detgui.session.regions import region
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.gui.image.region_draw import Drawing

LARGEST_LIVE = 1_000_000
"""Pixels of the box about a region that is joined with what is drawn at every move; larger ones are joined at the end."""


class Preview:
    """The region that is made or changed while its outline is drawn."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing, self._table, self._session = drawing, drawing.table, drawing.session
        self._number = 0
        self._base: Shape | None = None  # of a region that is changed: its shape before
        self._selected: tuple[int, ...] = ()  # before a new region

    @property
    def number(self) -> int:
        """The new region that is being drawn, 0 for none."""
        return self._number if self._base is None else 0

    def put(self, shape: Shape | None) -> None:
        """What would be drawn now, None or a shape without a pixel for nothing."""
        if shape is None or not self.covers(shape):
            self.drop()
        elif self._drawing.how == "new":
            self._put_new(shape, commit=False)
        else:
            self._join(shape)

    def covers(self, shape: Shape) -> bool:
        """Whether a pixel of the shown exposure is in a shape."""
        return bool(cut_mask(shape, self._table.size)[2].any())

    def end(self, shape: Shape) -> int:
        """What is drawn: one undo. Returns the number of the region."""
        drawing = self._drawing
        if drawing.how == "new":
            self._put_new(shape, commit=True)
            number, self._number = self._number, 0
            return number
        base, self._base, self._number = self._base, None, 0
        joined = None if base is None else _joined(base, shape, drawing.how)
        if joined is None:
            self._session.combine_region(drawing.target, shape, drawing.how)
        else:
            self._session.set_region_shape(drawing.target, joined, True, f"{drawing.how.capitalize()} to region")
        return drawing.target

    def drop(self) -> None:
        """Give up: everything is as it was before."""
        number, new, self._number, self._base = self._number, self._base is None, 0, None
        if not number:
            return
        self._session.undo()  # what is not committed yet is taken back first
        if new:
            if region(self._session.state, number) is not None:  # something else was done meanwhile
                self._session.remove_regions((number,))
            self._session.select_regions(self._selected)

    def is_gone(self, state: SessionState) -> bool:
        """Whether what is being drawn was taken back meanwhile."""
        return bool(self._number) and region(state, self._number) is None

    def forget(self) -> None:
        """What was being drawn is no more."""
        self._number, self._base = 0, None

    def _put_new(self, shape: Shape, commit: bool) -> None:
        kind, exposure = self._table.tools.kind, self._table.exposure
        text = f"Draw {kind}"
        if self._number:
            self._session.set_region_shape(self._number, shape, commit, text)
        elif exposure is not None:
            self._selected = self._session.state.selected
            self._session.add_regions([Region(shape, kind=kind)], exposure.array, text, commit)
            self._number = next(iter(self._session.state.selected), 0)

    def _join(self, shape: Shape) -> None:
        drawing = self._drawing
        if self._base is None:
            found = region(self._session.state, drawing.target)
            if found is None or extent(found.region.shape, self._table.size) > LARGEST_LIVE:
                return
            self._number, self._base = drawing.target, found.region.shape
        if extent(shape, self._table.size) > LARGEST_LIVE:
            return
        joined = _joined(self._base, shape, drawing.how)
        if joined is not None:
            self._session.set_region_shape(drawing.target, joined, False, f"{drawing.how.capitalize()} to region")


def _joined(base: Shape, shape: Shape, how: str) -> Shape | None:
    """The pixels of both as ``how`` says, None where nothing is left."""
    try:
        return pixels_of(Combined(base, shape, how))
    except BadInput:
        return None
