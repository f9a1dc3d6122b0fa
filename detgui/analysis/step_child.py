"""What runs in the child process that has jwst imported: one step on one file, and its specification."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detgui.analysis.step_forms import Form, form_from, jwst_version
from detgui.analysis.step_references import DRAFT, DRAFT_TYPES, reference_types, references, step_class
from detgui.analysis.step_table import STEPS, StepInfo, step_info
from detgui.data.crds import WORDS
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress
from detgui.tasks.child_words import sentence
from detgui.tasks.machine import give_back, peak_bytes, reset_peak

RATES = {"ImageModel": "rate", "CubeModel": "rateints"}


@dataclass(frozen=True, slots=True)
class Job:
    """One run: paths are absolute; the results go to ``folder``, which is there, under the name ``root`` and the step's."""

    step: str
    input: str
    folder: str
    root: str
    settings: Mapping[str, Any]
    references: Mapping[str, str]
    ramp: bool
    suffix: str = ""
    """Of the product's name, '' for the step's own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: names of files in the folder (products, then others such as masks), status, references used, notes."""

    outputs: tuple[str, ...]
    extras: tuple[str, ...]
    status: str
    references: Mapping[str, str]
    notes: tuple[str, ...]
    peak_bytes: int


def warm() -> None:
    """Import what most steps need."""
    importlib.import_module("crds")
    for info in STEPS.values():
        if info.nir:
            step_class(info)


def form(name: str, progress: Progress) -> Form:
    """Settings of a step."""
    info = step_info(name)
    progress(0.0, f"importing {info.name}")
    cls = step_class(info)
    spec = cls.load_spec_file()
    entries = {str(key): (str(spec[key]), str(spec.inline_comments.get(key) or "")) for key in spec}
    return form_from(info.name, entries, reference_types(info, cls), jwst_version())


def run(job: Job, progress: Progress) -> Answer:
    """Run one step and write what it makes into the job's folder.

    Raises `BadInput` where a reference is missing, before anything is read; `DetguiError`, one sentence, where the step fails.
    """
    info = step_info(job.step)
    reset_peak()
    cls = step_class(info)
    wanted = references(info.name, job.input, job.settings, job.references, job.ramp, progress)
    missing = [each.type for each in wanted if each.state == "missing"]
    if missing:
        raise BadInput(
            f"{Path(job.input).name}: {info.name} finds no {', '.join(missing)} reference ({os.environ.get(WORDS, '')}): "
            f"give {' '.join(f'--reference {each}=FILE' for each in missing)}"
        )
    progress(0.0, f"{info.name}: reading {Path(job.input).name}")  # how far a step is, it does not say
    seen = _seen(job.input)
    try:
        answer = _run(info, cls, job, progress)
    except SystemExit:
        raise DetguiError(f"{info.name}: CRDS has neither a server nor what it needs in its cache ({os.environ.get(WORDS, '')})") from None
    except DetguiError:
        raise
    except Exception as error:
        why = f"{info.name} failed: {sentence(error)}" if _seen(job.input) == seen else f"the file changed while {info.name} read it"
        raise DetguiError(f"{Path(job.input).name}: {why}") from error
    finally:
        give_back()
    if _seen(job.input) != seen:
        answer = replace(
            answer, notes=(*answer.notes, f"{Path(job.input).name} changed while {info.name} ran: which of both was read is not known")
        )
    return answer


def _seen(path: str) -> tuple[int, int, int] | None:
    """What a file that was replaced or written to differs in; None for one that is gone."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _run(info: StepInfo, cls: Any, job: Job, progress: Progress) -> Answer:
    own = set(cls.reference_file_types)
    step = cls(**job.settings, **{f"override_{name}": path for name, path in job.references.items() if name in own})
    step.output_dir, step.save_results = job.folder, False
    used = watch_references(step)
    if job.ramp and not job.settings.get("user_mask"):
        used |= draft_types(info, job.references)
    with draft_references(info, job.references), source(job) as given:
        result = step.run(given)
        models = [each for each in (result if isinstance(result, (list, tuple)) else [result]) if each is not None]
        progress(0.9, f"{info.name}: writing")
        status = str(getattr(models[0].meta.cal_step, info.status_key, None) or "")
        notes = notes_of(info, models[0])
        before = {each.name for each in Path(job.folder).iterdir()}
        names = []
        for model in models:
            suffix = RATES.get(type(model).__name__, info.name) if info.name == "ramp_fit" else job.suffix or info.name
            names.append(f"{job.root}_{suffix}.fits")
            _save(model, Path(job.folder) / names[-1])
        peak = peak_bytes()
        for model in models:
            model.close()
    return Answer(tuple(names), tuple(sorted(before)), status, used, notes, peak)


def _save(model: Any, path: Path) -> None:
    """Write a product. Raises `DetguiError` where the disk is full: astropy says so in words of its own, without an error number."""
    try:
        model.save(str(path))
    except OSError as error:
        if error.errno == errno.ENOSPC or "space" in str(error):
            raise DetguiError(f"{path.name} could not be written: no space is left on the disk of {path.parent.parent}") from None
        raise


@contextlib.contextmanager
def source(job: Job) -> Iterator[Any]:
    """What the step is given: the path, so that nothing is copied; a model where the file has no ASDF extension."""
    from astropy.io import fits
    from stdatamodels.jwst import datamodels

    with fits.open(job.input, lazy_load_hdus=True) as hdus:
        complete = "ASDF" in hdus
        guider = str(hdus[0].header.get("EXP_TYPE", "")).startswith("FGS_") and "ACQ" in str(hdus[0].header.get("EXP_TYPE", ""))
    if complete:
        yield job.input
        return
    opened = datamodels.open(job.input) if not job.ramp else (datamodels.GuiderRawModel if guider else datamodels.RampModel)(job.input)
    with opened as model:
        yield model


def watch_references(step: Any) -> dict[str, str]:
    """{type: file or 'N/A'} that fills up as the step asks for references."""
    used: dict[str, str] = {}
    ask = step.get_reference_file

    def asked(model: Any, reftype: str) -> Any:
        found = ask(model, reftype)
        used[reftype] = str(found)
        return found

    step.get_reference_file = asked
    return used


def draft_types(info: StepInfo, given: Mapping[str, str]) -> dict[str, str]:
    """References chosen by hand for the ramp_fit inside a step."""
    return {name: given[name] for name in DRAFT_TYPES if name in given} if info.name in DRAFT else {}


@contextlib.contextmanager
def draft_references(info: StepInfo, given: Mapping[str, str]) -> Iterator[None]:
    """Let the ramp_fit inside a step use the gain and the read noise that were given by hand."""
    chosen = draft_types(info, given)
    if not chosen:
        yield
        return
    inner = step_class(STEPS["ramp_fit"])
    ask = inner.get_ref_override
    inner.get_ref_override = lambda self, reftype: chosen.get(reftype) or ask(self, reftype)
    try:
        yield
    finally:
        del inner.get_ref_override


def notes_of(info: StepInfo, model: Any) -> tuple[str, ...]:
    """What the step's status does not say."""
    if info.name != "refpix" or model.pixeldq is None:
        return ()
    from stdatamodels.jwst.datamodels import dqflags

    reference = (model.pixeldq & dqflags.pixel["REFERENCE_PIXEL"]) != 0
    unusable = reference & ((model.pixeldq & dqflags.pixel["DO_NOT_USE"]) != 0)
    if reference.any() and (unusable == reference).all():
        return ("all reference pixels are flagged DO_NOT_USE: refpix corrected nothing",)
    return ()
