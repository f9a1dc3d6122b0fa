"""Divots of a spectrum: which pixels inside the extraction aperture have no value, what they cost, and where the aperture is.

Known issue NS-G03 (spurious features of one pixel) and NS-G09 (the error of the background is not in that of the science).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.noise_types import Diagnosis
from detgui.analysis.origin import origin
from detgui.data.exposure import Exposure
from detgui.data.extract1d_reference import ANY, aperture_dict, aperture_of, limits_of, write_extract1d
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science import divots as science
from detgui.science.divots import Divot, Traced
from detgui.science.dq import DO_NOT_USE, names

Floats = NDArray[np.float64]

FILLED = 0.5
"""Part of the image's height that the profile of a point source does not have at half its maximum."""

LIGHT = 0.02
"""Part of the profile's maximum under which a row has no light."""


@dataclass(frozen=True, slots=True)
class Aperture:
    """Inclusive limits, 0-based pixel numbers, fractions allowed; None is the edge of the image. ``dispersion`` 1: along x, 2: along y."""

    ystart: float | None = None
    ystop: float | None = None
    xstart: float | None = None
    xstop: float | None = None
    dispersion: int = 1

    def of(self, nx: int, ny: int) -> Aperture:
        """With numbers in place of None. Raises `BadInput` where nothing of the image is inside."""
        whole = replace(
            self,
            xstart=0 if self.xstart is None else self.xstart,
            xstop=nx - 1 if self.xstop is None else self.xstop,
            ystart=0 if self.ystart is None else self.ystart,
            ystop=ny - 1 if self.ystop is None else self.ystop,
        )
        x0, x1, y0, y1 = whole.box
        if not (x0 <= x1 and y0 <= y1 and x1 >= 0 and y1 >= 0 and x0 <= nx - 1 and y0 <= ny - 1):
            raise BadInput(f"an aperture of x {x0:g} to {x1:g}, y {y0:g} to {y1:g} holds no pixel of the image of {nx} x {ny}")
        return whole

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(xstart, xstop, ystart, ystop) of an aperture with numbers."""
        return tuple(np.nan if each is None else float(each) for each in (self.xstart, self.xstop, self.ystart, self.ystop))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Params:
    """``aperture`` (ystart None: where the profile has its light), ``integration`` 1-based, ``least`` part of the flux that is listed."""

    aperture: Aperture = Aperture()
    integration: int | None = None
    least: float = science.LEAST_PART


@dataclass(frozen=True, slots=True)
class BadPixel:
    """A pixel without a value in the aperture: 0-based ``x``, ``y``, its flags and its ``distance`` from the profile's centre, pixels."""

    x: int
    y: int
    flags: tuple[str, ...]
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A spectrum and its divots.

    ``pixel`` (n,) 0-based places along the dispersion; ``traced`` the spectrum in them; ``divots`` columns count from the image's edge;
    ``pixels`` of each divot; ``mean_profile`` (across,).
    """

    exposure: str
    unit: str
    aperture: Aperture
    pixel: NDArray[np.intp]
    traced: Traced
    divots: tuple[Divot, ...]
    pixels: tuple[tuple[BadPixel, ...], ...]
    mean_profile: Floats
    diagnosis: Diagnosis
    provenance: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def run(exposure: Exposure, params: Params | None = None, progress: Progress = no_progress) -> Result:
    """Extract a 2-D spectrum and list its divots. Raises `BadInput` for a ramp, and for an aperture without pixels."""
    params = params or Params()
    if exposure.is_ramp and exposure.kind in ("uncal", "ramp"):
        raise BadInput(f"{exposure.name}: a spectrum is extracted from an image, not from a ramp")
    progress(0.1, f"reading {exposure.name}")
    image = exposure.read_image("SCI", params.integration).astype(np.float64)
    err = exposure.read_image("ERR", params.integration).astype(np.float64) if "ERR" in exposure.planes else None
    dq = exposure.read_dq(params.integration)
    flags = np.zeros(image.shape, np.uint32) if dq is None else dq
    aperture = params.aperture
    if aperture.dispersion == 2:
        image, flags, err = image.T, flags.T, None if err is None else err.T
    bad = ((flags & np.uint32(DO_NOT_USE)) != 0) | ~np.isfinite(image)
    if bad.all():
        raise BadInput(f"{exposure.name}: every pixel of it is flagged DO_NOT_USE or is no number")
    progress(0.4, "profile")
    aperture, notes = _placed(aperture, image, bad)
    whole = aperture.of(*((image.shape[1], image.shape[0]) if aperture.dispersion == 1 else image.shape))
    x0, x1, y0, y1 = whole.box
    along, across = ((x0, x1), (y0, y1)) if whole.dispersion == 1 else ((y0, y1), (x0, x1))
    first, last = max(0, int(np.ceil(along[0]))), min(image.shape[1] - 1, int(np.floor(along[1])))
    part = np.s_[:, first : last + 1]
    traced = science.trace(image[part], None if err is None else err[part], bad[part], *across)
    progress(0.8, "divots")
    found = [replace(each, column=each.column + first) for each in science.divots(image[part], bad[part], traced, params.least)]
    pixels = tuple(_pixels(each, flags, traced, first, whole.dispersion) for each in found)
    progress(1.0, "done")
    return Result(
        exposure.name,
        exposure.unit,
        whole,
        np.arange(first, last + 1),
        traced,
        tuple(found),
        pixels,
        traced.profile.mean(axis=1),
        _diagnosis(found),
        origin(exposure, params, "extract1d"),
        notes,
    )


def _placed(aperture: Aperture, image: Floats, bad: NDArray[np.bool_]) -> tuple[Aperture, tuple[str, ...]]:
    """Limits across the dispersion, where they are not given: three standard deviations about the profile's peak; and what to say of it."""
    names_ = ("ystart", "ystop") if aperture.dispersion == 1 else ("xstart", "xstop")
    if getattr(aperture, names_[0]) is not None or getattr(aperture, names_[1]) is not None:
        return aperture, ()
    profile = science.local_profile(np.where(bad, np.nan, image)).mean(axis=1)
    peak = int(np.argmax(profile))
    half = profile > 0.5 * profile[peak]
    low, high = peak, peak
    while low > 0 and half[low - 1]:
        low -= 1
    while high < profile.size - 1 and half[high + 1]:
        high += 1
    reach = max(2.0, 1.3 * (high - low + 1))
    lit = np.flatnonzero(profile > LIGHT * profile[peak])
    first, last = max(float(lit[0]), round(peak - reach)), min(float(lit[-1]), round(peak + reach))
    placed = replace(aperture, ystart=first, ystop=last) if aperture.dispersion == 1 else replace(aperture, xstart=first, xstop=last)
    if high - low + 1 <= FILLED * profile.size:
        return placed, ()
    note = (
        f"the light fills {high - low + 1} of {profile.size} rows at half its height: no point source is seen, place the aperture by hand"
    )
    return placed, (note,)


def _pixels(each: Divot, flags: NDArray[np.uint32], traced: Traced, first: int, dispersion: int) -> tuple[BadPixel, ...]:
    centre = float(traced.centre[each.column - first])
    return tuple(
        BadPixel(*((each.column, row) if dispersion == 1 else (row, each.column)), names(int(flags[row, each.column])), float(row - centre))
        for row in each.rows
    )


def _diagnosis(found: list[Divot]) -> Diagnosis:
    deep = [each for each in found if np.isfinite(each.depth) and each.depth > 3 * each.depth_err]
    near = sum(each.near for each in found)
    worst = found[0] if found else None
    if worst is None:
        sentence = "No pixel in the aperture is without a value."
    else:
        who = "1 column misses part of its" if len(found) == 1 else f"{len(found)} columns miss part of their"
        sentence = (
            f"{who} flux, {near} near the centre of the profile: "
            "try pixel_replace before extract_1d, and look that it does not over-correct."
        )
    value, err = (worst.lost, worst.lost_err) if worst else (0.0, 0.0)
    return Diagnosis(
        "divots", "Largest part of the flux that a column misses", value, err, "", bool(found and (deep or near)), sentence, "NS-G03"
    )


def write_reference(path: Path, exposure: Exposure, aperture: Aperture) -> None:
    """Write the aperture as an EXTRACT1D reference for this exposure's slit. Raises `BadInput`, one sentence."""
    nx, ny = exposure.shape[3], exposure.shape[2]
    x0, x1, y0, y1 = aperture.of(nx, ny).box
    entry = aperture_dict(_slit(exposure), (x0, y0), (x1, y1), aperture.dispersion)
    write_extract1d(path, [entry], exposure.meta.instrument or "NIRSPEC", exposure.meta.exp_type or "ANY", f"aperture for {exposure.name}")


def read_reference(path: Path, exposure: Exposure, dispersion: int = 1) -> Aperture:
    """The part inside the image of the aperture that an EXTRACT1D reference in JSON has for this exposure's slit, limits as numbers.

    ``dispersion`` (1: along x, 2: along y) is for a file that does not say dispaxis. Raises `BadInput`, one sentence that names the file.
    """
    path = Path(path)
    order = (exposure.header("SCI") or {}).get("SPORDER")
    entry = aperture_of(path, _slit(exposure), order if isinstance(order, int) else None)
    axis = entry.get("dispaxis") or dispersion
    if axis not in (1, 2):
        raise BadInput(f"{path.name}: dispaxis of its aperture is neither 1 nor 2")
    limits = limits_of(entry, path.name, axis)
    nx, ny = exposure.shape[3], exposure.shape[2]
    try:
        whole = Aperture(**limits, dispersion=axis).of(nx, ny)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from None
    x0, x1, y0, y1 = whole.box
    return Aperture(max(y0, 0.0), min(y1, ny - 1.0), max(x0, 0.0), min(x1, nx - 1.0), axis)


def _slit(exposure: Exposure) -> str:
    return str((exposure.header("SCI") or {}).get("SLTNAME") or ANY)
