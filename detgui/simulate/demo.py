"""Example exposures, made once and kept in the cache folder."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from pathlib import Path

from detgui import __version__
from detgui.folders import cache_folder
from detgui.progress import Progress, no_progress

RECIPE = 2
"""Goes up when what is made here changes, so that an older set is not taken for the new one."""

MARKER = "complete.json"
"""Written last: names and sizes of a set that is whole."""

SIZE = 400_000_000
"""Bytes that the set needs at most."""

DEMO_INTEGRATIONS = 10


def demo_folder() -> Path:
    """Where the examples of this version are, or will be."""
    return cache_folder() / f"demo-{__version__}.{RECIPE}"


def ensure_demo(progress: Progress = no_progress) -> list[Path]:
    """Files of the example exposures, made first if they are not there or not whole.

    NRS1 and NRS2 time series as ramps (NRS1 in two segments, and as rateints) and a full-frame NIRCam uncal. Raises what
    ``progress`` raises to stop, and BadInput where the disk has no room; then nothing half-made is left.
    """
    folder = demo_folder()
    found = _complete(folder)
    if found:
        return found
    from detgui.simulate.staging import check_room

    check_room(folder.parent, SIZE)
    _sweep(folder.parent)
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    try:
        names = [path.name for path in _make(work, progress)]
        marker = {name: (work / name).stat().st_size for name in names}
        (work / MARKER).write_text(json.dumps(marker))
        _move(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [folder / name for name in names]


def _complete(folder: Path) -> list[Path]:
    """Files of a whole set, none where it is not whole."""
    try:
        sizes = json.loads((folder / MARKER).read_text())
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return []
    return [folder / name for name in sizes] if whole else []


def _move(work: Path, folder: Path) -> None:
    """Put the new set in its place; another process may have been quicker."""
    if _complete(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        work.replace(folder)
    except OSError:
        if not _complete(folder):
            raise


def _sweep(parent: Path) -> None:
    """Remove what a process that was killed more than an hour ago left."""
    for path in parent.glob("demo-*.part-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > 3600:
                shutil.rmtree(path, ignore_errors=True)


def _make(folder: Path, progress: Progress) -> list[Path]:
    from detgui.simulate.demo_image import write_image
    from detgui.simulate.expose import write_exposure
    from detgui.simulate.params import BotsParams

    def part(start: float, share: float) -> Progress:
        return lambda fraction, message: progress(start + share * fraction, f"example exposures: {message}")

    def series(detector: str) -> BotsParams:
        return BotsParams(
            integrations=DEMO_INTEGRATIONS, detector=detector, one_over_f=3.0, transit=0.5, eclipses=(0.05, 0.95), duration=0.3, seed=1
        )

    files = write_exposure(series("NRS1"), folder, ("ramp", "rateints"), 2, part(0.0, 0.45))[:-1]
    files += write_exposure(series("NRS2"), folder, ("ramp",), 1, part(0.45, 0.35))[:-1]
    files.append(write_image(folder, 1, part(0.8, 0.2)))
    progress(1.0, "example exposures: done")
    return files
