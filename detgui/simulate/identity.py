"""What every simulated file says about itself: that it is simulated, its detector and place, and the parameters behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detgui import __version__
from detgui.science.detector import DetectorGeometry
from detgui.science.dq import definition_rows
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

DEFINED = ("DO_NOT_USE", "DEAD", "HOT", "REFERENCE_PIXEL")
"""Flags of simulated references."""

STREAMED: Mapping[str, tuple[str, ...]] = {
    "uncal": ("SCI",),
    "ramp": ("SCI", "GROUPDQ"),
    "rateints": ("SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE"),
}
"""Arrays of each level that have an integrations axis."""

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


def define_flags(model: Any, shape: tuple[int, int] | None = None) -> Any:
    """Give a reference's model its DQ_DEF and, where ``shape`` (ny, nx) is given, a DQ without flags; returns the model."""
    if shape is not None:
        model.dq = np.zeros(shape, np.uint32)
    model.dq_def = np.array(definition_rows(DEFINED), dtype=model.get_dtype("dq_def"))
    return model


def calibration(observation: str, exposure: int, title: str) -> dict[str, dict[str, Any]]:
    """``meta.program``, ``observation``, ``target`` and ``visit`` of an exposure without a target of its own."""
    numbers = {"program_number": PROGRAM, "observation_number": observation, "visit_number": "001", "visit_group": "02"}
    return {
        "observation": {**numbers, "sequence_id": "1", "activity_id": "01", "exposure_number": f"{exposure:05d}"},
        "program": {"title": title, "pi_name": "none", "category": "CAL"},
        "target": {"catalog_name": "SIMULATED", "type": "FIXED", "ra": 0.0, "dec": 0.0},
        "visit": {"type": "PRIME_TARGETED_FIXED", "internal_target": True},
    }


def tangent_plane(
    pixel: tuple[float, float], sky: tuple[float, float], step: float, turn: tuple[tuple[float, float], tuple[float, float]]
) -> dict[str, Any]:
    """``meta.wcsinfo`` of a tangent plane: its point as 1-based pixel and RA, Dec (degrees), degrees of a pixel, and the PC matrix."""
    return {
        "wcsaxes": 2,
        "crpix1": pixel[0],
        "crpix2": pixel[1],
        "crval1": sky[0],
        "crval2": sky[1],
        "ctype1": "RA---TAN",
        "ctype2": "DEC--TAN",
        "cunit1": "deg",
        "cunit2": "deg",
        "cdelt1": step,
        "cdelt2": step,
        "pc1_1": turn[0][0],
        "pc1_2": turn[0][1],
        "pc2_1": turn[1][0],
        "pc2_2": turn[1][1],
    }


def nircam(detector: str) -> dict[str, Any]:
    """``meta.instrument`` of a NIRCam detector, without its filter."""
    channel = "LONG" if detector.endswith("LONG") else "SHORT"
    return {"name": "NIRCAM", "detector": detector, "module": detector[3], "channel": channel}


def usual_filter(detector: str) -> str:
    """The filter that a NIRCam detector is used with here."""
    return "F356W" if detector.endswith("LONG") else "F200W"


def subarray(place: DetectorGeometry, name: str = "") -> dict[str, Any]:
    """``meta.subarray`` of a frame; without a ``name`` of its own FULL or GENERIC."""
    return {
        "name": name or ("FULL" if place.full_frame else "GENERIC"),
        "xstart": place.xstart,
        "ystart": place.ystart,
        "xsize": place.nx,
        "ysize": place.ny,
        "fastaxis": place.fastaxis,
        "slowaxis": place.slowaxis,
    }
