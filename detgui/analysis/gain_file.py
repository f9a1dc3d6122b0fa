"""Gain maps as JWST GAIN reference files: e-/DN in SCI, keywords as ``stdatamodels.jwst.datamodels.GainModel`` and CRDS want them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from detgui import __version__
from detgui.analysis.gain_table import sector_rows
from detgui.analysis.gain_types import Result
from detgui.analysis.reference_origin import PEDIGREES, Origin, check_origin, history, pedigree, useafter
from detgui.data.tables import write_whole

__all__ = ["PEDIGREES", "UNIT", "Origin", "as_hdus", "check_origin", "write"]

UNIT = "ELECTRONS/DN"
"""BUNIT as CRDS spells it (``all_gain.tpn``)."""

BY_DETGUI = Origin()

WHOLE = ("", "FULL", "GENERIC", "ANY", "N/A")
"""Names with which CRDS takes a file for the full frame; a part of it that has no other name has no SUBARRAY."""

COPIED = ("TELESCOP", "INSTRUME", "DETECTOR", "CHANNEL", "MODULE")


def write(result: Result, path: str | Path, origin: Origin = BY_DETGUI) -> None:
    """Write the file that `as_hdus` describes; it appears complete or not at all.

    Raises `BadInput` for a place that cannot be written to and for what `check_origin` finds.
    """
    check_origin(origin)
    content = io.BytesIO()
    as_hdus(result, Path(path).name, origin).writeto(content)
    write_whole(Path(path), content.getvalue())


def as_hdus(result: Result, name: str, origin: Origin) -> Any:
    """The astropy HDUList that `write` writes, images of the shape of the flats (ny, nx).

    SCI gain, e-/DN, NaN where nothing was measured; ERR its error; BOX number of the box from 1, 0 where there is none; BOXES a table of
    the boxes, whose intercept_noise is that of a read with that of the reset, as in the table of sectors. The data model knows SCI alone
    and leaves the others as they are.
    """
    from astropy.io import fits

    image, error = fits.ImageHDU(result.map(), name="SCI"), fits.ImageHDU(result.err_map(), name="ERR")
    for hdu in (image, error):
        hdu.header["BUNIT"] = UNIT
    labels = fits.ImageHDU((result.boxes.labels + 1).astype(np.int32), name="BOX")
    return fits.HDUList([fits.PrimaryHDU(header=_header(result, name, origin)), image, error, labels, _boxes(result)])


def _boxes(result: Result) -> Any:
    from astropy.io import fits

    boxes = result.boxes
    columns = (
        ("box", "J", "", np.arange(1, len(boxes) + 1)),
        ("sector", "I", "", boxes.sector),
        ("amplifier", "1A", "", np.array(boxes.amplifiers, "U1")),
        ("region", "4A", "", np.array(boxes.regions(), "U4")),
        ("x", "D", "pixel", boxes.x),
        ("y", "D", "pixel", boxes.y),
        ("pixels", "J", "", boxes.pixels),
        ("gain", "D", UNIT, result.gain),
        ("gain_err", "D", UNIT, result.gain_err),
        ("intercept_noise", "D", "DN", result.read_noise),
        ("intercept_noise_err", "D", "DN", result.read_noise_err),
    )
    made = [fits.Column(name=name, format=form, unit=unit or None, array=values) for name, form, unit, values in columns]
    return fits.BinTableHDU.from_columns(made, name="BOXES")


def _header(result: Result, name: str, origin: Origin) -> Any:
    from astropy.io import fits

    header, source, geometry = fits.Header(), result.header if result.header is not None else {}, result.geometry
    header["DATE"] = (datetime.now(UTC).isoformat(timespec="milliseconds")[:-6], "date this file was created (UTC)")
    header["FILENAME"] = name
    header["DATAMODL"] = "GainModel"
    header["TELESCOP"] = "JWST"
    header["REFTYPE"] = "GAIN"
    for key in COPIED:
        if source.get(key) not in (None, ""):
            header[key] = source[key]
    header["USEAFTER"] = useafter(origin, source)
    header["AUTHOR"] = origin.author or "detgui"
    header["PEDIGREE"] = pedigree(origin, source)
    header["DESCRIP"] = origin.descrip or f"Gain from photon transfer in boxes of {result.params.box} pixels"
    subarray = "FULL" if geometry.full_frame else str(source.get("SUBARRAY") or "").strip()
    if geometry.full_frame or subarray not in WHOLE:
        header["SUBARRAY"] = subarray
    header["SUBSTRT1"], header["SUBSTRT2"] = geometry.xstart, geometry.ystart
    header["SUBSIZE1"], header["SUBSIZE2"] = geometry.nx, geometry.ny
    header["FASTAXIS"], header["SLOWAXIS"] = geometry.fastaxis, geometry.slowaxis
    for line in history(_history(result, origin)):
        header.add_history(line)
    return header


def _history(result: Result, origin: Origin) -> list[str]:
    error = f" +- {result.ipc.factor_err:.5f}" if result.ipc.factor_err else ""
    lines = [
        f"Photon transfer after JWST-STScI-004622, detgui {__version__}",
        f"pairs used: {', '.join(map(str, result.pairs_used))}; limit {result.limit:g} DN on the single frame",
        f"gain multiplied with {result.ipc.factor:.5f}{error} for IPC ({result.ipc.method})",
        f"clipping at {result.params.clip:g} standard deviations, corrected for: {'yes' if result.params.clip_correction else 'no'}",
        f"errors: {result.error_method}",
    ]
    for row in sector_rows(result):
        lines.append(f"sector {row['sector']} {row['region']}: {row['gain']:.4f} +- {np.float64(row['gain_err']):.4f} e-/DN")
    lines += [f"flat: {name}" for name in result.flats] + [f"note: {note}" for note in result.notes]
    return [*lines, *origin.history, str(result.provenance.get("command", ""))]
