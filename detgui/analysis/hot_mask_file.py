"""Updated masks: a JWST MASK reference with HOT and DO_NOT_USE, and the mask of a target-acquisition flat with what is different.

Sources: `stdatamodels.jwst.datamodels.MaskModel`; CRDS keywords as for any reference file; JWST-STScI-009188 section 1 (TA flats hold the
relative response and flag hot pixels).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui import __version__
from detgui.analysis.gain_file import Origin, check_origin
from detgui.analysis.hot_header import identity
from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_types import Series, date_of
from detgui.data.dark_maps import active, read_flags
from detgui.data.darks import DarkFile, describe
from detgui.data.tables import write_whole
from detgui.errors import BadInput
from detgui.science import hot_classes
from detgui.science.dq import PIXEL, definition_rows

Bools = NDArray[np.bool_]
Flags = NDArray[np.uint32]

MASKED = ("always hot", "newly hot", "coming and going")
"""Classes that are masked; those that are not confirmed are left to the next dark."""

ALWAYS_DEFINED = ("DO_NOT_USE", "HOT", "REFERENCE_PIXEL")


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """A mask and what it was: ``flags`` and ``former`` with the bits of `science.dq.PIXEL`, shape (ny, nx); ``added`` and ``released``
    pixels that are hot in one only; ``notes``."""

    series: Series
    flags: Flags
    former: Flags
    added: Bools
    released: Bools
    notes: tuple[str, ...]


def pixels_to_mask(history: History, classes: Sequence[str] = MASKED) -> Bools:
    """Pixels of the given classes, shape (ny, nx)."""
    wanted = [hot_classes.CLASSES.index(name) for name in classes]
    chosen = np.isin(history.classes, wanted)
    found = np.zeros(history.series.shape, np.bool_)
    found[history.y[chosen], history.x[chosen]] = True
    return found


def update(series: Series, hot: Bools, former: Path | None = None, release: bool = False) -> Update:
    """Flags of an updated mask.

    A former MASK reference keeps all its flags, hot pixels are added; with ``release`` those that are not hot any more lose HOT, and
    DO_NOT_USE where nothing else is wrong with them. Without one there are the reference pixels and the hot ones. Raises `BadInput` for a
    former mask of another detector or size.
    """
    notes: list[str] = []
    seeing = active(series.files[0])
    before = np.zeros(series.shape, np.uint32)
    before[~seeing] = PIXEL["REFERENCE_PIXEL"]
    if former is not None:
        before, notes = _former(describe(former), series)
    was = (before & np.uint32(PIXEL["HOT"])) != 0
    hot = hot & ((before & np.uint32(PIXEL["REFERENCE_PIXEL"])) == 0)
    flags = before.copy()
    flags[hot] |= np.uint32(PIXEL["HOT"] | PIXEL["DO_NOT_USE"])
    gone = was & ~hot
    if release:
        flags[gone] &= np.uint32(0xFFFFFFFF ^ PIXEL["HOT"])
        flags[gone & (flags == PIXEL["DO_NOT_USE"])] = 0
    else:
        gone = np.zeros_like(gone)
    return Update(series, flags, before, hot & ~was, gone, tuple(notes))


def _former(dark: DarkFile, series: Series) -> tuple[Flags, list[str]]:
    """Flags of a MASK reference in the bits of `PIXEL`, as the jwst package translates them by its DQ_DEF."""
    if dark.kind != "mask":
        raise BadInput(f"{dark.name} is no MASK reference")
    if dark.detector not in ("", series.detector) or dark.shape != series.shape:
        size = f"{dark.shape[1]} x {dark.shape[0]} pixels"
        raise BadInput(f"{dark.name} is a mask of {dark.detector or 'another detector'}, {size}, not of {series.label}")
    own = read_flags(dark)
    found = np.zeros(series.shape, np.uint32)
    assert own is not None
    lost = []
    for name, bit in dark.definitions.items():
        here = (own & np.uint32(bit)) != 0
        if name in PIXEL:
            found[here] |= np.uint32(PIXEL[name])
        elif here.any():
            lost.append(name)
    return found, [f"{dark.name}: the flags {', '.join(lost)} are no JWST flags and are left out"] if lost else []


def write_mask(made: Update, path: str | Path, origin: Origin | None = None) -> None:
    """Write the MASK reference; it appears complete or not at all. Raises `BadInput` for what CRDS would not take."""
    origin = origin or Origin()
    check_origin(origin)
    content = io.BytesIO()
    mask_hdus(made, Path(path).name, origin).writeto(content)
    write_whole(Path(path), content.getvalue())


def mask_hdus(made: Update, name: str, origin: Origin) -> Any:
    """The astropy HDUList of a MASK reference."""
    from astropy.io import fits

    used = [flag for flag, value in PIXEL.items() if flag in ALWAYS_DEFINED or (made.flags & np.uint32(value)).any()]
    kinds = [("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")]
    header = _header(made, name, origin)
    return fits.HDUList(
        [
            fits.PrimaryHDU(header=header),
            fits.ImageHDU(made.flags, name="DQ"),
            fits.BinTableHDU(np.array(definition_rows(used), kinds), name="DQ_DEF"),
        ]
    )


def _header(made: Update, name: str, origin: Origin) -> Any:
    from astropy.io import fits

    series, header = made.series, fits.Header()
    last, source = series.files[-1], series.files[-1].header
    header["DATE"] = (datetime.now(UTC).isoformat(timespec="milliseconds")[:-6], "date this file was created (UTC)")
    header["FILENAME"], header["DATAMODL"] = name, "MaskModel"
    header["REFTYPE"] = "MASK"
    header.update(identity(series))
    header["USEAFTER"] = origin.useafter or date_of(last).strftime("%Y-%m-%dT%H:%M:%S")
    header["AUTHOR"] = origin.author or "detgui"
    header["PEDIGREE"] = origin.pedigree or str((source.get("PEDIGREE") if source is not None else None) or "DUMMY")
    header["DESCRIP"] = origin.descrip or "Bad-pixel mask with hot pixels found in darks"
    for line in _history_lines(made, origin):
        header.add_history("".join(letter if " " <= letter <= "~" else "?" for letter in line))
    return header


def _history_lines(made: Update, origin: Origin) -> list[str]:
    lines = [
        f"Hot pixels from darks after JWST-STScI-009188, detgui {__version__}",
        f"{int(made.added.sum())} hot pixels added, {int(made.released.sum())} released",
    ]
    lines += [f"dark: {dark.name} ({date_of(dark):%Y-%m-%d})" for dark in made.series.files]
    return [*lines, *(f"note: {note}" for note in made.notes), *origin.history]


@dataclass(frozen=True, slots=True, eq=False)
class TaUpdate:
    """A target-acquisition mask: ``mask`` and ``former`` True where flagged, ``response`` of the former file (None: it was a mask)."""

    series: Series
    mask: Bools
    former: Bools
    response: NDArray[np.float32] | None


def update_ta(series: Series, hot: Bools, former: Path | None = None) -> TaUpdate:
    """Flag hot pixels in a TA flat.

    The former file is an image of the same size: whole numbers 0 and 1 are a mask, anything else the relative response, in which pixels
    that are not above 0, or no number, are flagged. Flags of the former stay. Raises `BadInput` for another size.
    """
    if former is None:
        return TaUpdate(series, hot.copy(), np.zeros_like(hot), None)
    values = _image(former)
    if values.shape != series.shape:
        raise BadInput(f"{former.name} has {values.shape[1]} x {values.shape[0]} pixels, the darks {series.shape[1]} x {series.shape[0]}")
    if np.isin(values, (0, 1)).all():
        was, response = values == 1, None
    else:
        was, response = ~(values > 0), values.astype(np.float32)
    return TaUpdate(series, was | hot, was, response)


def _image(path: Path) -> NDArray[Any]:
    from detgui.data.references import read_reference

    return np.asarray(read_reference(path).values)


def write_ta(made: TaUpdate, path: str | Path, threshold: float | None = None) -> None:
    """Write MASK (1: flagged), FORMER, DIFFERENCE (1: newly flagged) and, where the former file had a response, FLAT with 0 where flagged.

    The file appears complete or not at all. Raises `BadInput` for a place that cannot be written to.
    """
    from astropy.io import fits

    header = fits.Header(identity(made.series))
    header["HOTLEVEL"] = (threshold if threshold is not None else "", f"[{made.series.unit}] rate above which a pixel is flagged")
    header["HOTDATE"] = (f"{date_of(made.series.files[-1]):%Y-%m-%d}", "date of the last dark")
    header["NEWHOT"] = (int((made.mask & ~made.former).sum()), "pixels newly flagged")
    header["DETGUIV"] = (__version__, "version of detgui")
    for dark in made.series.files:
        header.add_history(f"dark: {dark.name}")
    images = {"MASK": made.mask, "FORMER": made.former}
    hdus = [fits.PrimaryHDU(header=header), *(fits.ImageHDU(image.astype(np.uint8), name=name) for name, image in images.items())]
    hdus.append(fits.ImageHDU(made.mask.astype(np.int16) - made.former.astype(np.int16), name="DIFFERENCE"))
    if made.response is not None:
        hdus.append(fits.ImageHDU(np.where(made.mask, np.float32(0), made.response), name="FLAT"))
    content = io.BytesIO()
    fits.HDUList(hdus).writeto(content)
    write_whole(Path(path), content.getvalue())
