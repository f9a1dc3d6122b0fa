"""What the non-linearity tab says; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from detgui.gui.common.quantity import plain
from detgui.progress import clock

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Result


def size(nbytes: float) -> str:
    """Bytes as a person reads them: '331 MB', '38 GB'."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= scale:
            return f"{nbytes / scale:.3g} {unit}"
    return f"{nbytes:.0f} bytes"


def cost(maker: Any) -> str:
    """What a computation will cost, before it is begun."""
    nbytes = maker.nbytes()
    if not nbytes:
        return ""
    seconds = maker.seconds()
    return f"reads {size(nbytes)} twice, about {clock(seconds) if seconds >= 60 else f'{max(seconds, 1):.0f} s'}"


def range_text(names: Sequence[str]) -> str:
    """Flag names in a few words."""
    return names[0] if len(names) == 1 else f"{len(names)} flags"


def used(result: Result) -> tuple[str, str]:
    """(line, tooltip) of what a map was made with."""
    noise = result.noise
    gain, read_noise = typical(getattr(noise, "gain", None)), typical(getattr(noise, "read_noise", None))
    parts = ["approximate" if result.approximate else "exact"]
    if gain:
        parts.append(f"gain {gain} e-/DN")
    if read_noise:
        parts.append(f"read noise {read_noise} DN")
    sources = [getattr(noise, name, "") for name in ("gain_source", "read_noise_source")]
    lines = [f"Error: {result.error_method}"]
    lines += [f"{what}: {source}" for what, source in zip(("Gain", "Read noise"), sources, strict=True) if source]
    return " · ".join(parts), "\n".join([*lines, *(f"Note: {note}" for note in result.notes)])


def typical(value: Any) -> str:
    """One number, or the median of an image of them; '' where it is not known."""
    import numpy as np

    if value is None:
        return ""
    finite = np.asarray(value, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    return plain(float(np.median(finite)), 3) if finite.size else ""
