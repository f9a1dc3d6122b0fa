"""How a long computation says where it is; every call is a point at which it can be cancelled."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""``progress(fraction, message)``: fraction of the work done (0 to 1); raises `errors.Cancelled` to stop it."""


def no_progress(fraction: float, message: str = "") -> None:
    """The progress of somebody who does not look."""
