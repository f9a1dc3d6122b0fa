"""Simulated noise on disk: a rate or a ramp as the pipeline has it, and the truth beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.progress import Progress, no_progress
from detgui.science.detector import IRS2_REFERENCE, IRS2_SCIENCE
from detgui.science.dq import PIXEL
from detgui.simulate.identity import (
    PROGRAM,
    SINGLE_FRAMES,
    START_MJD,
    STREAMED,
    calibration,
    complete,
    fill,
    nircam,
    params_table,
    simulated_cards,
    subarray,
    truth_header,
    usual_filter,
)
from detgui.simulate.noise import PEDESTAL, NoiseScene, integrations, make_scene, rate_image
from detgui.simulate.noise_params import NoiseParams
from detgui.simulate.staging import Staging, check_room, in_folder
from detgui.simulate.writer import Card, layout, total_size, write_parts


def root_name(params: NoiseParams) -> str:
    """File name without suffix."""
    return f"jw{PROGRAM}007001_02101_{params.seed % 100000:05d}_{params.detector.lower()}"


def write_noise(params: NoiseParams, folder: Path, progress: Progress = no_progress) -> list[Path]:
    """Simulate an exposure and write it with its truth, all or nothing.

    Returns
    -------
    ``..._LEVEL.fits`` and ``..._truth.fits``.

    Raises
    ------
    BadInput
        for a folder that cannot be used or has no room. One integration is in memory at a time.
    """
    progress(0.0, f"{params.detector}, preparing")
    scene = make_scene(params)
    names = [f"{root_name(params)}_{params.level}.fits", f"{root_name(params)}_truth.fits"]
    with in_folder(folder), Staging(folder) as staged:
        if params.ramp:
            levels = _write_ramp(scene, staged, names[0], progress)
        else:
            check_room(folder, 20 * params.pixels + 100_000)
            image, level = rate_image(scene)
            levels = level[None, None]
            with _rate_model(scene, image) as model:
                write_parts(staged.path(names[0]), layout(model, 1, (), cards(params)))
        progress(0.98, "truth")
        _truth(scene, levels, names).writeto(staged.path(names[1]))
        staged.keep()
    progress(1.0, "done")
    return [folder / name for name in names]


def _write_ramp(scene: NoiseScene, staged: Staging, name: str, progress: Progress) -> NDArray[np.float64]:
    params = scene.params
    with _ramp_model(scene) as model:
        parts = layout(model, params.integrations, STREAMED[params.level], cards(params))
    check_room(staged.folder, total_size(parts) + 8 * params.pixels + 100_000)
    levels = []
    with staged.open(name, parts) as file:
        for number, made in enumerate(integrations(scene)):
            progress(0.95 * number / params.integrations, f"integration {number + 1} of {params.integrations}")
            levels.append(made.levels)
            if params.level == "ramp":
                file.write("SCI", number, made.signal)
                file.write("GROUPDQ", number, made.groupdq)
            else:
                raw = np.clip(np.rint(made.signal + np.float32(PEDESTAL)), 0, 65535).astype(np.uint16)
                file.write("SCI", number, raw)
    return np.array(levels)


def _rate_model(scene: NoiseScene, image: NDArray[np.float32]) -> Any:
    from stdatamodels.jwst import datamodels

    params = scene.params
    model = datamodels.ImageModel(image)
    model.err = np.full(image.shape, max(params.read_noise, 1e-6), np.float32)
    model.dq = _pixeldq(scene)
    _fill(model.meta, scene)
    complete(model.meta, ("dq_init", "saturation", "superbias", "refpix", "linearity", "dark_sub", "jump", "ramp_fit"))
    return model


def _ramp_model(scene: NoiseScene) -> Any:
    """One integration of zeros with the keywords of the whole exposure."""
    from stdatamodels.jwst import datamodels

    params = scene.params
    shape = (1, params.groups, *params.shape)
    if params.level == "uncal":
        model = datamodels.Level1bModel(np.zeros(shape, np.uint16))
    else:
        model = datamodels.RampModel(np.zeros(shape, np.float32))
        model.pixeldq = _pixeldq(scene)
        model.groupdq = np.zeros(shape, np.uint8)
        complete(model.meta, ("dq_init", "saturation", "superbias", "linearity", "dark_sub", *(("jump",) if params.flags else ())))
    _fill(model.meta, scene)
    return model


def _pixeldq(scene: NoiseScene) -> NDArray[np.uint32]:
    reference = scene.params.geometry.reference_pixels()
    return np.where(reference & scene.params.flags, PIXEL["REFERENCE_PIXEL"], 0).astype(np.uint32)


def _fill(meta: Any, scene: NoiseScene) -> None:
    params = scene.params
    groups = calibration("007", params.seed % 100000, "SIMULATED noise")
    groups["observation"] |= {"date": "2023-01-01", "time": "00:00:00.000"}
    groups |= {
        "instrument": _instrument(params.detector),
        "subarray": {**subarray(params.geometry), "ysize": params.rows},  # of IRS2 without reference samples
        "exposure": _exposure(scene),
    }
    meta.filename = f"{root_name(params)}_{params.level}.fits"
    fill(meta, groups, "DN" if params.ramp else "DN/s")


def _instrument(detector: str) -> dict[str, Any]:
    if detector.startswith("NRC"):
        return {**nircam(detector), "filter": usual_filter(detector), "pupil": "CLEAR"}
    if detector.startswith("NRS"):
        return {"name": "NIRSPEC", "detector": detector, "filter": "OPAQUE", "grating": "G395H", "lamp_mode": "NONE", "lamp_state": "NONE"}
    if detector == "NIS":
        return {"name": "NIRISS", "detector": detector, "filter": "CLEAR", "pupil": "F200W"}
    return {"name": "FGS", "detector": detector}


EXPOSURE_TYPES = {"NRC": "NRC_IMAGE", "NRS": "NRS_DARK", "NIS": "NIS_IMAGE", "GUI": "FGS_IMAGE"}


def _exposure(scene: NoiseScene) -> dict[str, Any]:
    params = scene.params
    groups = params.groups if params.ramp else 2
    length = groups * scene.frame_time
    values: dict[str, Any] = {
        **SINGLE_FRAMES,
        "type": EXPOSURE_TYPES[params.detector[:3]],
        "readpatt": ("NRSIRS2RAPID" if params.irs2 else "NRSRAPID") if params.detector.startswith("NRS") else "RAPID",
        "nints": params.integrations if params.ramp else 1,
        "ngroups": groups,
        "frame_time": scene.frame_time,
        "group_time": scene.frame_time,
        "integration_time": length,
        "exposure_time": length * params.integrations,
        "start_time": START_MJD,
        "noutputs": params.outputs,
        "integration_start": 1,
        "integration_end": params.integrations if params.ramp else 1,
        "segment_number": 1,
        "segment_total": 1,
        "gain_factor": 1.0,
    }
    if params.irs2:
        values |= {"nrs_normal": IRS2_SCIENCE, "nrs_reference": IRS2_REFERENCE}
    return values


def cards(params: NoiseParams) -> list[Card]:
    """Cards that say that the file is not an observation."""
    return [
        *simulated_cards(params.seed),
        Card("SIMONEOF", params.one_over_f, "rms level of the lines that was put in"),
    ]


def _truth(scene: NoiseScene, levels: NDArray[np.float64], names: list[str]) -> Any:
    """HDUs: LEVELS (integrations, groups, n_slow), LIGHT, COLUMNS (output, half: (odd - even) / 2), ROWS (place along the
    fast axis, noise), SAMPLES, SNOWBALLS (0-based x and y), TELEGRAPH (x, y, step), PARAMS (JSON)."""
    from astropy.io import fits
    from astropy.table import Table

    params = scene.params
    header = truth_header()
    header["LINERMS"] = (float(np.sqrt((levels.std(axis=-1, ddof=1) ** 2).mean())), "rms level of the lines of a read, as it is")
    header["ONEOVERF"] = (params.one_over_f, "rms level of the lines, as asked for")
    header["RDNOISE"] = (params.read_noise, "white noise of a read")
    step = np.full(len(scene.telegraph), params.telegraph_step if params.ramp else 0.0)
    tables = {
        "COLUMNS": Table({"output": list(scene.order.names), "half": scene.half}),
        "ROWS": Table({"row": scene.rows, "noise": np.full(scene.rows.size, params.read_noise * params.row_factor)}),
        "SAMPLES": Table({"sample": scene.samples}),
        "SNOWBALLS": Table(scene.snowballs),
        "TELEGRAPH": Table({"x": scene.telegraph[:, 0], "y": scene.telegraph[:, 1], "step": step}),
        "PARAMS": params_table(params.as_dict(), names),
    }
    hdus: list[Any] = [fits.PrimaryHDU(header=header), fits.ImageHDU(levels, name="LEVELS"), fits.ImageHDU(scene.light, name="LIGHT")]
    return fits.HDUList([*hdus, *(fits.BinTableHDU(table, name=name) for name, table in tables.items())])
