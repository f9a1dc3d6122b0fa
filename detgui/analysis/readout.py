"""What the read-out bar says of the pixel under the mouse: one pure function, tens of microseconds a call."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from numpy.typing import NDArray

from detgui.data.wcs import Place
from detgui.errors import BadInput
from detgui.science import dq as flags_of
from detgui.science.detector import DetectorGeometry

_MJD_ZERO = datetime(1858, 11, 17)  # UTC, as INT_TIMES counts


@dataclass(frozen=True, slots=True)
class Readout:
    """One pixel in words and numbers.

    ``x``, ``y`` 0-based array pixel; ``ds9`` the same 1-based; ``full`` 1-based full-frame science pixel; ``detector`` 1-based raw
    detector (column, row), both (0, 0) for an IRS2 reference sample; ``value`` in ``unit``; ``flags`` DQ names, lowest bit first;
    ``amplifier`` 'A' to 'D', 'R' for IRS2 reference samples, '' where not known; ``ra_deg``, ``dec_deg`` and ``wavelength_um`` NaN where
    not known; ``time_mjd`` the integration's mid-time, days (MJD, UTC), and ``time_iso`` the same as text, NaN and '' where not known.
    """

    x: int
    y: int
    ds9: tuple[int, int]
    full: tuple[int, int]
    detector: tuple[int, int]
    value: float | int
    unit: str = ""
    flags: tuple[str, ...] = ()
    amplifier: str = ""
    reference_pixel: bool = False
    ra_deg: float = math.nan
    dec_deg: float = math.nan
    wavelength_um: float = math.nan
    time_mjd: float = math.nan
    time_iso: str = ""
    note: str = ""
    known_geometry: bool = False
    single_output: bool = False

    def as_text(self) -> str:
        """The line of the read-out bar; what is not known is left out."""
        return "  ".join(part for part in self.parts() if part)

    def parts(self) -> tuple[str, ...]:
        """The line's parts in order, '' for what is not known: array, DS9, full and detector pixel, value, flags, output, place, time."""
        frames = ("", "")
        if self.full == (0, 0):
            frames = ("", "no pixel: IRS2 reference sample")
        elif self.known_geometry:
            frames = (f"full {self.full[0]} {self.full[1]}", f"det {self.detector[0]} {self.detector[1]}")
        return (
            f"x {self.x} y {self.y}",
            f"DS9 {self.ds9[0]} {self.ds9[1]}",
            *frames,
            f"{value_text(self.value)} {self.unit}".rstrip(),
            " ".join(self.flags),
            self._output_text(),
            "reference pixel" if self.reference_pixel and self.full != (0, 0) else "",
            "" if math.isnan(self.ra_deg) else f"RA {self.ra_deg:.6f} Dec {self.dec_deg:+.6f}",
            "" if math.isnan(self.wavelength_um) else f"wave {self.wavelength_um:.4g} um",
            f"{self.time_iso} UTC" if self.time_iso else "",
        )

    def _output_text(self) -> str:
        if self.amplifier in ("", "R"):
            return "one output" if self.single_output else ""
        return f"amp {self.amplifier}"


def readout(
    geometry: DetectorGeometry,
    unit: str,
    values: NDArray[Any],
    dq: NDArray[Any] | None,
    dq_definitions: flags_of.Definitions | None,
    x: int,
    y: int,
    place: Place | None = None,
    integration_time: float | None = None,
) -> Readout:
    """Read-out of the 0-based pixel (x, y) of an image ``values``, shape (ny, nx), in ``unit``.

    ``dq`` has the image's shape or is None; ``dq_definitions`` are those of the file's DQ_DEF, None for the JWST flags;
    ``integration_time`` is the mid-time of the integration, days (MJD, UTC). Raises `BadInput` for a pixel outside the image.
    """
    ny, nx = values.shape
    if not (0 <= x < nx and 0 <= y < ny):
        raise BadInput(f"pixel {x}, {y} is outside the image of {nx} x {ny} pixels")
    place = place or _NOWHERE
    mjd = math.nan if integration_time is None else float(integration_time)
    return Readout(
        x=x,
        y=y,
        ds9=(x + 1, y + 1),
        full=geometry.to_full(x, y),
        detector=geometry.to_detector(x, y),
        value=values[y, x].item(),
        unit=unit,
        flags=() if dq is None else flags_of.names(dq[y, x], dq_definitions),
        amplifier=geometry.amplifier(x, y),
        reference_pixel=geometry.is_reference(x, y),
        ra_deg=place.ra_deg,
        dec_deg=place.dec_deg,
        wavelength_um=place.wavelength_um,
        time_mjd=mjd,
        time_iso=time_text(mjd),
        note=place.note,
        known_geometry=geometry.known,
        single_output=geometry.single_output,
    )


_NOWHERE = Place()


def value_text(value: float | int) -> str:
    """A value with six digits; whole numbers with all of theirs."""
    if isinstance(value, float) and not value.is_integer():  # also NaN and infinity
        return "NaN" if math.isnan(value) else f"{value:.6g}"
    return str(int(value)) if abs(value) < 1e15 else f"{value:.6g}"


def time_text(mjd: float) -> str:
    """ISO 8601 to the millisecond of a time in days (MJD); '' where it is no time."""
    if not math.isfinite(mjd):
        return ""
    try:
        return (_MJD_ZERO + timedelta(days=mjd)).isoformat(timespec="milliseconds")
    except OverflowError:
        return ""
