"""What the headers and names of darks say in words: units, dates, read-outs, and the time between groups."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from detgui.data.keywords import Keywords
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry

DN_S = "DN/s"
E_S = "e-/s"

_UNIT_WORDS = {
    E_S: {"e/s", "e-/s", "e-s-1", "es-1", "e/sec", "e-/sec", "electron/s", "electrons/s", "electrons-1", "electronss-1", "electron/sec"},
    DN_S: {"dn/s", "dns-1", "dn/sec", "adu/s", "adus-1", "adu/sec", "count/s", "counts/s", "cts/s"},
}


def readout_of(readpatt: str) -> str:
    """'IRS2' or 'TRAD' from READPATT, '' without one."""
    return "" if not readpatt or readpatt in ("ANY", "N/A") else "IRS2" if "IRS2" in readpatt else "TRAD"


def parse_date(text: str) -> datetime:
    """UTC of an ISO date or time. Raises `BadInput`."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text!r} is no date such as 2023-06-15") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def date_in_name(name: str) -> datetime | None:
    """A date written in a file's name as 2023-01-20, 20230120 or 230120; None without one."""
    for pattern in (r"(20\d\d)-(\d\d)-(\d\d)", r"(?<!\d)(20\d\d)_?(\d\d)_?(\d\d)(?!\d)", r"(?<!\d)([2-3]\d)(\d\d)(\d\d)(?!\d)"):
        for match in re.finditer(pattern, name):
            year, month, day = (int(group) for group in match.groups())
            try:
                return datetime(year if year > 99 else 2000 + year, month, day, tzinfo=UTC)
            except ValueError:
                continue
    return None


def unit_of(text: str) -> str:
    """'DN/s' or 'e-/s' for the ways in which files write them, '' for anything else."""
    word = re.sub(r"[\s*^]+", "", text.lower()).replace("**", "")
    return next((unit for unit, words in _UNIT_WORDS.items() if word in words), "")


def group_step(keys: Keywords, place: DetectorGeometry, notes: list[str]) -> float:
    """s between groups: TGROUP, or frames of TFRAME, or of a frame time calculated from the size of the frame.

    Frame time of an H2RG: (fast pixels of an output + 12) x (slow pixels + 1) x 10 us (JDox, NIRSpec detector subarrays: 0.22572 s for
    SUB512, 10.73676 s for the full frame); IRS2 full frame 14.58888 s.
    """
    tgroup = positive(keys.number("TGROUP"))
    if tgroup is not None:
        return tgroup
    frames = max(1, keys.integer("NFRAMES") or 1) + max(0, keys.integer("GROUPGAP") or 0)
    tframe = positive(keys.number("TFRAME"))
    if tframe is None:
        fast, slow = (place.nx, place.ny) if place.fast_is_x else (place.ny, place.nx)
        outputs = 4 if place.full_frame else place.noutputs or 1
        irs2 = "IRS2" in keys.upper("READPATT")
        tframe = 14.58888 if irs2 and place.full_frame else (fast / outputs + 12) * (slow + 1) * 1e-5
        notes.append(f"neither TGROUP nor TFRAME: a frame time of {tframe:.5f} s is calculated from the size of the frame")
    return frames * tframe


def positive(found: float | None) -> float | None:
    """The number, None where it is not above 0."""
    return found if found is not None and found > 0 else None
