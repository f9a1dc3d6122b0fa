"""Least and largest values of parameters, and the sentence that says which one lies outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from detgui.errors import BadInput

Ranges = Mapping[str, tuple[float, float, str]]
"""Name of a parameter: least value, largest value, and their unit ('' for none)."""


def complaints(params: object, ranges: Ranges) -> Iterator[str]:
    """A sentence for each parameter outside of its range; None, the default of the detector, is never outside."""
    for name, (least, most, unit) in ranges.items():
        value = getattr(params, name)
        if value is not None and not least <= value <= most:
            limits = f"{least:g} and {most:g} {unit}".rstrip()
            yield f"{name.replace('_', ' ')} must be between {limits}, not {value}"


def check(params: object, ranges: Ranges) -> None:
    """Raise `BadInput` with the first complaint."""
    for complaint in complaints(params, ranges):
        raise BadInput(complaint)
