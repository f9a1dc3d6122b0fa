"""Snowballs and showers: clusters of pixels that jump in the same group.

A snowball is round, often with a core that saturates at once and a halo of jumps; a shower is large and ragged; a cosmic ray that grazes
the detector leaves a narrow track. Shapes from second moments: a filled ellipse has area / (4 pi sqrt(det C)) = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Image = NDArray[np.float32]

LEAST_AREA = 30
"""Pixels; single cosmic rays have a few."""

ROUND = 0.5
FILLED = 0.7
SHOWER_AREA = 100

SNOWBALL, SHOWER, TRACK = "snowball", "shower", "track"

HALO = 2.0
"""Mean of 3 x 3 pixels, standard deviations of one: six of the mean."""

JITTER = 0.1
"""Part of its signal by which a pixel of a star may change as the telescope moves."""

JUMP = 5.0
"""Standard deviations of a difference that is a jump where there are no flags."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of jumps: ``x``, ``y`` 0-based centre (of the core where there is one); ``area`` pixels, of which ``core`` saturate and
    ``halo`` only jump; ``radius`` of a circle of that area; ``axis_ratio`` minor over major; ``fill`` of its ellipse; box (x0, y0, x1, y1);
    ``integration`` and ``group`` 1-based."""

    integration: int
    group: int
    kind: str
    x: float
    y: float
    area: int
    core: int
    halo: int
    radius: float
    axis_ratio: float
    fill: float
    box: tuple[int, int, int, int]


def clusters(jumps: Mask, core: Mask, integration: int, group: int, least: int = LEAST_AREA) -> list[Cluster]:
    """Clusters of at least ``least`` pixels that touch, corners included; masks of one group, shape (ny, nx)."""
    from scipy import ndimage

    both = jumps | core
    if np.count_nonzero(both) < least:
        return []
    labels, number = ndimage.label(both, np.ones((3, 3), np.int8))
    if not number:
        return []
    area = np.bincount(labels.reshape(-1), minlength=number + 1)
    boxes = ndimage.find_objects(labels)
    found = []
    for label in np.flatnonzero(area[1:] >= least) + 1:
        rows, columns = boxes[label - 1]
        inside = labels[rows, columns] == label
        found.append(_cluster(inside, core[rows, columns] & inside, rows.start, columns.start, integration, group))
    return sorted(found, key=lambda each: -each.area)


def _cluster(inside: Mask, core: Mask, y0: int, x0: int, integration: int, group: int) -> Cluster:
    y, x = np.nonzero(inside)
    area = int(y.size)
    covariance = np.cov(np.stack([x, y]), bias=True) + np.eye(2) / 12
    small, large = np.linalg.eigvalsh(covariance)
    ratio, fill = float(np.sqrt(small / large)), float(area / (4 * np.pi * np.sqrt(small * large)))
    middle = np.nonzero(core) if core.any() else (y, x)
    kind = (
        SNOWBALL if ratio >= ROUND and fill >= FILLED else SHOWER if fill < FILLED and ratio >= ROUND / 2 and area >= SHOWER_AREA else TRACK
    )
    box = (x0, y0, x0 + inside.shape[1] - 1, y0 + inside.shape[0] - 1)
    saturated = int(core.sum())
    return Cluster(
        integration,
        group,
        kind,
        float(x0 + middle[1].mean()),
        float(y0 + middle[0].mean()),
        area,
        saturated,
        area - saturated,
        float(np.sqrt(area / np.pi)),
        ratio,
        fill,
        box,
    )


def jumps_of(difference: Image, usual: Image, sigma: NDArray[np.float32], usable: Mask) -> Mask:
    """Pixels of a difference of groups that rise by more than `JUMP` standard deviations above the pixel's usual difference.

    ``sigma`` DN of a faint pixel, shape of the image or its columns; photons add at least the signal itself, for gains of 1 e-/DN or more.
    """
    level = difference - usual
    light = np.maximum(usual, 0)
    relative = np.where(usable, level / np.sqrt(sigma**2 + light + (JITTER * light) ** 2), 0).astype(np.float32)
    jumping = relative > JUMP
    if not jumping.any():
        return jumping
    from scipy.ndimage import uniform_filter

    # The halo fades into the noise of single pixels; the mean of nine is still sure.
    faint: Mask = uniform_filter(relative.clip(-JUMP, JUMP), 3, mode="constant") > HALO
    return usable & (jumping | faint)
