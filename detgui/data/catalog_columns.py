"""Which column of a catalog is which: names as SExtractor, the JWST pipeline and people write them, with units checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput

ROLES = ("id", "ra", "dec", "mag", "mag_err", "detector", "epoch", "filter", "x", "y", "exposure")
NEEDED = ("ra", "dec", "mag", "mag_err")
"""Roles that only a column can have."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("id", "source_id", "sourceid", "obj_id", "objid", "object_id"),
    "ra": ("ra", "ra_deg", "ra_icrs", "raj2000", "alpha_j2000", "alphawin_j2000", "alphapeak_j2000", "x_world", "sky_centroid.ra"),
    "dec": ("dec", "dec_deg", "de_icrs", "dec_icrs", "dej2000", "decj2000", "delta_j2000", "deltawin_j2000", "y_world", "sky_centroid.dec"),
    "mag": ("mag", "mag_iso", "isophotal_abmag", "mag_isocor", "mag_auto", "mag_ab", "abmag", "magnitude", "mag_aper", "aper_total_abmag"),
    "detector": ("detector", "det", "array", "detector_name"),
    "epoch": ("epoch", "epoch_id"),
    "filter": ("filter", "filt", "band"),
    "x": ("x", "xcentroid", "x_centroid", "x_image", "xwin_image", "xpix", "x_detector", "det_x"),
    "y": ("y", "ycentroid", "y_centroid", "y_image", "ywin_image", "ypix", "y_detector", "det_y"),
    "exposure": ("exposure", "exposure_id", "expid", "exp_id", "dither"),
}
"""SExtractor's manual, the pipeline's source_catalog (JWST documentation) and detgui's own names, in small letters, best first."""

OWN_NUMBERS = ("label", "number")
"""Columns that number the sources of one catalog: identifiers, but not the same in another."""

ERRORS = {"mag": ("mag_err", "magerr", "e_mag", "mag_error", "err_mag", "dmag"), "magnitude": ("magnitude_err", "magnitude_error")}


@dataclass(frozen=True, slots=True)
class Guess:
    """``roles``: column by role; ``missing``: roles that a file must have and no column was recognised for; ``shared``: identifiers
    are meant for all catalogs."""

    roles: dict[str, str]
    missing: tuple[str, ...]
    shared: bool


def guess(table: Any, given: Mapping[str, str] | None = None) -> Guess:
    """Roles of the columns of an astropy table; ``given`` (role: column) go before what is recognised."""
    by_name = {name.lower(): name for name in table.columns}
    roles = dict(given or {})
    for role, names in SYNONYMS.items():
        found = next((by_name[name] for name in names if name in by_name), None)
        if role not in roles and found is not None:
            roles[role] = found
    shared = "id" in roles
    if not shared:
        own = next((by_name[name] for name in OWN_NUMBERS if name in by_name), None)
        if own is not None:
            roles["id"] = own
    if "mag" in roles and "mag_err" not in roles:
        found = next((by_name[name] for name in _error_names(roles["mag"].lower()) if name in by_name), None)
        if found is not None:
            roles["mag_err"] = found
    return Guess(roles, tuple(role for role in NEEDED if role not in roles), shared)


def _error_names(mag: str) -> tuple[str, ...]:
    """What the error of a column of magnitudes may be called; never that of another kind of magnitude."""
    return (f"{mag}_err", mag.replace("mag", "magerr", 1), f"e_{mag}", f"{mag}_error", f"{mag}err", *ERRORS.get(mag, ()))


def column_values(path: Path, table: Any, roles: Mapping[str, str], role: str) -> NDArray[np.float64]:
    """Numbers of a role in degrees, mag or pixels, shape (n,); NaN where there are none. Raises `BadInput` for texts and other units."""
    if role not in roles:
        return np.full(len(table), np.nan)
    name = roles[role]
    column = table.columns[name]
    try:
        values = np.asarray(np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan), np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{path.name}: column {name} should hold the {role} and has {_example(column)!r}, which is no number") from None
    unit = str(column.unit or "").strip()
    if role in ("ra", "dec"):
        values = values * _to_degrees(path, name, unit)
        if role == "ra":
            values = np.mod(values, 360.0)
    elif role in ("mag", "mag_err") and unit and not re.fullmatch(r"m?mag(nitude)?s?(\(AB\))?", unit, re.IGNORECASE):
        raise BadInput(f"{path.name}: column {name} is in {unit}, not in mag")
    elif role in ("mag", "mag_err") and unit.lower().startswith("mmag"):
        values = values / 1000
    return values


def _to_degrees(path: Path, name: str, unit: str) -> float:
    from astropy import units

    if not unit:
        return 1.0
    try:
        return float(units.Unit(unit).to("deg"))
    except (ValueError, TypeError, units.UnitConversionError):
        raise BadInput(f"{path.name}: column {name} is in {unit}, which is no angle") from None


def _example(column: Any) -> str:
    return str(column[0]) if len(column) else ""


def texts(column: Any) -> NDArray[np.str_]:
    """A column as texts without spaces at the ends, '' where it is masked; whole numbers without a decimal point."""
    mask = np.ma.getmaskarray(np.ma.asarray(column)) if hasattr(column, "mask") else np.zeros(len(column), bool)
    values = np.ma.getdata(np.ma.asarray(column)) if hasattr(column, "mask") else np.asarray(column)
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (values == np.round(values))
        out = np.array([f"{int(each)}" if same else str(each) for each, same in zip(values, whole, strict=True)], dtype=np.str_)
        out[~np.isfinite(values)] = ""
    elif values.dtype.kind == "S":
        out = np.char.decode(values, "utf-8", "replace")
    else:
        out = values.astype(np.str_)
    out = np.char.strip(out)
    return np.asarray(np.where(mask, "", out), np.str_)
