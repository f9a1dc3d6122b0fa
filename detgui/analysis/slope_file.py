"""Slope maps on disk: FITS with SLOPE, ERR, COUNT, DQ and where they come from; opens again as an exposure of kind 'slopes'."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detgui import __version__
from detgui.data.tables import plain, write_whole

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Result

PRODUCT = "slopes"
"""Value of the keyword DETGUI, by which the file is known again."""

NOT_COPIED = (
    "SIMPLE", "BITPIX", "NAXIS", "EXTEND", "CHECKSUM", "DATASUM", "DATAMODL", "FILENAME", "FILETYPE", "DATE", "PRODNAME",
    "EXSEGNUM", "EXSEGTOT", "INTSTART", "INTEND", "BUNIT", "ASNPOOL", "ASNTABLE",
)  # fmt: skip
"""Keywords of the exposure that are not true of the map."""


def write(result: Result, path: Path) -> None:
    """Write the map; the file appears complete or not at all. Raises `BadInput` for a place that cannot be written to.

    HDUs: SLOPE and ERR (DN/group, NaN where no integration is valid), COUNT (integrations), DQ (PIXELDQ), PROVENANCE (a table with one
    JSON text). The primary header is the exposure's, with the parameters after it.
    """
    content = io.BytesIO()
    as_hdus(result).writeto(content)
    write_whole(path, content.getvalue())


def as_hdus(result: Result) -> Any:
    """The astropy HDUList that `write` writes."""
    from astropy.io import fits

    hdus = fits.HDUList([fits.PrimaryHDU(header=_header(result))])
    for name, image, unit in (
        ("SLOPE", result.slope, result.unit),
        ("ERR", result.err, result.unit),
        ("COUNT", result.count, "integration"),
        ("DQ", result.dq, ""),
    ):
        hdu = fits.ImageHDU(np.asarray(image), name=name)
        if unit:
            hdu.header["BUNIT"] = unit
        hdus.append(hdu)
    text = json.dumps(_numbers(plain(facts(result) | {"provenance": result.provenance})), ensure_ascii=True)
    hdus.append(fits.BinTableHDU.from_columns([fits.Column("json", f"{len(text)}A", array=np.array([text]))], name="PROVENANCE"))
    return hdus


def facts(result: Result) -> dict[str, Any]:
    """What a map is, by name: exposure, parameters, what was used, how the errors were made."""
    return {
        "exposure": result.exposure,
        "unit": result.unit,
        "fit_groups": list(result.params.fit_groups),
        "integrations": list(result.integrations),
        "n_integrations": result.n_integrations,
        "roi": None if result.params.roi is None else list(result.params.roi),
        "flags": None if result.params.flags is None else list(result.params.flags),
        "error_method": result.error_method,
        "approximate": result.approximate,
        "notes": list(result.notes),
    }


def summary(result: Result) -> dict[str, Any]:
    """`facts` with the map's own numbers, ready for JSON: valid pixels, median and 5 to 95 % range of the slopes, median error, counts."""
    valid = result.count > 0
    slopes = result.slope[valid]
    low, middle, high = (float(each) for each in np.quantile(slopes, [0.05, 0.5, 0.95]))
    return facts(result) | {
        "valid_pixels": int(valid.sum()),
        "slope_median": middle,
        "slope_p05": low,
        "slope_p95": high,
        "err_median": float(np.nanmedian(result.err[valid])),
        "count_min": int(result.count[valid].min()),
        "count_max": int(result.count.max()),
        "units": dict.fromkeys(("slope_median", "slope_p05", "slope_p95", "err_median"), result.unit),
    }


def _header(result: Result) -> Any:
    from astropy.io import fits

    header = result.header.copy(strip=True) if isinstance(result.header, fits.Header) else fits.Header()
    for key in NOT_COPIED:
        header.remove(key, ignore_missing=True, remove_all=True)
    params = result.params
    header["DETGUI"] = (PRODUCT, "product of detgui")
    header["DETGUIV"] = (__version__, "version of detgui")
    header["FITGRP1"] = (params.fit_groups[0], "first group of the early line")
    header["FITGRP2"] = (params.fit_groups[1], "last group of the early line")
    header["INTFIRST"] = (result.integrations[0], "first integration used")
    header["INTLAST"] = (result.integrations[1], "last integration used")
    header["INTUSED"] = (result.n_integrations, "number of integrations used")
    for key, value in zip(("ROIX0", "ROIY0", "ROIX1", "ROIY1"), params.roi or (), strict=False):
        header[key] = (value, "region of interest, 0-based, inclusive")
    header["DQFLAGS"] = ("any" if params.flags is None else " ".join(params.flags), "DQ flags that exclude")
    header["APPROX"] = (result.approximate, "made from binned mean ramps")
    header["SRCEXP"] = (result.exposure, "exposure that was mapped")
    header.add_history(f"residual late slope after JWST-STScI-009234 section 3.2, detgui {__version__}")
    header.add_history(f"errors: {_ascii(result.error_method)}")
    for note in result.notes:
        header.add_history(f"note: {_ascii(note)}")
    if "command" in result.provenance:
        header.add_history(_ascii(str(result.provenance["command"])))
    return header


def _ascii(text: str) -> str:
    """Text as FITS headers take it."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)


def _numbers(value: object) -> object:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else value
