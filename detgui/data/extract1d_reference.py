"""EXTRACT1D reference files: where the extraction aperture lies, in JSON (JWST pipeline documentation, "EXTRACT1D Reference File")."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from detgui.data.tables import write_whole
from detgui.errors import BadInput

ANY = "ANY"
LIMITS = ("xstart", "xstop", "ystart", "ystop")
MOST_BYTES = 16_000_000
MOST_PIXELS = 1e6


def aperture_dict(
    slit: str, start: tuple[float, float], stop: tuple[float, float], dispersion: int, spectral_order: int | None = None
) -> dict[str, Any]:
    """One entry of ``apertures``: ``start`` and ``stop`` are the inclusive 0-based (x, y) limits; ``dispersion`` 1 for x, 2 for y.

    ``use_source_posn`` is off: the aperture is not moved to where the source is thought to be.
    """
    if not all(math.isfinite(each) for each in (*start, *stop)) or start[0] > stop[0] or start[1] > stop[1]:
        raise BadInput(f"an extraction aperture from {start} to {stop} is empty")
    entry: dict[str, Any] = {
        "id": slit or ANY,
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
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path.name}: is no EXTRACT1D reference: it has more than {MOST_BYTES // 10**6} MB")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path.name}: cannot be read as an EXTRACT1D reference: {error}") from None
    apertures = found.get("apertures") if isinstance(found, dict) else None
    if not isinstance(apertures, list) or not all(isinstance(each, dict) for each in apertures):
        raise BadInput(f"{path.name}: is no EXTRACT1D reference: it has no list of apertures")
    return apertures


def aperture_of(path: Path, slit: str = ANY, spectral_order: int | None = None) -> dict[str, Any]:
    """The entry that extract_1d takes for a slit: the first target of its name or of any, and of its order. Raises `BadInput`."""
    path = Path(path)
    targets = [
        each for each in read_extract1d(path) if each.get("region_type", "target") == "target" and each.get("id", "dummy") != "dummy"
    ]
    for each in targets:
        order = each.get("spectral_order", ANY)
        if (ANY in (slit, each["id"]) or each["id"] == slit) and (spectral_order is None or order in (ANY, spectral_order)):
            return each
    names = ", ".join(dict.fromkeys(str(each["id"]) for each in targets)) or "none"
    wanted = f"slit {slit}" if slit != ANY else "the exposure"
    order = f", order {spectral_order}" if spectral_order is not None else ""
    raise BadInput(f"{path.name}: has no aperture for {wanted}{order}: it has {names}")


def limits_of(entry: dict[str, Any], name: str, dispersion: int) -> dict[str, float | None]:
    """xstart, xstop, ystart and ystop of an entry, None where it leaves them to the edges of the image.

    ``extract_width`` about their middle is taken into account as by extract_1d. Raises `BadInput`, naming the file ``name``, for limits by
    ``src_coeff``, for one that is no number, and where there are none across the dispersion (1: along x, 2: along y).
    """
    if entry.get("src_coeff") is not None:
        raise BadInput(f"{name}: its aperture is given by src_coeff, a curve, and not by ystart and ystop: it is no rectangle")
    limits = {key: _limit(entry, key, name) for key in LIMITS}
    width = _limit(entry, "extract_width", name)
    low, high = ("ystart", "ystop") if dispersion == 1 else ("xstart", "xstop")
    start, stop = limits[low], limits[high]
    if start is None or stop is None:
        raise BadInput(f"{name}: its aperture has no {low} and {high}")
    if width is not None:
        start = (start + stop - width + 1) / 2
        limits |= {low: start, high: start + width - 1}
    return limits


def _limit(entry: dict[str, Any], key: str, name: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < MOST_PIXELS:
        raise BadInput(f"{name}: {key} of its aperture is {json.dumps(value)[:40]}, which is no place in an image")
    return _number(value)
