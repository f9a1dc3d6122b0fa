"""What a file is and how its axes are counted, judged by its own keywords, then by its name, then by its shape."""

from __future__ import annotations

import re
from dataclasses import dataclass

from detgui.data.keywords import Keywords
from detgui.errors import BadInput

RAMP_KINDS = ("uncal", "ramp")
INTEGRATION_KINDS = ("rateints", "calints", "crfints")
IMAGE_KINDS = ("rate", "cal", "crf", "i2d", "s2d")
OWN_KINDS = ("slopes",)
"""Images that detgui itself writes; the keyword DETGUI names them."""
RESAMPLED_KINDS = ("i2d", "s2d", "s3d")
SEGMENTED_KINDS = RAMP_KINDS + INTEGRATION_KINDS
SUFFIXES = (*RAMP_KINDS, *INTEGRATION_KINDS, *IMAGE_KINDS, "s3d")

_MODELS = {"LEVEL1BMODEL": "uncal", "GUIDERRAWMODEL": "uncal", "RAMPMODEL": "ramp", "MIRIRAMPMODEL": "ramp", "SUPERSTRIPERAMPMODEL": "ramp"}
_CUBES = ("CUBEMODEL", "GUIDERCALMODEL")
_NEEDED = ("DETECTOR", "EXP_TYPE", "READPATT", "NGROUPS", "NINTS", "SUBARRAY")


@dataclass(frozen=True, slots=True)
class Judgement:
    """``kind`` and ``shape`` (nints, ngroups, ny, nx) of an image."""

    kind: str
    shape: tuple[int, int, int, int]


def refuse_other_telescopes(name: str, keys: Keywords) -> None:
    """Raise `BadInput` for an HST file: jwst's own opener accepts some, and nothing in them means what it does in a JWST file."""
    if not keys.upper("TELESCOP").startswith("HST"):
        return
    missing = [key for key in _NEEDED if keys.value(key) is None]
    what = f"HST file ({keys.text('INSTRUME')})" if keys.text("INSTRUME") else "HST file"
    lacks = f": it has no {', '.join(missing)}" if missing else ""
    raise BadInput(f"{name} is an {what}, not a JWST one{lacks}")


def judge(name: str, keys: Keywords, dims: tuple[int, ...], integers: bool) -> Judgement:
    """Kind and shape of an image with axes ``dims`` (2 to 4, numpy order) in the file ``name``; ``integers``: its pixels are."""
    ny, nx = dims[-2:]
    if len(dims) == 4:
        return Judgement(_kind4(name, keys, integers), (dims[0], dims[1], ny, nx))
    if len(dims) == 2:
        return Judgement(_kind2(name, keys), (1, 1, ny, nx))
    kind = _kind3(name, keys, dims[0])
    return Judgement(kind, (dims[0], 1, ny, nx) if kind in (*INTEGRATION_KINDS, "s3d") else (1, dims[0], ny, nx))


def named_suffix(name: str, keys: Keywords) -> str:
    """The product suffix in the file's name, else in its FILENAME keyword, '' for none."""
    for each in (name, keys.text("FILENAME") or ""):
        stem = re.sub(r"\.(fits|fit|fts)?(\.gz)?$", "", each.lower())
        for word in reversed(re.split(r"[_\-. ]", stem)):
            if word in SUFFIXES:
                return word
    return ""


def is_jwst(keys: Keywords) -> bool:
    """True where the keywords are those of a JWST file, whatever its age."""
    return keys.upper("TELESCOP") == "JWST" or bool(keys.upper("DATAMODL")) or (keys.value("EXP_TYPE") is not None)


def _kind4(name: str, keys: Keywords, integers: bool) -> str:
    if keys.value("REFTYPE"):
        return "reference"
    known = _MODELS.get(keys.upper("DATAMODL"), "")
    suffix = named_suffix(name, keys)
    if known:
        return known
    if suffix in RAMP_KINDS:
        return suffix
    return "uncal" if integers else "ramp"


def _kind3(name: str, keys: Keywords, planes: int) -> str:
    if keys.value("REFTYPE"):
        return "reference"
    model = keys.upper("DATAMODL")
    if model.startswith("IFUCUBE") or named_suffix(name, keys) == "s3d":
        return "s3d"
    if model in _MODELS:
        return _MODELS[model]
    if not is_jwst(keys):
        return "cube"
    suffix = named_suffix(name, keys)
    if suffix in RAMP_KINDS:
        return suffix
    if suffix in INTEGRATION_KINDS:
        return suffix
    by_count = keys.integer("NINTS") == planes and keys.integer("NGROUPS") != planes
    if model in _CUBES or suffix or by_count or _unit(keys) not in ("", "DN", "ADU"):
        return _stage(keys, suffix) + "ints"
    return "cube"


def _kind2(name: str, keys: Keywords) -> str:
    if keys.value("REFTYPE"):
        return "reference"
    if keys.text("DETGUI") in OWN_KINDS:
        return keys.text("DETGUI") or ""
    suffix = named_suffix(name, keys)
    if suffix in IMAGE_KINDS:
        return suffix
    if not is_jwst(keys):
        return "image"
    if keys.upper("S_RESAMP") == "COMPLETE":
        return "s2d" if "SLIT" in keys.upper("DATAMODL") else "i2d"
    if keys.value("DATAMODL") or keys.value("FILETYPE"):
        return _stage(keys, suffix)
    return "image"


def _stage(keys: Keywords, suffix: str) -> str:
    """'rate', 'cal' or 'crf'; a file without a telling name is judged by its steps and unit."""
    if suffix.startswith(("rate", "crf")):
        return "crf" if suffix.startswith("crf") else "rate"
    if suffix.startswith("cal"):
        return "cal"
    if keys.upper("S_OUTLIR") == "COMPLETE":
        return "crf"
    if keys.upper("S_PHOTOM") == "COMPLETE" or keys.upper("FILETYPE") == "CALIBRATED" or _unit(keys).startswith(("MJY", "JY")):
        return "cal"
    return "rate" if _unit(keys) in ("DN/S", "") or keys.upper("FILETYPE") == "COUNTRATE" else "cal"


def _unit(keys: Keywords) -> str:
    return keys.upper("BUNIT")
