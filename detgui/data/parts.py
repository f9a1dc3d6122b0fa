"""The images of one file: each SCI with the planes that belong to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from detgui.data import keywords, kinds
from detgui.data.files import OpenFile
from detgui.data.keywords import ExposureMeta, Keywords
from detgui.data.layout import Hdu, scan
from detgui.data.pixels import PixelFormat
from detgui.data.unpack import GZIP_MAGIC, unpack
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.detector import DetectorGeometry
from detgui.science.timing import GroupTiming

Shape = tuple[int, int, int, int]
PLANE_ORDER = ("SCI", "ERR", "DQ", "PIXELDQ", "GROUPDQ", "ZEROFRAME", "REFOUT")


@dataclass(frozen=True, slots=True)
class Plane:
    """One image array: byte position and format; ``shape`` (nints, ngroups, ny, nx) with 1 for an axis that it does not have."""

    offset: int
    form: PixelFormat
    shape: Shape

    def position(self, integration: int, group: int, y: int, x: int) -> int:
        """Byte position of a pixel, all numbers 0-based; an axis of length 1 counts for every integration or group."""
        ni, ng, ny, nx = self.shape
        image = min(integration, ni - 1) * ng + min(group, ng - 1)
        return self.offset + ((image * ny + y) * nx + x) * self.form.raw.itemsize


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One SCI image of one file; an exposure is made of one, or of several if it is in segments."""

    file: OpenFile
    hdus: tuple[Hdu, ...]
    name: str
    kind: str
    shape: Shape
    unit: str
    planes: dict[str, Plane]
    ver: int | None  # EXTVER where the file has several SCI
    first: int  # number of its first integration, 1-based
    numbered: bool  # whether the header gave that number
    segment: int | None
    segments: int | None
    meta: ExposureMeta
    timing: GroupTiming
    geometry: DetectorGeometry
    steps: dict[str, str]
    warnings: tuple[str, ...]  # without the file's name

    @property
    def last(self) -> int:
        """Number of its last integration."""
        return self.first + self.shape[0] - 1

    def renumbered(self, first: int) -> Part:
        """The same part with another number for its first integration."""
        return replace(self, first=first)


def open_parts(path: Any, progress: Progress = no_progress) -> list[Part]:
    """Open a file and find its images, reading headers only. Raises `BadInput` where there is none that can be used."""
    file = OpenFile(path)
    try:
        if file.read_bytes(0, 2) == GZIP_MAGIC:
            unpack(file, progress)
        parts = _find(file)
    except BaseException:
        file.close()
        raise
    for _ in parts[1:]:
        file.share()
    return parts


def stem(name: str) -> str:
    """A file's name without .fits and .gz."""
    return re.sub(r"(\.(fits|fit|fts))?(\.gz)?$", "", name, flags=re.IGNORECASE)


def _find(file: OpenFile) -> list[Part]:
    hdus, headers, warnings = scan(file)
    kinds.refuse_other_telescopes(file.name, Keywords(headers[:1]))
    groups = _groups(file, hdus)
    several = len(groups) > 1
    return [_part(file, hdus, headers, group, ver if several else None, warnings) for ver, group in groups]


def _groups(file: OpenFile, hdus: Sequence[Hdu]) -> list[tuple[int, list[Hdu]]]:
    """(EXTVER, image HDUs with the main one first) for every SCI, or for the one main image of a file without SCI."""
    images = [hdu for hdu in hdus if hdu.image and 2 <= len(hdu.shape) <= 4]
    sci = [hdu for hdu in images if hdu.name == "SCI"]
    if not sci:
        main = _main(file, hdus, images)
        return [(1, [main, *(hdu for hdu in images if hdu is not main)])]
    if len(sci) == 1:
        return [(1, [sci[0], *(hdu for hdu in images if hdu is not sci[0])])]
    if len({hdu.ver for hdu in sci}) == len(sci):
        return [(each.ver, [each, *(hdu for hdu in images if hdu.ver == each.ver and hdu is not each)]) for each in sci]
    ends = [each.index for each in sci[1:]] + [len(hdus)]  # EXTVER missing: what follows a SCI belongs to it
    return [
        (number, [each, *(hdu for hdu in images if each.index < hdu.index < end)])
        for number, (each, end) in enumerate(zip(sci, ends, strict=True), 1)
    ]


def _main(file: OpenFile, hdus: Sequence[Hdu], images: Sequence[Hdu]) -> Hdu:
    empty = next((hdu for hdu in hdus if hdu.image and 0 in hdu.shape), None)
    others = [hdu for hdu in images if hdu.name != "DQ"]
    if any(hdu.name == "SCI" for hdu in hdus) or not (others or images):
        if empty is not None:
            raise BadInput(f"{file.name} has no image: an axis of {empty.label} has length 0")
        if any(hdu.compressed for hdu in hdus):
            raise BadInput(f"{file.name} holds only tile-compressed images: unpack it with funpack first")
        dims = next((hdu.shape for hdu in hdus if hdu.image), None)
        found = (
            f"{len(dims)}-D {'array' if len(dims) > 1 else 'list'}" if dims else "tables only" if len(hdus) > 1 else "an empty header only"
        )
        raise BadInput(f"{file.name} has no image of 2, 3 or 4 axes in it: {found}")
    return (others or list(images))[0]


def _part(file: OpenFile, hdus: list[Hdu], headers: list[Any], group: list[Hdu], ver: int | None, warnings: list[str]) -> Part:
    main, form = group[0], group[0].form
    assert form is not None
    if 0 in main.shape:
        raise BadInput(f"{file.name} has no image: an axis of {main.label} has length 0")
    keys = Keywords([headers[main.index], headers[0]])
    judgement = kinds.judge(file.name, keys, main.shape, form.value.kind in "iu")
    shape = judgement.shape
    meta = keywords.describe(keys)
    _refuse_blanked(file, keys, main)
    place, doubts = keywords.geometry(keys, shape[2], shape[3], judgement.kind in kinds.RESAMPLED_KINDS)
    planes, left_out = _planes(group, shape)
    numbers = _numbers(keys, judgement.kind, shape)
    said = [*warnings, *doubts, *_contradictions(meta, keys, judgement.kind, shape), *left_out]
    return Part(
        file=file,
        hdus=tuple(hdus),
        name=stem(file.name) + (f"[SCI,{ver}]" if ver is not None else ""),
        kind=judgement.kind,
        shape=shape,
        unit=main.unit or keys.text("BUNIT") or "",
        planes=planes,
        ver=ver,
        first=numbers or 1,
        numbered=numbers is not None,
        segment=keys.integer("EXSEGNUM"),
        segments=keys.integer("EXSEGTOT"),
        meta=meta,
        timing=keywords.timing(keys, shape[1]),
        geometry=place,
        steps=keywords.cal_steps(Keywords([headers[0]])),
        warnings=tuple(said),
    )


def _refuse_blanked(file: OpenFile, keys: Keywords, main: Hdu) -> None:
    """Files whose pixels were removed keep their headers: their one pixel is no image of what the header describes."""
    claims = (keys.integer("SUBSIZE1") or 1, keys.integer("SUBSIZE2") or 1)
    if np.prod(main.shape) == 1 and max(claims) > 1:
        groups = f" and {keys.integer('NGROUPS')} groups" if keys.integer("NGROUPS") else ""
        dims = " x ".join(str(n) for n in main.shape)
        raise BadInput(
            f"{file.name} has no pixels to show: its header claims {claims[0]} x {claims[1]} pixels{groups} but {main.label} is {dims}, "
            "so the pixels were removed from it"
        )


def _numbers(keys: Keywords, kind: str, shape: Shape) -> int | None:
    """INTSTART of a kind that has integrations."""
    start = keys.integer("INTSTART") if kind in kinds.SEGMENTED_KINDS else None
    return start if start is not None and start >= 1 else None


def _contradictions(meta: ExposureMeta, keys: Keywords, kind: str, shape: Shape) -> list[str]:
    found = []
    if kind in kinds.RAMP_KINDS and meta.header_ngroups not in (None, shape[1]):
        found.append(f"the header says {meta.header_ngroups} groups but SCI has {shape[1]}")
    if kind in kinds.SEGMENTED_KINDS:
        first, last = keys.integer("INTSTART"), keys.integer("INTEND")
        if first is not None and last is not None and last - first + 1 != shape[0]:
            found.append(f"the header says integrations {first}-{last} but SCI has {shape[0]}")
        elif first is None and (keys.integer("EXSEGTOT") or 1) == 1 and meta.header_nints not in (None, shape[0]):
            found.append(f"the header says {meta.header_nints} integrations but SCI has {shape[0]}")
    if kind == "s3d":
        found.append("the first axis of the cube is wavelength, counted here as integrations")
    return found


def _planes(group: list[Hdu], shape: Shape) -> tuple[dict[str, Plane], list[str]]:
    main = group[0]
    found: dict[str, Plane] = {}
    warnings = []
    for hdu in group:
        if hdu.form is None or hdu.name in found or (hdu is not main and (not hdu.name or hdu.name == "PRIMARY")):
            continue
        plane_shape = shape if hdu is main else plane_shape_of(hdu.name, hdu.shape, main.shape, shape)
        if plane_shape is None:
            mine, its = " x ".join(map(str, hdu.shape)), " x ".join(map(str, main.shape))
            warnings.append(f"{hdu.label} ({mine}) does not fit {main.label} ({its}) and is left out")
            continue
        plane = Plane(hdu.data_offset, hdu.form, plane_shape)
        if hdu is main:
            found["SCI"] = plane
        if hdu.name and hdu.name != "PRIMARY":
            found[hdu.name] = plane
    order = [name for name in PLANE_ORDER if name in found]
    return {name: found[name] for name in [*order, *(name for name in found if name not in order)]}, warnings


def plane_shape_of(name: str, dims: tuple[int, ...], main_dims: tuple[int, ...], shape: Shape) -> Shape | None:
    """(nints, ngroups, ny, nx) of a plane beside a main image of ``shape``, 1 for an axis it does not have; None where it does not fit."""
    nints, ngroups, ny, nx = shape
    size = (dims[-2], dims[-1])
    if 0 in dims or (size != (ny, nx) and name != "REFOUT"):
        return None
    lead = dims[:-2]
    if dims == main_dims:
        return shape
    if not lead:
        return (1, 1, *size)
    if len(lead) == 2:
        return (lead[0], lead[1], *size) if lead[0] in (1, nints) and lead[1] in (1, ngroups) else None
    if len(main_dims) == 3 and dims[0] == main_dims[0]:
        return (nints, ngroups, *size)
    if lead[0] in (1, nints):
        return (lead[0], 1, *size)
    return (1, lead[0], *size) if nints == 1 and lead[0] == ngroups and name != "ZEROFRAME" else None


def common_planes(parts: Sequence[Part]) -> tuple[tuple[str, ...], list[str]]:
    """Planes that every part has in the same form, and a sentence for those that are left out."""
    common, warnings = [], []
    for name, plane in parts[0].planes.items():
        odd = next((part for part in parts[1:] if name not in part.planes or not _alike(part.planes[name], plane)), None)
        if odd is None:
            common.append(name)
        else:
            warnings.append(f"{name} is left out: {odd.file.name} does not have it as the other segments do")
    return tuple(common), warnings


def flag_planes(planes: Sequence[str]) -> tuple[str, ...]:
    """Those of the planes that hold the flags of a shown image: DQ, else what there is of PIXELDQ and GROUPDQ."""
    return ("DQ",) if "DQ" in planes else tuple(plane for plane in ("PIXELDQ", "GROUPDQ") if plane in planes)


def shared_warnings(parts: Sequence[Part]) -> list[str]:
    """Warnings of the files; what several segments share is said once."""
    files: dict[str, list[str]] = {}
    for part in parts:
        for sentence in part.warnings:
            files.setdefault(sentence, []).append(part.file.name)
    return [f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {sentence}" for sentence, names in files.items()]


def _alike(one: Plane, two: Plane) -> bool:
    return one.shape[1:] == two.shape[1:] and one.form.value == two.form.value
