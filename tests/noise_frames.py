"""Frames with known noise, made with plain numpy, and files of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from data_files import write

from detgui.science.detector import AXES, DetectorGeometry
from detgui.science.read_order import ReadOrder, read_order

INSTRUMENTS = {"NRC": "NIRCAM", "NRS": "NIRSPEC", "NIS": "NIRISS", "GUI": "FGS"}


def geometry(detector: str, ny: int, nx: int, noutputs: int = 0, start: tuple[int, int] = (101, 201)) -> DetectorGeometry:
    fast, slow = AXES[detector]
    corner = (1, 1) if (ny, nx) == (2048, 2048) else start
    return DetectorGeometry(ny, nx, detector, fast, slow, *corner, noutputs, known=True)


def order_of(detector: str, ny: int = 256, nx: int = 256, **more) -> ReadOrder:
    return read_order(geometry(detector, ny, nx, **more))


def stripes_axis(detector: str) -> int:
    """Axis of the image along which the slow scan goes: lines differ along it."""
    return 1 if abs(AXES[detector][1]) == 1 else 0


def striped(rng, detector: str, shape: tuple[int, int], rms: float, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """White noise with a random walk of levels along the slow axis, (image, levels): standard deviation of the levels is ``rms``."""
    axis = stripes_axis(detector)
    level = np.cumsum(rng.normal(size=shape[axis]))
    level = (level - level.mean()) / level.std(ddof=1) * rms
    image = rng.normal(0, sigma, shape) + (level[None, :] if axis == 1 else level[:, None])
    return image.astype(np.float32), level


def keywords(detector: str, ny: int, nx: int, **more) -> dict[str, object]:
    fast, slow = AXES[detector]
    full = (ny, nx) == (2048, 2048)
    words = {"TELESCOP": "JWST", "INSTRUME": INSTRUMENTS[detector[:3]], "DETECTOR": detector, "FASTAXIS": fast, "SLOWAXIS": slow}
    words |= {"SUBSTRT1": 1 if full else 101, "SUBSTRT2": 1 if full else 201, "SUBSIZE1": nx, "SUBSIZE2": ny}
    return words | {"SUBARRAY": "FULL" if full else "GENERIC"} | more


def rate_file(path: Path, detector: str, image: np.ndarray, dq: np.ndarray | None = None, unit: str = "DN/s", **more) -> Path:
    words = keywords(detector, *image.shape, DATAMODL="ImageModel", **more)
    hdus = [("SCI", image.astype(np.float32), {"BUNIT": unit})]
    if dq is not None:
        hdus.append(("DQ", dq.astype(np.uint32)))
    return write(path, words, *hdus)


def ramp_file(path: Path, detector: str, data: np.ndarray, groupdq: np.ndarray | None = None, **more) -> Path:
    """``data`` (nints, ngroups, ny, nx), DN."""
    nints, ngroups, ny, nx = data.shape
    words = keywords(detector, ny, nx, NINTS=nints, NGROUPS=ngroups, TGROUP=1.0, TFRAME=1.0, NFRAMES=1, GROUPGAP=0, **more)
    hdus = [("SCI", data.astype(np.float32), {"BUNIT": "DN"})]
    if groupdq is not None:
        hdus.append(("GROUPDQ", groupdq.astype(np.uint8)))
    return write(path, words | {"DATAMODL": "RampModel"}, *hdus)
