"""A full-frame NIRCam exposure to look at: stars, hot pixels, four outputs with their own zero levels, alternating columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui import __version__
from detgui.progress import Progress
from detgui.science.detector import AXES, DetectorGeometry
from detgui.simulate.identity import PROGRAM, START_MJD, fill, nircam, subarray, tangent_plane

SIZE = 2048
GROUPS = 10
TFRAME = 10.73677
"""Frame time of a full frame through four outputs, s (JDox, NIRCam Detector Readout Patterns)."""

GAIN = 2.08
"""e-/DN."""

FULL_WELL = 105_000.0
"""e-."""

NAME = "jw99999002001_02101_00001_nrca1_uncal.fits"


def write_image(folder: Path, seed: int, progress: Progress) -> Path:
    """Write one NRCA1 uncal of 1 integration x 10 RAPID groups, uint16, 84 MB; returns its path."""
    data = make_ramp(seed, lambda fraction, message: progress(0.9 * fraction, message))
    progress(0.9, "image, writing")
    return _save(data, folder)


def make_ramp(seed: int, progress: Progress) -> NDArray[np.uint16]:
    """The raw numbers, DN, uint16 (1, 10, 2048, 2048)."""
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, 3])))
    rate = star_field(rng) + 0.6  # e-/s with the sky
    rate += hot_pixels(rng)
    border = np.ones((SIZE, SIZE), bool)
    border[4:-4, 4:-4] = False
    rate[border] = 0
    zero = zero_level(rng)
    data = np.empty((1, GROUPS, SIZE, SIZE), np.uint16)
    charge = np.zeros((SIZE, SIZE), np.float32)
    for group in range(GROUPS):
        progress(group / GROUPS, f"image, group {group + 1} of {GROUPS}")
        charge += rng.poisson(rate * TFRAME)
        rows, columns = rng.integers(4, SIZE - 4, (2, 700))  # 5 hits per cm2 and s
        charge[rows, columns] += rng.lognormal(np.log(1500), 1.0, 700)
        read = np.minimum(charge, FULL_WELL) / np.float32(GAIN) + zero
        read += rng.standard_normal(read.shape, dtype=np.float32) * np.float32(5.0)
        read += (rng.standard_normal((SIZE, 1)) * 3.0).astype(np.float32)  # 1/f stripes run along x in NIRCam
        data[0, group] = np.clip(np.rint(read), 0, 65535)
    return data


def star_field(rng: np.random.Generator, stars: int = 900) -> NDArray[np.float64]:
    """Stars of a steep brightness distribution, e-/s, shape (2048, 2048): a core of 2 px, a halo and four spikes."""
    image = np.zeros((SIZE, SIZE))
    half = 60
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    radius = np.hypot(x, y)
    shape = 0.75 * np.exp(-0.5 * (radius / 0.9) ** 2) / 5.1 + 0.2 / (1 + (radius / 2.5) ** 3) / 47
    for angle in (0.0, np.pi / 3, 2 * np.pi / 3):
        across = -x * np.sin(angle) + y * np.cos(angle)
        shape += 2e-4 * np.exp(-0.5 * (across / 0.8) ** 2) / (1 + (radius / 12) ** 2)
    flux = 30 * rng.pareto(0.75, stars).clip(0, 3000) + 20
    places = rng.integers(half, SIZE - half - 1, (stars, 2))
    for value, (row, column) in zip(flux, places, strict=True):
        image[row - half : row + half + 1, column - half : column + half + 1] += value * shape
    return image


def hot_pixels(rng: np.random.Generator, count: int = 6000) -> NDArray[np.float64]:
    """Hot pixels, e-/s, shape (2048, 2048); one in fifty has warm neighbours."""
    image = np.zeros((SIZE, SIZE))
    rows, columns = rng.integers(5, SIZE - 5, (2, count))
    values = 10 ** rng.uniform(0.3, 3.2, count)
    image[rows, columns] += values
    for row, column, value in zip(rows[::50], columns[::50], values[::50], strict=True):
        image[row - 1 : row + 2, column - 1 : column + 2] += 0.2 * value
    return image


def zero_level(rng: np.random.Generator) -> NDArray[np.float32]:
    """What is read without light, DN, float32 (2048, 2048): one level for each of the four outputs, odd and even columns apart."""
    column = np.arange(SIZE)
    level = np.array([9800.0, 10550.0, 10120.0, 11010.0])[column // 512] + 160.0 * (column % 2)
    scatter = rng.normal(0, 90, (SIZE, SIZE)) + np.linspace(0, 120, SIZE)[:, None]
    return np.asarray(level[None, :] + scatter, np.float32)


def _save(data: NDArray[np.uint16], folder: Path) -> Path:
    from stdatamodels.jwst import datamodels

    with datamodels.Level1bModel(data) as model:
        _fill(model.meta)
        model.add_history_entry(f"SIMULATED by detgui {__version__}")
        path = folder / NAME
        model.save(str(path))
    return path


def _fill(meta: Any) -> None:
    groups: dict[str, dict[str, Any]] = {
        "instrument": {**nircam("NRCA1"), "filter": "F200W", "pupil": "CLEAR"},
        "exposure": {
            "type": "NRC_IMAGE",
            "readpatt": "RAPID",
            "nints": 1,
            "ngroups": GROUPS,
            "nframes": 1,
            "groupgap": 0,
            "frame_time": TFRAME,
            "group_time": TFRAME,
            "integration_time": GROUPS * TFRAME,
            "noutputs": 4,
            "start_time": START_MJD,
            "mid_time": START_MJD + GROUPS * TFRAME / 172800,
            "end_time": START_MJD + GROUPS * TFRAME / 86400,
        },
        "subarray": subarray(DetectorGeometry(SIZE, SIZE, "NRCA1", *AXES["NRCA1"], known=True)),
        "observation": {"program_number": PROGRAM, "observation_number": "002", "date": "2023-01-01", "time": "00:00:00.000"},
        "program": {"title": "SIMULATED NIRCam image", "pi_name": "none"},
        "target": {"catalog_name": "SIMULATED"},
        "wcsinfo": tangent_plane((1024.5, 1024.5), (107.6, -39.1), 0.031 / 3600, ((-1.0, 0.0), (0.0, 1.0))),
    }
    fill(meta, groups, "DN")
    meta.coordinates.reference_frame = "ICRS"
