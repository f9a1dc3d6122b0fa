"""Errors of a fitted ramp, and what has to be said of it in words."""

from __future__ import annotations

import numpy as np

from detgui.analysis.pixel_noise import PixelNoise
from detgui.analysis.ramp_types import RampData
from detgui.science.ramp_fit import RampFit
from detgui.science.ramp_groups import SATURATED
from detgui.science.scatter import spread


def errors_of(data: RampData, fitted: RampFit, noise: PixelNoise) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Errors of rate, intercept and late rate: from the covariance, else from the scatter between integrations, else NaN with the
    reason."""
    if noise.noise.known:
        return (fitted.rate_err, fitted.intercept_err, fitted.late_rate_err), ()
    missing = " and ".join(name for name, value in (("gain", noise.gain), ("read noise", noise.read_noise)) if not np.isfinite(value))
    verb = "are" if " and " in missing else "is"
    if data.neighbours is None:
        return (np.nan,) * 3, (f"no errors: the {missing} of the pixel {verb} not known and there are fewer than three integrations",)
    usable, segments = data.neighbours.usable, data.neighbours.segments
    weights = (fitted.line.weights, fitted.line.intercept_weights, fitted.late_weights)
    rate, intercept, late = (spread(each, data.neighbours.signal, usable, segments) for each in weights)
    if not np.isfinite(rate):
        return (np.nan,) * 3, (
            f"no errors: the {missing} of the pixel {verb} not known and fewer than three integrations are free of flags",
        )
    count = len(data.neighbours.signal)
    return (rate, intercept, late), (
        f"errors are the scatter between {count} integrations, that of the intercept with the reset's noise: {missing} not known",
    )


def notes_of(data: RampData, fitted: RampFit, early: tuple[int, int]) -> tuple[str, ...]:
    """Sentences on what is missing from the fit or ends the ramp; ``early`` are the groups asked for, 1-based."""
    notes = []
    count = int(fitted.used.sum())
    if count < 2:
        notes.append(f"{'no' if count == 0 else 'one'} usable group in {early[0]}-{early[1]}: no line")
    elif not fitted.line.differences:
        notes.append("no two usable groups in one segment: no line")
    elif data.signal.size == 2:
        notes.append("two groups: no residual")
    elif not fitted.dof:
        notes.append("two groups in the fit: no chi-square")
    flagged, full = (data.groupdq & SATURATED) != 0, data.signal >= data.saturation
    if flagged.any():
        notes.append(f"saturated from group {int(np.argmax(flagged)) + 1}")
    if full.any() and not flagged[: int(np.argmax(full)) + 1].any():
        first = int(np.argmax(full)) + 1
        notes.append(
            f"the ramp ends before group {first}, which is not flagged but reaches the saturation level of {data.saturation:.0f} DN"
        )
    if data.timing is None or not data.timing.known:
        notes.append("no group times in the file: time counts groups")
    return tuple(notes)
