"""Named ranges of integrations of a time series."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from detgui.data.tables import write_whole
from detgui.errors import BadInput


@dataclass(frozen=True, slots=True)
class Phase:
    """Integrations ``first`` to ``last``, 1-based, inclusive; ``colour`` as '#rrggbb'."""

    name: str
    first: int
    last: int
    colour: str = "#808080"

    def __str__(self) -> str:
        return f"{self.name} ({self.first}-{self.last})"


REPORT_PHASES = (
    Phase("eclipse 1", 300, 400, "#ff7f0e"),
    Phase("transit", 1730, 1830, "#d62728"),
    Phase("eclipse 2", 3130, 3230, "#c837c8"),
)
"""Ranges of figure 6 of STScI-009234 in its colours of figure 5: red, orange, magenta."""

REPORT_NOTE = (
    "the ranges are those of figure 6 of STScI-009234; its text says 1750-1850 for the transit and 2130-3230 for the second eclipse, "
    "which is 1101 integrations where 100 are spoken of"
)


def check_phases(phases: Sequence[Phase]) -> None:
    """Raises `BadInput` for phases without name or of the same name, and for empty ranges."""
    if not phases:
        raise BadInput("there is no phase")
    for phase in phases:
        if not phase.name.strip():
            raise BadInput(f"the phase of integrations {phase.first}-{phase.last} has no name")
        if not 1 <= phase.first <= phase.last:
            raise BadInput(f"phase {phase.name}: integrations {phase.first}-{phase.last} is an empty range")
    names = [phase.name for phase in phases]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"two phases are called {name}")


def save_phases(path: Path, phases: Sequence[Phase]) -> None:
    """Write phases as JSON; the file appears complete or not at all. Raises `BadInput` for a place that cannot be written to."""
    check_phases(phases)
    write_whole(Path(path), (json.dumps({"phases": [asdict(phase) for phase in phases]}, indent=1, ensure_ascii=False) + "\n").encode())


def load_phases(path: Path) -> tuple[Phase, ...]:
    """Read what `save_phases` wrote. Raises `BadInput`, naming the file and the cause."""
    path = Path(path)
    try:
        if path.stat().st_size > 1_000_000:
            raise BadInput(f"{path} is too large to be a list of phases")
        rows = json.loads(path.read_text(encoding="utf-8"))["phases"]
        phases = tuple(
            Phase(str(row["name"]), _whole(row["first"]), _whole(row["last"]), str(row.get("colour", "#808080"))) for row in rows
        )
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is not a list of phases (name, first, last)") from error
    try:
        check_phases(phases)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error
    return phases


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value
