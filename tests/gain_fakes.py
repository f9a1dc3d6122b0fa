"""Flats with known gain and read noise, made of Poisson increments."""

import numpy as np


def pairs(rng, shape=(512, 512), groups=5, rate=900.0, gain=2.0, noise=5.0, flats=2):
    """Reads in DN, shape (flats, groups, ny, nx), float32; ``rate`` DN a group, ``gain`` e-/DN (number or image), ``noise`` DN."""
    reads = np.empty((flats, groups, *shape), np.float32)
    for flat in range(flats):
        electrons = np.zeros(shape)
        for group in range(groups):
            electrons += rng.poisson(np.broadcast_to(rate * gain, shape))
            reads[flat, group] = electrons / gain + noise * rng.standard_normal(shape)
    return reads
