"""Regions that were drawn, and the tool that draws the next one: the session's part and what a person can do to it.

A region belongs to a frame: the pixels of one detector read as one array. It is shown on every open exposure of that frame, and stays
when exposures are closed. Other frames get copies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from detgui.errors import BadInput
from detgui.science.regions import Combined, Region, Shape

if TYPE_CHECKING:
    from detgui.session.state import SessionState

Tool = Literal["", "rectangle", "ellipse", "polygon", "lasso", "brush", "grow"]
How = Literal["new", "add", "subtract", "intersect"]
Kind = Literal["void", "exclude", "region of interest", "background", "source"]
LeftOut = Literal["nothing", "do not use", "flagged"]

SHORT = {"region of interest": "region"}
"""What a kind is called in the name of a new region, where that is not the kind itself."""


@dataclass(frozen=True, slots=True)
class DrawnRegion:
    """A region of the session: ``number`` is unique among all that are there, ``frame`` as in `state.OpenExposure.array`."""

    number: int
    frame: str
    region: Region


@dataclass(frozen=True, slots=True)
class RegionTools:
    """The tool in hand, what it makes, and which pixels the statistics leave out; not undone.

    ``tool`` '' moves and edits. ``how`` tells whether what is drawn becomes a region of its own or changes the selected one. ``brush``
    is the radius in pixels; ``tolerance`` (unit of the image, None: to the edge of the plateau) and ``smooth`` (side of the box
    in pixels that is averaged before) belong to growing from a pixel. ``left_out`` of the statistics: no pixel but those without a value,
    those that are DO_NOT_USE, or those with any flag.
    """

    tool: Tool = ""
    how: How = "new"
    kind: Kind = "region of interest"
    brush: float = 4.0
    tolerance: float | None = None
    smooth: int = 5
    left_out: LeftOut = "do not use"


def regions_of(state: SessionState, key: str = "") -> tuple[DrawnRegion, ...]:
    """The regions on an exposure, on the shown one by default, in the order in which they were drawn."""
    exposure = state.exposure(key) if key else state.current
    return tuple(each for each in state.regions if exposure is not None and each.frame == exposure.array)


def selected_here(state: SessionState) -> tuple[DrawnRegion, ...]:
    """The selected regions of the shown exposure, in the order in which they were selected."""
    current = state.current
    if current is None:
        return ()
    by_number = {each.number: each for each in state.regions if each.frame == current.array}
    return tuple(by_number[number] for number in state.selected if number in by_number)


def region(state: SessionState, number: int) -> DrawnRegion | None:
    """The region of that number, or None."""
    return next((each for each in state.regions if each.number == number), None)


def add(state: SessionState, new: Iterable[Region], frame: str = "") -> SessionState:
    """Put regions on a frame, on that of the shown exposure by default, and select them; the nameless get a name."""
    target = frame or (state.current.array if state.current is not None else "")
    if not target:
        return state
    made: list[DrawnRegion] = []
    for each in new:
        there = (*state.regions, *made)
        named = each if each.name else replace(each, name=free_name(there, target, each.kind))
        made.append(DrawnRegion(max((one.number for one in there), default=0) + 1, target, named))
    if not made:
        return state
    return replace(state, regions=(*state.regions, *made), selected=tuple(each.number for each in made))


def free_name(there: Iterable[DrawnRegion], frame: str, kind: str) -> str:
    """'void 1', 'void 2', ...: the first that no region of the frame has."""
    taken, word = {each.region.name for each in there if each.frame == frame}, SHORT.get(kind, kind)
    return next(name for number in range(1, len(taken) + 2) if (name := f"{word} {number}") not in taken)


def add_copies(state: SessionState, copies: Iterable[tuple[str, Iterable[Region]]]) -> SessionState:
    """Put regions on arrays; one whose name is taken there gets one of its own. What is selected stays."""
    selected = state.selected
    for frame, new in copies:
        for each in new:
            state = add(state, (replace(each, name=copy_name(state.regions, frame, each.name)),), frame)
    return replace(state, selected=selected)


def set_shape(state: SessionState, number: int, shape: Shape) -> SessionState:
    """Give a region another shape; a locked one stays as it is."""
    found = region(state, number)
    if found is None or found.region.locked:
        return state
    return _put(state, number, replace(found.region, shape=shape))


def set_fields(state: SessionState, numbers: Iterable[int], **fields: Any) -> SessionState:
    """Replace fields of `science.regions.Region` other than the shape: name, kind, colour, locked, hidden."""
    for number in numbers:
        found = region(state, number)
        if found is not None:
            state = _put(state, number, replace(found.region, **fields))
    return state


def combine(state: SessionState, number: int, shape: Shape, how: str) -> SessionState:
    """Join a shape with a region: 'add', 'subtract' or 'intersect'; a locked one stays as it is, one of which nothing is left goes."""
    from detgui.science.region_masks import pixels_of

    found = region(state, number)
    if found is None or found.region.locked:
        return state
    joined = Combined(found.region.shape, shape, how)
    try:
        pixels = pixels_of(joined)  # one mask, or a day of brushing would be a tree of thousands of shapes
    except BadInput:
        return remove(state, (number,))
    return _put(state, number, replace(found.region, shape=pixels))


def remove(state: SessionState, numbers: Iterable[int]) -> SessionState:
    """Take regions away; locked ones stay."""
    chosen = set(numbers)
    gone = {each.number for each in state.regions if each.number in chosen and not each.region.locked}
    if not gone:
        return state
    left = tuple(each for each in state.regions if each.number not in gone)
    return replace(state, regions=left, selected=tuple(each for each in state.selected if each not in gone))


def select(state: SessionState, numbers: Iterable[int]) -> SessionState:
    """Select the regions of these numbers that are there, and no other."""
    there = {each.number for each in state.regions}
    chosen = tuple(each for each in dict.fromkeys(numbers) if each in there)
    return state if chosen == state.selected else replace(state, selected=chosen)


def select_all(state: SessionState) -> SessionState:
    """Select every region of the shown exposure that is not hidden."""
    return select(state, (each.number for each in regions_of(state) if not each.region.hidden))


def duplicate(state: SessionState, numbers: Iterable[int]) -> SessionState:
    """Put a copy of each region over it, unlocked, with a name of its own; the copies are selected."""
    chosen = set(numbers)
    copies: tuple[int, ...] = ()
    for each in state.regions:
        if each.number in chosen:
            name = copy_name(state.regions, each.frame, each.region.name)
            state = add(state, (replace(each.region, name=name, locked=False),), each.frame)
            copies += state.selected
    return select(state, copies) if copies else state


def copy_name(there: Iterable[DrawnRegion], frame: str, name: str) -> str:
    """'void 1 copy', 'void 1 copy 2', ...: the first that no region of the frame has; the name itself where it is free."""
    taken = {each.region.name for each in there if each.frame == frame}
    if not name or name not in taken:
        return name
    return next(new for count in range(1, len(taken) + 2) if (new := f"{name} copy {count}".removesuffix(" 1")) not in taken)


def join_regions(state: SessionState, numbers: Iterable[int], how: str) -> SessionState:
    """Make one region of several: the others are added to the first, subtracted from it, or intersected with it, and go unless locked.

    Raises BadInput where nothing would be left, or the first is locked.
    """
    from detgui.science.region_masks import pixels_of

    found = [one for number in dict.fromkeys(numbers) if (one := region(state, number)) is not None]
    if len(found) < 2:
        raise BadInput("two or more regions must be selected")
    first, *others = found
    if first.region.locked:
        raise BadInput(f"{first.region.name} is locked")
    if any(each.frame != first.frame for each in others):
        raise BadInput("regions of different detectors or subarrays cannot be combined")
    shape = first.region.shape
    for each in others:
        try:
            shape = pixels_of(Combined(shape, each.region.shape, how))
        except BadInput as error:
            raise BadInput(f"nothing would be left of {first.region.name}: {error}") from error
    joined = remove(_put(state, first.number, replace(first.region, shape=shape)), (each.number for each in others))
    return select(joined, (first.number,))


def replace_region(state: SessionState, number: int, parts: Iterable[Region]) -> SessionState:
    """Put the parts of a region where it was, in its place in the list, and select them; a locked one stays."""
    found, new = region(state, number), tuple(parts)
    if found is None or found.region.locked or not new:
        return state
    free = max(each.number for each in state.regions) + 1
    made = tuple(DrawnRegion(free + place, found.frame, part) for place, part in enumerate(new))
    place = state.regions.index(found)
    listed = (*state.regions[:place], *made, *state.regions[place + 1 :])
    return replace(state, regions=listed, selected=tuple(each.number for each in made))


def _put(state: SessionState, number: int, new: Region) -> SessionState:
    changed = tuple(replace(each, region=new) if each.number == number else each for each in state.regions)
    return state if changed == state.regions else replace(state, regions=changed)
