"""Numbers of the pixels inside a region: mean, median and robust spread, each with its error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.dq import Definitions
from detgui.science.dq import mask as flagged
from detgui.science.region_masks import cut_mask
from detgui.science.regions import Mask, Shape
from detgui.science.robust import MAD_TO_SIGMA

MEDIAN_ERROR = 1.2533
"""Error of the median of a Gaussian over sigma / sqrt(n): sqrt(pi / 2), for large n."""

SIGMA_ERROR = 1.1664
"""The same for the standard deviation from the median absolute deviation, whose efficiency is 0.3675: sqrt(1 / (2 x 0.3675))."""

SHARED_SAMPLE, SHARED_LEAST = 2000, 16
"""Largest and smallest sample from which it is told that pixels share their values."""

GRID_LEAST, GRID_SAME = 4, 0.02
"""Fewest steps from which a grid is told, and by which part of the middle one equal steps may differ: float32 rounds them."""

LEFT_OUT = ("nothing", "do not use", "flagged")
"""Which flagged pixels are not counted: none, those that are DO_NOT_USE, those with any flag."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of ``pixels`` values, in their unit; ``left_out`` pixels of the region had no value or a flag.

    Errors take the pixels as independent, as Gaussian where it is that of the median or of ``sigma``, the standard deviation from the
    median absolute deviation. ``std`` is the ordinary one (n - 1). All but the counts are NaN without pixels; ``approximate`` says that
    median and sigma are of a part of the pixels; ``shared`` that many pixels have the same value, as those of one box of a map do, so that
    there are no errors.
    """

    pixels: int = 0
    left_out: int = 0
    mean: float = np.nan
    mean_err: float = np.nan
    median: float = np.nan
    median_err: float = np.nan
    sigma: float = np.nan
    sigma_err: float = np.nan
    std: float = np.nan
    minimum: float = np.nan
    maximum: float = np.nan
    approximate: bool = False
    shared: bool = False


def numbers(values: NDArray[Any], most: int | None = None) -> Numbers:
    """Numbers of values of any shape; those that are not finite are left out.

    ``most``: of more values, median and sigma are those of an even sample of so many.
    """
    flat = np.asarray(values).reshape(-1)
    good = flat[np.isfinite(flat)].astype(np.float64) if flat.dtype.kind == "f" else flat.astype(np.float64)
    left_out, n = flat.size - good.size, good.size
    if not n:
        return Numbers(0, left_out)
    part = good if most is None or n <= most else good[:: -(-n // most)]
    median = float(np.median(part))
    sigma = float(MAD_TO_SIGMA * np.median(np.abs(part - median)))
    std = float(good.std(ddof=1)) if n > 1 else np.nan
    root = float(np.sqrt(n))
    shared = shares_values(part)
    errors = (std / root, MEDIAN_ERROR * sigma / root, SIGMA_ERROR * sigma / root) if n > 1 and not shared else (np.nan, np.nan, np.nan)
    return Numbers(
        n,
        left_out,
        float(good.mean()),
        errors[0],
        median,
        errors[1],
        sigma,
        errors[2],
        std,
        float(good.min()),
        float(good.max()),
        part.size < n,
        shared,
    )


def shares_values(values: NDArray[Any]) -> bool:
    """Whether values, shape (n,), are copies of far fewer: less than half of a sample differ, and they are not on a grid, as counts are."""
    sample = values[:: -(-values.size // SHARED_SAMPLE)] if values.size else values
    if sample.size < SHARED_LEAST or (sample == np.rint(sample)).all():
        return False
    different = np.unique(sample)
    return bool(2 * different.size < sample.size and not _on_a_grid(different))


def _on_a_grid(different: NDArray[Any]) -> bool:
    """Whether sorted values, no two alike, have equal steps, as slopes and means of a few counts: those repeat by chance."""
    steps = np.diff(different.astype(np.float64))
    return bool(steps.size >= GRID_LEAST and 2 * np.count_nonzero(np.abs(steps / np.median(steps) - 1) < GRID_SAME) > steps.size)


def of_shapes(image: NDArray[Any], shapes: list[Shape], bad: Mask | None = None, most: int | None = None) -> Numbers:
    """Numbers of the pixels of an image, shape (ny, nx), that are in any of the shapes and not in ``bad``, same shape."""
    size = (int(image.shape[0]), int(image.shape[1]))
    if len(shapes) == 1:
        rows, columns, inside = cut_mask(shapes[0], size)
    else:
        rows, columns, inside = slice(0, size[0]), slice(0, size[1]), np.zeros(size, np.bool_)
        for shape in shapes:
            part = cut_mask(shape, size)
            inside[part[0], part[1]] |= part[2]
    return of_mask(image[rows, columns], inside, None if bad is None else bad[rows, columns], most)


def of_mask(image: NDArray[Any], inside: Mask, bad: Mask | None = None, most: int | None = None) -> Numbers:
    """Numbers of the pixels of an image where ``inside`` and not ``bad``; all of one shape."""
    if bad is None:
        return numbers(image[inside], most)
    found = numbers(image[inside & ~bad], most)
    return replace(found, left_out=found.left_out + int(np.count_nonzero(inside & bad)))


def bad_pixels(dq: NDArray[Any] | None, left_out: str, definitions: Definitions | None = None) -> Mask | None:
    """Pixels whose flags leave them out, shape of ``dq``; None for none. ``left_out`` is one of `LEFT_OUT`."""
    if dq is None or left_out == "nothing":
        return None
    if left_out == "do not use":
        return flagged(dq, ("DO_NOT_USE",), definitions)
    bad: Mask = dq != 0
    return bad
