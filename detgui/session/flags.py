"""Data quality of shown frames: read only when it is wanted, and what all frames share only once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.progress import Progress, no_progress
from detgui.session.cache import Cache
from detgui.session.reading import reading, remember
from detgui.session.requests import ImageAnswer
from detgui.session.shelf import Shelf
from detgui.session.state import Frame

Flags = NDArray[np.uint32]


def has_flags(shelf: Shelf, frame: Frame) -> bool:
    """Whether there is data quality for a frame."""
    exposure = shelf.get(frame.exposure)
    return exposure is not None and bool(exposure.flag_planes)


def remembered(shelf: Shelf, cache: Cache, frame: Frame) -> Flags | None:
    """Data quality of a frame where it was read before, shape (ny, nx)."""
    exposure = shelf.get(frame.exposure)
    found: Flags | None = None
    if exposure is not None and exposure.flag_planes:
        found = cache.get(_key(exposure, exposure.flag_planes, frame))
    return found


def read(shelf: Shelf, cache: Cache, frame: Frame) -> Flags | None:
    """Data quality of a frame, shape (ny, nx), read or remembered; None where there is none."""
    with reading(shelf, frame.exposure) as exposure:
        planes = exposure.flag_planes
        if not planes:
            return None
        both = _key(exposure, planes, frame)
        flags: Flags | None = cache.get(both)
        if flags is None:
            flags = _one(shelf, cache, exposure, planes[0], frame)
            for plane in planes[1:]:  # those of the pixel come first: they are kept, those of single frames are not worth it
                flags = np.bitwise_or(flags, exposure.read_flags(plane, frame.integration, frame.group))
            remember(shelf, cache, frame.exposure, both, flags, flags.nbytes)
    return flags


def complete(answer: ImageAnswer, shelf: Shelf, cache: Cache, progress: Progress = no_progress) -> ImageAnswer:
    """An answer with the data quality that it was sent without."""
    progress(0.0, "reading data quality")
    return replace(answer, dq=read(shelf, cache, answer.request.frame), dq_follows=False)


def _one(shelf: Shelf, cache: Cache, exposure: Exposure, plane: str, frame: Frame) -> Flags:
    key = _key(exposure, (plane,), frame)
    flags: Flags | None = cache.get(key)
    if flags is None:
        flags = exposure.read_flags(plane, frame.integration, frame.group)
        remember(shelf, cache, frame.exposure, key, flags, flags.nbytes)
    return flags


def _key(exposure: Exposure, planes: tuple[str, ...], frame: Frame) -> tuple[Any, ...]:
    """The same for all frames that share these flags; the frame comes second, as in every key of the images' cache."""
    shapes = [exposure.plane_shape(plane) for plane in planes]
    integration = frame.integration if any(shape[0] > 1 for shape in shapes) else None
    group = frame.group if any(shape[1] > 1 for shape in shapes) else None
    return ("dq", Frame(frame.exposure), planes, exposure.segment(frame.integration), integration, group)
