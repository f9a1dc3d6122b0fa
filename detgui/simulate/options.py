"""What the options of all kinds of simulations have in common. Only light imports: the parser is built for ``--help``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from detgui.errors import BadInput
from detgui.progress import Progress

Params = TypeVar("Params")


def given(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Options that were given, by name; those that were not (None) are left to the parameters' own defaults."""
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def frame_size(text: str | None) -> tuple[int, int]:
    """(columns, rows) of ``--size``: '2048', '2048x64'; the full frame where it was not given. Raises `BadInput`."""
    match = re.fullmatch(r"(\d{1,5})(?:[xX](\d{1,5}))?", text or "2048")
    if not match:
        raise BadInput(f"--size is a number of pixels or two, such as 2048x256, not {text}")
    return int(match[1]), int(match[2] or match[1])


def square_size(text: str, what: str) -> int:
    """Side of a square ``--size``, pixels. Raises `BadInput` that calls the frames ``what``."""
    columns, rows = frame_size(text)
    if columns != rows:
        raise BadInput(f"{what} are square: --size {columns}, not {text}")
    return columns


def only_one(what: str, name: str, values: Sequence[Any]) -> Any:
    """The only value of a list. Raises `BadInput` where there are several: ``what`` ('darks have') one ``name``."""
    if len(values) != 1:
        raise BadInput(f"{what} one {name}, not {len(values)}")
    return values[0]


def words(text: str) -> list[str]:
    """What stands between commas, without blanks and empty places."""
    return [word.strip() for word in text.split(",") if word.strip()]


def write_each(several: Sequence[Params], write: Callable[[Params, Progress], list[Path]], progress: Progress) -> list[Path]:
    """Write one exposure or series after the other; returns all files. Each has an even share of the progress."""
    written: list[Path] = []
    for number, params in enumerate(several):
        written += write(params, _share(progress, number, len(several)))
    return written


def _share(progress: Progress, number: int, several: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / several, message)
