"""Clocks, cold files and memory, shared by the rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

RUNS = 20


def milliseconds(work: Callable[[], object], runs: int = RUNS, before: Callable[[], object] = lambda: None) -> float:
    """Median time of ``work`` over ``runs`` runs, ms; ``before`` is called ahead of each and not counted."""
    times = []
    for _ in range(runs):
        before()
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return median(times)


def forget(path: Path) -> None:
    """Drop a file from the system's page cache (Linux; elsewhere nothing happens and cold rows are warm)."""
    if hasattr(os, "posix_fadvise"):
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)


def peak_mb() -> float:
    """Peak resident memory of this process since `reset_peak`, MB (since the start where the system cannot reset it)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def resident_mb() -> float:
    """Resident memory of this process now, MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_mb()
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def reset_peak() -> None:
    """Start `peak_mb` anew (Linux)."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def ramp_file(path: Path, shape: tuple[int, int, int, int], dtype: str) -> Path:
    """A 4-D JWST ramp of noise and a slope, written integration by integration; ``dtype`` 'uint16' or 'float32'."""
    from astropy.io import fits

    nints, ngroups, ny, nx = shape
    header = fits.Header()
    header["TELESCOP"], header["INSTRUME"], header["DETECTOR"] = "JWST", "NIRCAM", "NRCA1"
    header["DATAMODL"] = "Level1bModel" if dtype == "uint16" else "RampModel"
    header["NINTS"], header["NGROUPS"], header["NFRAMES"], header["GROUPGAP"] = nints, ngroups, 1, 0
    header["TFRAME"], header["TGROUP"] = 10.73677, 10.73677
    header["FASTAXIS"], header["SLOWAXIS"], header["SUBSTRT1"], header["SUBSTRT2"] = -1, 2, 1, 1
    sci = fits.Header()
    sci["XTENSION"], sci["BITPIX"], sci["NAXIS"] = "IMAGE", 16 if dtype == "uint16" else -32, 4
    for i, n in enumerate(reversed(shape), 1):
        sci[f"NAXIS{i}"] = n
    sci["PCOUNT"], sci["GCOUNT"], sci["EXTNAME"], sci["BUNIT"] = 0, 1, "SCI", "DN"
    if dtype == "uint16":
        sci["BSCALE"], sci["BZERO"] = 1, 32768
    noise = np.random.default_rng(1).normal(0, 10, (ny, nx))
    rate = np.random.default_rng(2).exponential(200, (ny, nx))
    with path.open("wb") as out:
        fits.PrimaryHDU(header=header).writeto(out)
        out.write(sci.tostring(padding=True).encode())
        for integration in range(nints):
            for group in range(ngroups):
                image = 1000 + integration + rate * (group + 1) + np.roll(noise, 7 * group + integration)
                out.write(_fits_bytes(np.clip(image, 0, 65535), dtype))
        out.write(b"\0" * (-out.tell() % 2880))
        out.flush()
        os.fsync(out.fileno())
    return path


def _fits_bytes(image: np.ndarray, dtype: str) -> bytes:
    if dtype == "uint16":
        return (image.astype(np.int32) - 32768).astype(">i2").tobytes()
    return image.astype(">f4").tobytes()
