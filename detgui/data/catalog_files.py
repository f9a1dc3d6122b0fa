"""Tables of sources as they are on disk, read into astropy tables of plain columns."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from detgui.errors import BadInput

TEXT = (".ecsv", ".csv", ".txt")
FITS = (".fits", ".fit", ".fts", ".gz")

META_NAMES = {
    "epoch": ("epoch", "epoch_id", "visit_epoch"),
    "filter": ("filter", "filt", "band"),
    "detector": ("detector", "det", "array"),
}
"""Names in the meta, in small letters."""


def is_catalog(path: Path) -> bool:
    """Whether a file is a table rather than an image: by its name, FITS by its extensions. Raises `BadInput` where it cannot be read."""
    if path.suffix.lower() in TEXT:
        return True
    return _has_table(path)


def read_any(path: Path) -> Any:
    """The table of a file as `astropy.table.Table`; sky positions that are objects become columns NAME.ra and NAME.dec in degrees.

    Raises `BadInput` naming the file and the cause.
    """
    if not path.is_file():
        raise BadInput(f"{path} does not exist" if not path.exists() else f"{path} is not a file")
    kind = path.suffix.lower()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # units that astropy does not know, keywords out of date
            table = _read(path, kind)
            return _flat(table, path.name)
    except BadInput:
        raise
    except Exception as error:  # readers of tables fail in many ways
        reason = (str(error) or type(error).__name__).strip().splitlines()[0][:160]
        raise BadInput(f"{path.name} cannot be read as a table: {reason}") from None


def _read(path: Path, kind: str) -> Any:
    from astropy.table import Table

    if kind == ".ecsv":
        return Table.read(path, format="ascii.ecsv")
    if kind in (".csv", ".txt"):
        return _read_csv(path)
    if kind in FITS:
        return _read_fits(path)
    raise BadInput(f"{path.name}: catalogs are read from .ecsv, .fits and .csv")


def _read_csv(path: Path) -> Any:
    """Comma-separated values after lines ``# name: value``; `detgui.data.tables` writes them so. ECSV under this name is read too."""
    from astropy.table import Table

    head = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.startswith("#"):
                break
            head.append(line[1:].strip())
    if head and head[0].startswith("%ECSV"):
        return Table.read(path, format="ascii.ecsv")
    table = Table.read(path, format="ascii.csv", comment="#")
    for line in head:
        name, colon, text = line.partition(":")
        if not colon:
            continue
        if name.startswith("unit of ") and name[8:].strip() in table.columns:
            table[name[8:].strip()].unit = text.strip()
        else:
            table.meta[name.strip()] = _value(text.strip())
    return table


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _has_table(path: Path) -> bool:
    from astropy.io import fits

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path) as hdus:
                return not _images(hdus) and any(isinstance(hdu, fits.BinTableHDU | fits.TableHDU) for hdu in hdus)
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist") from None
    except Exception as error:  # astropy raises many kinds for files that are none
        raise BadInput(f"{path.name} cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}") from None


def _images(hdus: Any) -> bool:
    return any(hdu.is_image and hdu.header.get("NAXIS", 0) >= 2 for hdu in hdus)


def _read_fits(path: Path) -> Any:
    from astropy.io import fits
    from astropy.table import Table

    with fits.open(path) as hdus:
        at = next((at for at, hdu in enumerate(hdus) if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and hdu.name != "ASDF"), None)
        if at is None:
            raise BadInput(f"{path.name} has no table")
        table = Table.read(hdus, hdu=at)
        primary = {name: value for name, value in hdus[0].header.items() if name and name not in ("COMMENT", "HISTORY")}
    table.meta = {**primary, **table.meta}
    return table


def _flat(table: Any, name_of_file: str) -> Any:
    from astropy.coordinates import SkyCoord
    from astropy.table import Column, Table

    flat = Table(meta=dict(table.meta))
    for name in table.colnames:
        column = table[name]
        if isinstance(column, SkyCoord):
            flat[f"{name}.ra"] = Column(column.icrs.ra.deg, unit="deg")
            flat[f"{name}.dec"] = Column(column.icrs.dec.deg, unit="deg")
        elif getattr(column, "ndim", 1) == 1:
            flat[name] = column if hasattr(column, "mask") else Column(np.asarray(getattr(column, "value", column)), unit=column.unit)
    if not len(flat):
        raise BadInput(f"{name_of_file} has no rows")
    return flat
