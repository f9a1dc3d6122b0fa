"""Flats with known gain and read noise, made of Poisson increments."""

import numpy as np

from detgui.analysis.box_clipper import Clipper
from detgui.science.photon_transfer import averaged, stacked


def pairs(rng, shape=(512, 512), groups=5, rate=900.0, gain=2.0, noise=5.0, flats=2):
    """Reads in DN, shape (flats, groups, ny, nx), float32; ``rate`` DN a group, ``gain`` e-/DN (number or image), ``noise`` DN."""
    reads = np.empty((flats, groups, *shape), np.float32)
    for flat in range(flats):
        electrons = np.zeros(shape)
        for group in range(groups):
            electrons += rng.poisson(np.broadcast_to(rate * gain, shape))
            reads[flat, group] = electrons / gain + noise * rng.standard_normal(shape)
    return reads


def moments(one, two, boxes, level=3.0):
    """Moments of the reads and, by name, of the differences of reads of two flats (groups, ny, nx)."""
    bad = np.zeros(one.shape[1:], np.uint8)
    steps = [np.diff(each, axis=0) for each in (one, two)]
    with Clipper(boxes, level) as clipper:
        reads = stacked([clipper.moments(*each, bad) for each in zip(one, two, strict=True)])
        differences = {"adjacent": stacked([clipper.moments(*each, bad) for each in zip(*steps, strict=True)])}
        for name, lag in (("lag1", 1), ("lag2", 2)):
            found = [averaged(*(clipper.moments(each[at + lag], each[at], bad) for each in steps)) for at in range(steps[0].shape[0] - lag)]
            if found:
                differences[name] = stacked(found)
    return reads, differences


def width(pulls):
    """Half the interval from 16 to 84 %."""
    low, high = np.nanpercentile(pulls, [16, 84])
    return (high - low) / 2.0
