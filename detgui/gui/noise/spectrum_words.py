"""What the Spectrum page says, and the rows of its table of divots; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from detgui.gui.common.quantity import with_error
from detgui.gui.noise.noise_page import words

if TYPE_CHECKING:
    from detgui.analysis.extract1d import BadPixel
    from detgui.science.divots import Divot

HEADERS = (
    ("column", "place along the dispersion, 0-based; a click goes to the pixel"),
    ("lost", "part of the flux that the profile says is missing"),
    ("depth", "of the spectrum against its neighbours"),
    ("from centre", "of the profile, of the pixel that costs most; near: within its standard deviation"),
    ("pixels", "without a value: x, y and flags"),
)
ASK = "Show an image with a 2-D spectrum: a rate, cal or s2d product."
OPEN_TIP = """Take the aperture from an EXTRACT1D reference in JSON: that of this exposure's slit, or of any slit,
with ystart and ystop (xstart and xstop where the dispersion is along y)."""
WRITE_TIP = """Write the aperture as an EXTRACT1D reference (JSON: xstart, xstop, ystart, ystop) for extract_1d,
to be used with use_source_posn=False."""
BACK_TIP = """The combined background that the background step saved (save_combined_background):
its errors are added in quadrature to those of this exposure, and the result is offered as a copy."""


def divot_row(each: Divot, pixels: tuple[BadPixel, ...]) -> tuple[str, ...]:
    """A row of the table."""
    where = "; ".join(f"{pixel.x}, {pixel.y} {' '.join(pixel.flags)}".rstrip() for pixel in pixels)
    return (
        str(each.column),
        percent(each.lost, each.lost_err),
        percent(each.depth, each.depth_err) if np.isfinite(each.depth) else "–",
        f"{each.distance:+.1f}{' near' if each.near else ''}",
        where,
    )


def percent(part: float, err: float) -> str:
    """A part with its error as per cent."""
    return f"{with_error(100 * part, 100 * err) if np.isfinite(err) and err > 0 else f'{100 * part:.1f}'} %"


def words_plain(diagnosis: Any) -> str:
    """A diagnosis without markup."""
    return words(diagnosis).replace("<b>", "").replace("</b>", "")
