"""Hot pixels for tests: histories by chance, and dark files written plainly with astropy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))


def histories(rng, months, births=40.0, deaths=10.0, flicker=60, start=400, lifted=0.0):
    """Pixels above a threshold by cluster and epoch, shape (clusters, n): each pixel born and dead at random times; ``flicker`` pixels
    that are above at half of the epochs; a share ``lifted`` of the pixels makes five at once."""
    span = months[-1] - months[0]
    born = np.concatenate([np.full(start, -1e9), rng.uniform(0, span, rng.poisson(births * span))])
    dies = np.full(born.size, 1e9)
    for when in np.sort(rng.uniform(0, span, rng.poisson(deaths * span))):
        alive = np.flatnonzero((born < when) & (dies > when))
        dies[rng.choice(alive)] = when
    t = months - months[0]
    present = (born[:, None] <= t) & (dies[:, None] > t)
    size = np.where(rng.random(born.size) < lifted, 5.0, 1.0)
    return np.vstack([present * size[:, None], (rng.random((flicker, t.size)) < 0.5).astype(float)])


def cross_image(shape, pixels, coupling=0.0, level=0.0):
    """An image with pixels {(y, x): rate} and, with a coupling, what their neighbours show."""
    image = np.full(shape, level, np.float32)
    for (y, x), rate in pixels.items():
        image[y, x] += rate
        for dy, dx in SIDES:
            if 0 <= y + dy < shape[0] and 0 <= x + dx < shape[1]:
                image[y + dy, x + dx] += coupling * rate
    return image


def write_dark(
    path: Path, rate, date="2023-01-01T00:00:00", unit="DN/s", err=0.01, dq=None, stack=None, reftype="DARK", **keywords
) -> Path:
    """A NIRSpec dark reference file; ``keywords`` override the header (None takes one away)."""
    ny, nx = rate.shape
    header = {
        "TELESCOP": "JWST", "INSTRUME": "NIRSPEC", "DETECTOR": "NRS1", "REFTYPE": reftype, "READPATT": "NRSRAPID", "USEAFTER": date,
        "SUBARRAY": "FULL" if nx == 2048 else "GENERIC", "SUBSTRT1": 1 if nx == 2048 else 101, "SUBSTRT2": 1 if nx == 2048 else 201,
        "SUBSIZE1": nx, "SUBSIZE2": ny, "FASTAXIS": 2, "SLOWAXIS": 1,
    } | keywords  # fmt: skip
    primary = fits.PrimaryHDU()
    primary.header.update({key: value for key, value in header.items() if value is not None})
    hdus = [primary]
    if stack is not None:
        hdus.append(fits.ImageHDU(np.asarray(stack, np.float32), fits.Header({"BUNIT": "DN"}), "SCI"))
    if dq is not None:
        hdus.append(fits.ImageHDU(np.asarray(dq, np.uint32), name="DQ"))
        names = [("DO_NOT_USE", 1), ("HOT", 2048), ("REFERENCE_PIXEL", 2**31)]
        table = [(value.bit_length() - 1, value, name, name) for name, value in names]
        kinds = [("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")]
        hdus.append(fits.BinTableHDU(np.array(table, kinds), name="DQ_DEF"))
    said = fits.Header({"BUNIT": unit}) if unit else None
    hdus.append(fits.ImageHDU(np.asarray(rate, np.float32), said, "DRK"))
    if err is not None:
        hdus.append(fits.ImageHDU(np.broadcast_to(np.float32(err), rate.shape).copy(), said, "UNC"))
    fits.HDUList(hdus).writeto(path)
    return path
