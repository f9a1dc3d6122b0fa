"""What new hot pixels mean: how many a science exposure has unmasked, and which lie in a window that an acquisition uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_types import Indices, Result, Series, date_of
from detgui.data.keywords import Keywords
from detgui.data.layout import scan
from detgui.data.parts import open_parts
from detgui.errors import BadInput
from detgui.science.hot_growth import DAYS_OF_A_MONTH
from detgui.science.ta_risk import unmasked


@dataclass(frozen=True, slots=True)
class Unmasked:
    """Hot pixels that no mask knows yet in an exposure, with errors (Poisson and that of the rate).

    ``mask_date``: USEAFTER of the mask in force, the middle of the time in which its darks were taken; ``age`` months from the end of
    that time to the exposure, 0 before; ``expected``: rate x age (the report, section 3). ``since_middle``: as if a dark knew only the
    pixels of its middle date, which is the other extreme, since a pixel that becomes hot later is averaged down.
    """

    date: datetime
    mask_date: datetime
    age: float
    expected: float
    expected_err: float
    since_middle: float
    since_middle_err: float


def unmasked_on(date: datetime, mask_dates: list[datetime], rate: float, rate_err: float, cadence: float) -> Unmasked:
    """Expected number on a date.

    ``mask_dates`` USEAFTER of all masks; ``rate`` pixels a month with its error; ``cadence`` months between masks, in which the darks of
    one mask are taken, half of them after its USEAFTER. Raises `BadInput` for a date before all masks or a cadence that cannot be.
    """
    if not 0 < cadence < np.inf:
        raise BadInput(f"masks are made every so many months, more than 0, not {cadence:g}")
    known = [each for each in mask_dates if each <= date]
    if not known:
        raise BadInput(
            f"no mask is in force on {date:%Y-%m-%d}: the first is of {min(mask_dates):%Y-%m-%d}" if mask_dates else "no mask is given"
        )
    since = (date - max(known)).total_seconds() / 86400 / DAYS_OF_A_MONTH
    age = max(since - cadence / 2, 0.0)
    return Unmasked(date, max(known), age, *unmasked(rate, rate_err, age), *unmasked(rate, rate_err, since))


def worst_case(rate: float, rate_err: float, cadence: float) -> tuple[float, float]:
    """Unmasked hot pixels just before an update, and the error: rate x cadence / 2 (the report: about 150 for 100 a month, quarterly)."""
    return unmasked(rate, rate_err, cadence / 2)


def unmasked_rows(result: Result, cadence: float, date: datetime | None = None) -> list[dict[str, object]]:
    """For each series and threshold with a trend: the worst case, and what is expected on a date if every dark of it made a mask.

    A date before all darks of a series has no row of its own; the rest goes on. Raises `BadInput` for a cadence that cannot be.
    """
    if not 0 < cadence < np.inf:
        raise BadInput(f"masks are made every so many months, more than 0, not {cadence:g}")
    found: list[dict[str, object]] = []
    for series in result.series:
        for trend in series.trends:
            if trend.growth is None:
                continue
            rate, err = max(trend.growth.rate, 0.0), trend.growth.rate_err
            worst = worst_case(rate, err, cadence)
            row: dict[str, object] = {
                "detector": series.detector,
                "readout": series.readout,
                "threshold": trend.threshold,
                "cadence": cadence,
            }
            row |= {"worst": worst[0], "worst_err": worst[1]}
            if date is not None and any(each <= date for each in mask_dates(series)):
                each = unmasked_on(date, mask_dates(series), rate, err, cadence)
                row |= {"date": f"{date:%Y-%m-%d}", "mask_date": f"{each.mask_date:%Y-%m-%d}", "age_months": each.age}
                row |= {"expected": each.expected, "expected_err": each.expected_err}
                row |= {"since_middle": each.since_middle, "since_middle_err": each.since_middle_err}
            found.append(row)
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels of the array, 0-based, corners inclusive, such as the 32 x 32 of WATA."""

    name: str
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def pixels(self) -> int:
        """Pixels in it."""
        return (self.x1 - self.x0 + 1) * (self.y1 - self.y0 + 1)


def window(corners: tuple[int, int, int, int], series: Series, name: str = "") -> Window:
    """A window given by corners (x0, y0, x1, y1), 0-based and inclusive. Raises `BadInput` outside the image."""
    x0, y0, x1, y1 = corners
    ny, nx = series.shape
    if not (0 <= x0 <= x1 < nx and 0 <= y0 <= y1 < ny):
        raise BadInput(f"the window {x0},{y0} to {x1},{y1} does not lie in the {nx} x {ny} pixels of {series.label}")
    return Window(name or f"{x0},{y0} to {x1},{y1}", x0, y0, x1, y1)


def window_of_file(path: Path, series: Series) -> Window:
    """The window that an exposure in a subarray reads, such as a SUB32 acquisition image, by its SUBSTRT and SUBSIZE.

    Raises `BadInput` for another detector, a file without these keywords, or a subarray outside the series' image.
    """
    parts = open_parts(path)
    try:
        _, headers, _ = scan(parts[0].file)
        keys, shape = Keywords(headers[:1]), parts[0].shape
    finally:
        for part in parts:
            part.file.close()
    start = keys.integer("SUBSTRT1"), keys.integer("SUBSTRT2")
    if None in start:
        raise BadInput(f"{path.name} does not say where its subarray lies: it has no SUBSTRT1 and SUBSTRT2")
    if keys.upper("DETECTOR") not in ("", series.detector):
        raise BadInput(f"{path.name} is of {keys.upper('DETECTOR')}, the darks are of {series.detector}")
    size = keys.integer("SUBSIZE1") or shape[3], keys.integer("SUBSIZE2") or shape[2]
    place = series.files[0].geometry
    x0, y0 = (start[0] or 1) - place.xstart, (start[1] or 1) - place.ystart
    return window((x0, y0, x0 + size[0] - 1, y0 + size[1] - 1), series, keys.text("SUBARRAY") or path.name)


@dataclass(frozen=True, slots=True, eq=False)
class InWindow:
    """Hot pixels of a window: ``new`` and ``hot_now`` places in the history's lists (centres and neighbours alike, they all disturb a
    centroid), ``expected`` new ones a year at the series' growth if anywhere alike, ``p_any`` that there is at least one within a year."""

    window: Window
    new: Indices
    hot_now: Indices
    expected: float
    expected_err: float
    p_any: float


def in_window(history: History, where: Window, outline: NDArray[np.bool_] | None = None) -> InWindow:
    """What a history has in a window; ``outline``, shape (y1 - y0 + 1, x1 - x0 + 1): the pixels of it that count, None for all."""
    inside = (history.x >= where.x0) & (history.x <= where.x1) & (history.y >= where.y0) & (history.y <= where.y1)
    pixels = where.pixels
    if outline is not None:
        inside[inside] = outline[history.y[inside] - where.y0, history.x[inside] - where.x0]
        pixels = int(outline.sum())
    new = np.zeros(history.x.size, np.bool_)
    new[history.newly_hot()] = True
    growth = history.series.trend(history.params.threshold).growth
    share = pixels / max(int(history.series.measured.max()), 1)
    rate, err = (growth.rate * share, growth.rate_err * share) if growth is not None else (np.nan, np.nan)
    return InWindow(
        where,
        np.flatnonzero(inside & new),
        np.flatnonzero(inside & history.hot[:, -1]),
        12 * rate,
        12 * err,
        float(-np.expm1(-12 * max(rate, 0.0))),
    )


def mask_dates(series: Series) -> list[datetime]:
    """Dates of the files of a series, each of which a mask could be made of."""
    return [date_of(dark) for dark in series.files]
