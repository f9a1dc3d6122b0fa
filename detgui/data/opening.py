"""From paths to groups of parts that are one exposure each, and what could not be used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detgui.data.parts import Part, open_parts
from detgui.data.segments import key_of, put_together, siblings
from detgui.errors import BadInput
from detgui.progress import Progress


@dataclass(slots=True)
class Found:
    """Parts of one exposure in the order of integrations, and the sentences that belong to it."""

    parts: list[Part]
    warnings: list[str] = field(default_factory=list)


def find(paths: Sequence[str | Path], join: bool, neighbours: bool, progress: Progress) -> tuple[list[Found], list[BadInput]]:
    """Open files, headers only, and put segments together; files that cannot be used do not hide the others."""
    named = _once(paths)
    parts: list[Part] = []
    troubles: list[BadInput] = []
    try:
        for number, path in enumerate(named):
            progress(number / len(named), f"opening {path.name}")
            try:
                parts += open_parts(path, _within(progress, number, len(named)))
            except BadInput as trouble:
                troubles.append(trouble)
        if not join:
            return [Found([part]) for part in parts], troubles
        warnings: dict[tuple[str, ...], list[str]] = {}
        if neighbours:
            parts += _neighbours(parts, named, warnings, progress)
        return _join(parts, named, neighbours, warnings, troubles), troubles
    except BaseException:
        for part in parts:
            part.file.close()
        raise


def _once(paths: Sequence[str | Path]) -> list[Path]:
    """Absolute paths; a file that is named twice, by a link too, once."""
    first: dict[str, Path] = {}
    for path in paths:
        name = os.path.abspath(path)  # noqa: PTH100  (as in OpenFile: links keep their name)
        try:
            real = os.path.realpath(name)
        except (OSError, ValueError):  # a name that no file can have: said where it is opened
            real = name
        first.setdefault(real, Path(name))
    return list(first.values())


def _within(progress: Progress, number: int, total: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / total, message)


def _neighbours(parts: Sequence[Part], named: Sequence[Path], warnings: dict[tuple[str, ...], list[str]], progress: Progress) -> list[Part]:
    """Segments beside the named ones. A damaged one is a warning."""
    seen = set(named)
    found: list[Part] = []
    try:
        for part in parts:
            key = key_of(part)
            if key is None:
                continue
            beside = [path for path in siblings(part.file.path) if path not in seen]
            seen.update(beside)
            for number, path in enumerate(beside):
                progress(number / len(beside), f"opening {path.name}")
                try:
                    found += open_parts(path, _within(progress, number, len(beside)))
                except BadInput as trouble:
                    warnings.setdefault(key, []).append(f"a segment beside it was left out: {trouble}")
    except BaseException:
        for part in found:
            part.file.close()
        raise
    return found


def _join(
    parts: Sequence[Part], named: Sequence[Path], looked: bool, warnings: dict[tuple[str, ...], list[str]], troubles: list[BadInput]
) -> list[Found]:
    groups: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(key_of(part) or (str(id(part)),), []).append(part)
    found = []
    for key, members in groups.items():
        if key_of(members[0]) is None:
            found.append(Found(members))
            continue
        kept, said, wrong = put_together(members, named, looked)
        troubles += wrong
        found.append(Found(kept, warnings.get(key, []) + said))
    return found
