"""Rows of the passes over a whole exposure, and of dragging over their mean ramps.

The passes are timed without what follows once whatever the exposure's size (noise of the detector, pooling of the errors: about 0.05 s).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from detgui.bench import slope_others
from detgui.bench.measure import RUNS, forget, ramp_file
from detgui.bench.roof import Roof

KEYS = (
    "slopes_f4_vs_roof",
    "slopes_u2_vs_roof",
    "slopes_vs_lstsq",
    "slopes_vs_einsum",
    "slopes_vs_stcal",
    "slopes_interactive_vs_roof",
    "slopes_cold_vs_read",
    "slopes_peak_mb",
    "drag_n_ms",
    "drag_phase_ms",
)
SHAPE = (120, 42, 32, 2048)
COLD_RUNS = 5
SUBSET = {"lstsq": 12, "einsum": 20, "stcal": 2}
"""Integrations that the slow ways do; their time is scaled to all."""


def measure(folder: Path) -> dict[str, float]:
    """All rows, on a float32 ramp with GROUPDQ and a uint16 one without."""
    floats, ints = folder / "slopes_ramp.fits", folder / "slopes_uncal.fits"
    add_flags(ramp_file(floats, SHAPE, "float32"), SHAPE)
    ramp_file(ints, SHAPE, "uint16")
    try:
        found, once = _passes(floats)
        found |= _others(floats, once) | _drags(floats) | _cold(floats)
        found["slopes_u2_vs_roof"] = _ints(ints)
        found["slopes_peak_mb"] = max(peak_of(MAP, floats, folder), peak_of(MEANS, floats, folder))
    finally:
        floats.unlink()
        ints.unlink()
    return {key: found[key] for key in KEYS}


def add_flags(path: Path, shape: tuple[int, int, int, int]) -> Path:
    """Add a GROUPDQ with jumps in about one ramp of a hundred."""
    from astropy.io import fits

    header = fits.Header()
    header["XTENSION"], header["BITPIX"], header["NAXIS"] = "IMAGE", 8, 4
    for i, n in enumerate(reversed(shape), 1):
        header[f"NAXIS{i}"] = n
    header["PCOUNT"], header["GCOUNT"], header["EXTNAME"] = 0, 1, "GROUPDQ"
    rng = np.random.default_rng(4)
    with path.open("ab") as out:
        out.write(header.tostring(padding=True).encode())
        for _ in range(shape[0]):
            flags = np.zeros(int(np.prod(shape[1:])), np.uint8)
            flags[rng.integers(0, flags.size, shape[2] * shape[3] // 100)] = 4
            out.write(flags.tobytes())
        out.write(b"\0" * (-out.tell() % 2880))
    return path


def in_turn(runs: int, *works: Callable[[], object]) -> list[float]:
    """Median time of each work, s, done one after the other in every run, so that a busy machine slows all of them."""
    times: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for _ in range(runs):
        for work, kept in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            kept.append(time.perf_counter() - start)
    return [median(kept) for kept in times]


def workers() -> int:
    """Threads of the passes and of the roof."""
    from detgui.data.stream import workers_for

    return workers_for(None)


def _passes(path: Path) -> tuple[dict[str, float], float]:
    """Slopes and mean ramps against the roof, and the time of the slopes, s."""
    from detgui.analysis import mean_ramps, slope_blocks, slope_map
    from detgui.data.exposure import open_one

    with open_one([path], neighbours=False) as exposure:
        roof, slopes, means = in_turn(
            RUNS,
            Roof(path, workers()).read,
            lambda: slope_blocks.moments(exposure, slope_map.Params()),
            lambda: mean_ramps.average(exposure, mean_ramps.Params()),
        )
    return {"slopes_f4_vs_roof": roof / slopes, "slopes_interactive_vs_roof": roof / means}, slopes


def _ints(path: Path) -> float:
    from detgui.analysis import slope_blocks, slope_map
    from detgui.data.exposure import open_one

    with open_one([path], neighbours=False) as exposure:
        roof, slopes = in_turn(RUNS, Roof(path, workers()).read, lambda: slope_blocks.moments(exposure, slope_map.Params()))
    return roof / slopes


def _others(path: Path, ours: float) -> dict[str, float]:
    ways = {"lstsq": slope_others.by_lstsq, "einsum": slope_others.by_einsum, "stcal": slope_others.by_stcal}
    found = {}
    for name, way in ways.items():
        count = SUBSET[name]
        (spent,) = in_turn(3, lambda way=way, count=count: way(path, count))  # type: ignore[misc]
        found[f"slopes_vs_{name}"] = spent * SHAPE[0] / count / ours
    return found


def _drags(path: Path) -> dict[str, float]:
    """Moving N, and moving a range of integrations, each step another place."""
    from detgui.analysis import mean_ramps, slope_map
    from detgui.data.exposure import open_one

    with open_one([path], neighbours=False) as exposure:
        exact = slope_map.run(exposure, slope_map.Params())
        means = mean_ramps.run(exposure, mean_ramps.Params())
    step = iter(range(10**6))

    def drag_n() -> None:
        mean_ramps.slope_map(means, (1, 4 + next(step) % 36), (1, SHAPE[0]), exact)

    def drag_phase() -> None:
        first = 1 + 4 * (next(step) % (SHAPE[0] // 8))
        mean_ramps.slope_map(means, (1, 10), (first, first + SHAPE[0] // 2), exact)

    n, phase = (1e3 * in_turn(RUNS, work)[0] for work in (drag_n, drag_phase))
    return {"drag_n_ms": n, "drag_phase_ms": phase}


def _cold(path: Path) -> dict[str, float]:
    from detgui.analysis import slope_blocks, slope_map
    from detgui.data.exposure import open_one

    plain, ours = [], []
    with open_one([path], neighbours=False) as exposure:
        for _ in range(COLD_RUNS):
            forget(path)
            plain += in_turn_once(lambda: _read(path))
            forget(path)
            ours += in_turn_once(lambda: slope_blocks.moments(exposure, slope_map.Params()))
    return {"slopes_cold_vs_read": median(plain) / median(ours)}


def in_turn_once(work: Callable[[], object]) -> list[float]:
    """Time of one run, s."""
    start = time.perf_counter()
    work()
    return [time.perf_counter() - start]


def _read(path: Path) -> None:
    """A plain sequential read."""
    buffer = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


MAP = "from detgui.analysis import slope_map as a; a.write(a.run(exposure, a.Params()), sys.argv[2])"
MEANS = "from detgui.analysis import mean_ramps as a; a.slope_map(a.run(exposure, a.Params()), (1, 10))"


def peak_of(work: str, path: Path, folder: Path) -> float:
    """Peak memory of a process of its own that does ``work`` with the exposure of a file, MB."""
    lines = (
        "import sys",
        "from detgui.bench.measure import peak_mb",
        "from detgui.data.exposure import open_one",
        "exposure = open_one([sys.argv[1]], neighbours=False)",
        work,
        "print(peak_mb())",
    )
    command = [sys.executable, "-c", "\n".join(lines), str(path), str(folder / "peak_slopes.fits")]
    environment = {**os.environ, "DETGUI_HOME": str(folder / "home")}
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
