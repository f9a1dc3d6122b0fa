"""Segments: which files are pieces of one exposure, which lie beside a named one, and what is missing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detgui.data.kinds import SEGMENTED_KINDS
from detgui.data.parts import Part, stem
from detgui.errors import BadInput, NotOneExposure

_NAME = re.compile(r"(?P<root>.+)-seg(?P<number>\d+)(?P<rest>(?:_.*)?)", re.IGNORECASE)
_FITS = re.compile(r"\.(fits|fit|fts)(\.gz)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SegmentName:
    """The parts of 'jw01366003001_04101_00001-seg001_nrs1_uncal': root, number, and '_nrs1_uncal'."""

    root: str
    number: int
    rest: str

    @property
    def key(self) -> tuple[str, str]:
        """The same for all segments of one exposure, detector and product."""
        return self.root, self.rest

    @property
    def exposure(self) -> str:
        """Name of the whole exposure."""
        return self.root + self.rest


def segment_name(name: str) -> SegmentName | None:
    """Parse a file name; None where it has no '-segNNN'."""
    match = _NAME.fullmatch(stem(name))
    return SegmentName(match["root"], int(match["number"]), match["rest"]) if match else None


def siblings(path: Path) -> list[Path]:
    """Other segments of the same root, detector and suffix in the folder of ``path``, in order; unpacked files before packed ones."""
    mine = segment_name(path.name)
    if mine is None:
        return []
    found: dict[int, Path] = {}
    try:
        names = sorted(os.listdir(path.parent))  # noqa: PTH208  (names are enough; a folder may hold very many)
    except OSError:
        return []
    for name in names:
        other = segment_name(name)
        if other is not None and other.key == mine.key and other.number != mine.number and _FITS.fullmatch(name[len(stem(name)) :]):
            found.setdefault(other.number, path.parent / name)
    return [found[number] for number in sorted(found)]


def key_of(part: Part) -> tuple[str, ...] | None:
    """The same for parts that belong to one exposure; None for one that is no segment."""
    name = segment_name(part.file.name)
    if name is None or part.kind not in SEGMENTED_KINDS:
        return None
    return (*name.key, str(part.ver))


def why_apart(first: Part, second: Part) -> str:
    """Why two parts are not pieces of one exposure, as the end of a sentence; '' where they may be."""
    one, two = segment_name(first.file.name), segment_name(second.file.name)
    if one is None or two is None:
        return f"{(first if one is None else second).file.name} is not a segment"
    pairs: list[tuple[str, object, object]] = [("exposure", one.root, two.root)]
    pairs += [(what, a, b) for what, a, b in zip(("detector", "suffix"), _tail(one.rest), _tail(two.rest), strict=True)]
    for what in ("instrument", "detector", "observation", "exposure_number", "readpatt", "subarray", "filter", "grating"):
        pairs.append((what.replace("_", " "), getattr(first.meta, what), getattr(second.meta, what)))
    pairs.append(("kind", first.kind, second.kind))
    pairs.append(("shape (groups, rows, columns)", first.shape[1:], second.shape[1:]))
    pairs.append(("number of segments", first.segments, second.segments))
    pairs.append(("number of integrations", first.meta.header_nints, second.meta.header_nints))
    pairs.append(("pixel type", first.planes["SCI"].form.value.name, second.planes["SCI"].form.value.name))
    for what, a, b in pairs:
        if a != b and a is not None and b is not None:
            return f"its {what} is {b}, not {a}"
    return ""


def _tail(rest: str) -> tuple[str, str]:
    detector, _, suffix = rest.lstrip("_").rpartition("_")
    return detector, suffix


def put_together(parts: Sequence[Part], named: Iterable[Path], looked: bool) -> tuple[list[Part], list[str], list[BadInput]]:
    """Parts of one exposure in order of integrations.

    Returns the parts that belong together, warnings (neighbours that were left out, segments that are missing) and troubles (a file that
    the user named and that cannot be joined). ``looked`` says whether neighbours were looked for. The first part is the measure of the
    others: those that were named come first.
    """
    asked = set(named)
    kept: list[Part] = []
    warnings: list[str] = []
    troubles: list[BadInput] = []
    ordered = sorted(parts, key=lambda part: part.file.path not in asked)
    for part in _numbered(ordered, warnings):
        reason = why_apart(kept[0], part) if kept else ""
        sentence = f"{part.file.name} is not a segment of the exposure of {kept[0].file.name}: {reason}" if reason else _overlap(kept, part)
        if not sentence:
            kept.append(part)
            continue
        if part.file.path in asked:
            troubles.append(NotOneExposure(sentence))
        else:
            warnings.append(f"{sentence}; it was left out")
        part.file.close()
    kept.sort(key=lambda part: part.first)
    return kept, warnings + _missing(kept, "missing" if looked else "not among the files given"), troubles


def _numbered(parts: Sequence[Part], warnings: list[str]) -> list[Part]:
    """Segments without INTSTART follow the one before them, where all before them are there."""
    if all(part.numbered for part in parts):
        return list(parts)
    first, place = 1, {}
    for part in sorted(parts, key=_segment):
        place[id(part)] = part.renumbered(part.first if part.numbered else first)
        first = place[id(part)].last + 1
    lost = ", ".join(part.file.name for part in parts if not part.numbered)
    warnings.append(f"INTSTART is missing in {lost}: its integrations are counted on from the segment before")
    return [place[id(part)] for part in parts]


def _segment(part: Part) -> int:
    name = segment_name(part.file.name)
    return part.segment or (name.number if name else 0)


def _overlap(kept: Sequence[Part], part: Part) -> str:
    for other in kept:
        if _segment(other) == _segment(part):
            return f"{part.file.path} is segment {_segment(part)} of the exposure, as is {other.file.path}"
        if part.first <= other.last and other.first <= part.last:
            return f"{part.file.name} has integrations {part.first}-{part.last}, of which {other.file.name} has {other.first}-{other.last}"
    return ""


def _missing(parts: Sequence[Part], word: str) -> list[str]:
    """A sentence that names the segments and integrations that are not there."""
    present = {_segment(part) for part in parts}
    total = max([part.segments or 0 for part in parts] + list(present))
    absent = [number for number in range(1, total + 1) if number not in present]
    numbers = np.concatenate([np.arange(part.first, part.last + 1) for part in parts])
    nints = max(parts[0].meta.header_nints or 0, int(numbers.max()))
    if not absent and nints == numbers.size:
        return []
    gaps = np.setdiff1d(np.arange(1, nints + 1), numbers)
    name = segment_name(parts[0].file.name)
    where = name.exposure if name else parts[0].name
    what = [f"segment{'s' if len(absent) > 1 else ''} {ranges(absent)} of {total}"] if absent else []
    what += [f"integration{'s' if gaps.size > 1 else ''} {ranges(gaps.tolist())}"] if gaps.size else []
    return [f"{where}: {' ('.join(what)}{')' if len(what) == 2 else ''} {word}"]


def ranges(numbers: Sequence[int]) -> str:
    """Numbers in order as a person writes them: '1-10, 21, 30-40'."""
    text: list[str] = []
    start = previous = None
    for number in [*numbers, None]:
        if previous is not None and number == previous + 1:
            previous = number
            continue
        if start is not None:
            text.append(str(start) if start == previous else f"{start}-{previous}")
        start = previous = number
    return ", ".join(text)
