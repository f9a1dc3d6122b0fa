"""NIRCam's detectors by name: module, number of the array, and the array of the same number in the other module."""

from __future__ import annotations

import re

MODULES = ("A", "B")
NUMBERS = ("1", "2", "3", "4", "long")
"""Of the arrays of a module: four short-wave ones, one long-wave one."""

LONG = "long"
_NAME = re.compile(r"(?:nrc)?\s*([ab])\s*(1|2|3|4|5|long)")


def detector_name(text: str) -> str:
    """'nrca1' ... 'nrcb4', 'nrcalong', 'nrcblong', however it is written (NRCA1, A1, nrca5, ALONG); '' for anything else."""
    found = _NAME.fullmatch(text.strip().lower())
    return f"nrc{found[1]}{LONG if found[2] == '5' else found[2]}" if found else ""


def module_of(name: str) -> str:
    """'A' or 'B' of a name that `detector_name` gave; '' for none."""
    return name[3:4].upper()


def number_of(name: str) -> str:
    """'1' to '4' or 'long' of a name that `detector_name` gave."""
    return name[4:]


def name_of(module: str, number: str) -> str:
    """The detector of a module and a number."""
    return f"nrc{module.lower()}{number}"
