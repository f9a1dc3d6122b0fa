"""Which references a step would use on a file, and whether they are there; for the child process that has jwst imported."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from detgui.analysis.step_forms import jwst_version
from detgui.analysis.step_table import StepInfo, step_info
from detgui.errors import DetguiError
from detgui.progress import Progress

State = Literal["given", "cache", "server", "not applicable", "not needed", "missing"]

DRAFT = ("clean_flicker_noise", "picture_frame")
"""Steps that fit a draft rate to a ramp by a ramp_fit of their own, whose references cannot be given to them."""

DRAFT_TYPES = ("gain", "readnoise")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference that a step may use: its type, the file (full path, '' where there is none), and where it comes from."""

    type: str
    file: str
    state: State


def step_class(info: StepInfo) -> Any:
    """The step's class. Raises `DetguiError` where this jwst does not have it."""
    module, _, name = info.target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise DetguiError(f"jwst {jwst_version()} cannot run {info.name}: {error}") from None


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
