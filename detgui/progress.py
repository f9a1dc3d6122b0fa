"""How a long computation says where it is; every call is a point at which it can be cancelled."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""``progress(fraction, message)``: fraction of the work done (0 to 1); raises `errors.Cancelled` to stop it."""

PREPARING = "preparing (slow the first time)"
"""Loops are compiled, or loaded where that was done before."""


def no_progress(fraction: float, message: str = "") -> None:
    """The progress of somebody who does not look."""


def clock(seconds: float) -> str:
    """Duration as m:ss or h:mm:ss."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
