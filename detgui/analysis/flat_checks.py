"""What is looked at before raw flats are calibrated: the files, their references, memory and room."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from detgui.analysis import steps
from detgui.analysis.flat_types import EVEN_ODD, OPTIONAL, REFERENCES, SETTINGS, STAGES, Flat, Params
from detgui.analysis.step_table import CHILD_BYTES, gigabytes, input_bytes, predicted_memory
from detgui.analysis.steps import StepParams
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.science.detector import DetectorGeometry
from detgui.tasks.child import Child
from detgui.tasks.machine import available_bytes


def predicted_flat_memory(shape: tuple[int, int, int, int], stages: Sequence[str] = STAGES) -> int:
    """Memory of the child process at its peak for one flat (nints, ngroups, ny, nx), bytes."""
    own = CHILD_BYTES + 2 * input_bytes(shape)
    return max([own, *(predicted_memory(name, shape) for name in stages if name != EVEN_ODD)])


def references_of(name: str, params: Params) -> dict[str, str | Path]:
    """References chosen by hand that a stage uses."""
    own = {"dq_init": ("mask",), "saturation": ("saturation", "superbias"), "refpix": ("refpix", "sirskernel")}.get(name, (name,))
    return {reftype: path for reftype, path in params.references.items() if reftype in own}


def checked(paths: Sequence[Path], params: Params, child: Child, progress: Progress) -> tuple[list[Flat], tuple[str, ...], tuple[str, ...]]:
    """The flats, the stages that will run and notes. Raises `BadInput`, before long work, for whatever cannot be calibrated."""
    unknown = next((name for name in params.stages if name not in STAGES), None)
    if unknown:
        raise BadInput(f"there is no stage {unknown} in the calibration of flats: it has {', '.join(STAGES)}")
    if not params.stages:
        raise BadInput("no stage of the calibration is left")
    odd = next((name for name in params.references if name not in (*REFERENCES, "refpix", "sirskernel")), None)
    if odd:
        raise BadInput(f"the calibration of flats uses no {odd} reference: it uses {', '.join(REFERENCES)}")
    flats = flats_of(paths)
    stages = tuple(name for name in STAGES if name in params.stages)
    stages, notes = _with_references(flats[0], stages, params, child, progress)
    largest = max(flats, key=lambda flat: input_bytes(flat.shape))
    needed, free = predicted_flat_memory(largest.shape, stages), available_bytes()
    if free is not None and needed > free:
        raise BadInput(f"{largest.path.name}: its calibration would take about {gigabytes(needed)} of memory, {gigabytes(free)} are free")
    return flats, stages, notes


def flats_of(paths: Sequence[Path]) -> list[Flat]:
    """What the files say. Raises `BadInput` for one that is no raw flat."""
    if not paths:
        raise BadInput("no flat was given")
    exposures = open_exposures(paths, join=False, neighbours=False)
    try:
        for each in exposures:
            if each.kind != "uncal":
                raise BadInput(f"{each.files[0].path.name} is no raw flat (uncal): it is a {each.kind} product")
            why = other_read_out(each.geometry)
            if why:
                raise BadInput(f"{each.files[0].path.name} {why}: calibrate it with the jwst pipeline and use the ramp")
        return [Flat(each.files[0].path, each.shape, each.geometry) for each in exposures]
    finally:
        for each in exposures:
            each.close()


def other_read_out(geometry: DetectorGeometry) -> str:
    """Why the stages are not those of a flat's detector, '' where they are."""
    if geometry.interleaved:
        return "is a raw IRS2 frame, whose reference samples lie between the pixels"
    if geometry.miri:
        return "is of MIRI, whose order of calibration is another one"
    return "" if geometry.known else "does not say where it lies on its detector (DETECTOR, SUBSTRT1, SUBSTRT2)"


def _with_references(
    flat: Flat, stages: tuple[str, ...], params: Params, child: Child, progress: Progress
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Stages that have what they need, and notes on those left out. Raises `BadInput` naming all references that are missing."""
    missing: list[str] = []
    left_out: list[str] = []
    for name in stages:
        if name == EVEN_ODD:
            continue
        settings = {**SETTINGS.get(name, {}), **params.settings.get(name, {})}
        found = steps.references(StepParams(name, flat.path, settings, references_of(name, params)), child, progress)
        lacking = [each.type for each in found if each.state == "missing"]
        if lacking and name in OPTIONAL:
            left_out.append(name)
        missing += [] if name in OPTIONAL else lacking
    if missing:
        types = list(dict.fromkeys(missing))
        raise BadInput(
            f"{flat.path.name}: its calibration finds no {', '.join(types)} reference ({steps.crds_words(child)}): "
            f"give them by hand (--reference {types[0]}=FILE) or leave stages out (--skip)"
        )
    notes = tuple(f"{name} is left out: there is no reference for it" for name in left_out)
    return tuple(name for name in stages if name not in left_out), notes


def check_folder(flats: Sequence[Flat], params: Params, folder: Path) -> None:
    """Room for the calibrated flats and for what one of them needs on its way; nothing there that must not be replaced."""
    used = [flat.path for flat in flats] + [Path(path) for path in params.references.values() if Path(path).exists()]
    for path in used:
        if folder.exists() and folder.samefile(path.absolute().parent):
            raise BadInput(f"{folder}: {path.name} is there: choose another folder for the calibrated flats")
    sizes = [input_bytes(flat.shape) for flat in flats]
    stages = {"none": 0, "first": sizes[0] * len(STAGES), "all": sum(sizes) * len(STAGES)}[params.keep]
    needed = sum(sizes) + stages + 4 * max(sizes)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise BadInput(f"{folder} cannot be used as a folder for results: {error.strerror or error}") from None
    if needed > free:
        raise BadInput(f"{folder}: the calibrated flats need about {gigabytes(needed)}, {gigabytes(free)} are free")
