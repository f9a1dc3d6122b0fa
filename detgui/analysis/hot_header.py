"""Which detector and which part of it products of a series of darks are of, as FITS keywords."""

from __future__ import annotations

from typing import Any

from detgui.analysis.hot_types import Series

COPIED = ("INSTRUME", "CHANNEL", "MODULE")
INSTRUMENTS = {"NRS": "NIRSPEC", "NRC": "NIRCAM", "NIS": "NIRISS", "MIR": "MIRI", "GUI": "FGS"}
"""By the beginning of the detector's name, for files that do not say."""


def identity(series: Series) -> dict[str, Any]:
    """TELESCOP, INSTRUME, DETECTOR, SUBARRAY and its place, read-out axes: as the last file has them, without what is not known."""
    last = series.files[-1]
    source, place = last.header, last.geometry
    cards: dict[str, Any] = {"TELESCOP": "JWST"}
    cards |= {key: source[key] for key in COPIED if source is not None and source.get(key) not in (None, "")}
    cards.setdefault("INSTRUME", last.instrument or INSTRUMENTS.get(series.detector[:3], ""))
    cards["DETECTOR"] = series.detector
    cards["SUBARRAY"] = "FULL" if place.full_frame else str((source.get("SUBARRAY") if source is not None else None) or "GENERIC")
    cards |= {"SUBSTRT1": place.xstart, "SUBSTRT2": place.ystart, "SUBSIZE1": place.nx, "SUBSIZE2": place.ny}
    cards |= {"FASTAXIS": place.fastaxis, "SLOWAXIS": place.slowaxis}
    return {key: value for key, value in cards.items() if value != ""}
