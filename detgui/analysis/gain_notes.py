"""What to know about a gain map, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detgui.analysis.gain_types import Params
from detgui.data.exposure import Exposure
from detgui.science.boxes import Boxes
from detgui.science.gain_differences import PairGains
from detgui.science.gain_pairs import PairFigures
from detgui.science.gain_sectors import SectorFigures, has_reset_noise

ROUGH = 0.2
"""Relative error of a box of one pair above which the mean of 1 / slope cannot be trusted."""


def notes_of(
    exposure: Exposure,
    params: Params,
    boxes: Boxes,
    measured: Sequence[PairGains],
    pairs: Sequence[PairFigures],
    sectors: Sequence[SectorFigures],
) -> tuple[str, ...]:
    """Sentences on a map of ``pairs``, which are ``measured``, in the order of their weight."""
    notes = []
    if not exposure.geometry.known:
        where = "where the flats lie on the detector is not known (DETECTOR, SUBSTRT1, SUBSTRT2)"
        notes.append(f"{where}: sectors are counted from the first column, reference pixels are not left out")
    if exposure.cal_step("linearity") != "COMPLETE":
        notes.append("not corrected for non-linearity: the gain reads high where the signal is large")
    notes += _on_pairs(params, pairs)
    if boxes.small.any():
        count = int(boxes.small.sum())
        notes.append(f"{count} {'box has' if count == 1 else 'boxes have'} less than half of the nominal {boxes.nominal} pixels")
    used = [measured[each.number - 1] for each in pairs if each.used]
    errors = [np.nanmedian(each.line.inverse_err / each.line.ramp.slope) for each in used if np.isfinite(each.line.inverse_err).any()]
    if errors and max(errors) > ROUGH:
        notes.append(f"boxes of one pair have errors of {100 * max(errors):.0f} %: the mean of 1 / slope is biased, take larger boxes")
    return (*notes, *_on_noise(sectors), *_on_estimators(sectors))


def _on_pairs(params: Params, pairs: Sequence[PairFigures]) -> list[str]:
    notes = []
    off = [each for each in pairs if each.used and each.off]
    if len(pairs) == 2 and params.pairs == "auto":
        by = f": they differ by {100 * abs(off[0].offset):.2g} % +- {100 * off[0].offset_err:.1g} %" if off else ""
        notes.append(f"two pairs cannot say which of them is off{by}: both are used unless numbers are given")
    elif off:
        words = ", ".join(f"pair {each.number} by {100 * each.offset:.2g} % +- {100 * each.offset_err:.1g} %" for each in off)
        notes.append(f"used although off from the others: {words}")
    if left_out := [str(each.number) for each in pairs if not each.used]:
        notes.append("left out: pair " + ", ".join(left_out))
    return notes


def _on_noise(sectors: Sequence[SectorFigures]) -> list[str]:
    if not has_reset_noise(sectors):
        return []
    reset, single = (np.array([getattr(each, name) for each in sectors]) for name in ("reset_noise", "single_read_noise"))
    return [
        f"the read noise from the intercept includes that of the reset, {np.nanmedian(reset):.3g} DN, which no superbias takes away: "
        f"a read alone has {np.nanmedian(single):.3g} DN"
    ]


def _on_estimators(sectors: Sequence[SectorFigures]) -> list[str]:
    notes = []
    means = sorted({name for each in sectors for name, one in each.differences.items() if not one.extrapolated})
    if means:
        notes.append(f"too few groups are within the limit to take {', '.join(means)} to zero signal: their mean is given")
    worst = max(sectors, key=lambda each: each.systematic, default=None)
    if worst is not None and worst.systematic > 0:
        notes.append(f"the estimators disagree by up to {worst.systematic:.2g} electron / DN beyond their errors (sector {worst.sector})")
    return notes
