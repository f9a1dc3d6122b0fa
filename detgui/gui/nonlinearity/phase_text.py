"""Phases in words and numbers; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from detgui.analysis.phases import REPORT_PHASES, Phase
from detgui.gui.common.colours import pin_colour
from detgui.session.nonlinearity import PhaseRange

REPORT_INTEGRATIONS = 3504  # STScI-009234, section 3.1
TEXT_RANGES = "1750–1850 for the transit and 2130–3230 for the second eclipse"


def as_phases(ranges: Sequence[PhaseRange]) -> tuple[Phase, ...]:
    """The session's phases as the analyses take them."""
    return tuple(Phase(each.name, each.first, each.last, each.colour) for each in ranges)


def as_ranges(phases: Sequence[Phase]) -> tuple[PhaseRange, ...]:
    """The other way round."""
    return tuple(PhaseRange(each.name, each.first, each.last, each.colour) for each in phases)


def report_ranges(first: int, last: int) -> tuple[tuple[PhaseRange, ...], str]:
    """The report's phases for a series of integrations ``first`` to ``last``, and what is to be said of them.

    A series that ends before the report's last phase gets ranges at the same parts of its length.
    """
    figure = ", ".join(f"{each.first}–{each.last}" for each in REPORT_PHASES)
    said = f"STScI-009234 figure 6: {figure}. Its text says {TEXT_RANGES}: the first is shifted, the second 1101 integrations long"
    if last >= REPORT_PHASES[-1].last and first <= REPORT_PHASES[0].first:
        return as_ranges(REPORT_PHASES), said
    count = last - first + 1
    scale = count / REPORT_INTEGRATIONS
    found = []
    for phase in REPORT_PHASES:
        start = first + round((phase.first - 1) * scale)
        length = max(round((phase.last - phase.first + 1) * scale), min(3, count))
        start = min(start, last - length + 1)
        found.append(replace(as_ranges((phase,))[0], first=start, last=start + length - 1))
    scaled = ", ".join(f"{each.first}–{each.last}" for each in found)
    return tuple(found), f"{said}. This exposure has {count} integrations, not {REPORT_INTEGRATIONS}: {scaled} lie at the same parts of it"


def new_phase(phases: Sequence[PhaseRange], first: int, last: int) -> PhaseRange:
    """One more phase: in the widest gap that the others leave, a tenth of the series long, with a name and a colour of its own."""
    edges = [(first - 1, first - 1), *sorted((each.first, each.last) for each in phases), (last + 1, last + 1)]
    gaps = [(later[0] - earlier[1] - 1, earlier[1] + 1) for earlier, later in pairwise(edges)]
    width, start = max(gaps)
    length = max(1, min(width, round((last - first + 1) / 10)) if width > 0 else 1)
    begin = max(first, min(start + max(width - length, 0) // 2, last - length + 1))
    names = {each.name for each in phases}
    number = next(i for i in range(1, len(phases) + 2) if f"phase {i}" not in names)
    used = {each.colour.lower() for each in phases}
    colours = [pin_colour(i).name() for i in range(6)]
    colour = next((each for each in colours if each.lower() not in used), colours[len(phases) % 6])
    return PhaseRange(f"phase {number}", begin, begin + length - 1, colour)


def clipped(phase: PhaseRange, first: int, last: int) -> PhaseRange:
    """A phase in increasing order inside the series."""
    low, high = sorted((phase.first, phase.last))
    return replace(phase, first=min(max(low, first), last), last=min(max(high, first), last))


def outside(phases: Sequence[PhaseRange], first: int, last: int) -> str:
    """What is to be said of phases that reach outside the series; '' for none."""
    wrong = [each for each in phases if each.first < first or each.last > last]
    if not wrong:
        return ""
    names = ", ".join(f"{each.name} ({each.first}–{each.last})" for each in wrong)
    return f"{names}: outside this exposure, which has integrations {first}–{last}"
