"""What the options of several verbs take: numbers, ranges, files. Only argparse is imported here."""

from __future__ import annotations

import argparse
import re
from pathlib import Path


def add_join(parser: argparse.ArgumentParser) -> None:
    """The switch of verbs that put segments together."""
    parser.add_argument(
        "--join",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="put the segments of one exposure together, those beside the named file included",
    )


def positive(text: str) -> int:
    """A number that counts from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def group_range(text: str) -> tuple[int, int]:
    """``A-B``, 1-based and inclusive; one number N means ``1-N``."""
    found = re.fullmatch(r"(?:([0-9]+)-)?([0-9]+)", text)
    first, last = (int(found[1] or 1), int(found[2])) if found else (0, 0)
    if not 1 <= first < last:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of groups such as 1-10")
    return first, last


def integration_range(text: str) -> tuple[int, int]:
    """``A-B``, 1-based and inclusive; one number N means ``N-N``."""
    found = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of integrations such as 100-200")
    return first, last


def named_file(text: str) -> Path:
    """The path of a file."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no file")
    return Path(text)


def number_or_file(text: str) -> float | Path:
    """A positive number, or the path of a reference file."""
    value = noise_or_file(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor a file")
    return value


def noise_or_file(text: str) -> float | Path:
    """A number that is not negative, or the path of a reference file."""
    try:
        value = float(text)
    except ValueError:
        return named_file(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor a file")
    return value


def corners(text: str) -> tuple[int, int, int, int]:
    """``X0,Y0,X1,Y1``, 0-based and inclusive."""
    found = re.fullmatch(r"([0-9]+),([0-9]+),([0-9]+),([0-9]+)", text.replace(" ", ""))
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rectangle such as 0,10,2047,21")
    x0, y0, x1, y1 = (int(each) for each in found.groups())
    return x0, y0, x1, y1


def size(text: str) -> tuple[int, int]:
    """``WxH`` in pixels."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (200 <= width <= 16384 and 200 <= height <= 16384):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x800")
    return width, height
