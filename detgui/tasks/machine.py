"""Memory of this computer and of this process."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from pathlib import Path
from typing import Any


def available_bytes() -> int | None:
    """Memory that programs can still have; None where the system does not say."""
    if sys.platform == "win32":
        return _windows_available()
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")  # all there is: too much, but a bound
    except (OSError, ValueError, AttributeError):
        return None


def reset_peak() -> None:
    """Forget the peak so far, where the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_bytes() -> int:
    """Largest resident memory of this process since `reset_peak` (elsewhere than on Linux since it began); 0 where not known."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    if sys.platform == "win32":
        return 0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def give_back() -> None:
    """Give freed memory back to the system, where it does not go back by itself (glibc keeps what large jobs had)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # TypeError: no such library on Windows
        ctypes.CDLL(None).malloc_trim(0)


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX of Windows."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in ("total", "available", "total_page", "page", "total_virtual", "virtual", "extended")),
    )


def _windows_available() -> int | None:
    status: Any = _Status()
    status.length = ctypes.sizeof(_Status)
    windows: Any = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available)
