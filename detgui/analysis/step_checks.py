"""What can be known before a step runs: whether it applies, its settings and references, memory and disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from detgui.analysis.step_forms import Form
from detgui.analysis.step_table import StepInfo, gigabytes, input_bytes, predicted_memory, step_info
from detgui.analysis.step_types import Checked, StepParams
from detgui.data.crds import NOT_APPLICABLE, check_reference
from detgui.data.exposure import open_one
from detgui.data.kinds import RAMP_KINDS
from detgui.errors import BadInput
from detgui.tasks.machine import available_bytes

IMAGE_KINDS = ("rate", "rateints", "cal", "calints", "crf", "crfints")


def checked(params: StepParams, form: Form) -> Checked:
    """What will run. Raises `BadInput`, in one sentence, for a step, setting, reference or file that cannot be used."""
    info = step_info(params.step)
    with open_one([params.input], join=False, neighbours=False) as exposure:
        shape, kind, instrument = exposure.shape, exposure.kind, exposure.meta.instrument
    _check_kind(info, params.input, kind)
    if info.instruments and (instrument or "").upper() not in info.instruments:
        raise BadInput(
            f"{Path(params.input).name}: {info.name} is for {' and '.join(info.instruments)}, this is {instrument or 'no JWST file'}"
        )
    settings = form.checked(params.settings)
    form.check_references(params.references)
    given = {name: check_reference(name, path) for name, path in params.references.items()}
    without = next((name for name in info.required if given.get(name) == NOT_APPLICABLE), None)
    if without:
        raise BadInput(f"{info.name} cannot do without a {without} reference")
    return Checked(info, shape, kind in RAMP_KINDS, settings, given, predicted_memory(info.name, shape, settings))


def _check_kind(info: StepInfo, path: Path, kind: str) -> None:
    name = Path(path).name
    if info.takes == "ramp" and kind not in RAMP_KINDS:
        raise BadInput(f"{name}: {info.name} takes ramps (uncal or ramp), this is a {kind} product")
    if info.takes == "image" and kind not in IMAGE_KINDS:
        raise BadInput(f"{name}: {info.name} takes rates (rate, rateints, cal or calints), this is a {kind} product")
    if info.takes == "any" and kind not in (*RAMP_KINDS, *IMAGE_KINDS):
        raise BadInput(f"{name}: {info.name} takes ramps and rates, this is a {kind} product")


def check_room(path: Path, found: Checked, folder: Path) -> None:
    """Raise `BadInput` where memory or the disk of ``folder``, which is made if missing, is too small."""
    free = available_bytes()
    if free is not None and found.memory > free:
        raise BadInput(
            f"{Path(path).name}: {found.info.name} would take about {gigabytes(found.memory)} of memory, {gigabytes(free)} are free"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        room = shutil.disk_usage(folder).free
    except OSError as error:
        raise BadInput(f"{folder} cannot be used as a folder for results: {error.strerror or error}") from None
    needed = input_bytes(found.shape)
    if needed > room:
        raise BadInput(f"{folder}: {found.info.name} would write about {gigabytes(needed)}, {gigabytes(room)} are free")
