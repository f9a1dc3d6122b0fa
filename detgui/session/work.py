"""What workers do for the window: requests and exposures in, answers out. No Qt, no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import ramp
from detgui.data.exposure import Exposure
from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.progress import Progress, no_progress
from detgui.session import flags
from detgui.session.cache import Cache
from detgui.session.reading import ExposureLost, reading, remember
from detgui.session.requests import ImageAnswer, ImageRequest, OverviewRequest, RampAnswer, RampRequest, Trouble
from detgui.session.shelf import Shelf
from detgui.session.state import Frame
from detgui.session.words import sentence

__all__ = ["ExposureLost", "PixelData", "fit", "image", "keep", "open_files", "overview", "pixel_key", "ramps"]

# Images


def read_values(shelf: Shelf, cache: Cache, frame: Frame, revision: int = 0) -> NDArray[Any]:
    """The values of a frame, shape (ny, nx), read or remembered."""
    key = ("values", frame, revision)
    values: NDArray[Any] | None = cache.get(key)
    if values is None:
        with reading(shelf, frame.exposure) as exposure:
            values = exposure.read_image(frame.plane, frame.integration, frame.group, cache.buffers.empty)
        remember(shelf, cache, frame.exposure, key, values, values.nbytes)
    return values


def image(request: ImageRequest, shelf: Shelf, cache: Cache, progress: Progress = no_progress) -> ImageAnswer:
    """Read a frame and make the picture of it; the answer is kept in the cache, too."""
    answer: ImageAnswer | None = cache.get(request)
    if answer is not None:
        return answer
    frame = request.frame
    progress(0.0, "reading the image")
    values = read_values(shelf, cache, frame, request.revision)
    if request.subtract is not None:
        progress(0.3, "reading the image to subtract")
        values = subtract(values, read_values(shelf, cache, request.subtract, request.subtract_revision), frame, request.subtract)
    if request.dq_flags:
        progress(0.5, "reading data quality")
        dq = flags.read(shelf, cache, frame)
    else:
        dq = flags.remembered(shelf, cache, frame)
    progress(0.7, "making the picture")
    exposure = shelf.get(frame.exposure)
    unit = exposure.plane_unit(frame.plane) if exposure else ""
    own = exposure.dq_definitions if exposure else None
    answer = picture(request, values, dq, unit, own, empty=cache.buffers.empty)
    answer = replace(answer, dq_follows=dq is None and not request.dq_flags and flags.has_flags(shelf, frame))
    keep(answer, shelf, cache)
    return answer


def keep(answer: ImageAnswer, shelf: Shelf, cache: Cache) -> None:
    """Remember an answer, instead of an earlier one to the same request."""
    remember(shelf, cache, answer.request.frame.exposure, answer.request, answer, _own_bytes(answer))


def subtract(values: NDArray[Any], other: NDArray[Any], frame: Frame, what: Frame) -> NDArray[Any]:
    """``values - other``; raises `BadInput` where the shapes differ."""
    from detgui.science import display

    if values.shape != other.shape:
        sizes = [f"{nx} x {ny}" for ny, nx in (other.shape, values.shape)]
        raise BadInput(f"cannot subtract a {what.plane} image of {sizes[0]} pixels from a {frame.plane} image of {sizes[1]} pixels")
    return display.difference(values, other)


def picture(
    request: ImageRequest,
    values: NDArray[Any],
    dq: NDArray[np.uint32] | None,
    unit: str,
    definitions: Mapping[str, int] | None = None,
    empty: Callable[..., NDArray[Any]] = np.empty,
) -> ImageAnswer:
    """The answer to a request from the values, shape (ny, nx), and their data quality with its flag definitions (None: JWST's).

    ``empty`` makes the array of indices.
    """
    from detgui.science import display
    from detgui.science.dq import first_flag_overlay

    choose = display.limits_about_zero if request.signed else display.limits
    low, high = choose(values, request.limits, request.percentile, request.low, request.high)
    counts = display.histogram(values, low, high)
    return ImageAnswer(
        request=request,
        values=values,
        indices=display.to_indices(values, low, high, request.stretch, empty),
        dq=dq,
        overlay=first_flag_overlay(dq, request.dq_flags, definitions) if dq is not None and request.dq_flags else None,
        low=low,
        high=high,
        histogram=counts.counts,
        edges=counts.edges,
        minimum=counts.minimum,
        maximum=counts.maximum,
        unit=unit,
        definitions=definitions,
    )


def _own_bytes(answer: ImageAnswer) -> int:
    """Bytes that are the answer's own: values and dq that were read are in the cache already."""
    own = answer.indices.nbytes + (answer.overlay.nbytes if answer.overlay is not None else 0)
    return own + (answer.values.nbytes if answer.request.subtract is not None else 0)


# Ramps


@dataclass(frozen=True, slots=True, eq=False)
class PixelData:
    """What was read of one pixel: refitting needs nothing else."""

    data: ramp.RampData
    neighbours: NDArray[np.float64] | None


def pixel_key(request: RampRequest) -> tuple[object, ...]:
    """What a read of a ramp depends on: everything but how the line is fitted."""
    return ("ramp", request.exposure, _without_fit(request.params), request.role == "chosen")


def _without_fit(params: ramp.Params) -> ramp.Params:
    return replace(params, fit_groups=None, method="", threshold=0.0)


def fit(request: RampRequest, pixel: PixelData) -> RampAnswer:
    """Fit a pixel that was read; reads nothing."""
    return RampAnswer(request, ramp.fit(pixel.data, request.params), pixel.neighbours)


def read_pixel(request: RampRequest, shelf: Shelf, cache: Cache, progress: Progress = no_progress) -> PixelData:
    """Read a pixel's ramp and, for the chosen one, its neighbours; or remember it."""
    key = pixel_key(request)
    pixel: PixelData | None = cache.get(key)
    if pixel is None:
        with reading(shelf, request.exposure) as exposure:
            data = ramp.load(exposure, request.params, progress)
            near = neighbours(exposure, request.params.x, request.params.y, data.integration) if request.role == "chosen" else None
        pixel = PixelData(data, near)
        nbytes = 4096 + 64 * data.signal.size + (near.nbytes if near is not None else 0)
        remember(shelf, cache, request.exposure, key, pixel, nbytes)
    return pixel


def neighbours(exposure: Exposure, x: int, y: int, integration: int) -> NDArray[np.float64]:
    """Signals of the 3 x 3 pixels around (x, y), shape (ngroups, 3, 3), DN, NaN outside the array."""
    _, ngroups, ny, nx = exposure.shape
    x0, x1, y0, y1 = max(x - 1, 0), min(x + 1, nx - 1), max(y - 1, 0), min(y + 1, ny - 1)
    box = np.full((ngroups, 3, 3), np.nan)
    box[:, y0 - y + 1 : y1 - y + 2, x0 - x + 1 : x1 - x + 2] = exposure.read_box(x0, y0, x1, y1, "SCI", integration)
    return box


def ramps(
    requests: tuple[RampRequest, ...], shelf: Shelf, cache: Cache, progress: Progress = no_progress
) -> tuple[list[RampAnswer], list[tuple[Trouble, BaseException]]]:
    """All ramps of a panel. One that cannot be read does not keep the others away: it is a trouble with its error."""
    answers: list[RampAnswer] = []
    troubles: list[tuple[Trouble, BaseException]] = []
    for number, request in enumerate(requests):
        part = _part(progress, number, len(requests))
        part(0.0, f"reading pixel {request.params.x}, {request.params.y}")
        try:
            answers.append(fit(request, read_pixel(request, shelf, cache, part)))
        except Cancelled:
            raise
        except (DetguiError, OSError) as error:
            troubles.append((Trouble(request, sentence(error), ""), error))
    return answers, troubles


def _part(progress: Progress, number: int, count: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / count, message)


def overview_key(request: OverviewRequest) -> tuple[object, ...]:
    """What a read of all integrations depends on: everything but how the lines are fitted."""
    return ("overview", request.exposure, _without_fit(request.params))


def overview(request: OverviewRequest, shelf: Shelf, cache: Cache, progress: Progress = no_progress) -> ramp.Overview:
    """The pixel in every integration, read or remembered."""
    key = overview_key(request)
    data: ramp.OverviewData | None = cache.get(key)
    if data is None:
        with reading(shelf, request.exposure) as exposure:
            data = ramp.load_overview(exposure, request.params, progress)
        remember(shelf, cache, request.exposure, key, data, data.nbytes)
    progress(1.0, "fitting all integrations")
    return ramp.fit_overview(data, request.params)


# Opening


def open_files(paths: tuple[Path, ...], join: bool = True, progress: Progress = no_progress) -> tuple[list[Exposure], list[BadInput]]:
    """Open files as exposures, and say which cannot be used."""
    from detgui.data.exposure import open_many

    exposures, bad = open_many(paths, join=join, neighbours=join, progress=progress)
    try:
        progress(1.0, "opened")
    except Cancelled:
        for each in exposures:
            each.close()
        raise
    return exposures, bad
