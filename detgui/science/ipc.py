"""What inter-pixel capacitance does to a gain from variances (JWST-STScI-004622, section 5.5).

Coupling smooths the shot noise: the variance of a pixel is sum(h^2) of what it was for a coupling kernel h of sum 1: the measured gain is
too high by 1 / sum(h^2). JWST IPC reference files hold the kernel k that undoes it, the inverse of h, with a centre above 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.neighbour_kernels import lag_sums

Array = NDArray[np.float64]
GRID = 32
LARGEST_CENTRE = 1.5


def check_centre(centre: float, name: str = "the centre of the IPC correction kernel") -> None:
    """Raise `BadInput` for what cannot be the centre of a correction kernel."""
    if not centre > 1.0:
        hint = f"; its inverse {1.0 / centre:.5g} may be meant" if 0.0 < centre < 1.0 else ""
        raise BadInput(f"{name} is {centre:g}, a correction kernel has more than 1{hint}")
    if centre >= LARGEST_CENTRE:
        raise BadInput(f"{name} is {centre:g}, more than any detector has")


def analytic_factor(centre: float) -> float:
    """1 - 2 (k11 - 1), equation 1 of the report: what the gain is multiplied with."""
    return 1.0 - 2.0 * (centre - 1.0)


def analytic_remainder(centre: float) -> float:
    """By how much `analytic_factor` is low, about: 3.75 (k11 - 1)^2.

    Coupling e to the four nearest pixels has sum(h^2) = 1 - 8 e + 20 e^2 and the inverse a centre of 1 + 4 e + 20 e^2, to the second order.
    """
    return 3.75 * (centre - 1.0) ** 2


def kernel_factor(kernel: Array) -> float:
    """sum(h^2), h the inverse of the correction kernel (odd sides), scaled to the sum 1: the full correction of the gain."""
    grid = np.zeros((GRID, GRID))
    grid[: kernel.shape[0], : kernel.shape[1]] = kernel / kernel.sum()
    coupling = 1.0 / np.abs(np.fft.fft2(grid))
    return float(np.mean(coupling**2))  # Parseval


def checked_kernel(kernel: Array, name: str) -> Array:
    """The kernel as float64. Raises `BadInput` where it is not a correction kernel of odd sides."""
    found = np.asarray(kernel, np.float64)
    sides = (*found.shape, 0, 0)[:2]
    if found.ndim != 2 or not all(side % 2 and 3 <= side <= GRID for side in sides) or not np.isfinite(found).all():
        raise BadInput(f"{name} has no IPC kernel of odd sides, its array has the shape {found.shape}")
    check_centre(float(found[found.shape[0] // 2, found.shape[1] // 2]), f"{name}: the centre of the kernel")
    return found


def neighbour_factor(high: Array, low: Array) -> float:
    """V / (V + 2 sum of covariances) of a difference frame: what the gain is multiplied with, measured on the flats themselves.

    ``high`` and ``low`` (ny, nx) are difference frames of a pair at a group with much and with little signal, less the mean or the plane
    of each part, NaN where a pixel does not count; what is the same in both (read noise that is correlated) is taken off. So is the mean
    covariance of pixels 3 and 4 apart, which coupling does not reach: changes of the illumination are in it, and what the parts' own
    means take. NaN where nothing is left.
    """
    variance, *covariances = _covariances(high) - _covariances(low)
    whole = variance + 2.0 * sum(covariances)
    return float(variance / whole) if variance > 0 and whole > 0 else float("nan")


def neighbour_error(high: float, low: float, pixels: float) -> float:
    """Relative error of `neighbour_factor` from the variances of the two frames and the number of pixels.

    A covariance of independent pixels has the error V / sqrt(n); four lags count twice, and nine times the mean of the far ones is taken
    off; the photons of the low frame are in the high one too.
    """
    if not high > low > 0 or pixels < 1:
        return float("inf")
    lags = len(NEIGHBOURS)
    return float(np.sqrt((4.0 * lags + (1.0 + 2.0 * lags) ** 2 / len(FAR)) * (high + low) / ((high - low) * pixels)))


NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
FAR = tuple((rows, columns) for rows in range(5) for columns in range(-4, 5) if max(rows, abs(columns)) > 2 and (rows, columns) > (0, 0))
"""Lags of rows and columns that coupling reaches, and of pixels 3 and 4 apart that it does not; the opposite ones are the same."""


def _covariances(image: Array) -> Array:
    """Variance and covariances of the neighbours, less the mean covariance of far pixels."""
    there = np.isfinite(image)
    sums = np.empty((1 + len(NEIGHBOURS) + len(FAR), 2))
    lags = np.array([(0, 0), *NEIGHBOURS, *FAR], np.int64)
    lag_sums(np.where(there, image, 0.0).astype(np.float32), there.astype(np.float32), lags, sums)
    near, far = sums[: 1 + len(NEIGHBOURS)], sums[1 + len(NEIGHBOURS) :].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = near[:, 0] / near[:, 1] - far[0] / far[1]
    return found
