"""EXTRACT1D reference files: where the extraction aperture lies, in JSON (JWST pipeline documentation, "EXTRACT1D Reference File")."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from detgui.data.tables import write_whole
from detgui.errors import BadInput


def aperture_dict(
    slit: str, start: tuple[float, float], stop: tuple[float, float], dispersion: int, spectral_order: int | None = None
) -> dict[str, Any]:
    """One entry of ``apertures``: ``start`` and ``stop`` are the inclusive 0-based (x, y) limits; ``dispersion`` 1 for x, 2 for y.

    ``use_source_posn`` is off: the aperture is not moved to where the source is thought to be.
    """
    if not all(math.isfinite(each) for each in (*start, *stop)) or start[0] > stop[0] or start[1] > stop[1]:
        raise BadInput(f"an extraction aperture from {start} to {stop} is empty")
    entry: dict[str, Any] = {
        "id": slit or "ANY",
        "region_type": "target",
        "dispaxis": dispersion,
        "xstart": _number(start[0]),
        "xstop": _number(stop[0]),
        "ystart": _number(start[1]),
        "ystop": _number(stop[1]),
        "use_source_posn": False,
    }
    if spectral_order is not None:
        entry["spectral_order"] = spectral_order
    return entry


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else round(float(value), 4)


def write_extract1d(path: Path, apertures: list[dict[str, Any]], instrument: str, exp_type: str, description: str = "") -> None:
    """Write an EXTRACT1D reference. Raises `BadInput` for another extension than .json, which the step does not read."""
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise BadInput(f"{path.name}: an EXTRACT1D reference is written as .json")
    text = {
        "reftype": "EXTRACT1D",
        "telescope": "JWST",
        "instrument": instrument.upper(),
        "exp_type": exp_type,
        "pedigree": "DUMMY",
        "author": "detgui",
        "descrip": description or "extraction aperture placed by hand",
        "useafter": "2021-12-25T00:00:00",
        "history": "placed by hand on a two-dimensional spectrum",
        "apertures": apertures,
    }
    write_whole(path, (json.dumps(text, indent=2) + "\n").encode())


def read_extract1d(path: Path) -> list[dict[str, Any]]:
    """The apertures of an EXTRACT1D reference. Raises `BadInput` for what is none."""
    path = Path(path)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name}: cannot be read as an EXTRACT1D reference: {error}") from None
    apertures = found.get("apertures") if isinstance(found, dict) else None
    if not isinstance(apertures, list) or not all(isinstance(each, dict) for each in apertures):
        raise BadInput(f"{path.name}: is no EXTRACT1D reference: it has no list of apertures")
    return apertures
