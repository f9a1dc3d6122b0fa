"""Parameters of the non-linearity panel: what its maps are made of and which page is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

REPORT_GROUPS = 10  # STScI-009234, section 3.2: the line goes through the first ten groups
LEAST_BEFORE = 3  # groups of the early line that leave a residual
LEAST_AFTER = 2  # later groups that have a slope

Range = tuple[int, int]
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class PhaseRange:
    """A named range of integrations (first and last number, inclusive), drawn in ``colour`` ('#rrggbb')."""

    name: str
    first: int
    last: int
    colour: str


@dataclass(frozen=True, slots=True)
class NonlinearityOptions:
    """What the panel's pages share; None means all, or the analysis's own default."""

    source: str = ""  # key of the exposure whose ramps are used; '' for the shown one
    fit_last: int = REPORT_GROUPS  # N, the last group of the early line
    integrations: Range | None = None  # first and last number; None: all
    roi: Rectangle | None = None  # x0, y0, x1, y1, 0-based and inclusive; None: the whole image
    flags: tuple[str, ...] | None = None  # DQ flags that exclude a pixel of an integration; None: any flag at all
    gain: float | Path | None = None  # e-/DN
    read_noise: float | Path | None = None  # DN, single read
    phases: tuple[PhaseRange, ...] = ()
    page: str = "Map"


def without_place(options: NonlinearityOptions) -> NonlinearityOptions:
    """The options without what undo leaves alone: page and source."""
    return replace(options, page="", source="")


def groups_in(last: int, ngroups: int) -> int:
    """N as near to ``last`` as a ramp of that many groups allows: 3 groups before it and 2 after it, where it has 5 at all."""
    return max(min(last, ngroups - LEAST_AFTER), LEAST_BEFORE)


def range_in(wanted: Range | None, whole: Range) -> Range | None:
    """A range in increasing order within the whole one; None for all of it."""
    if wanted is None:
        return None
    first, last = sorted(min(max(number, whole[0]), whole[1]) for number in wanted)
    return None if (first, last) == whole else (first, last)


def rectangle_in(wanted: Rectangle | None, nx: int, ny: int) -> Rectangle | None:
    """A rectangle, corners in order, within an image; None for all of it."""
    if wanted is None:
        return None
    x0, x1 = sorted(min(max(x, 0), nx - 1) for x in (wanted[0], wanted[2]))
    y0, y1 = sorted(min(max(y, 0), ny - 1) for y in (wanted[1], wanted[3]))
    return None if (x0, y0, x1, y1) == (0, 0, nx - 1, ny - 1) else (x0, y0, x1, y1)
