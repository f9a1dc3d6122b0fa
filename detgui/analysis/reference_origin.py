"""What a reference file says of itself: the keywords that CRDS asks for (USEAFTER, AUTHOR, PEDIGREE, DESCRIP, HISTORY)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detgui.errors import BadInput

PEDIGREES = ("DUMMY", "GROUND", "MODEL", "SIMULATION", "INFLIGHT")
DATED = ("INFLIGHT", "MODEL")
"""Those that take two dates; INFLIGHT needs them."""

NO_DATE = "2022-01-01T00:00:00"
"""USEAFTER where the files have no date."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reference file says of itself; None: the files' date, 'detgui', the header's pedigree or 'DUMMY', a sentence."""

    useafter: str | None = None
    author: str | None = None
    pedigree: str | None = None
    descrip: str | None = None
    history: tuple[str, ...] = ()


def check_origin(origin: Origin) -> None:
    """Raise `BadInput` for a date, a pedigree or a text that CRDS does not take."""
    if origin.useafter is not None and not _date(origin.useafter):
        raise BadInput(f"USEAFTER {origin.useafter!r} is no date such as 2022-07-01T00:00:00")
    if origin.pedigree is not None and not valid_pedigree(origin.pedigree):
        kinds = ", ".join(PEDIGREES[:-1])
        raise BadInput(f"PEDIGREE {origin.pedigree!r} is none of {kinds} or INFLIGHT with two dates: INFLIGHT 2022-07-01 2022-08-01")
    for name, text in (("AUTHOR", origin.author), ("DESCRIP", origin.descrip)):
        if text is not None and (not text.strip() or not text.isascii() or not text.isprintable()):
            raise BadInput(f"{name} {text!r} cannot stand in a FITS header: it needs plain letters")


def valid_pedigree(text: str) -> bool:
    """Whether CRDS takes a PEDIGREE (``JwstpedigreeValidator``): a kind, or a kind with the first and the last date of its data."""
    kind, *dates = text.split(" ")
    if kind not in PEDIGREES or len(dates) not in ((2,) if kind == "INFLIGHT" else (0, 2) if kind in DATED else (0,)):
        return False
    return all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", each) and _date(each) for each in dates) and dates == sorted(dates)


def useafter(origin: Origin, header: Mapping[str, Any]) -> str:
    """USEAFTER as CRDS wants it: the one asked for, else the header's DATE-OBS and TIME-OBS, else `NO_DATE`."""
    hour = str(header.get("TIME-OBS") or "00:00:00")[:8]
    return _date(origin.useafter or "") or _date(f"{header.get('DATE-OBS') or ''}T{hour}") or NO_DATE


def pedigree(origin: Origin, header: Mapping[str, Any]) -> str:
    """PEDIGREE: the one asked for, else the header's where CRDS takes it, else 'DUMMY'."""
    known = str(header.get("PEDIGREE") or "").strip()
    return origin.pedigree or (known if valid_pedigree(known) else "DUMMY")


def history(lines: Iterable[str]) -> list[str]:
    """Lines for HISTORY, of the letters that FITS headers can hold."""
    return ["".join(letter if " " <= letter <= "~" else "?" for letter in line) for line in lines if line]


def _date(text: str) -> str:
    """A date as YYYY-MM-DDTHH:MM:SS, '' for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0).isoformat()
    except ValueError:
        return ""
