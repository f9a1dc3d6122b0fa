"""A whole simulated exposure on disk: segments and truth, all of them or nothing."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.simulate.bots import Integration, digitise, rates, simulate_integration
from detgui.simulate.identity import STREAMED
from detgui.simulate.keywords import Segment, cards, make_model, root_name, split
from detgui.simulate.params import LEVELS, BotsParams
from detgui.simulate.scene import Scene, make_scene
from detgui.simulate.staging import Staging, check_room, in_folder
from detgui.simulate.truth import truth_size, write_truth
from detgui.simulate.writer import BlockWriter, Part, layout, total_size


def write_exposure(
    params: BotsParams,
    folder: Path,
    levels: Sequence[str] = ("ramp",),
    segments: int = 1,
    progress: Progress = no_progress,
    workers: int | None = None,
) -> list[Path]:
    """Simulate an exposure and write it at one or more levels, with its truth.

    Parameters
    ----------
    levels : of 'uncal', 'ramp', 'rateints'; the same integrations, written as each level has them
    segments : number of files the integrations are spread over
    workers : threads that simulate integrations (None: the processors, at most 4); the numbers do not depend on it

    Returns
    -------
    Paths written: the files of each level in the order of integrations, then ``..._truth.fits``.

    Raises
    ------
    BadInput
        for parameters that cannot be, or a folder without room. Memory does not grow with the number of integrations; after any
        exception nothing of the exposure is left in the folder.
    """
    _check(params, levels, segments)
    progress(0.0, "preparing")
    scene = make_scene(params)
    pieces = split(params.integrations, segments)
    plans = {level: [_plan(params, scene, level, piece) for piece in pieces] for level in levels}
    size = sum(total_size(plan) for several in plans.values() for plan in several)
    with in_folder(folder), contextlib.ExitStack() as stack:
        check_room(folder, size + truth_size(params))
        staged = stack.enter_context(Staging(folder))
        jumps: list[NDArray[Any]] = []
        integrations = stack.enter_context(contextlib.closing(simulate_all(params, scene, workers or _threads(params))))
        for number, piece in enumerate(pieces):
            with contextlib.ExitStack() as files:
                writers = {level: files.enter_context(staged.open(_name(params, level, piece), plans[level][number])) for level in levels}
                jumps.extend(_write_segment(params, scene, piece, integrations, writers, progress))
        names = [_name(params, level, piece) for level in levels for piece in pieces]
        truth = f"{root_name(params)}_truth.fits"
        write_truth(staged.path(truth), params, scene, jumps, names)
        progress(1.0, "done")
        staged.keep()
    return [folder / name for name in (*names, truth)]


def _check(params: BotsParams, levels: Sequence[str], segments: int) -> None:
    for level in levels:
        if level not in LEVELS:
            raise BadInput(f"there is no level {level}; it is one of {', '.join(LEVELS)}")
    if not 1 <= segments <= min(params.integrations, 999):
        raise BadInput(f"{params.integrations} integrations cannot be spread over {segments} segments")
    if "rateints" in levels and params.groups < 2:
        raise BadInput("a rate needs at least 2 groups")


def _plan(params: BotsParams, scene: Scene, level: str, piece: Segment) -> list[Part]:
    with make_model(params, scene, level, piece) as model:
        return layout(model, piece.length, STREAMED[level], cards(params))


def _name(params: BotsParams, level: str, piece: Segment) -> str:
    return f"{root_name(params, piece)}_{level}.fits"


def _threads(params: BotsParams) -> int:
    """As many as there are processors, at most 4, and fewer where integrations are large: each thread holds about three of them."""
    return max(1, min(os.cpu_count() or 1, 4, 200_000_000 // (3 * params.integration_bytes)))


def simulate_all(params: BotsParams, scene: Scene, workers: int) -> Generator[Integration, None, None]:
    """Every integration in order; ``workers`` threads are a few integrations ahead (numpy's noise does not hold the interpreter's lock)."""
    with ThreadPoolExecutor(workers, thread_name_prefix="simulate") as pool:
        waiting: deque[Future[Integration]] = deque()
        try:
            for index in range(params.integrations):
                waiting.append(pool.submit(simulate_integration, params, scene, index))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _write_segment(
    params: BotsParams,
    scene: Scene,
    piece: Segment,
    integrations: Iterator[Integration],
    writers: dict[str, BlockWriter],
    progress: Progress,
) -> Iterator[NDArray[Any]]:
    """Write the integrations of one segment; yields their cosmic-ray hits."""
    for index in range(piece.first - 1, piece.last):
        progress(index / params.integrations, f"integration {index + 1} of {params.integrations}")
        integration = next(integrations)
        for level, writer in writers.items():
            for name, values in _arrays(level, integration, params, scene).items():
                writer.write(name, index - piece.first + 1, values)
        yield integration.jumps


def _arrays(level: str, integration: Integration, params: BotsParams, scene: Scene) -> dict[str, NDArray[Any]]:
    if level == "uncal":
        return {"SCI": digitise(integration, scene)}
    if level == "ramp":
        return {"SCI": integration.signal, "GROUPDQ": integration.groupdq}
    return rates(integration, params, scene)
