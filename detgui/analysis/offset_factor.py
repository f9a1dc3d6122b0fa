"""By what the fluxes of an image are multiplied: one factor for its module, and a gradient (PEARLS JWIDF paper, section 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.data.cal_images import CalImage
from detgui.data.offset_tables import OffsetRow, OffsetTable, swap_reference
from detgui.errors import BadInput
from detgui.science.offset_detectors import module_of, number_of
from detgui.science.offset_sky import LongAxis, along

Array = NDArray[np.float64]

SHARES = ("later", "half")
PUBLISHED_EPOCHS = ("1", "2")
"""Epochs that the published recipe knows; the gradient is of the second."""

FAR = 30.0
"""Arcmin from the origin of a table's gradient from which on an image is of another field."""

SHARE_NOTE = "the gradient is only measured as a difference of two epochs: giving all of it to the later one, or half to each, is a choice"
ZERO_NOTE = (
    "the published recipe's gradient is 0 at the first column of the array, the model's at the boundary between the modules:"
    " the zero differs by 0.011 mag for ALONG in F444W"
)


@dataclass(frozen=True, slots=True)
class CorrectParams:
    """How images are corrected.

    epoch: of the images, as the table names epochs; needed where the row has a slope.
    reference: 'A', 'B' or 'mean' keeps its photometry; '' as the table says.
    gradient: all of it to the 'later' epoch (the published recipe), or 'half' to each.
    """

    epoch: str = ""
    reference: str = ""
    gradient: str = "later"

    def __post_init__(self) -> None:
        """Raises `BadInput` for values that there are not."""
        if self.gradient not in SHARES:
            raise BadInput(f"the gradient is given to the later epoch or half to each: later or half, not {self.gradient}")


@dataclass(frozen=True, slots=True)
class Gradient:
    """``k`` mag/arcmin: fluxes times 10^(k d / 2.5). Along ``axis``, or (None) along x from the first column, ``scale`` arcmin/pixel."""

    k: float
    axis: LongAxis | None = None
    scale: float = 0.0


@dataclass(frozen=True, slots=True)
class Factor:
    """Fluxes times 10^(``dmag`` / 2.5), and the gradient's factor where there is one; ``row`` and ``table`` where from."""

    detector: str
    filter: str
    dmag: float
    gradient: Gradient | None
    epoch: str = ""
    table: str = ""

    @property
    def value(self) -> float:
        """The factor of the module."""
        return float(10.0 ** (self.dmag / 2.5))

    def image(self, cal: CalImage) -> Array:
        """The factor of every pixel, shape (ny, nx). Raises `BadInput` where the gradient needs a WCS that the file has not."""
        ny, nx = cal.shape
        magnitudes: Array = np.full((ny, nx), self.dmag)
        if self.gradient is not None:
            magnitudes += self.gradient.k * distances(cal, self.gradient)
        out: Array = 10.0 ** (magnitudes / 2.5)
        return out


def distances(cal: CalImage, gradient: Gradient) -> Array:
    """d of every pixel, arcmin, broadcastable to (ny, nx)."""
    if gradient.axis is None:
        return np.arange(cal.shape[1], dtype=np.float64)[None, :] * np.float64(gradient.scale)
    axis = gradient.axis
    d = cal.on_sky(lambda ra, dec: along(ra, dec, axis))
    if not (np.abs(d) <= FAR).all():
        raise BadInput(f"{cal.path.name}: the image is not of the table's field, its gradient is not known more than {FAR:g} arcmin away")
    return d


def factor_of(cal: CalImage, table: OffsetTable, params: CorrectParams) -> Factor:
    """What a table says of an image. Raises `BadInput` for a filter or a detector that it lacks, and a slope without an epoch."""
    try:
        row = table.row(number_of(cal.detector), cal.filter)
        if params.reference:
            row = swap_reference(row, params.reference)
        gradient = _gradient(cal, row, table, params)
    except BadInput as error:
        raise BadInput(f"{cal.path.name}: {error}") from None
    return Factor(cal.detector, cal.filter, row.dmag(module_of(cal.detector)), gradient, params.epoch, table.name)


def _gradient(cal: CalImage, row: OffsetRow, table: OffsetTable, params: CorrectParams) -> Gradient | None:
    k = epoch_slope(row, table, params.epoch, params.gradient)
    if not k:
        return None
    if table.axis is not None:
        cal.need_sky()
        return Gradient(k, table.axis)
    return Gradient(k, None, cal.scale_x() / 60.0)


def epoch_slope(row: OffsetRow, table: OffsetTable, epoch: str, gradient: str) -> float:
    """What of a row's slope an epoch's images are corrected by, mag/arcmin; 0 for none.

    Published tables: -|slope| for epoch 2, 0 for epoch 1. Raises `BadInput` where the epoch is needed and not one of the table's.
    """
    if row.slope == 0:
        return 0.0
    what = f"array {row.det} has a gradient in {row.filt.upper()}"
    pair = table.pair_epochs or PUBLISHED_EPOCHS
    if not epoch:
        raise BadInput(f"{what}: say with --epoch whether the image is of epoch {pair[0]} or {pair[1]}")
    if epoch not in pair:
        raise BadInput(f"{what} that {table.name} knows for epochs {pair[0]} and {pair[1]}, not for epoch {epoch}")
    later = epoch == pair[1]
    if table.own:
        return row.slope * (0.5 if later else -0.5) if gradient == "half" else row.slope * later
    if gradient == "half":
        raise BadInput("the published recipe gives all of the gradient to epoch 2: half of it needs a table with a long axis")
    return -abs(row.slope) if later else 0.0


def history(factor: Factor, version: str) -> list[str]:
    """Lines of HISTORY, under 72 characters, from which `from_history` makes the factor again."""
    lines = [f"{MARK}: fluxes times 10^(dmag/2.5), detgui {version}"]
    values: dict[str, object] = {"detector": factor.detector, "filter": factor.filter, "dmag": factor.dmag}
    if factor.epoch:
        values["epoch"] = _short(factor.epoch)
    if factor.table:
        values["table"] = _short(factor.table)
    gradient = factor.gradient
    if gradient is not None:
        lines[0] = f"{MARK}: fluxes times 10^((dmag + k d)/2.5), detgui {version}"
        values["k"] = gradient.k
        if gradient.axis is None:
            values["scale"] = gradient.scale
        else:
            values |= {"pa": gradient.axis.angle, "ra": gradient.axis.ra, "dec": gradient.axis.dec}
    return lines + [f"{MARK} {name} {value!r}" if isinstance(value, float) else f"{MARK} {name} {value}" for name, value in values.items()]


MARK = "detgui correct"


def _short(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)[:40]


def from_history(path: Path, lines: list[str]) -> Factor:
    """The factor that lines of HISTORY tell of. Raises `BadInput` where there are none, or not all of them."""
    said = dict(line[len(MARK) + 1 :].split(" ", 1) for line in lines if line.startswith(MARK + " ") and line.count(" ") >= 3)
    if not any(line.startswith(MARK) for line in lines):
        raise BadInput(f"{path.name} has no correction to undo: its HISTORY tells of none")
    try:
        gradient = None
        if "k" in said:
            axis = LongAxis(*(float(said[name]) for name in ("pa", "ra", "dec"))) if "pa" in said else None
            gradient = Gradient(float(said["k"]), axis, 0.0 if axis else float(said["scale"]))
        return Factor(said["detector"], said["filter"], float(said["dmag"]), gradient, said.get("epoch", ""), said.get("table", ""))
    except (KeyError, ValueError):
        raise BadInput(f"{path.name}: the HISTORY of its correction is not complete, it cannot be undone") from None
