"""From the state to what must be shown; pure."""

from __future__ import annotations

from dataclasses import replace

from detgui.analysis.ramp import Params
from detgui.session.requests import ImageRequest, OverviewRequest, RampRequest, RampRole, Wanted
from detgui.session.state import Frame, OpenExposure, SessionState


def resolve(state: SessionState) -> Wanted:
    """What the window needs to show this state. Exposures that cannot be read any more are not asked."""
    if state.frame is None or not _readable(state, state.frame):
        return Wanted()
    blink = state.blink.other if state.blink.on else None
    return Wanted(
        image=image_request(state, state.frame),
        blink=image_request(state, blink) if blink is not None and _readable(state, blink) else None,
        ramps=ramp_requests(state),
        overview=overview_request(state),
    )


def image_request(state: SessionState, frame: Frame) -> ImageRequest:
    """The request that shows a frame as the display is set."""
    display = state.display
    typed = display.limits == "typed"
    subtract = subtracted(state, frame)
    return ImageRequest(
        frame=frame,
        subtract=subtract,
        stretch=display.stretch,
        limits=display.limits,
        percentile=display.percentile,
        low=display.low if typed else None,
        high=display.high if typed else None,
        dq_flags=display.dq_flags,
        signed=is_signed(state, frame),
        revision=state.revision(frame.exposure).number,
        subtract_revision=state.revision(subtract.exposure).number if subtract is not None else 0,
    )


def is_signed(state: SessionState, frame: Frame) -> bool:
    """Whether the values of a frame lie about zero."""
    exposure = state.exposure(frame.exposure)
    return exposure is not None and frame.plane in exposure.signed


def subtracted(state: SessionState, frame: Frame) -> Frame | None:
    """The frame to subtract: the previous group of the same integration (none at group 1), the other frame, or none."""
    mode, other = state.difference.mode, state.difference.other
    if mode == "previous group":
        return replace(frame, group=frame.group - 1) if frame.group > 1 else None
    if mode == "other" and other is not None and _readable(state, other):
        return other
    return None


def ramp_requests(state: SessionState) -> tuple[RampRequest, ...]:
    """Ramps of the chosen pixel and the pins in the shown exposure, and of the chosen pixel in the compared ones."""
    current, frame = state.current, state.frame
    if current is None or frame is None or not current.is_ramp:
        return ()
    wanted: list[RampRequest] = []

    def want(exposure: OpenExposure, x: int, y: int, role: RampRole, colour: int) -> None:
        if exposure.contains(x, y):
            wanted.append(RampRequest(exposure.key, params(state, exposure, x, y, frame.integration), role, colour))

    if state.pixel is not None:
        want(current, *state.pixel, "chosen", 0)
    for pin in state.pins:
        want(current, pin.x, pin.y, "pin", pin.colour)
    if state.pixel is not None:
        for colour, key in enumerate(state.ramp.compare):
            other = state.exposure(key)
            if other is not None and other.key != current.key and not other.error and other.is_ramp:
                want(other, *state.pixel, "compare", colour)
    return tuple(wanted)


def overview_request(state: SessionState) -> OverviewRequest | None:
    """The chosen pixel in every integration, where the panel shows that."""
    current, frame = state.current, state.frame
    if current is None or frame is None or state.pixel is None or state.ramp.show == "ramp" or not current.is_ramp:
        return None
    if not current.contains(*state.pixel):
        return None
    # The integration does not matter: stepping must not read all of them again.
    return OverviewRequest(current.key, replace(params(state, current, *state.pixel, frame.integration), integration=None))


def params(state: SessionState, exposure: OpenExposure, x: int, y: int, integration: int) -> Params:
    """Parameters of a fit; the integration that is there, N inside the ramp."""
    ramp = state.ramp
    last = None if ramp.fit_last is None else min(ramp.fit_last, exposure.shape[1])
    return Params(
        x=x,
        y=y,
        integration=exposure.nearest_integration(integration) if not exposure.has_integration(integration) else integration,
        fit_groups=None if last is None else (1, last),
        method=ramp.method,
        gain=ramp.gain,
        read_noise=ramp.read_noise,
        superbias=ramp.superbias,
        saturation=ramp.saturation,
    )


def _readable(state: SessionState, frame: Frame) -> bool:
    exposure = state.exposure(frame.exposure)
    return exposure is not None and not exposure.error
