"""Moments of the start, for the benchmark: a line each in the file that ``DETGUI_MARKS`` names, nothing otherwise."""

import os
import time
from pathlib import Path


def mark(name: str) -> None:
    """Note that ``name`` ('window', 'image', 'ready') was reached now (seconds since the epoch)."""
    path = os.environ.get("DETGUI_MARKS")
    if path:
        with Path(path).open("a") as marks:
            marks.write(f"{name} {time.time():.6f}\n")
