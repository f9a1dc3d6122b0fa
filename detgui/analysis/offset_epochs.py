"""Of which of a table's epochs an image is: by its date, where the table or the paper tells the epochs' dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from pathlib import Path

from detgui.data.cal_images import CalImage
from detgui.data.catalog_dates import Days, dates_in
from detgui.data.field_images import EPOCH_GAP, ImageFacts
from detgui.data.offset_tables import OffsetTable
from detgui.errors import BadInput

Dates = Mapping[str, Days]

PUBLISHED_PROGRAMS = ("1176", "2738")
PUBLISHED_DATES: Dates = {"1": (date(2022, 7, 8),) * 2, "2": (date(2023, 1, 6),) * 2}
"""Of the field of the published table (PEARLS JWIDF paper, sections 1 and 2)."""


def dates_of(images: Sequence[ImageFacts]) -> dict[str, tuple[date, date]]:
    """First and last day of the epochs of images, of those whose images all have a date."""
    found: dict[str, list[date | None]] = {}
    for each in images:
        found.setdefault(each.epoch, []).append(each.date.date() if each.date is not None else None)
    whole = {epoch: [day for day in days if day is not None] for epoch, days in found.items() if epoch and None not in days}
    return {epoch: (min(days), max(days)) for epoch, days in sorted(whole.items())}


def epoch_by_date(cal: CalImage, table: OffsetTable) -> str:
    """The table's epoch that an image's date is of, within 10 days; '' where that is not known.

    The published table has no dates: those of its field hold for images of its programs only, as the sense of the gradient depends on how
    the field was observed.
    """
    if cal.date is None:
        return ""
    if table.own:
        known: Dates = dates_in(table.meta)
    else:
        known = PUBLISHED_DATES if cal.program in PUBLISHED_PROGRAMS else {}
    day = cal.date.astimezone(UTC).date()
    near = {epoch: max(first - day, day - last, timedelta(0)) for epoch, (first, last) in known.items()}
    best = min(near, key=lambda epoch: near[epoch], default="")
    return best if best and near[best] <= EPOCH_GAP else ""


def doubt(cal: CalImage, table: OffsetTable, epoch: str) -> str:
    """What speaks against an epoch that was given to an image; '' for nothing."""
    by_date = epoch_by_date(cal, table)
    if not epoch or not by_date or by_date == epoch:
        return ""
    day = f"{cal.date:%Y-%m-%d}" if cal.date is not None else ""
    return f"{cal.path.name} is of {day}, by its date of epoch {by_date}, not {epoch}"


def epochs_of(words: Sequence[str], paths: Sequence[Path]) -> tuple[str, dict[str, str]]:
    """The epoch of all images, '' for none, and those of single files, of words 'EPOCH' or 'EPOCH@FILE'.

    Raises `BadInput` for a file that is not among the ``paths``, and for two epochs of the same images.
    """
    of_all = ""
    single: dict[str, str] = {}
    names = {path.name for path in paths}
    for word in words:
        epoch, at, name = (part.strip() for part in word.partition("@"))
        if not epoch or (at and name not in names):
            raise BadInput(f"--epoch {word}: " + (f"{name or 'the file'} is not among the images" if epoch else "the epoch is missing"))
        before = single.get(name, "") if at else of_all
        if before and before != epoch:
            raise BadInput(f"--epoch: {name or 'all images'} cannot be of epoch {before} and {epoch}")
        if at:
            single[name] = epoch
        else:
            of_all = epoch
    return of_all, single
