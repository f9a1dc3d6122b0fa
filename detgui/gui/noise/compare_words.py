"""What the Compare page says; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detgui.gui.common.quantity import plain, with_error
from detgui.session.noise_work import PixelPair

if TYPE_CHECKING:
    from detgui.analysis.compare import Change, FlagChange, Result


COUNTS = ("lines", "events", "pixels")
"""Units that the titles of numbers say already."""


def short(names: list[str]) -> list[str]:
    """Names without what all of them begin with, as far as a '_'."""
    words = [name.split("_") for name in names]
    same = 0
    while len(names) > 1 and all(len(each) > same + 1 and each[: same + 1] == words[0][: same + 1] for each in words):
        same += 1
    common = "_".join(words[0][:same]) if same else ""
    return [f"…{name.removeprefix(common)}" if common else name for name in names]


def said(change: Change) -> str:
    """Better, worse, or nothing."""
    return "" if change.better is None else "better" if change.better else "worse"


def change_row(each: Change, unit: str) -> tuple[str, ...]:
    """A row of the table; the unit is told where it is not that of the table."""
    more = f" ({each.unit})" if each.unit and each.unit not in (unit, *COUNTS) else ""
    return (
        each.title.replace(", output ", " ") + more,
        said(each),
        with_error(each.change, each.change_err),
        with_error(each.before, each.before_err),
        with_error(each.after, each.after_err),
    )


def flag_row(each: FlagChange) -> tuple[str, ...]:
    """A row for a flag: how many have it, and how many gained and lost it."""
    return f"{each.plane} {each.flag}", "", f"+{each.gained} −{each.lost}", str(each.before), str(each.after)


def verdict(result: Result) -> str:
    """What got better and what got worse, in one or two sentences with a little markup."""
    better = [each for each in result.changes if each.better is True]
    worse = [each for each in result.changes if each.better is False]
    if not better and not worse:
        changed = result.difference
        by = f"{plain(changed.std, 3)} {result.unit} rms"
        return f"Nothing is better or worse by three errors; {changed.changed:,} pixels changed, by {by}."
    parts = []
    if better:
        parts.append("<b>Better:</b> " + "; ".join(each.words for each in better[:4]))
    if worse:
        parts.append("<b>Worse:</b> " + "; ".join(each.words for each in worse[:4]))
    return "<br>".join(f"{part}." for part in parts).replace("+-", "±")


def pixel_words(pixel: PixelPair | None) -> str:
    """Values of a pixel of two images, or how to see them."""
    if pixel is None:
        return "Click a pixel on the image to see it before and after"
    if not is_point(pixel):
        return ""
    unit = f" {pixel.unit}" if pixel.unit else ""
    return f"Pixel {pixel.x}, {pixel.y}: {plain(pixel.first[1][0], 4)} before, {plain(pixel.second[1][0], 4)}{unit} after"


def is_point(pixel: PixelPair) -> bool:
    """Whether there is one value of each, so nothing to plot."""
    return bool(pixel.first[0].size == pixel.second[0].size == 1)


def power_unit(unit: str) -> str:
    """Unit of a power spectrum."""
    return f"({unit})²/Hz" if "/" in unit else f"{unit}²/Hz"
