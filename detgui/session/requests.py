"""What the window asks for and what it gets back: frozen, compared by value, made by workers without Qt.

`resolve.resolve` turns a `SessionState` into a `Wanted`; `loader.Loader` submits what differs from the last one and emits the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import ramp
from detgui.session.state import Frame, LimitsMode, Stretch

RampRole = Literal["chosen", "pin", "compare"]


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One image as it is to be shown: ``frame`` minus ``subtract``, with the limits and stretch that make it 8-bit."""

    frame: Frame
    subtract: Frame | None
    stretch: Stretch
    limits: LimitsMode
    percentile: float
    low: float | None
    high: float | None
    dq_flags: tuple[str, ...]
    locked: bool = False  # the limits are those of the frame before
    signed: bool = False  # values about zero: automatic limits are symmetric, colours have their middle at zero
    revision: int = 0  # of the frame's exposure
    subtract_revision: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ImageAnswer:
    """The image, arrays of shape (ny, nx).

    ``values`` in ``unit`` (native dtype; float32 for a difference), ``indices`` uint8 colour-table indices
    (`science.display.NAN_INDEX` where not finite), ``dq`` uint32 or None: where ``dq_follows`` it was not read yet, and
    `Loader.flags` brings the answer again with it,
    ``overlay`` uint8: 0 or 1 + position in ``dq_flags`` of the first flag set.
    The request's limits may be 'typed' where the display locks them. Read only: answers are kept and shown again.
    """

    request: ImageRequest
    values: NDArray[Any]
    indices: NDArray[np.uint8]
    dq: NDArray[np.uint32] | None
    overlay: NDArray[np.uint8] | None
    low: float
    high: float
    histogram: NDArray[np.float64]  # counts of a fixed sample plus the true extremes
    edges: NDArray[np.float64]
    minimum: float  # true extremes of the finite values
    maximum: float
    unit: str
    dq_follows: bool = False
    definitions: Mapping[str, int] | None = None  # names and values of the flags of ``dq``, None for JWST's


@dataclass(frozen=True, slots=True)
class RampRequest:
    """One pixel's fitted ramp of one exposure."""

    exposure: str
    params: ramp.Params
    role: RampRole
    colour: int


@dataclass(frozen=True, slots=True, eq=False)
class RampAnswer:
    """The ramp; for role 'chosen' also the 3 x 3 ``neighbours`` of the same integration.

    ``neighbours`` is (ngroups, 3, 3), DN, row of y - 1 first, NaN outside the array; None for the other roles.
    """

    request: RampRequest
    result: ramp.Result
    neighbours: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """The chosen pixel in every integration."""

    exposure: str
    params: ramp.Params


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that the state asks for; parts that did not change are not asked for again."""

    image: ImageRequest | None = None
    blink: ImageRequest | None = None  # the other frame, made ready so that blinking only swaps pictures
    ramps: tuple[RampRequest, ...] = ()
    overview: OverviewRequest | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A request that failed, in words."""

    request: object
    sentence: str
    details: str
