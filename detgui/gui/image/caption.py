"""What is shown, in words; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detgui.session.requests import ImageRequest
    from detgui.session.state import Frame, SessionState

SEPARATOR = "  ·  "
MINUS = "− "  # before the name of what is subtracted


def caption(state: SessionState, request: ImageRequest, unit: str) -> str:
    """Title of a shown image: name, what is shown, unit."""
    frame, other = request.frame, request.subtract
    exposure = state.exposure(frame.exposure)
    if exposure is None:
        return ""
    parts = [exposure.name]
    if frame.plane != "SCI":
        parts.append(frame.plane)
    parts += _with_other(state, frame, other) if other is not None else _place(state, frame)
    if unit:
        parts.append(unit)
    if note := state.revision(frame.exposure).note:
        parts.append(note)
    return SEPARATOR.join(parts)


def frame_name(state: SessionState, frame: Frame) -> str:
    """A frame in words: exposure, plane if not SCI, integration and group where there are several."""
    exposure = state.exposure(frame.exposure)
    name = exposure.name if exposure else frame.exposure
    plane = [] if frame.plane == "SCI" else [frame.plane]
    return ", ".join([name, *plane, *_numbers(state, frame)])


def _place(state: SessionState, frame: Frame) -> list[str]:
    exposure = state.exposure(frame.exposure)
    if exposure is None:
        return []
    parts = []
    if exposure.shape[0] > 1 or exposure.integrations[0] > 1:
        parts.append(f"integration {frame.integration} of {exposure.integrations[1]}")
    if exposure.shape[1] > 1:
        parts.append(f"group {frame.group} of {exposure.shape[1]}")
    return parts


def _with_other(state: SessionState, frame: Frame, other: Frame) -> list[str]:
    """'group 10 − group 9' and the like; what both have in common is said once."""
    if other.exposure != frame.exposure:
        exposure = state.exposure(other.exposure)
        same = (other.integration, other.group) == (frame.integration, frame.group)
        name = exposure.name if exposure else other.exposure
        return [*_place(state, frame), MINUS + ", ".join([name, *([] if same else _numbers(state, other))])]
    if other.integration != frame.integration:
        groups = ("", "") if other.group == frame.group else (f" group {frame.group}", f" group {other.group}")
        shared = _place(state, frame)[1:] if not groups[0] else []
        return [f"integration {frame.integration}{groups[0]} − integration {other.integration}{groups[1]}", *shared]
    exposure = state.exposure(frame.exposure)
    shared = [f"integration {frame.integration} of {exposure.integrations[1]}"] if exposure and exposure.shape[0] > 1 else []
    return [*shared, f"group {frame.group} − group {other.group}"]


def _numbers(state: SessionState, frame: Frame) -> list[str]:
    exposure = state.exposure(frame.exposure)
    if exposure is None:
        return []
    parts = []
    if exposure.shape[0] > 1:
        parts.append(f"integration {frame.integration}")
    if exposure.shape[1] > 1:
        parts.append(f"group {frame.group}")
    return parts
