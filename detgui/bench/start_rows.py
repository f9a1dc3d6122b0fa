"""Rows of the start: a new process of the program, off screen, from its first instruction to its marks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

KEYS = ("start_window_s", "start_image_s", "start_ready_s")
RUNS = 5
PATIENCE = 120.0  # s; the first start compiles the kernels


def measure(folder: Path) -> dict[str, float]:
    """Median over a few starts after one that is not counted (it compiles and fills the caches)."""
    starts = [_start(folder, i) for i in range(RUNS + 1)][1:]
    return {key: median(s[key] for s in starts) for key in KEYS}


def _start(folder: Path, number: int) -> dict[str, float]:
    marks = folder / f"marks{number}"
    environment = {**os.environ, "DETGUI_MARKS": str(marks), "DETGUI_HOME": str(folder / "home"), "QT_QPA_PLATFORM": "offscreen"}
    begun = time.time()
    program = subprocess.Popen([sys.executable, "-m", "detgui"], env=environment)
    try:
        times: dict[str, float] = {}
        while "ready" not in times:
            if program.poll() is not None or time.time() - begun > PATIENCE:
                raise RuntimeError("the window did not start")
            time.sleep(0.02)
            lines = marks.read_text().splitlines() if marks.exists() else []
            times = {name: float(when) for name, when in (line.split() for line in lines)}
    finally:
        program.terminate()
        program.wait()
    return {f"start_{name}_s": times[name] - begun for name in ("window", "image", "ready")}
