"""The statements of a DS9 region file, read one by one: one that cannot be used does not spoil the others.

Layout: SAOImageDS9 reference manual, "Regions". CIAO's ``rotbox`` and ``!`` are taken too. Where no coordinate system is named DS9 takes
physical coordinates, which are image coordinates here: JWST images have no LTV keywords.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from detgui.errors import BadInput

SKY = ("icrs", "fk5", "j2000", "fk4", "b1950", "galactic", "ecliptic")
OTHER_FRAMES = ("linear", "amplifier", "detector", "tile")
AREAS = ("circle", "ellipse", "box", "annulus", "polygon")
NO_AREA = ("point", "line", "text", "vector", "ruler", "compass", "projection", "segment")
IN_COMMENTS = ("text", "vector", "ruler", "compass", "projection", "segment", "composite")
"""Shapes that DS9 writes behind a #."""

SAID = 3
"""Complaints that are told of one file, those of other lines are counted."""
LONGEST_QUOTED = 60

_WORD = re.compile(r"(#?)\s*([+\-!]?)\s*([a-zA-Z]\w*)\s*(\(?)")
_BODY = re.compile(r"[+\-!]?\s*[a-zA-Z]\w*\s*(?:\(([^()]*)\)|([^()&|]*?))\s*(?:\|\|)?\s*")


@dataclass(frozen=True, slots=True)
class Statement:
    """A shape of a region file: its line, its coordinate system, 'image' for physical ones, and a file with nothing else."""

    line: int
    shape: str
    frame: str
    body: str
    alone: str


@dataclass(slots=True)
class Left:
    """What of a file was left out, and why: lines by reason. ``harmless`` are those that enclose no pixel anyway."""

    wrong: dict[str, list[int]] = field(default_factory=dict)
    harmless: dict[str, list[int]] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """'lines 3 and 7: a point has no area', the first few; then how many more lines there are."""
        found = [*self.wrong.items(), *self.harmless.items()]
        said = [f"{_lines(lines)}: {why}" for why, lines in found[:SAID]]
        more = sum(len(lines) for _, lines in found[SAID:])
        return [*said, f"{more} more line{'s' * (more > 1)} left out"] if more else said


def parse(text: str) -> tuple[list[tuple[int, Any]], Left]:
    """((line, region of the regions package), ...) and what was left out. A statement may be several regions, such as rings."""
    left = Left()
    found: list[tuple[int, Any]] = []
    for each in statements(text):
        if each.shape in NO_AREA:
            left.harmless.setdefault(f"a {each.shape} has no area", []).append(each.line)
            continue
        try:
            found += [(each.line, item) for item in _read(each)]
        except BadInput as error:
            left.wrong.setdefault(str(error), []).append(each.line)
    return found, left


def is_sky(text: str) -> bool:
    """Whether any shape with an area is in sky coordinates."""
    return any(each.frame in SKY and each.shape not in NO_AREA for each in statements(text))


def statements(text: str) -> Iterator[Statement]:
    """The shapes of a region file, in order."""
    frame, common, composite = "image", [], ""
    for number, line in enumerate(text.split("\n"), start=1):
        for part in _parts(line):
            word = _WORD.match(part)
            name = word[3].lower() if word else ""
            if part.startswith("#"):
                if name in IN_COMMENTS and word is not None and word[4]:
                    if name == "composite":
                        composite = part
                    else:
                        yield Statement(number, name, frame, part, part)
            elif name == "global":
                common.append(part)
            elif name in ("image", "physical"):
                frame = "image"
            elif name in (*SKY, *OTHER_FRAMES) or re.fullmatch("wcs[0a-z]?", name):
                frame = name
            else:
                yield _statement(number, name, frame, part, [*common, composite])
                composite = composite if "||" in part.partition("#")[0] else ""


def _parts(line: str) -> list[str]:
    """What semicolons part, but not those in comments, in braces, or in quotes of properties (before a # quotes are arcseconds)."""
    if line.lstrip().startswith("#"):
        return [line.strip()]
    parts = re.findall(r"""(?:\{[^}]*\}|=\s*"[^"]*"|=\s*'[^']*'|[^;])+""", line)
    return [part.strip() for part in parts if part.strip()]


def _statement(line: int, name: str, frame: str, part: str, above: list[str]) -> Statement:
    body = part.partition("#")[0].strip()
    alike = re.sub(r"^([+\-!]?)\s*rotbox", r"\1box", part, flags=re.IGNORECASE)
    alike = re.sub(r"^!", "-", alike)
    shape = "box" if name == "rotbox" else name
    return Statement(line, shape, frame, body, "\n".join([*filter(None, above), frame, alike]))


def _read(each: Statement) -> list[Any]:
    """Regions of the regions package. Raises BadInput, without the line, where there is none."""
    from regions import Regions

    quoted = each.body if len(each.body) <= LONGEST_QUOTED else f"{each.body[:LONGEST_QUOTED]}…"
    if each.shape not in AREAS:
        known = each.shape in ("panda", "epanda", "bpanda")
        raise BadInput(f"shapes of the type {each.shape} cannot be used" if known else f"{quoted} is no shape of a DS9 region file")
    if each.frame not in ("image", *SKY):
        raise BadInput(f"{each.frame} coordinates are not known")
    body = _BODY.fullmatch(each.body)
    if body is None:
        raise BadInput(f"{quoted} is not one shape with its numbers in parentheses")
    count = len(re.split(r"[\s,]+", (body[1] or body[2] or "").strip(" ,\t")))
    if each.shape == "polygon" and count % 2:
        raise BadInput("a polygon needs an x and a y for each vertex")
    if each.shape == "circle" and count != 3:
        raise BadInput(f"a circle has 3 numbers, not {count}")
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        try:
            items = list(Regions.parse(each.alone, format="ds9"))
        except Exception as error:  # the package's parser raises whatever its arithmetic meets
            raise BadInput(f"{quoted} cannot be read ({one_line(error)})") from error
    if not items:
        why = next((one_line(item.message) for item in complaints), "no reason given").split(":")[0]
        raise BadInput(f"{quoted} cannot be read ({why})")
    return items


def one_line(error: object) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())[:200]


def _lines(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if len(numbers) <= SAID:
        return f"lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return f"lines {', '.join(map(str, numbers[:SAID]))} and {len(numbers) - SAID} more"
