"""First and last day of the epochs that a table knows of: intervals of ISO 8601 in its meta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Days = tuple[date, date]
"""First and last day of an epoch, UTC."""

META = "epoch_dates"
SINGLE = ("date-beg", "date-obs", "date_beg", "date_obs")
"""Keywords of a catalog of one epoch, in small letters."""


def to_meta(dates: Sequence[tuple[str, date, date]]) -> dict[str, str]:
    """Days of epochs as a table's meta have them."""
    return {epoch: f"{first.isoformat()}/{last.isoformat()}" for epoch, first, last in dates}


def dates_in(meta: Mapping[str, Any]) -> dict[str, Days]:
    """Days of epochs that a table's meta tell; what cannot be read is left out."""
    given = meta.get(META)
    found = {}
    for epoch, text in given.items() if isinstance(given, Mapping) else ():
        first, _, last = str(text).partition("/")
        try:
            found[str(epoch)] = (date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip()))
        except ValueError:
            continue
    return found


def dates_of_catalog(meta: Mapping[str, Any], epochs: Sequence[str]) -> tuple[tuple[str, date, date], ...]:
    """(epoch, first, last day) of the ``epochs`` of a catalog: of its `META`, or the day of the only epoch that there is."""
    known = dates_in(meta)
    if not known and len(epochs) == 1:
        small = {str(name).lower(): value for name, value in meta.items()}
        for name in SINGLE:
            try:
                day = date.fromisoformat(str(small.get(name, "")).strip()[:10])
            except ValueError:
                continue
            known = {epochs[0]: (day, day)}
            break
    return tuple((epoch, *known[epoch]) for epoch in sorted(epochs) if epoch in known)


def joined(parts: Sequence[tuple[Sequence[str], Sequence[tuple[str, date, date]]]]) -> tuple[tuple[str, date, date], ...]:
    """Days of several catalogs, (epochs, their days) of each; only of epochs whose catalogs all have them."""
    found: dict[str, list[Days | None]] = {}
    for epochs, days in parts:
        known = {epoch: (first, last) for epoch, first, last in days}
        for epoch in epochs:
            found.setdefault(epoch, []).append(known.get(epoch))
    whole = {epoch: [each for each in days if each is not None] for epoch, days in found.items() if None not in days}
    return tuple((epoch, min(first for first, _ in days), max(last for _, last in days)) for epoch, days in sorted(whole.items()))
