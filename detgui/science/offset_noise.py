"""Errors of sums of pixels whose noise is correlated, as it is on drizzled mosaics and where 1/f noise is left.

The error plane of a mosaic is of single pixels: noise that neighbours share does not average out over a source (Fruchter and Hook 2002,
PASP 114, 144). How much they share is measured on the sky between the sources.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.science.robust import MAD_TO_SIGMA

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

REACH = 8
"""Pixels along each axis: beyond the kernels of drizzling, to twice the pixels of the detector, and the size of compact sources."""

CLIP = 4.0
"""Standard deviations from which on a pixel of the sky is an outlier."""

FEWEST = 400
"""Pixels of the sky that a correlation is measured on."""

TILE, MOST_TILES = 1024, 16
"""Pixels a side of what is worked on at once, and how many of these."""

LEAST = 0.25
"""Of the variance that independent pixels would have: below it is the chance of few pixels."""

ALONE: Array = np.ones((1, 1))
"""The correlation of pixels that are independent and have the errors that they say."""


def correlation(sky: Array, err: Array, use: Mask, reach: int = REACH) -> Array:
    """Mean product of two pixels over their errors, by their distance; shape (2 reach + 1, 2 reach + 1), zero distance in the middle.

    ``sky`` (ny, nx) without background, its ``err`` of the same unit, ``use`` where nothing but sky is. The middle is 1 where the errors
    are those of the pixels, and all else 0 where the pixels are independent, which is also the answer for too few pixels.
    """
    products, pairs = np.zeros((2, 2 * reach + 1, 2 * reach + 1))
    for tile in tiles(sky.shape):
        more = _products(sky[tile], err[tile], use[tile], reach)
        products += more[0]
        pairs += more[1]
    if pairs[reach, reach] < FEWEST:
        alone = np.zeros_like(products)
        alone[reach, reach] = 1.0
        return alone
    out: Array = np.where(pairs > FEWEST / 2, products / np.maximum(pairs, 1.0), 0.0)
    return out


def tiles(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Tiles of an image (ny, nx), `MOST_TILES` at most, spread evenly: large mosaics need neither the memory nor the time."""
    ny, nx = shape
    found = [(slice(y, y + TILE), slice(x, x + TILE)) for y in range(0, ny, TILE) for x in range(0, nx, TILE)]
    chosen = np.unique(np.linspace(0, len(found) - 1, min(len(found), MOST_TILES)).round().astype(int))
    return [found[at] for at in chosen.tolist()]


def _products(sky: Array, err: Array, use: Mask, reach: int) -> tuple[Array, Array]:
    """(sums of the products of two pixels over their errors, how many there are), by distance; outliers left out."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    use = use & np.isfinite(sky) & (err > 0)
    if not use.any():
        nothing = np.zeros((2 * reach + 1, 2 * reach + 1))
        return nothing, nothing
    pulls = np.divide(sky, err, out=np.zeros(sky.shape), where=use)
    middle = float(np.median(pulls[use]))
    width = float(MAD_TO_SIGMA * np.median(np.abs(pulls[use] - middle)))
    use &= np.abs(pulls - middle) <= CLIP * width
    pulls = np.where(use, pulls - float(pulls[use].mean()), 0.0)
    ny, nx = sky.shape
    shape = next_fast_len(ny + reach, real=True), next_fast_len(nx + reach, real=True)
    lags = np.arange(-reach, reach + 1)
    near = np.ix_(lags % shape[0], lags % shape[1])
    sums, pairs = (irfft2(np.abs(rfft2(each, shape)) ** 2, shape)[near] for each in (pulls, use.astype(np.float64)))
    return sums, pairs


def sum_error(noise: Array, correlated: Array) -> float:
    """Error of a weighted sum: ``noise`` (h, w) weights times errors of the pixels, ``correlated`` as `correlation` gives it."""
    from scipy.ndimage import convolve

    alone = float((noise**2).sum())
    variance = float((noise * convolve(noise, correlated, mode="constant")).sum()) if noise.size else 0.0
    return float(np.sqrt(max(variance, LEAST * alone)))
