"""Simulated flats on disk: one file for each flat, written group by group, and the truth beside them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from detgui.data.region_files import write_regions
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.dq import PIXEL
from detgui.science.regions import Region
from detgui.simulate.flat_params import FLAT_LEVELS, FlatParams
from detgui.simulate.flat_references import reference_types, write_reference
from detgui.simulate.flats import FlatScene, make_scene, simulate_flat
from detgui.simulate.identity import (
    PROGRAM,
    SINGLE_FRAMES,
    START_MJD,
    STREAMED,
    assign,
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
from detgui.simulate.staging import Staging, check_room, in_folder
from detgui.simulate.writer import BlockWriter, Card, Part, layout, total_size

SATURATED = PIXEL["SATURATED"]
REFERENCE = PIXEL["REFERENCE_PIXEL"] | PIXEL["DO_NOT_USE"]
BETWEEN = 60.0
"""s from the end of one flat to the start of the next."""


def root_name(params: FlatParams, index: int | None = None) -> str:
    """File name without suffix: ``jw99999003001_02101_00001_nrcb1`` for the first flat; for all of them, without its number."""
    number = "" if index is None else f"_{index + 1:05d}"
    return f"jw{PROGRAM}003001_02101{number}_{params.detector.lower()}"


def write_flats(params: FlatParams, folder: Path, levels: Sequence[str] = ("uncal",), progress: Progress = no_progress) -> list[Path]:
    """Simulate pairs of flats of one detector and write them with their truth, all or nothing.

    Parameters
    ----------
    levels : of 'uncal' (uint16, zero levels and all) and 'ramp' (float32 DN without zero levels, linear, with GROUPDQ)

    Returns
    -------
    Paths: the flats of each level in order, then ``..._truth.fits``, ``..._void.reg`` where there is a void and the reference files
    ``..._TYPE.fits`` of `flat_references.reference_types`. Flats (2n - 1, 2n) are a pair.

    Raises
    ------
    BadInput
        for a folder that cannot be used or has no room. Memory does not grow with the numbers of groups and flats.
    """
    for level in levels:
        if level not in FLAT_LEVELS:
            raise BadInput(f"there is no level {level} of flats; it is one of {', '.join(FLAT_LEVELS)}")
    progress(0.0, f"{params.detector}, preparing")
    scene = make_scene(params)
    flats = 2 * params.pairs
    with in_folder(folder):
        plans = {(level, index): _plan(scene, level, index) for level in levels for index in range(flats)}
        size = sum(total_size(plan) for plan in plans.values())
        check_room(folder, size + 24 * params.rows * params.columns + 100_000)
        with Staging(folder) as staged:
            names = [f"{root_name(params, index)}_{level}.fits" for level, index in plans]
            for index in range(flats):
                with contextlib.ExitStack() as files:
                    open_files = {
                        level: files.enter_context(staged.open(f"{root_name(params, index)}_{level}.fits", plans[level, index]))
                        for level in levels
                    }
                    _write_flat(scene, index, open_files, progress)
            names += _write_truth(staged, scene, names)
            names += _write_references(staged, scene, tuple(levels), progress)
            progress(1.0, "done")
            staged.keep()
    return [folder / name for name in names]


def _write_flat(scene: FlatScene, index: int, files: dict[str, BlockWriter], progress: Progress) -> None:
    params = scene.params
    flats = 2 * params.pairs
    ever = np.zeros(scene.active.shape, np.bool_)
    for number, group in enumerate(simulate_flat(scene, index)):
        done = (index + number / params.groups) / flats
        progress(0.98 * done, f"{params.detector}, flat {index + 1} of {flats}, group {number + 1} of {params.groups}")
        if "uncal" in files:
            files["uncal"].write("SCI", number, group.raw)
        if "ramp" in files:
            ever |= group.full
            files["ramp"].write("SCI", number, group.signal)
            files["ramp"].write("GROUPDQ", number, ever.astype(np.uint8) * np.uint8(SATURATED))


def _plan(scene: FlatScene, level: str, index: int) -> list[Part]:
    """Parts of one file; its groups are what is streamed."""
    with _model(scene, level, index) as model:
        parts = layout(model, 1, STREAMED[level], _cards(scene.params, index))
    return [_with_groups(part, scene.params) for part in parts]


def _with_groups(part: Part, params: FlatParams) -> Part:
    """The part of a file with one group made that of a file with all of them."""
    from astropy.io import fits

    header = fits.Header.fromstring(part.header.decode("ascii"))
    if part.step:
        header["NAXIS3"] = params.groups
        return replace(part, header=header.tostring().encode("ascii"), length=params.groups)
    if part.name != "ASDF":
        return part
    shape = rb"(shape: \[1, )1(, %d, %d\])" % (params.rows, params.columns)
    text = re.sub(shape, rb"\g<1>%d\2" % params.groups, part.data)
    header["NAXIS1"] = len(text)
    header["TFORM1"] = f"{len(text)}B"
    return replace(part, header=header.tostring().encode("ascii"), data=text)


def _model(scene: FlatScene, level: str, index: int) -> Any:
    """A stdatamodels model of one group with the keywords of the whole flat."""
    from stdatamodels.jwst import datamodels

    params = scene.params
    shape = (1, 1, params.rows, params.columns)
    if level == "uncal":
        model = datamodels.Level1bModel(np.zeros(shape, np.uint16))
    else:
        model = datamodels.RampModel(np.zeros(shape, np.float32))
        model.pixeldq = np.where(scene.active, 0, REFERENCE).astype(np.uint32)
        model.groupdq = np.zeros(shape, np.uint8)
        complete(model.meta, ("dq_init", "saturation", "superbias", "refpix", "linearity"))
    model.meta.filename = f"{root_name(params, index)}_{level}.fits"
    _fill(model.meta, params, index)
    return model


def _fill(meta: Any, params: FlatParams, index: int) -> None:
    groups: dict[str, dict[str, Any]] = {
        **calibration("003", index + 1, "SIMULATED NIRCam flats"),
        "instrument": {**nircam(params.detector), "filter": usual_filter(params.detector), "pupil": "FLAT"},
        "subarray": subarray(params.geometry),
        "exposure": _exposure(params),
    }
    fill(meta, groups, "DN")
    _fill_times(meta, params, index)


def _exposure(params: FlatParams) -> dict[str, Any]:
    length = params.groups * params.tframe
    return {
        **SINGLE_FRAMES,
        "type": "NRC_LED",
        "readpatt": "RAPID",
        "nints": 1,
        "ngroups": params.groups,
        "drop_frames1": 0,
        "frame_time": params.tframe,
        "group_time": params.tframe,
        "integration_time": length,
        "exposure_time": length,
        "noutputs": params.noutputs,
        "integration_start": 1,
        "integration_end": 1,
        "segment_number": 1,
        "segment_total": 1,
    }


def _fill_times(meta: Any, params: FlatParams, index: int) -> None:
    from astropy.time import Time

    length = params.groups * params.tframe / 86400
    start = START_MJD + index * (length + BETWEEN / 86400)
    begin, end = Time(start, format="mjd"), Time(start + length, format="mjd")
    meta.observation.date, meta.observation.time = begin.isot.split("T")
    meta.observation.date_beg, meta.observation.date_end = begin.isot, end.isot
    assign(meta.exposure, {"start_time": start, "mid_time": start + length / 2, "end_time": start + length})


def _cards(params: FlatParams, index: int) -> list[Card]:
    return [*simulated_cards(params.seed), Card("SIMFLAT", index + 1, "number of the flat; 1 and 2 are a pair")]


def _write_truth(staged: Staging, scene: FlatScene, files: Sequence[str]) -> list[str]:
    """Write the truth; returns the names of its files.

    HDUs of ``_truth.fits``: GAIN (e-/DN), LEVEL (DN/group of the lamp at its full level), VOID (0, 1), ZERO (DN), IPC (the 3 x 3
    coupling), IPC_CORR (3 x 3 as in JWST IPC files), LAMP (flat, pair, lamp, gradient, stream of random numbers), PARAMS (JSON).
    """
    from astropy.io import fits
    from astropy.table import Table

    params = scene.params
    root = root_name(params)
    header = truth_header()
    header["DETECTOR"] = params.detector
    header["SUBSTRT1"], header["SUBSTRT2"] = params.place
    for name, value in zip("ABCD", params.gains, strict=True):
        header[f"GAIN{name}"] = (value, f"[e-/DN] amplifier {name}, outside the void")
    header["K11"] = (params.ipc, "centre of the IPC correction kernel")
    images = {
        "GAIN": (scene.gain, "e-/DN"),
        "LEVEL": ((scene.electrons / scene.gain).astype(np.float32), "DN/group"),
        "VOID": (scene.void.astype(np.uint8), ""),
        "ZERO": (scene.zero, "DN"),
        "IPC": (scene.forward, ""),
        "IPC_CORR": (scene.correction, ""),
    }
    hdus = fits.HDUList([fits.PrimaryHDU(header=header)])
    hdus.extend(fits.ImageHDU(image, fits.Header({"BUNIT": unit} if unit else {}), name) for name, (image, unit) in images.items())
    number = np.arange(1, scene.lamp.size + 1)
    lamp = {"flat": number, "pair": (number + 1) // 2, "lamp": scene.lamp, "gradient": params.gradient + scene.tilt, "stream": number}
    hdus.append(fits.BinTableHDU(Table(lamp), name="LAMP"))
    hdus.append(fits.BinTableHDU(params_table(params.as_dict(), files), name="PARAMS"))
    names = [f"{root}_truth.fits"]
    hdus.writeto(staged.path(names[0]), overwrite=True)
    if scene.outline is not None:
        names.append(f"{root}_void.reg")
        write_regions(staged.path(names[1]), [Region(scene.outline, "epoxy void", "void")], params.geometry)
    return names


def _write_references(staged: Staging, scene: FlatScene, levels: tuple[str, ...], progress: Progress) -> list[str]:
    """Write what fits the levels; returns the names of the files."""
    names = []
    for reftype in reference_types(scene, levels):
        progress(0.98, f"{scene.params.detector}, {reftype} reference")
        names.append(f"{root_name(scene.params)}_{reftype}.fits")
        write_reference(staged.path(names[-1]), names[-1], scene, reftype)
    return names
