"""Parameters of the hot-pixel panel: which darks, what is counted, followed, compared and calculated, and which page is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HotFile:
    """A dark, mask or bad-pixel image that was added; ``date`` 'YYYY-MM-DD' and ``unit`` 'DN/s' or 'e-/s' where a person typed one."""

    path: Path
    use: bool = True
    date: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class HotWindow:
    """A window that an acquisition reads, such as a subarray: corners 0-based in the array, inclusive."""

    name: str
    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True, slots=True)
class HotOptions:
    """What the panel's pages share; None means the analysis's own default."""

    files: tuple[HotFile, ...] = ()
    thresholds: tuple[float, ...] = (1.0, 3.0, 10.0, 100.0)  # rates in the unit of the series
    breaks: tuple[str, ...] = ()  # 'YYYY-MM-DD' of changes of definition
    unit: str | None = None  # 'DN/s' or 'e-/s' of all files; None: as they say
    gain: float | Path | None = None  # e-/DN
    hot_threshold: float = 1.0  # rate above which DQ should say HOT
    centre: float = 10.0  # least rate of the pixels whose crosses are stacked
    sigma: float = 3.0
    series: str = ""  # name of the series that is shown; '' for the first
    log: bool = False  # counts on a logarithmic axis
    log_rates: bool = False  # rates of single pixels on one
    threshold: float | None = None  # of the pixels that are followed one by one; None: the lowest
    persistence: int = 2  # epochs a change has to last
    discovery: float = 0.01  # false-discovery rate
    first: int = 0  # epochs that are compared, 0-based, negative from the end
    second: int = -1
    rate: float | None = None  # pixels a month that become hot; None: the fitted growth
    months: float = 12.0  # age of the mask
    cadence: float = 3.0  # months between masks
    exposure_date: str = ""  # 'YYYY-MM-DD' of an exposure
    stamp: int = 32  # pixels
    stars: int = 8
    needed: int = 5
    windows: tuple[HotWindow, ...] = ()
    page: str = "Files"


def without_place(options: HotOptions) -> HotOptions:
    """The options without what undo leaves alone: page and series."""
    return replace(options, page="", series="")


def with_files(options: HotOptions, paths: tuple[Path, ...]) -> tuple[HotFile, ...]:
    """The files with more of them at the end; one that is there already stays what it is."""
    there = {each.path for each in options.files}
    return (*options.files, *(HotFile(path) for path in dict.fromkeys(paths) if path not in there))
