"""Small ramps in segments, and the residual late slopes that plain numpy finds in them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from data_files import JWST, write

ROOT = "jw00001001001_04101_00001"


def ramps(seed: int = 0, shape: tuple[int, int, int, int] = (7, 14, 5, 9), dtype: str = "float32") -> dict[str, np.ndarray]:
    """SCI, GROUPDQ and one PIXELDQ for each of three segments."""
    rng = np.random.default_rng(seed)
    _, ngroups, ny, nx = shape
    number = np.arange(1, ngroups + 1)[:, None, None]
    sci = 1000 + rng.exponential(300, (ny, nx)) * number - 2.0 * np.maximum(number - 10, 0) + rng.normal(0, 8, shape)
    dq = np.where(rng.random(shape) < 0.01, rng.choice([1, 2, 4], shape), 0).astype(np.uint8)
    marks = np.where(rng.random((3, ny, nx)) < 0.06, rng.choice([1, 1024, 1 << 31], (3, ny, nx)), 0).astype(np.uint32)
    return {"sci": np.clip(sci, 0, 60000).astype(dtype), "dq": dq, "marks": marks}


def segments(folder: Path, data: dict[str, np.ndarray], cuts: tuple[int, int] = (3, 4)) -> list[Path]:
    """Three files, of integrations up to and between the cuts."""
    nints = len(data["sci"])
    edges = [0, *cuts, nints]
    paths = []
    for number, (first, end) in enumerate(pairwise(edges), 1):
        words = JWST | {"NGROUPS": data["sci"].shape[1], "NINTS": nints, "EXSEGNUM": number, "EXSEGTOT": 3, "DATAMODL": "RampModel"}
        words |= {"INTSTART": first + 1, "INTEND": end, "TGROUP": 0.9, "TFRAME": 0.9, "NFRAMES": 1, "GROUPGAP": 0, "SUBARRAY": "SUB2048"}
        hdus = [("SCI", data["sci"][first:end], {"BUNIT": "DN"}), ("PIXELDQ", data["marks"][number - 1])]
        hdus.append(("GROUPDQ", data["dq"][first:end]))
        paths.append(write(folder / f"{ROOT}-seg{number:03d}_nrs1_ramp.fits", words, *hdus))
    return paths


def segment_of(nints: int, cuts: tuple[int, int] = (3, 4)) -> np.ndarray:
    """Segment, from 0, of each integration."""
    return np.searchsorted(np.array(cuts), np.arange(nints), "right")


def valid(data: dict[str, np.ndarray], mask: int = 0xFFFFFFFF, cuts: tuple[int, int] = (3, 4)) -> np.ndarray:
    """Integrations and pixels without a flag of ``mask`` in any group, (nints, ny, nx)."""
    marks = data["marks"][segment_of(len(data["sci"]), cuts)]
    return ((data["dq"].astype(np.uint32) & mask) == 0).all(axis=1) & ((marks & np.uint32(mask)) == 0)


def without_flags(data: dict[str, np.ndarray], y: int, x: int) -> dict[str, np.ndarray]:
    """The same data, one pixel without flags."""
    data["dq"][:, :, y, x] = 0
    data["marks"][:, y, x] = 0
    return data


def late_slope(ramp: np.ndarray, fit_groups: tuple[int, int]) -> float:
    """The report's recipe, literally: line through the early groups, subtracted, line through the difference in the later ones."""
    number = np.arange(1, ramp.size + 1.0)
    first, last = fit_groups
    early = np.polyfit(number[first - 1 : last], ramp[first - 1 : last], 1)
    difference = ramp - np.polyval(early, number)
    return float(np.polyfit(number[last:], difference[last:], 1)[0])


def all_slopes(sci: np.ndarray, fit_groups: tuple[int, int]) -> np.ndarray:
    """`late_slope` of every integration and pixel, (nints, ny, nx)."""
    nints, _, ny, nx = sci.shape
    values = sci.astype(np.float64)
    found = [late_slope(values[i, :, y, x], fit_groups) for i in range(nints) for y in range(ny) for x in range(nx)]
    return np.array(found).reshape(nints, ny, nx)


def mean_where(slopes: np.ndarray, good: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over integrations (NaN where there are none) and count, pixel by pixel."""
    count = good.sum(axis=0)
    mean = np.array(
        [s[g].mean() if g.any() else np.nan for s, g in zip(slopes.reshape(len(slopes), -1).T, good.reshape(len(good), -1).T, strict=True)]
    )
    return mean.reshape(count.shape), count
