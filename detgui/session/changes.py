"""What a person can do to the state: each a pure function from the old state to the new one.

A function that has nothing to do returns the state it was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from detgui.session import nonlinearity
from detgui.session.noise_options import open_only
from detgui.session.nonlinearity import NonlinearityOptions
from detgui.session.state import Blink, Difference, Frame, OpenExposure, Pin, Revision, SessionState

# Exposures


def add_exposures(state: SessionState, opened: Iterable[OpenExposure]) -> SessionState:
    """Put newly opened exposures at the end; the first of them is shown."""
    new = tuple(each for each in opened if state.exposure(each.key) is None)
    if not new:
        return state
    return choose_exposure(replace(state, exposures=state.exposures + new), new[0].key)


def close_exposure(state: SessionState, key: str) -> SessionState:
    """Take an exposure away; if it was shown, its neighbour in the list is shown."""
    place = next((i for i, each in enumerate(state.exposures) if each.key == key), None)
    if place is None:
        return state
    left = tuple(each for each in state.exposures if each.key != key)
    shown = state.frame is not None and state.frame.exposure == key
    state = tidy(replace(state, exposures=left, frame=None if shown else state.frame))
    if shown and left:
        state = choose_exposure(state, left[min(place, len(left) - 1)].key)
    return state


def tidy(state: SessionState) -> SessionState:
    """Drop whatever refers to an exposure that is not open, and duplicate references."""
    keys = {each.key for each in state.exposures}

    def there(frame: Frame | None) -> bool:
        return frame is not None and frame.exposure in keys

    difference, blink = state.difference, state.blink
    if difference.other is not None and not there(difference.other):
        difference = Difference("none" if difference.mode == "other" else difference.mode)
    if blink.other is not None and not there(blink.other):
        blink = Blink(period_ms=blink.period_ms)
    compare = tuple(key for key in dict.fromkeys(state.ramp.compare) if key in keys)
    return replace(
        state,
        frame=state.frame if there(state.frame) else None,
        positions=tuple(each for each in state.positions if there(each)),
        difference=difference,
        blink=blink,
        ramp=replace(state.ramp, compare=compare),
        nonlinearity=replace(state.nonlinearity, source=state.nonlinearity.source if state.nonlinearity.source in keys else ""),
        gain=replace(state.gain, flats=tuple(key for key in state.gain.flats if key in keys)),
        noise=open_only(state.noise, keys),
        revisions=tuple(each for each in state.revisions if each.exposure in keys),
    )


def revise(state: SessionState, key: str, note: str = "") -> SessionState:
    """Count a newer version of a map in memory; ``note`` is said of it beside the image."""
    if state.exposure(key) is None:
        return state
    others = tuple(each for each in state.revisions if each.exposure != key)
    return replace(state, revisions=(*others, Revision(key, state.revision(key).number + 1, note)))


def choose_exposure(state: SessionState, key: str) -> SessionState:
    """Show an exposure: the frame of it that was shown last, else its first."""
    exposure = state.exposure(key)
    if exposure is None:
        return state
    last = next((each for each in state.positions if each.exposure == key), None)
    return _show(state, last or Frame(key, exposure.main_plane, exposure.integrations[0], 1))


def set_error(state: SessionState, key: str, sentence: str) -> SessionState:
    """Mark an exposure whose file cannot be read any more."""
    marked = tuple(replace(each, error=sentence) if each.key == key else each for each in state.exposures)
    return state if marked == state.exposures else replace(state, exposures=marked)


# The shown frame


def go_to(
    state: SessionState, *, integration: int | None = None, group: int | None = None, plane: str | None = None, exposure: str | None = None
) -> SessionState:
    """Show another frame; numbers that are not there become the nearest that are."""
    if exposure is not None:
        state = choose_exposure(state, exposure)
    if state.frame is None:
        return state
    frame = state.frame
    if plane is not None:
        frame = replace(frame, plane=plane)
    if integration is not None:
        frame = replace(frame, integration=integration)
    if group is not None:
        frame = replace(frame, group=group)
    return _show(state, frame)


def step_integration(state: SessionState, step: int) -> SessionState:
    """Go ``step`` integrations on, over gaps, and stop at the ends."""
    current = state.current
    if current is None or state.frame is None:
        return state
    return go_to(state, integration=current.step_integration(state.frame.integration, step))


def step_group(state: SessionState, step: int) -> SessionState:
    """Go ``step`` groups on and stop at the ends."""
    return go_to(state, group=state.frame.group + step) if state.frame else state


def _show(state: SessionState, frame: Frame) -> SessionState:
    exposure = state.exposure(frame.exposure)
    if exposure is None:
        return state
    frame = Frame(
        frame.exposure,
        frame.plane if frame.plane in exposure.planes else exposure.main_plane,
        exposure.nearest_integration(frame.integration),
        min(max(frame.group, 1), exposure.shape[1]),
    )
    others = tuple(each for each in state.positions if each.exposure != frame.exposure)
    return replace(state, frame=frame, positions=(*others, frame)) if frame != state.frame else state


# What is shown of it


def set_difference(state: SessionState, mode: str, other: Frame | None = None) -> SessionState:
    """Subtract the previous group, another frame (``other``, or the one chosen before, or the shown one), or nothing."""
    if mode == "previous group":
        return replace(state, difference=Difference("previous group", state.difference.other))
    if mode == "other":
        frame = other or state.difference.other or state.frame
        return replace(state, difference=Difference("other", frame)) if frame else state
    return replace(state, difference=Difference("none", state.difference.other))


def set_blink(state: SessionState, on: bool, other: Frame | None = None, period_ms: int | None = None) -> SessionState:
    """Blink against ``other``, or the one chosen before, or the previous group (the next one at group 1)."""
    frame = other or state.blink.other or _beside(state)
    if on and frame is None:
        return state
    period = state.blink.period_ms if period_ms is None else max(50, period_ms)
    return replace(state, blink=Blink(on, frame, period))


def _beside(state: SessionState) -> Frame | None:
    if state.frame is None or state.current is None or not state.current.is_ramp:
        return state.frame
    return replace(state.frame, group=state.frame.group - 1 if state.frame.group > 1 else 2)


# Pixels


def choose_pixel(state: SessionState, x: int, y: int) -> SessionState:
    """Choose a pixel of the shown exposure; one outside it is left alone."""
    if state.current is None or not state.current.contains(x, y):
        return state
    return replace(state, pixel=(x, y)) if state.pixel != (x, y) else state


def move_pixel(state: SessionState, dx: int, dy: int) -> SessionState:
    """Move the chosen pixel and stop at the edges; the middle is chosen where none was."""
    if state.current is None:
        return state
    ny, nx = state.current.shape[2:]
    x, y = state.pixel if state.pixel is not None else (nx // 2 - dx, ny // 2 - dy)
    return choose_pixel(state, min(max(x + dx, 0), nx - 1), min(max(y + dy, 0), ny - 1))


def toggle_pin(state: SessionState, x: int, y: int) -> SessionState:
    """Pin a pixel, with the lowest colour that is free, or take its pin away."""
    left = tuple(each for each in state.pins if (each.x, each.y) != (x, y))
    if len(left) < len(state.pins):
        return replace(state, pins=left)
    if state.current is None or not state.current.contains(x, y):
        return state
    taken = {each.colour for each in state.pins}
    colour = next(index for index in range(len(taken) + 1) if index not in taken)
    return replace(state, pins=(*state.pins, Pin(x, y, colour)))


def set_fit_last(state: SessionState, last: int | None) -> SessionState:
    """Set N, the last group of the early line, at least 2 and at most the number of groups; None for the rule."""
    if last is not None and state.current is not None:
        last = min(max(last, 2), max(2, state.current.shape[1]))
    return state if last == state.ramp.fit_last else replace(state, ramp=replace(state.ramp, fit_last=last))


def compare_exposures(state: SessionState, keys: Iterable[str]) -> SessionState:
    """Draw the chosen pixel of these exposures too."""
    compare = tuple(key for key in dict.fromkeys(keys) if state.exposure(key) is not None)
    return state if compare == state.ramp.compare else replace(state, ramp=replace(state.ramp, compare=compare))


# Maps and the non-linearity panel


def insert_map(state: SessionState, entry: OpenExposure) -> SessionState:
    """Put a map in memory behind its source and the maps made of it before."""
    family = [place for place, each in enumerate(state.exposures) if entry.source in (each.key, each.source)]
    place = family[-1] + 1 if family else len(state.exposures)
    return replace(state, exposures=(*state.exposures[:place], entry, *state.exposures[place:]))


def ramp_source(state: SessionState) -> OpenExposure | None:
    """Whose ramps the non-linearity panel uses: the chosen exposure, else the shown one or what it was made from, else the first."""
    current = state.current
    wanted = (state.nonlinearity.source, current.key if current else "", current.source if current else "")
    keys = [key for key in wanted if key] + [each.key for each in state.exposures]
    found = (state.exposure(key) for key in keys)
    return next((each for each in found if each is not None and each.is_ramp), None)


def set_nonlinearity(state: SessionState, **fields: Any) -> SessionState:
    """Replace fields of the options; numbers that the source does not have become the nearest that it has.

    Fields that are not given stay as they are: a source with few groups does not change N for the next one.
    """
    allowed = fitting_options(replace(state, nonlinearity=replace(state.nonlinearity, **fields)))
    options = replace(state.nonlinearity, **{name: getattr(allowed, name) for name in fields})
    return state if options == state.nonlinearity else replace(state, nonlinearity=options)


def fitting_options(state: SessionState) -> NonlinearityOptions:
    """The options as the present source allows them: another one may have fewer groups, integrations or pixels."""
    options, source = state.nonlinearity, ramp_source(state)
    if source is None:
        return options
    _, ngroups, ny, nx = source.shape
    return replace(
        options,
        fit_last=nonlinearity.groups_in(options.fit_last, ngroups),
        integrations=nonlinearity.range_in(options.integrations, source.integrations),
        roi=nonlinearity.rectangle_in(options.roi, nx, ny),
    )
