"""What every simulated file says about itself: that it is simulated, its detector and place, and the parameters behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from detgui import __version__
from detgui.science.detector import DetectorGeometry
from detgui.simulate.writer import Card

PROGRAM = "99999"
"""Program number that no observation has."""

START_MJD = 59945.0
"""2023-01-01T00:00:00 UTC."""

SINGLE_FRAMES: Mapping[str, Any] = {
    "nframes": 1,
    "frame_divisor": 1,
    "groupgap": 0,
    "nsamples": 1,
    "sample_time": 10.0,
    "nresets_at_start": 1,
    "nresets_between_ints": 1,
    "zero_frame": False,
}
"""``meta.exposure`` where every frame is a group (RAPID); sample time in microseconds."""

_SIMULATED = Card("SIMULATR", f"detgui {__version__}", "SIMULATED data: program that made them")


def simulated_cards(seed: int) -> list[Card]:
    """Primary header cards that say that a file is not an observation."""
    return [_SIMULATED, Card("SIMSEED", seed, "seed of the random numbers")]


def truth_header() -> Any:
    """A FITS header that says that what is true of simulated data follows."""
    from astropy.io import fits

    return fits.Header([(_SIMULATED.keyword, _SIMULATED.value, _SIMULATED.comment)])


def params_table(values: Mapping[str, Any], files: Sequence[str]) -> Any:
    """The table PARAMS of a truth: one cell, ``json``, with the parameters, detgui's version and the names of the files."""
    from astropy.table import Table

    return Table({"json": [json.dumps({**values, "version": __version__, "files": list(files)})]})


def assign(node: Any, values: Mapping[str, Any]) -> None:
    """Set attributes of one node of a data model's ``meta``."""
    for name, value in values.items():
        setattr(node, name, value)


def fill(meta: Any, groups: Mapping[str, Mapping[str, Any]], unit: str) -> None:
    """Set attributes of several nodes of ``meta``, the telescope, the origin and BUNIT."""
    for name, values in groups.items():
        assign(getattr(meta, name), values)
    meta.telescope, meta.origin, meta.bunit_data = "JWST", "SIMULATED", unit


def complete(meta: Any, steps: Sequence[str]) -> None:
    """Say of calibration steps that they were done."""
    assign(meta.cal_step, dict.fromkeys(steps, "COMPLETE"))


def nircam(detector: str) -> dict[str, Any]:
    """``meta.instrument`` of a NIRCam detector, without its filter."""
    channel = "LONG" if detector.endswith("LONG") else "SHORT"
    return {"name": "NIRCAM", "detector": detector, "module": detector[3], "channel": channel}


def usual_filter(detector: str) -> str:
    """The filter that a NIRCam detector is used with here."""
    return "F356W" if detector.endswith("LONG") else "F200W"


def subarray(place: DetectorGeometry, full: bool) -> dict[str, Any]:
    """``meta.subarray`` of a frame."""
    return {
        "name": "FULL" if full else "GENERIC",
        "xstart": place.xstart,
        "ystart": place.ystart,
        "xsize": place.nx,
        "ysize": place.ny,
        "fastaxis": place.fastaxis,
        "slowaxis": place.slowaxis,
    }
