"""One view with its regions: what the arrow and the drawing tools need to know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detgui.gui.image.image_view import ImageView
from detgui.gui.image.region_edit import Place
from detgui.gui.image.region_grow import NO_BORDERS, Borders
from detgui.gui.image.region_item import RegionsItem
from detgui.session.regions import DrawnRegion, RegionTools, regions_of
from detgui.session.requests import ImageAnswer
from detgui.session.session import Session
from detgui.session.state import OpenExposure


class Table:
    """One view with its regions: what the arrow and the drawing tools need to know and to do."""

    def __init__(
        self,
        view: ImageView,
        item: RegionsItem,
        session: Session,
        answer: Callable[[], ImageAnswer | None],
        note: Callable[[str], None],
        geometry: Callable[[str], Any] = lambda key: None,
    ) -> None:
        self.view, self.item, self.session, self.answer, self.note = view, item, session, answer, note
        self._geometry = geometry  # of an exposure's array, by its key

    @property
    def tools(self) -> RegionTools:
        """The tool in hand."""
        return self.session.state.tools

    @property
    def exposure(self) -> OpenExposure | None:
        """The exposure whose image is shown, None where regions cannot lie on it."""
        answer = self.answer()
        shown = self.session.state.exposure(answer.request.frame.exposure) if answer is not None else None
        # A plane of another size (REFOUT) is not the array that regions belong to.
        return shown if shown is not None and answer is not None and shown.shape[2:] == answer.indices.shape else None

    @property
    def size(self) -> tuple[int, int]:
        """(ny, nx) of the shown exposure, (0, 0) for none."""
        exposure = self.exposure
        return (exposure.shape[2], exposure.shape[3]) if exposure is not None else (0, 0)

    def regions(self) -> tuple[DrawnRegion, ...]:
        """Regions of the shown exposure that are not hidden."""
        exposure = self.exposure
        found = regions_of(self.session.state, exposure.key) if exposure is not None else ()
        return tuple(each for each in found if not each.region.hidden)

    def selected(self) -> tuple[DrawnRegion, ...]:
        """The selected ones among them, in the order in which they were selected."""
        by_number = {each.number: each for each in self.regions()}
        return tuple(by_number[number] for number in self.session.state.selected if number in by_number)

    def pixel(self) -> Place:
        """Image pixels to a screen pixel along x and y."""
        return self.item.pixel()

    def borders(self) -> Borders:
        """Where in the shown image one amplifier's pixels end and the next one's begin."""
        exposure = self.exposure
        geometry = self._geometry(exposure.key) if exposure is not None else None
        fits = geometry is not None and (geometry.ny, geometry.nx) == self.size
        return geometry.amplifier_boundaries() if fits else NO_BORDERS

    def show(self) -> None:
        """Draw the regions."""
        self.item.show_regions(self.regions(), self.session.state.selected, self.size)
