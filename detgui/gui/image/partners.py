"""The frame that is subtracted or blinked against: what is on offer, and how it follows while stepping; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from detgui.session.state import Blink, Difference, Frame, SessionState


@dataclass(frozen=True, slots=True)
class Offer:
    """A frame on offer and what a person calls it."""

    text: str
    frame: Frame


def offers(state: SessionState) -> list[Offer]:
    """Frames of the shown exposure beside the shown one: neighbouring and outermost groups and integrations."""
    frame, current = state.frame, state.current
    if frame is None or current is None:
        return []
    found = []
    last = current.shape[1]
    groups = (("Previous group", frame.group - 1), ("Next group", frame.group + 1), ("First group", 1), ("Last group", last))
    found += [
        Offer(f"{text} ({group})", replace(frame, group=group)) for text, group in groups if 1 <= group <= last and group != frame.group
    ]
    steps = [current.step_integration(frame.integration, step) for step in (-1, 1)]
    words = ("Previous integration", "Next integration", "First integration", "Last integration")
    for text, number in zip(words, (*steps, *current.integrations), strict=True):
        if number != frame.integration:
            found.append(Offer(f"{text} ({number})", replace(frame, integration=number)))
    return _unique(found)


def other_files(state: SessionState) -> list[Offer]:
    """The same frame of every other open exposure of the same size; the nearest where it has fewer."""
    frame, current = state.frame, state.current
    if frame is None or current is None:
        return []
    found = []
    for exposure in state.exposures:
        if exposure.key == current.key or exposure.shape[2:] != current.shape[2:] or exposure.error:
            continue
        found.append(Offer(exposure.name, same_frame(state, frame, exposure.key)))
    return found


def without_misfits(state: SessionState) -> dict[str, Any]:
    """Fields of the state to change where the subtracted or the blinked frame is not of the shown exposure's size."""
    current = state.current
    if current is None:
        return {}

    def misfits(other: Frame | None) -> bool:
        exposure = state.exposure(other.exposure) if other is not None else None
        return exposure is not None and exposure.shape[2:] != current.shape[2:]

    changes: dict[str, Any] = {}
    if state.difference.mode == "other" and misfits(state.difference.other):
        changes["difference"] = Difference()
    if state.blink.on and misfits(state.blink.other):
        changes["blink"] = Blink(period_ms=state.blink.period_ms)
    return changes


def same_frame(state: SessionState, frame: Frame, key: str) -> Frame:
    """The frame of exposure ``key`` with the same plane, integration and group, or the nearest it has."""
    exposure = state.exposure(key)
    if exposure is None:
        return frame
    plane = frame.plane if frame.plane in exposure.planes else exposure.main_plane
    return Frame(key, plane, exposure.nearest_integration(frame.integration), min(frame.group, exposure.shape[1]))


def follow(state: SessionState, old: Frame | None, new: Frame | None, other: Frame | None) -> Frame | None:
    """``other`` after the shown frame went from ``old`` to ``new``: what they had in common, they keep in common."""
    if old is None or new is None or other is None or old.exposure != new.exposure or old == new:
        return other
    if other.exposure != old.exposure:
        matched = other == same_frame(state, old, other.exposure)
        return same_frame(state, new, other.exposure) if matched else other
    if other.integration != old.integration and other.group == old.group:
        other = replace(other, group=new.group)
    elif other.group != old.group and other.integration == old.integration:
        other = replace(other, integration=new.integration)
    return replace(other, plane=new.plane) if other.plane == old.plane else other


def followed(old: SessionState, new: SessionState) -> SessionState:
    """The new state with the subtracted and the blinked frame following the shown one."""
    difference = replace(new.difference, other=follow(new, old.frame, new.frame, new.difference.other))
    blink = replace(new.blink, other=follow(new, old.frame, new.frame, new.blink.other))
    return replace(new, difference=difference, blink=blink)


def _unique(found: list[Offer]) -> list[Offer]:
    seen: set[Frame] = set()
    return [offer for offer in found if not (offer.frame in seen or seen.add(offer.frame))]
