"""Reference files that fit a simulated exposure, so that jwst's steps can be run on it without CRDS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.simulate.bots import NONLINEARITY
from detgui.simulate.identity import assign
from detgui.simulate.params import GRATINGS, BotsParams
from detgui.simulate.scene import DEAD, DO_NOT_USE, HOT, REFERENCE_PIXEL, Scene

REFTYPES = ("mask", "saturation", "superbias", "linearity", "dark", "gain", "readnoise")
"""Types that `write_references` makes."""

DQ_NAMES = {DO_NOT_USE: "DO_NOT_USE", DEAD: "DEAD", HOT: "HOT", REFERENCE_PIXEL: "REFERENCE_PIXEL"}


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
        model = datamodels.MaskModel(dq=scene.pixeldq)
        model.dq_def = _dq_def(model)
        return model
    if reftype == "linearity":
        coefficients = np.zeros((3, *shape), np.float32)
        coefficients[1], coefficients[2] = 1, NONLINEARITY
        return _with_dq(datamodels.LinearityModel(coeffs=coefficients), shape)
    if reftype == "dark":
        groups = np.arange(1, params.groups + 1, dtype=np.float32)[:, None, None]
        rate = (scene.dark * params.tframe / params.electrons_per_dn).astype(np.float32)
        return _with_dq(datamodels.DarkModel(data=groups * rate, err=np.zeros((params.groups, *shape), np.float32)), shape)
    if reftype == "superbias":
        return _with_dq(datamodels.SuperBiasModel(data=scene.superbias, err=np.zeros(shape, np.float32)), shape)
    if reftype == "saturation":
        return _with_dq(datamodels.SaturationModel(data=saturation_level(params, scene)), shape)
    if reftype == "gain":
        return datamodels.GainModel(data=np.full(shape, params.electrons_per_dn, np.float32))
    return datamodels.ReadnoiseModel(data=np.full(shape, np.sqrt(2) * params.read_noise, np.float32))


def saturation_level(params: BotsParams, scene: Scene) -> NDArray[np.float32]:
    """Raw signal at which a pixel is full, less 5 sigma of what the read-out adds, DN, shape (ny, nx)."""
    full = params.saturation_dn
    measured = 2 * full / (1 + np.sqrt(1 + 4 * NONLINEARITY * full))
    margin = 5 * np.hypot(params.read_noise, params.ktc)
    return np.asarray(np.minimum(scene.superbias + (measured - margin), 65535), np.float32)


def _with_dq(model: Any, shape: tuple[int, int]) -> Any:
    model.dq = np.zeros(shape, np.uint32)
    model.dq_def = _dq_def(model)
    return model


def _dq_def(model: Any) -> NDArray[Any]:
    rows = [(int(value).bit_length() - 1, value, name, name) for value, name in DQ_NAMES.items()]
    return np.array(rows, dtype=model.get_dtype("dq_def"))


def _fill(meta: Any, params: BotsParams, reftype: str) -> None:
    name, xstart, ystart = params.subarray
    fast, slow = params.axes
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
    place = {"name": name, "xstart": xstart, "ystart": ystart, "xsize": params.columns, "ysize": params.rows}
    assign(meta.subarray, {**place, "fastaxis": fast, "slowaxis": slow})
    if reftype == "dark":
        assign(meta.exposure, {"ngroups": params.groups, "nframes": 1, "groupgap": 0, "readpatt": "NRSRAPID"})
