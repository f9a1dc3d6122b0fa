"""How much memory this process holds."""

from __future__ import annotations

import os
from pathlib import Path

ASSUMED = 500_000_000
"""Bytes where the system does not say: the program with its window and an image."""


def own_bytes() -> int:
    """Resident memory of this process that it shares with no file."""
    try:
        resident, shared = (int(each) for each in Path("/proc/self/statm").read_text().split()[1:3])
        return (resident - shared) * os.sysconf("SC_PAGE_SIZE") + 100_000_000  # code of the libraries
    except (OSError, ValueError, AttributeError):
        return ASSUMED
