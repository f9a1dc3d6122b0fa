"""Gain maps as JWST GAIN reference files: e-/DN in SCI, keywords as ``stdatamodels.jwst.datamodels.GainModel`` and CRDS want them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from detgui import __version__
from detgui.analysis.gain_table import sector_rows
from detgui.analysis.gain_types import Result
from detgui.data.tables import write_whole
from detgui.errors import BadInput

PEDIGREES = ("DUMMY", "GROUND", "SIMULATION", "INFLIGHT")
COPIED = ("TELESCOP", "INSTRUME", "DETECTOR", "CHANNEL", "MODULE", "SUBARRAY", "FILTER", "PUPIL", "READPATT")
NO_FILTER = ("FILTER", "PUPIL")  # the gain does not depend on them


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reference file says of itself; None: the flats' date, 'detgui', the header's pedigree or 'DUMMY', a sentence."""

    useafter: str | None = None
    author: str | None = None
    pedigree: str | None = None
    descrip: str | None = None
    history: tuple[str, ...] = ()


def check_origin(origin: Origin) -> None:
    """Raise `BadInput` for a date or a pedigree that CRDS does not take."""
    if origin.useafter is not None:
        try:
            datetime.fromisoformat(origin.useafter)
        except ValueError:
            raise BadInput(f"USEAFTER {origin.useafter!r} is no date such as 2022-07-01T00:00:00") from None
    if origin.pedigree is not None and origin.pedigree.split(" ")[0] not in PEDIGREES:
        raise BadInput(f"PEDIGREE {origin.pedigree!r} does not begin with one of {', '.join(PEDIGREES)}")
    for name, text in (("AUTHOR", origin.author), ("DESCRIP", origin.descrip)):
        if text is not None and (not text.strip() or not text.isascii() or not text.isprintable()):
            raise BadInput(f"{name} {text!r} cannot stand in a FITS header: it needs plain letters")


def write(result: Result, path: str | Path, origin: Origin = Origin()) -> None:
    """Write SCI (gain, e-/DN, NaN where nothing was measured) and ERR; the file appears complete or not at all.

    Raises `BadInput` for a place that cannot be written to and for what `check_origin` finds.
    """
    check_origin(origin)
    content = io.BytesIO()
    as_hdus(result, Path(path).name, origin).writeto(content)
    write_whole(Path(path), content.getvalue())


def as_hdus(result: Result, name: str, origin: Origin) -> Any:
    """The astropy HDUList that `write` writes."""
    from astropy.io import fits

    image = fits.ImageHDU(result.map(), name="SCI")
    error = fits.ImageHDU(result.err_map(), name="ERR")
    for hdu in (image, error):
        hdu.header["BUNIT"] = "electron/DN"
    return fits.HDUList([fits.PrimaryHDU(header=_header(result, name, origin)), image, error])


def _header(result: Result, name: str, origin: Origin) -> Any:
    from astropy.io import fits

    header, source, geometry = fits.Header(), result.header if result.header is not None else {}, result.geometry
    header["DATE"] = (datetime.now(UTC).isoformat(timespec="milliseconds")[:-6], "date this file was created (UTC)")
    header["FILENAME"] = name
    header["DATAMODL"] = "GainModel"
    header["TELESCOP"] = "JWST"
    header["REFTYPE"] = "GAIN"
    for key in COPIED:
        if key not in NO_FILTER and source.get(key) not in (None, ""):
            header[key] = source[key]
    header["USEAFTER"] = origin.useafter or _date(source)
    header["AUTHOR"] = origin.author or "detgui"
    header["PEDIGREE"] = origin.pedigree or str(source.get("PEDIGREE") or "DUMMY")
    header["DESCRIP"] = origin.descrip or f"Gain from photon transfer in boxes of {result.params.box} pixels"
    header["SUBARRAY"] = "FULL" if geometry.full_frame else str(source.get("SUBARRAY") or "GENERIC")
    header["SUBSTRT1"], header["SUBSTRT2"] = geometry.xstart, geometry.ystart
    header["SUBSIZE1"], header["SUBSIZE2"] = geometry.nx, geometry.ny
    header["FASTAXIS"], header["SLOWAXIS"] = geometry.fastaxis, geometry.slowaxis
    for line in _history(result, origin):
        header.add_history("".join(letter if " " <= letter <= "~" else "?" for letter in line))
    return header


def _date(source: Any) -> str:
    """The flats' date."""
    day, hour = str(source.get("DATE-OBS") or ""), str(source.get("TIME-OBS") or "00:00:00")
    try:
        return datetime.fromisoformat(f"{day}T{hour[:8]}").isoformat()
    except ValueError:
        return "2022-01-01T00:00:00"


def _history(result: Result, origin: Origin) -> list[str]:
    lines = [
        f"Photon transfer after JWST-STScI-004622, detgui {__version__}",
        f"pairs used: {', '.join(map(str, result.pairs_used))}; limit {result.limit:g} DN on the single frame",
        f"gain multiplied with {result.ipc.factor:.5f} for IPC ({result.ipc.method})",
        f"clipping at {result.params.clip:g} standard deviations, corrected for: {'yes' if result.params.clip_correction else 'no'}",
        f"errors: {result.error_method}",
    ]
    for row in sector_rows(result):
        lines.append(f"sector {row['sector']} {row['region']}: {row['gain']:.4f} +- {np.float64(row['gain_err']):.4f} e-/DN")
    lines += [f"flat: {name}" for name in result.flats] + [f"note: {note}" for note in result.notes]
    return [*lines, *origin.history, str(result.provenance.get("command", ""))]
