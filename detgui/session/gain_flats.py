"""Which of the open exposures the gain panel takes for its flats. Pure."""

from __future__ import annotations

from detgui.session.state import OpenExposure, SessionState

FINAL_PRODUCT = "_ramp"


def flats_of(state: SessionState) -> tuple[OpenExposure, ...]:
    """The chosen flats that are open; where none was chosen all ramps of the shown exposure's detector and array, in the list's order.

    Calibrated ramps come before raw ones: where there are any, raw ones are not taken by themselves.
    """
    chosen = tuple(found for key in state.gain.flats if (found := state.exposure(key)) is not None)
    return chosen or automatic_flats(state)


def automatic_flats(state: SessionState) -> tuple[OpenExposure, ...]:
    """All ramps of the detector and array of the shown exposure, or of the first ramp; not what is between two stages of calibration."""
    ramps = candidates(state)
    current = state.current
    of = {current.key, current.source} if current is not None else set()
    first = next((each for each in ramps if each.key in of), next(iter(ramps), None))
    if first is None:
        return ()
    same = tuple(each for each in ramps if each.array == first.array)
    calibrated = tuple(each for each in same if each.kind != "uncal")
    return tuple(each for each in calibrated if each.name.endswith(FINAL_PRODUCT)) or calibrated or same


def candidates(state: SessionState) -> tuple[OpenExposure, ...]:
    """Exposures that may be flats: ramps from files."""
    return tuple(each for each in state.exposures if each.is_ramp and not each.source and not each.error)


def needs(flats: tuple[OpenExposure, ...]) -> str:
    """What a pass over the flats reads, in words."""
    pixels = sum(each.shape[0] * each.shape[1] * each.shape[2] * each.shape[3] for each in flats)
    return f"reads {4 * pixels / 1e6:,.0f} MB"
