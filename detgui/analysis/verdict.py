"""Is there structure along the trace? One sentence with its probability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detgui.science.structure import (
    NO_TEST,
    at_offsets,
    block_means,
    contrast,
    control_offsets,
    even_and_odd,
    hotelling,
    matched,
)

CONTROL_PROBABILITY = 0.01
"""Control rows less probable than this have structure of their own, and the test is divided by theirs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Test for structure at whole-pixel offsets from the trace.

    ``structure`` True, False, or None where it cannot be said; ``probability`` of a difference as large by chance (Hotelling's T^2 over all
    offsets); ``even_probability`` and ``odd_probability`` of its parts that are equal, and opposite, above and below the trace.
    ``centre`` DN/group: middle row against the rows 2 px off; ``tilt``: rows 1 to 3 px above less those below; ``change``: part of the
    mean migration by which the difference is one; each with its standard error. ``control_probability`` of rows away from the trace,
    NaN where there are none; ``control_factor`` by which T^2 was divided because of them.
    """

    sentence: str
    structure: bool | None
    probability: float
    even_probability: float
    odd_probability: float
    centre: float
    centre_err: float
    tilt: float
    tilt_err: float
    change: float
    change_err: float
    control_probability: float
    control_factor: float
    columns: int
    notes: tuple[str, ...] = ()

    NUMBERS: ClassVar[tuple[str, ...]] = (
        "structure", "probability", "even_probability", "odd_probability", "centre", "centre_err", "tilt", "tilt_err",
        "change", "change_err", "control_probability", "control_factor", "columns",
    )  # fmt: skip


def judge(
    difference: NDArray[np.float64],
    mean: NDArray[np.float64],
    centre: NDArray[np.float64],
    name: str,
    reach: int = 5,
    background: int = 8,
    limit: float = 1e-3,
) -> Verdict:
    """Verdict on a difference map, DN/group, shape (ny, nx), about a trace at ``centre`` (nx,).

    ``mean`` is the mean of the two maps; ``reach`` px from the trace that are looked at; rows from ``background`` px on are the control;
    ``limit`` is the probability below which there is structure.
    """
    offsets = np.arange(-reach, reach + 1)
    sample = block_means(at_offsets(difference, centre, offsets), offsets.size)
    if hotelling(sample) is NO_TEST:
        return _nothing(name, len(sample), offsets.size)
    control, factor = _control(difference, centre, background, offsets.size)
    test = hotelling(sample, factor)
    even, odd = (hotelling(part, factor).probability for part in even_and_odd(sample))
    root = np.sqrt(factor)
    middle, middle_err = contrast(sample, _middle(offsets))
    tilt, tilt_err = contrast(sample, _tilt(offsets))
    template = block_means(at_offsets(mean, centre, offsets), offsets.size)
    change, change_err = matched(sample, template.mean(axis=0)) if len(template) else (np.nan, np.nan)
    structure = bool(test.probability < limit)
    word = "structure" if structure else "no structure"
    sentence = (
        f"{name}: {word} along the trace (p = {test.probability:.2g}); centre against wings {middle:+.3f} ± {middle_err * root:.3f}, "
        f"above against below {tilt:+.3f} ± {tilt_err * root:.3f} DN/group"
    )
    basis = f"structure is what is less probable than {limit:g} by chance; {test.blocks} blocks of columns, {test.dimensions} offsets"
    return Verdict(
        sentence,
        structure,
        test.probability,
        even,
        odd,
        middle,
        float(middle_err * root),
        tilt,
        float(tilt_err * root),
        change,
        float(change_err * root),
        control,
        factor,
        int(np.isfinite(centre).sum()),
        (basis, *_notes(structure and odd < limit <= even, control, factor)),
    )


def _notes(odd_only: bool, control: float, factor: float) -> Iterator[str]:
    """What to know of a verdict, from whether the structure is odd about the trace and from the rows away from it."""
    if odd_only:
        yield "the difference is opposite above and below the trace, as where the trace moved between the two phases"
    if factor > 1:
        yield f"rows away from the trace have structure too (p = {control:.2g}): T² divided by {factor:.2f}"
    if np.isnan(control):
        yield "there are no rows away from the trace to compare with"


def _control(difference: NDArray[np.float64], centre: NDArray[np.float64], beyond: int, most: int) -> tuple[float, float]:
    """(probability of the rows away from the trace, factor that T^2 is divided by because of them)."""
    offsets = control_offsets(centre, difference.shape[0], beyond, most)
    if offsets.size < 2:
        return np.nan, 1.0
    test = hotelling(block_means(at_offsets(difference, centre, offsets), offsets.size))
    if not test.probability < CONTROL_PROBABILITY:
        return test.probability, 1.0
    return test.probability, max(1.0, test.t2 / test.dimensions)


def _middle(offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """The row of the trace less those 2 px off (the last ones where the reach is smaller)."""
    side = min(2, int(offsets[-1]))
    weights = np.where(np.abs(offsets) == side, -0.5, 0.0)
    weights[offsets == 0] += 1.0
    return weights


def _tilt(offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of the three rows above the trace less that of the three below."""
    near = (np.abs(offsets) >= 1) & (np.abs(offsets) <= 3)
    return np.asarray(np.where(near, np.sign(offsets), 0.0) / (near.sum() / 2))


def _nothing(name: str, blocks: int, offsets: int) -> Verdict:
    sentence = f"{name}: cannot be said, {blocks} blocks of columns are too few for {offsets} offsets"
    nan = np.nan
    return Verdict(sentence, None, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0)
