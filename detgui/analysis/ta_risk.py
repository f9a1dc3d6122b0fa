"""Risk that unmasked hot pixels disturb a target acquisition: numbers, curves against cadence, and a map from real positions.

Source: JWST-STScI-009188 section 4.3; at 70 pixels a month a stamp of 32 x 32 is hit with 10, 19 and 34 % after 6, 12 and 24 months, at
least one of eight with 57, 81 and 96 %. The 57 % follow from 10 %; without that rounding they are 56 %.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui import __version__
from detgui.analysis.hot_header import identity
from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_types import Series
from detgui.data.tables import write_table, write_whole
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.ta_risk import ACTIVE_PIXELS, Draw, Risk, RiskMap, acquisition_risk, risk_map

Array = NDArray[np.float64]

NRS2_TRAD_RATE = 70.0
"""Pixels a month above 3 DN/s: what the report calculates with (section 4.3)."""


@dataclass(frozen=True, slots=True)
class Params:
    """An acquisition with a mask that grows old.

    Attributes
    ----------
    rate : new hot pixels a month (the report: about 70 above 3 DN/s on NRS2, TRAD)
    rate_err : its error, 0 where not known
    months : age of the mask
    stamp : side of a postage stamp, pixels (MSATA: 32)
    stars : reference stars (MSATA: 5 to 8)
    needed : clean stars that are needed (MSATA: 5)
    pixels : pixels among which hot ones are counted (an H2RG without reference pixels: 2040 x 2040)
    """

    rate: float = NRS2_TRAD_RATE
    rate_err: float = 0.0
    months: float = 12.0
    stamp: int = 32
    stars: int = 8
    needed: int = 5
    pixels: int = ACTIVE_PIXELS


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """``risk`` at ``params.months``, ``low`` and ``high`` at the rate less and more its error; ``curves`` at the ages ``months``."""

    params: Params
    risk: Risk
    low: Risk
    high: Risk
    months: Array
    curves: Risk

    @property
    def p_pixel(self) -> float:
        """Probability that a pixel became hot."""
        return float(self.risk.p_pixel)

    @property
    def p_stamp(self) -> float:
        """Probability that a stamp has at least one unmasked hot pixel."""
        return float(self.risk.p_stamp)

    @property
    def p_any(self) -> float:
        """Probability that at least one of the stars' stamps is hit."""
        return float(self.risk.p_any)

    @property
    def p_fewer_than_needed(self) -> float:
        """Probability that fewer clean stars than needed are left."""
        return float(self.risk.p_fewer)


DEFAULTS = Params()
NORMAL_DRAW = Draw()


def run(params: Params = DEFAULTS, longest: float | None = None) -> Result:
    """Calculate; curves reach to ``longest`` months (None: 24, or twice the age). Raises `BadInput` for what cannot be."""
    if not 0 <= params.rate_err < np.inf:
        raise BadInput(f"the error of the rate is a number of pixels a month, not {params.rate_err:g}")
    months = np.linspace(0.0, longest if longest is not None else max(24.0, 2 * params.months), 97)

    def risk(rate: float, age: float | Array) -> Risk:
        return acquisition_risk(rate, age, params.stamp, params.stars, params.needed, params.pixels)

    reach = params.pixels / max(params.rate, 1e-12)
    return Result(
        params,
        risk(params.rate, params.months),
        risk(max(params.rate - params.rate_err, 0.0), params.months),
        risk(params.rate + params.rate_err, min(params.months, params.pixels / max(params.rate + params.rate_err, 1e-12))),
        np.minimum(months, reach),
        risk(params.rate, np.minimum(months, reach)),
    )


def summary(result: Result) -> dict[str, float]:
    """Numbers for JSON; ``p_fewer_than_5`` is with the number of stars that are needed."""
    params = result.params
    found: dict[str, float] = {
        "rate_pix_per_month": params.rate,
        "rate_err": params.rate_err,
        "months": params.months,
        "stamp": params.stamp,
        "stars": params.stars,
        "needed": params.needed,
        "pixels": params.pixels,
        "p_pixel": result.p_pixel,
        "p_stamp": result.p_stamp,
        "p_any": result.p_any,
        f"p_fewer_than_{params.needed}": result.p_fewer_than_needed,
        "p_any_from_rounded_p_stamp": float(result.risk.p_any_rounded),
    }
    if params.rate_err:
        for name, low, high in (
            ("p_stamp", result.low.p_stamp, result.high.p_stamp),
            ("p_any", result.low.p_any, result.high.p_any),
            (f"p_fewer_than_{params.needed}", result.low.p_fewer, result.high.p_fewer),
        ):
            found[f"{name}_err"] = float(high - low) / 2
    return found


@dataclass(frozen=True, slots=True)
class MapParams:
    """A map of risk from real positions: ``months`` age of the mask; ``rate`` new hot pixels a month, None: the fitted growth;
    ``centres``: leave neighbours out, else crosses are events of several pixels; ``draw`` how masks are drawn."""

    months: float = 12.0
    rate: float | None = None
    centres: bool = False
    draw: Draw = NORMAL_DRAW


@dataclass(frozen=True, slots=True, eq=False)
class MapResult:
    """``map`` of risk, ``rate`` used, ``uniform`` p_stamp, p_any, p_fewer if pixels became hot anywhere alike, ``events`` clusters seen."""

    series: Series
    params: MapParams
    map: RiskMap
    rate: float
    uniform: tuple[float, float, float]
    events: int


def risk_from_history(history: History, params: MapParams, progress: Progress = no_progress) -> MapResult:
    """Monte Carlo over masks of one age from where pixels really became hot. Raises `BadInput` where none did."""
    progress(0.0, "drawing masks")
    series, draw = history.series, params.draw
    new = history.newly_hot()
    if params.centres:
        new = new[history.centre[new]]
    span = float(series.months[-1])
    if new.size == 0 or span <= 0:
        raise BadInput(f"{series.label}: no pixel became hot and stayed so, so there is no map of risk")
    if not 0 <= params.months < np.inf:
        raise BadInput(f"the age of a mask is a number of months, not {params.months:g}")
    rate = params.rate if params.rate is not None else _growth(history, params.centres, new.size / span)
    found = risk_map(history.y[new], history.x[new], history.cluster[new], rate * params.months, series.shape, draw)
    alike = acquisition_risk(rate, params.months, draw.stamp, draw.stars, draw.needed, int(series.measured.max()))
    progress(1.0, "done")
    uniform = float(alike.p_stamp), float(alike.p_any), float(alike.p_fewer)
    return MapResult(series, params, found, rate, uniform, int(np.unique(history.cluster[new]).size))


def _growth(history: History, centres: bool, otherwise: float) -> float:
    """Fitted growth of the counts; pixels of the last epochs, which are not confirmed yet, are in it."""
    trend = history.series.trend(history.params.threshold)
    growth = trend.growth_centres if centres else trend.growth
    return growth.rate if growth is not None and growth.rate > 0 else otherwise


def as_text(result: Result) -> str:
    """The numbers as a person reads them, with errors where that of the rate is known."""
    params, found = result.params, summary(result)

    def share(name: str, decimals: int) -> str:
        err = f" ± {100 * found[f'{name}_err']:.{decimals}f}" if f"{name}_err" in found else ""
        return f"{100 * found[name]:.{decimals}f}{err} %"

    lines = (
        f"{params.rate:g} pixels a month, mask {params.months:g} months old, {params.stars} stamps of {params.stamp} x {params.stamp}",
        f"a pixel is hot and unmasked             {100 * result.p_pixel:.4f} %",
        f"a stamp has at least one such pixel     {share('p_stamp', 1)}",
        f"at least one of {params.stars} stamps does{'':<{14 - len(str(params.stars))}}{share('p_any', 1)}",
        f"fewer than {params.needed} stamps are clean{'':<{15 - len(str(params.needed))}}{share(f'p_fewer_than_{params.needed}', 2)}",
    )
    rounded = 100 * float(result.risk.p_any_rounded)
    more = f"from the stamp's probability in full per cent, as JWST-STScI-009188 has it: {rounded:.0f} % for at least one of {params.stars}"
    return "\n".join((*lines, more) if f"{rounded:.0f}" != f"{100 * result.p_any:.0f}" else lines)


def write(result: Result, path: str | Path) -> None:
    """Write the curves as ``.ecsv`` or ``.csv``, the numbers at the mask's age in the metadata. Raises `BadInput`."""
    curves = result.curves
    columns = {
        "months": (result.months, ""),
        "p_pixel": (curves.p_pixel, ""),
        "p_stamp": (curves.p_stamp, ""),
        "p_any": (curves.p_any, ""),
        f"p_fewer_than_{result.params.needed}": (curves.p_fewer, ""),
    }
    write_table(Path(path), columns, summary(result))


def write_map(result: MapResult, path: str | Path) -> None:
    """Write a map of risk as FITS: image RISK, probability for a stamp whose first pixel is at X0 + STEP i, Y0 + STEP j (0-based).

    ``SUBSTRT1``, ``SUBSTRT2`` place the pixels of the darks, 0-based, on the detector.

    The file appears complete or not at all. Raises `BadInput` for a place that cannot be written to.
    """
    from astropy.io import fits

    found, draw = result.map, result.params.draw
    header = fits.Header(identity(result.series))
    header["SERIES"] = result.series.label
    for key, value, comment in (
        ("MONTHS", result.params.months, "age of the mask"),
        ("RATE", result.rate, "pixels a month that become hot"),
        ("STAMP", draw.stamp, "[pix] side of a stamp"),
        ("STARS", draw.stars, "reference stars"),
        ("TRIALS", draw.trials, "masks drawn"),
        ("JITTER", draw.jitter, "[pix] rms by which events are moved"),
        ("PSTAMP", found.mean, "a stamp anywhere is hit"),
        ("PSTAMPER", found.mean_err, "Monte Carlo error of it"),
        ("PANY", found.p_any, "at least one star is hit"),
        ("PANYERR", found.p_any_err, "Monte Carlo error of it"),
        ("PFEWER", found.p_fewer, f"fewer than {draw.needed} clean stars"),
        ("PFEWERR", found.p_fewer_err, "Monte Carlo error of it"),
        ("PUNIFORM", result.uniform[0], "PSTAMP with pixels anywhere alike"),
        ("EVENTS", result.events, "clusters of pixels that became hot"),
        ("DETGUIV", __version__, "version of detgui"),
        ("X0", int(found.x[0]), "[pix] first stamp, 0-based"),
        ("Y0", int(found.y[0]), "[pix] first stamp, 0-based"),
        ("STEP", draw.grid, "[pix] between stamps"),
    ):
        header[key] = (value, comment)
    for dark in result.series.files:
        header.add_history(f"dark: {dark.name}")
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(found.p_stamp, name="RISK")]).writeto(content)
    write_whole(Path(path), content.getvalue())


def map_summary(result: MapResult) -> dict[str, object]:
    """Numbers of a map for JSON, beside those for pixels that become hot anywhere alike."""
    found, needed = result.map, result.params.draw.needed
    return {
        "months": result.params.months,
        "rate_pix_per_month": result.rate,
        "events": result.events,
        "p_stamp": found.mean,
        "p_stamp_err": found.mean_err,
        "p_any": found.p_any,
        "p_any_err": found.p_any_err,
        f"p_fewer_than_{needed}": found.p_fewer,
        f"p_fewer_than_{needed}_err": found.p_fewer_err,
        "p_stamp_lowest": float(found.p_stamp.min()),
        "p_stamp_highest": float(found.p_stamp.max()),
        "p_stamp_uniform": result.uniform[0],
        "p_any_uniform": result.uniform[1],
        f"p_fewer_than_{needed}_uniform": result.uniform[2],
    }
