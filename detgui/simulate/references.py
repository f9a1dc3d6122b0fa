"""Reference files that fit a simulated exposure, so that jwst's steps can be run on it without CRDS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.simulate.bots import NONLINEARITY
from detgui.simulate.identity import assign, define_flags, subarray
from detgui.simulate.params import GRATINGS, BotsParams
from detgui.simulate.scene import Scene

REFTYPES = ("mask", "saturation", "superbias", "linearity", "dark", "gain", "readnoise")
"""Types that `write_references` makes."""


def write_references(params: BotsParams, scene: Scene, folder: Path) -> dict[str, Path]:
    """Write one reference file of each of `REFTYPES` for the subarray of an exposure; returns {type: path}.

    SUPERBIAS and SATURATION are in DN as read; READNOISE is that of a difference of two reads (sqrt(2) times a single read), as in jwst.
    """
    folder.mkdir(parents=True, exist_ok=True)
    out = {}
    for reftype in REFTYPES:
        path = folder / f"simulated_nirspec_{params.detector.lower()}_{reftype}.fits"
        part = path.with_name(f".{path.name}.part.fits")
        with _model(reftype, params, scene) as model:
            _fill(model.meta, params, reftype)
            model.save(str(part))
        part.replace(path)
        out[reftype] = path
    return out


def _model(reftype: str, params: BotsParams, scene: Scene) -> Any:
    from stdatamodels.jwst import datamodels

    shape = (params.rows, params.columns)
    if reftype == "mask":
        return define_flags(datamodels.MaskModel(dq=scene.pixeldq))
    if reftype == "linearity":
        coefficients = np.zeros((3, *shape), np.float32)
        coefficients[1], coefficients[2] = 1, NONLINEARITY
        return define_flags(datamodels.LinearityModel(coeffs=coefficients), shape)
    if reftype == "dark":
        groups = np.arange(1, params.groups + 1, dtype=np.float32)[:, None, None]
        rate = (scene.dark * params.tframe / params.electrons_per_dn).astype(np.float32)
        return define_flags(datamodels.DarkModel(data=groups * rate, err=np.zeros((params.groups, *shape), np.float32)), shape)
    if reftype == "superbias":
        return define_flags(datamodels.SuperBiasModel(data=scene.superbias, err=np.zeros(shape, np.float32)), shape)
    if reftype == "saturation":
        return define_flags(datamodels.SaturationModel(data=saturation_level(params, scene)), shape)
    if reftype == "gain":
        return datamodels.GainModel(data=np.full(shape, params.electrons_per_dn, np.float32))
    return datamodels.ReadnoiseModel(data=np.full(shape, np.sqrt(2) * params.read_noise, np.float32))


def saturation_level(params: BotsParams, scene: Scene) -> NDArray[np.float32]:
    """Raw signal at which a pixel is full, less 5 sigma of what the read-out adds, DN, shape (ny, nx)."""
    full = params.saturation_dn
    measured = 2 * full / (1 + np.sqrt(1 + 4 * NONLINEARITY * full))
    margin = 5 * np.hypot(params.read_noise, params.ktc)
    return np.asarray(np.minimum(scene.superbias + (measured - margin), 65535), np.float32)


def _fill(meta: Any, params: BotsParams, reftype: str) -> None:
    values: dict[str, Any] = {
        "telescope": "JWST",
        "reftype": reftype.upper(),
        "author": "detgui",
        "description": "Simulated reference that fits a simulated exposure",
        "useafter": "2015-01-01T00:00:00",
        "pedigree": "SIMULATION",
    }
    assign(meta, values)
    meta.instrument.name = "NIRSPEC"
    meta.instrument.detector = params.detector
    meta.instrument.grating = params.grating
    meta.instrument.filter = GRATINGS[params.grating]
    assign(meta.subarray, subarray(params.geometry, params.subarray[0]))
    if reftype == "dark":
        assign(meta.exposure, {"ngroups": params.groups, "nframes": 1, "groupgap": 0, "readpatt": "NRSRAPID"})
