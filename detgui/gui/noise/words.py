"""What the noise tab says of runs; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detgui.session.step_work import Outlook, Ran


def outlook(found: Outlook | None, size: Callable[[float], str]) -> str:
    """What a run will take, '' where that is not known yet."""
    if found is None or not found.memory:
        return ""
    step, most = max(found.memory.items(), key=lambda each: each[1])
    which = f" ({step})" if len(found.memory) > 1 else ""
    free = f", {size(found.free)} are free" if found.free is not None else ""
    files = f", one after the other on {len(found.plan.inputs)} files" if len(found.plan.inputs) > 1 else ""
    return f"Takes about {size(most)} of memory{which}{free}{files}."


def mask(part: float) -> str:
    """How much of the image a mask of regions leaves, '' where there is none."""
    return f"The user_mask measures 1/f noise on {100 * part:.2g} % of the image." if part else ""


def ended(result: Ran) -> str:
    """Status of every step as the product's header has it, how long it took, and what must be known."""
    lines = []
    for chain in result.results:
        for each in chain:
            status = each.status or "no status in the header"
            peak = f", {each.peak_bytes / 1e6:,.0f} MB" if each.peak_bytes else ""
            lines.append(f"{each.params.step}: {status}, {each.seconds:.1f} s{peak}")
            lines += [f"    {note[:1].upper()}{note[1:]}" for note in each.notes]
    names = ", ".join(path.name for path in result.outputs)
    return "\n".join([*lines, f"Wrote {names}"])
