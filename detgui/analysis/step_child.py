"""What runs in the child process that has jwst imported: one step on one file, its specification, its references."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from detgui.analysis.step_forms import Form, form_from, jwst_version
from detgui.analysis.step_table import STEPS, StepInfo, step_info
from detgui.data.crds import WORDS
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress
from detgui.tasks.machine import peak_bytes, reset_peak

State = Literal["given", "cache", "server", "not applicable", "not needed", "missing"]

DRAFT = ("clean_flicker_noise", "picture_frame")
"""Steps that fit a draft rate to a ramp by a ramp_fit of their own, whose references cannot be given to them."""

DRAFT_TYPES = ("gain", "readnoise")

RATES = {"ImageModel": "rate", "CubeModel": "rateints"}


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference that a step may use: its type, the file (full path, '' where there is none), and where it comes from."""

    type: str
    file: str
    state: State


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


def step_class(info: StepInfo) -> Any:
    """The step's class. Raises `DetguiError` where this jwst does not have it."""
    module, _, name = info.target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise DetguiError(f"jwst {jwst_version()} cannot run {info.name}: {error}") from None


def form(name: str, progress: Progress) -> Form:
    """Settings of a step."""
    info = step_info(name)
    progress(0.0, f"importing {info.name}")
    cls = step_class(info)
    spec = cls.load_spec_file()
    entries = {str(key): (str(spec[key]), str(spec.inline_comments.get(key) or "")) for key in spec}
    return form_from(info.name, entries, reference_types(info, cls), jwst_version())


def reference_types(info: StepInfo, cls: Any) -> tuple[str, ...]:
    """Types of references that a step may use."""
    return (*cls.reference_file_types, *(DRAFT_TYPES if info.name in DRAFT else ()))


def references(
    name: str, path: str, settings: Mapping[str, Any], given: Mapping[str, str], ramp: bool, progress: Progress
) -> tuple[Reference, ...]:
    """Which references a step would use on a file: by hand, else by the rules of CRDS and what the cache holds. Nothing is fetched."""
    info = step_info(name)
    progress(0.0, f"looking for references of {info.name}")
    types = reference_types(info, step_class(info))
    header = crds_header(path)
    needed = [each for each in types if is_needed(info.name, each, settings, header, ramp)]
    found = best_references(header, [each for each in needed if each not in given])
    out = []
    for each in types:
        if each in given:
            out.append(Reference(each, given[each], "given"))
        elif each not in needed:
            out.append(Reference(each, "", "not needed"))
        else:
            out.append(Reference(each, *found[each]))
    return tuple(out)


def is_needed(step: str, reftype: str, settings: Mapping[str, Any], header: Mapping[str, Any], ramp: bool) -> bool:
    """Whether a step asks for a type of reference, with these settings on such an exposure (jwst 3.0, the steps' ``process``)."""
    read_pattern = str(header.get("meta.exposure.readpatt", ""))
    if step == "refpix":
        return "IRS2" in read_pattern if reftype == "refpix" else settings.get("refpix_algorithm") == "sirs"
    if step in DRAFT and reftype in DRAFT_TYPES:
        return ramp and not settings.get("user_mask")
    if step == "clean_flicker_noise":
        return bool(settings.get("apply_flat_field")) if reftype == "flat" else header.get("meta.exposure.type") == "NIS_SOSS"
    if step == "gain_scale":
        return header.get("meta.exposure.gain_factor") is None
    return True


def crds_header(path: str) -> dict[str, Any]:
    """What the rules of CRDS look at, by names such as 'meta.instrument.detector'; only headers are read."""
    from astropy.io import fits
    from stdatamodels.jwst import datamodels

    with fits.open(path, lazy_load_hdus=True) as hdus:
        only = fits.HDUList([fits.PrimaryHDU(header=hdus[0].header)])
        with datamodels.JwstDataModel(only) as model:
            return {
                str(key): value for key, value in model.to_flat_dict(include_arrays=False).items() if isinstance(value, (str, int, float))
            }


def best_references(header: Mapping[str, Any], types: Sequence[str]) -> dict[str, tuple[str, State]]:
    """{type: (path, state)} by the rules of CRDS."""
    if not types:
        return {}
    from crds.core import config, heavy_client

    context = os.environ.get("CRDS_CONTEXT", "")
    offline = "serverless" in os.environ.get("CRDS_SERVER_URL", "")
    if offline and not Path(config.locate_mapping(context)).is_file():
        return dict.fromkeys(types, ("", "missing"))
    found: dict[str, tuple[str, State]] = {}
    for reftype in types:
        name = "NOT FOUND"
        with contextlib.suppress(Exception, SystemExit):
            name = str(heavy_client.getrecommendations(dict(header), reftypes=[reftype], observatory="jwst", fast=True)[reftype])
        if "n/a" in name.lower():
            found[reftype] = ("", "not applicable")
        elif name.upper().startswith("NOT FOUND"):
            found[reftype] = ("", "missing")
        else:
            path = ""
            with contextlib.suppress(Exception, SystemExit):  # of a file that is not there a name of its own kind may ask the server
                path = config.locate_file(name, "jwst")
            found[reftype] = (path, "cache" if path and Path(path).is_file() else "missing" if offline else "server")
    return found


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
    try:
        return _run(info, cls, job, progress)
    except SystemExit:
        raise DetguiError(f"{info.name}: CRDS has neither a server nor what it needs in its cache ({os.environ.get(WORDS, '')})") from None
    finally:
        gc.collect()


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
