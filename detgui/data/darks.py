"""Darks, masks and bad-pixel images as a series in time needs them: what each file is, of what, when, in which unit.

Sources: `stdatamodels.jwst.datamodels.DarkNirspecModel` (DRK, UNC, AVDRKCUR), ``DarkModel``, ``MaskModel``; JWST-STScI-009188 section 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from detgui.data import kinds
from detgui.data.dark_words import DN_S, E_S, date_in_name, group_step, parse_date, positive, readout_of, unit_of
from detgui.data.dq_def import dq_definitions
from detgui.data.files import FileRecord
from detgui.data.keywords import Keywords, geometry
from detgui.data.layout import Hdu, read_header
from detgui.data.parts import Part, Plane, open_parts
from detgui.errors import BadInput
from detgui.science.detector import AXES, FULL_SIZE, DetectorGeometry
from detgui.science.dq import PIXEL

FLAG = "flag"
UNITS = (DN_S, E_S)
KINDS = ("dark", "rate", "mask", "bad pixels")
LARGEST_SIDE = 8192

RATE_PLANES = ("DRK", "AVDRKCUR")
"""Images of the dark rate in the order in which they are looked for; after them the slope of the SCI stack."""

_STACK_UNITS = {"dn": DN_S, "adu": DN_S, "count": DN_S, "counts": DN_S, "e-": E_S, "e": E_S, "electron": E_S, "electrons": E_S}


@dataclass(frozen=True, slots=True, eq=False)
class DarkFile:
    """What one file says of itself; nothing of its pixels but their place.

    Attributes
    ----------
    kind : of `KINDS`; 'mask' is a MASK reference, 'bad pixels' a plain image whose lowest bit is 1 for a bad pixel
    readout : 'TRAD', 'IRS2', or '' where READPATT does not say
    date : UTC; None where neither a keyword nor the name has one; ``date_from`` is 'typed', a keyword, 'file name' or ''
    unit : 'DN/s', 'e-/s', or 'flag' for masks; ``unit_from`` 'header', 'assumed' or 'typed'
    gain : e-/DN of the header, None without
    rate : 'DRK', 'AVDRKCUR', 'SCI' (an image), 'slope of SCI', 'DQ' or 'PRIMARY'
    hot_bit : bit of HOT in the file's DQ, 0 without
    definitions : names of the file's DQ bits
    missing : what a dark should have and this one has not; ``notes`` : what else to know
    """

    path: Path
    record: FileRecord
    kind: str
    instrument: str
    detector: str
    readout: str
    readpatt: str
    subarray: str
    geometry: DetectorGeometry
    date: datetime | None
    date_from: str
    unit: str
    unit_from: str
    gain: float | None
    rate: str
    uncertainty: str
    hot_bit: int
    definitions: Mapping[str, int]
    step: float
    bad_value: int
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    header: Any = None

    @property
    def name(self) -> str:
        """File name without folder."""
        return self.path.name

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.geometry.ny, self.geometry.nx

    @property
    def is_mask(self) -> bool:
        """True for files that flag pixels and have no rates."""
        return self.unit == FLAG


def describe(path: Path, date: datetime | None = None, unit: str | None = None) -> DarkFile:
    """What a file is. ``date`` and ``unit`` ('DN/s', 'e-/s'), where given, are used whatever the file says.

    Raises `BadInput` for a file that cannot be read or is neither dark, rate image nor mask.
    """
    parts = open_parts(Path(path))
    try:
        return _describe(parts[0], date, unit)
    finally:
        for part in parts:
            part.file.close()


def _describe(part: Part, date: datetime | None, unit: str | None) -> DarkFile:
    headers = {hdu.name or f"HDU {hdu.index}": read_header(part.file, hdu.header_offset)[0] for hdu in part.hdus}
    primary = headers[part.hdus[0].name or "PRIMARY"]
    keys = Keywords([primary])
    kind = _kind(part, keys)
    planes, left_out = planes_of(part)
    rate, uncertainty = rate_plane(part, kind, planes)
    shape = planes[rate.removeprefix("slope of ")].shape
    notes = list(left_out)
    detector, where = _detector(part, keys)
    notes += [f"the detector {detector} is taken from the file's name"] if where else []
    place = _geometry(keys, shape, detector, notes)
    found_date, date_from = _date(part.file.name, keys) if date is None else (date, "typed")
    stated, unit_from = _unit(kind, rate, headers, unit)
    hot, definitions = _hot(part, planes)
    return DarkFile(
        path=part.file.path,
        record=part.file.record,
        kind=kind,
        instrument=keys.upper("INSTRUME") or keys.upper("INSTRUMENT"),
        detector=detector,
        readout=readout_of(keys.upper("READPATT")),
        readpatt=keys.upper("READPATT"),
        subarray=_subarray(keys, place),
        geometry=place,
        date=found_date,
        date_from=date_from,
        unit=stated,
        unit_from=unit_from,
        gain=positive(keys.number("GAIN") or keys.number("CONVGAIN")),
        rate=rate,
        uncertainty=uncertainty,
        hot_bit=hot,
        definitions=definitions,
        step=group_step(keys, place, notes) if rate == "slope of SCI" else 0.0,
        bad_value=keys.integer("BPVAL") or 1,
        missing=_missing(kind, planes, uncertainty, hot, found_date, unit_from, keys),
        notes=tuple(notes),
        header=primary,
    )


def _kind(part: Part, keys: Keywords) -> str:
    names = {hdu.name for hdu in part.hdus if hdu.image and hdu.shape}
    reftype, name = keys.upper("REFTYPE"), part.file.name
    if reftype == "MASK" or (not reftype and "DQ" in names and "SCI" not in names and "DRK" not in names):
        return "mask"
    if reftype == "DARK" or (not reftype and ("DRK" in names or "DARK" in keys.upper("DATAMODL"))):
        return "dark"
    if reftype:
        raise BadInput(f"{name} is no dark: it is a {reftype} reference")
    if part.kind == "rate":
        return "rate"
    plain = [hdu for hdu in part.hdus if (hdu.image and hdu.shape) or not hdu.image]
    if part.kind == "image" and "SCI" not in names and len(plain) == 1:
        form = plain[0].form
        if form is not None and form.value.kind in "iu":
            return "bad pixels"
        raise BadInput(f"{name} is no dark: it is an image without REFTYPE whose numbers are no flags")
    if part.kind in kinds.RAMP_KINDS or part.kind in kinds.INTEGRATION_KINDS:
        raise BadInput(f"{name} is no dark but an exposure ({part.kind}): a dark reference, its rate image or a mask is needed")
    raise BadInput(f"{name} is no dark: it is {part.kind or 'an image'} and neither a dark reference, a rate image nor a mask")


def planes_of(part: Part) -> tuple[dict[str, Plane], list[str]]:
    """Images by name that share the shape of the rate or mask, and a sentence for each that does not fit and is ignored."""
    images = [hdu for hdu in part.hdus if hdu.image and hdu.form is not None and 2 <= len(hdu.shape) <= 4 and 0 not in hdu.shape]
    main = _main(images)
    if main is None:
        raise BadInput(f"{part.file.name} is no dark: it has no image in it")
    size = main.shape[-2:]
    if max(size) > LARGEST_SIDE:
        raise BadInput(f"{part.file.name} is no dark: its image has {size[1]} x {size[0]} pixels")
    found: dict[str, Plane] = {}
    notes = []
    for hdu in images:
        name = hdu.name or "PRIMARY"
        if hdu.shape[-2:] != size or (name in ("UNC", "DQ") and len(hdu.shape) != 2):
            notes.append(f"{hdu.label} ({' x '.join(map(str, hdu.shape))}) does not fit {main.label} and is ignored")
        elif name not in found and hdu.form is not None:
            dims = (1, 1, *hdu.shape)[-4:]
            found[name] = Plane(hdu.data_offset, hdu.form, (dims[0], dims[1], dims[2], dims[3]))
    return found, notes


def _main(images: list[Hdu]) -> Hdu | None:
    for name in (*RATE_PLANES, "SCI", "DQ"):
        for hdu in images:
            if hdu.name == name:
                return hdu
    return images[0] if images else None


def rate_plane(part: Part, kind: str, planes: Mapping[str, Plane]) -> tuple[str, str]:
    """Which plane holds the rates (or flags) and which their errors ('' for none)."""
    if kind == "mask":
        if "DQ" not in planes:
            raise BadInput(f"{part.file.name} is a MASK reference without DQ")
        return "DQ", ""
    if kind == "bad pixels":
        return next(iter(planes)), ""
    for name in RATE_PLANES:
        if name in planes:
            return name, "UNC" if "UNC" in planes and name == "DRK" else ""
    sci = planes.get("SCI")
    if sci is None:
        raise BadInput(f"{part.file.name} is no dark that can be used: it has neither DRK nor AVDRKCUR nor SCI")
    if sci.shape[1] == 1 and sci.shape[0] == 1:
        errors = planes.get("ERR")
        return "SCI", "ERR" if errors is not None and errors.shape == sci.shape else ""
    if sci.shape[1] < 2:
        raise BadInput(f"{part.file.name}: its SCI has one group only, which gives no dark rate")
    return "slope of SCI", ""


def _detector(part: Part, keys: Keywords) -> tuple[str, bool]:
    """The detector, and whether it is from the name of the file."""
    stated = keys.upper("DETECTOR")
    if stated:
        return stated, False
    words = re.split(r"[^A-Z0-9]+", part.file.name.upper())
    named = next((word for word in words if word in AXES), "")
    return named, bool(named)


def _geometry(keys: Keywords, shape: tuple[int, int, int, int], detector: str, notes: list[str]) -> DetectorGeometry:
    found, doubts = geometry(keys, shape[2], shape[3], False)
    notes += doubts
    if found.known:
        return found
    if shape[2:] == (FULL_SIZE, FULL_SIZE) and not doubts:
        axes = AXES.get(detector, (1, 2))
        return replace(found, detector=detector, fastaxis=axes[0], slowaxis=axes[1], known=True)
    return replace(found, detector=detector)


def _subarray(keys: Keywords, place: DetectorGeometry) -> str:
    if place.known and place.full_frame:
        return "FULL"
    named = keys.upper("SUBARRAY")
    corner = f"{place.nx} x {place.ny} from {place.xstart}, {place.ystart}" if place.known else f"{place.nx} x {place.ny}"
    return named if named not in ("", "FULL", "GENERIC", "ANY") else corner


def _date(name: str, keys: Keywords) -> tuple[datetime | None, str]:
    for key in ("USEAFTER", "DATE-BEG", "DATE-OBS"):
        try:
            return parse_date(keys.text(key) or ""), key
        except BadInput:
            continue
    found = date_in_name(name)
    return found, "file name" if found else ""


def _unit(kind: str, rate: str, headers: Mapping[str, Any], typed: str | None) -> tuple[str, str]:
    if kind in ("mask", "bad pixels"):
        return FLAG, "header"
    if typed is not None:
        return typed, "typed"
    own = Keywords([headers[rate.removeprefix("slope of ")]]).text("BUNIT") or ""
    if rate == "slope of SCI":
        stack = _STACK_UNITS.get(own.lower(), "")
        return (stack, "header") if stack else (DN_S, "assumed")
    others = [] if rate == "SCI" else [Keywords([headers[name]]).text("BUNIT") or "" for name in ("UNC", "PRIMARY") if name in headers]
    stated = next((unit for text in (own, *others) if (unit := unit_of(text))), "")
    return (stated, "header") if stated else (DN_S, "assumed")


def _hot(part: Part, planes: Mapping[str, Plane]) -> tuple[int, Mapping[str, int]]:
    definitions = dq_definitions(part) or PIXEL
    return (definitions.get("HOT", 0) if "DQ" in planes else 0), definitions


def _missing(
    kind: str, planes: Mapping[str, Plane], uncertainty: str, hot: int, date: datetime | None, unit_from: str, keys: Keywords
) -> tuple[str, ...]:
    rates = kind in ("dark", "rate")
    found = [
        ("date", date is None),
        ("unit", rates and unit_from == "assumed"),
        ("READPATT", rates and not keys.upper("READPATT")),
        ("DRK", kind == "dark" and "DRK" not in planes),
        ("UNC" if kind == "dark" else "ERR", rates and not uncertainty),
        ("DQ", kind != "bad pixels" and "DQ" not in planes),
        ("HOT in DQ_DEF", "DQ" in planes and hot == 0),
    ]
    return tuple(name for name, lacks in found if lacks)
