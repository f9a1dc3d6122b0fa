"""Reference files that fit simulated flats, so that jwst's first steps can be run on them without CRDS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detgui import __version__
from detgui.science.dq import PIXEL
from detgui.simulate.flats import FlatScene, even_odd_levels
from detgui.simulate.identity import assign, define_flags, nircam, subarray
from detgui.simulate.writer import layout, write_parts

CALIBRATED = ("gain", "ipc")
"""Types that go with flats of the level 'ramp'."""

RAW = ("mask", "saturation", "superbias", "linearity", "readnoise", *CALIBRATED)
"""Types that go with flats of the level 'uncal'."""

UNITS = {"gain": "ELECTRONS/DN", "readnoise": "DN"}
"""BUNIT as CRDS spells it."""

BY_PATTERN = ("superbias", "readnoise")
"""Types that CRDS chooses by the read-out pattern."""

MARGIN = 5.0
"""Standard deviations of the read-out by which saturation is called early."""


def reference_types(scene: FlatScene, levels: tuple[str, ...]) -> tuple[str, ...]:
    """Types that fit flats of ``levels``; no IPC where pixels are not coupled."""
    types = RAW if "uncal" in levels else CALIBRATED
    return tuple(name for name in types if name != "ipc" or scene.params.ipc > 1)


def write_reference(path: Path, name: str, scene: FlatScene, reftype: str) -> None:
    """Write the reference file of one of `RAW` that will be called ``name``, complete with what ``validate`` wants.

    SUPERBIAS (DN) is the zero level without what alternates from column to column, which is left to the reference pixels as in
    JWST-STScI-004622 section 3.2; SATURATION is in DN as read, zero level included, as jwst's step (which comes before superbias) wants it;
    READNOISE is that of a difference of two reads; the MASK flags reference pixels and nothing else.
    """
    with _model(scene, reftype) as model:
        _fill(model.meta, scene, reftype)
        model.add_history_entry(f"SIMULATED with seed {scene.params.seed}, detgui {__version__}")
        model.meta.filename = name
        write_parts(path, layout(model, 1, ()))


def _model(scene: FlatScene, reftype: str) -> Any:
    from stdatamodels.jwst import datamodels

    params, shape = scene.params, scene.active.shape
    if reftype == "mask":
        flags = np.where(scene.active, 0, PIXEL["REFERENCE_PIXEL"]).astype(np.uint32)
        return define_flags(datamodels.MaskModel(dq=flags))
    if reftype == "superbias":
        zero = scene.zero - even_odd_levels(params)
        return define_flags(datamodels.SuperBiasModel(data=zero, err=np.zeros(shape, np.float32)), shape)
    if reftype == "saturation":
        return define_flags(datamodels.SaturationModel(data=saturation_level(scene)), shape)
    if reftype == "linearity":
        coefficients = np.zeros((3, *shape), np.float32)
        coefficients[1], coefficients[2] = 1, params.nonlinearity
        return define_flags(datamodels.LinearityModel(coeffs=coefficients), shape)
    if reftype == "readnoise":
        return datamodels.ReadnoiseModel(data=np.full(shape, np.sqrt(2) * params.read_noise, np.float32))
    if reftype == "gain":
        return datamodels.GainModel(data=scene.gain)
    return datamodels.IPCModel(scene.correction.astype(np.float32))


def saturation_level(scene: FlatScene) -> Any:
    """Raw number at which a pixel is full, less `MARGIN` of what the read-out adds, DN, float32 (ny, nx)."""
    params = scene.params
    measured = 2 * params.saturation / (1 + np.sqrt(1 + 4 * params.nonlinearity * params.saturation))
    margin = MARGIN * np.sqrt(params.read_noise**2 + params.ktc**2 + params.bias_drift**2)
    return np.minimum(scene.zero + np.float32(measured - margin), 65535).astype(np.float32)


def _fill(meta: Any, scene: FlatScene, reftype: str) -> None:
    params = scene.params
    meta.telescope, meta.reftype, meta.pedigree, meta.author = "JWST", reftype.upper(), "SIMULATION", "detgui"
    meta.description, meta.useafter = "SIMULATED reference of simulated flats", "2020-01-01T00:00:00"
    assign(meta.instrument, nircam(params.detector))
    if reftype in UNITS:
        meta.bunit_data = UNITS[reftype]
    if reftype in BY_PATTERN:
        meta.exposure.readpatt = "RAPID"
    if reftype != "ipc":  # whose model has no subarray
        assign(meta.subarray, subarray(params.geometry))
