"""What workers do for the gain panel: the exact map, the one that follows an outline, and both as exposures. No Qt, no state."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.data.memory_exposure import MapExposure
from detgui.progress import Progress, no_progress
from detgui.science.boxes import Boxes
from detgui.science.regions import Region, Shape
from detgui.session.gain_options import GainOptions
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis import gain_map
    from detgui.analysis.gain_live import LiveGain, LiveMap

UNIT = "e-/DN"
VOID_FILE = "voids.reg"
Mask = NDArray[np.bool_]


class HasBoxes(Protocol):
    """A map: what its boxes are."""

    @property
    def boxes(self) -> Boxes:
        """The boxes."""
        ...


Made = TypeVar("Made", bound=HasBoxes)


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything a gain map depends on; equal wishes give equal maps. ``flats`` are keys of exposures in their order."""

    flats: tuple[str, ...]
    box: int = 256
    limit: float | None = None
    pairs: str | tuple[int, ...] = "auto"
    voids: tuple[Shape, ...] = ()
    exclude: tuple[Shape, ...] = ()
    ipc: str = "none"
    ipc_centre: float | None = None
    ipc_file: Path | None = None
    clip: float = 3.0
    clip_correction: bool = True

    @classmethod
    def of(cls, flats: tuple[str, ...], options: GainOptions, regions: tuple[Region, ...]) -> Wish:
        """What the panel's options and the regions of the flats ask for."""
        return cls(
            flats,
            box=options.box,
            limit=options.limit,
            pairs=options.chosen_pairs if options.pairs == "chosen" else options.pairs,
            voids=tuple(each.shape for each in regions if each.kind == "void"),
            exclude=tuple(each.shape for each in regions if each.kind == "exclude"),
            ipc=options.ipc,
            ipc_centre=options.ipc_centre if options.ipc == "centre" else None,
            ipc_file=options.ipc_file if options.ipc == "kernel" else None,
            clip=options.clip,
            clip_correction=options.clip_correction,
        )

    def same_but_outlines(self, other: Wish) -> bool:
        """Whether only outlines differ."""
        return replace(self, voids=(), exclude=()) == replace(other, voids=(), exclude=())

    def same_reads(self, other: Wish) -> bool:
        """Whether only boxes differ: outlines, and how the detector is cut."""
        return replace(self, voids=(), exclude=(), box=1) == replace(other, voids=(), exclude=(), box=1)


def params_of(wish: Wish, size: tuple[int, int]) -> gain_map.Params:
    """Parameters of the analysis for flats of ``size`` (ny, nx). Raises `BadInput` where a choice of IPC has no value."""
    from detgui.analysis import gain_map
    from detgui.errors import BadInput

    if wish.ipc == "centre" and wish.ipc_centre is None:
        raise BadInput("IPC: type the centre of the correction kernel, such as 1.025, or choose another way")
    if wish.ipc == "kernel" and wish.ipc_file is None:
        raise BadInput("IPC: choose an IPC reference file, or another way")
    return gain_map.Params(
        box=wish.box,
        limit=wish.limit,
        pairs=wish.pairs,
        voids=masks_of(wish.voids, size),
        exclude=masks_of(wish.exclude, size),
        ipc_centre=wish.ipc_centre,
        ipc_kernel=wish.ipc_file,
        ipc_measure=wish.ipc == "measured",
        clip=wish.clip,
        clip_correction=wish.clip_correction,
    )


def masks_of(shapes: tuple[Shape, ...], size: tuple[int, int]) -> tuple[Mask, ...]:
    """Masks of shapes; those wholly outside the image are left out."""
    from detgui.science.region_masks import mask_of

    return tuple(mask for mask in (mask_of(shape, size) for shape in shapes) if mask.any())


def borrowed(stack: ExitStack, shelf: Shelf, keys: tuple[str, ...]) -> list[Exposure]:
    """The flats, open until the stack is closed."""
    return [stack.enter_context(reading(shelf, key)) for key in keys]


def check(shelf: Shelf, wish: Wish, progress: Progress = no_progress) -> float:
    """Raise `BadInput`, one sentence, where no map can be made; returns the default limit of these flats, DN.

    Reads a band of rows of every flat.
    """
    from detgui.analysis import gain_map
    from detgui.errors import BadInput

    progress(0.0, "looking at the flats")
    if not wish.flats:
        raise BadInput("the gain needs flats in pairs: none is open")
    with ExitStack() as stack:
        flats = borrowed(stack, shelf, wish.flats)
        gain_map.check(flats, params_of(wish, flats[0].shape[2:]))
        return gain_map.default_limit(flats[0].geometry.detector)


def warm(progress: Progress = no_progress) -> None:
    """Compile what the first map would wait for."""
    from detgui.analysis import gain_warm

    gain_warm.warm_up(progress)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn(Generic[Made]):
    """A map with its images, shapes (ny, nx), which take longer than a frame to make, so that a worker does: ``gain`` and ``err`` e-/DN,
    ``numbers`` of the boxes from 1, 0 where there is none, as in the reference file."""

    made: Made
    gain: NDArray[np.float32]
    err: NDArray[np.float32]
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, made: Made, gain: NDArray[np.float64], err: NDArray[np.float64]) -> Drawn[Made]:
        """The images of a map with these values by box."""
        return cls(made, made.boxes.spread(gain), made.boxes.spread(err), made.boxes.labels + np.int32(1))


def exact_map(shelf: Shelf, wish: Wish, progress: Progress = no_progress) -> Drawn[gain_map.Result]:
    """The clipped map."""
    from detgui.analysis import gain_map

    progress(0.0, "looking at the flats")
    with ExitStack() as stack:
        flats = borrowed(stack, shelf, wish.flats)
        result = gain_map.run(flats, params_of(wish, flats[0].shape[2:]), progress=progress)
    return Drawn.of(result, result.gain, result.gain_err)


def live_of(shelf: Shelf, wish: Wish, result: gain_map.Result, progress: Progress = no_progress) -> LiveGain:
    """Reads kept for the map that follows an outline."""
    from detgui.analysis.gain_live import LiveGain

    progress(0.0, "reads for the map that follows the outline")
    with ExitStack() as stack:
        flats = borrowed(stack, shelf, wish.flats)
        params = params_of(wish, flats[0].shape[2:])
        return LiveGain.build(flats, params, result.pairs_used, progress, factor=result.ipc.factor)


def follow(live: LiveGain, wish: Wish, progress: Progress = no_progress) -> tuple[Drawn[LiveMap], float]:
    """The approximate map with the present outlines and boxes, and how long it took, s."""
    began = perf_counter()
    size = (live.geometry.ny, live.geometry.nx)
    made = live.update(masks_of(wish.voids, size), masks_of(wish.exclude, size), wish.box)
    return Drawn.of(made, made.gain, made.gain_err), perf_counter() - began


# As exposures


def as_exposure(drawn: Drawn[gain_map.Result], source: Exposure) -> MapExposure:
    """A gain map with the planes GAIN, ERR and BOX, written as a GAIN reference file."""
    from detgui.analysis import gain_file

    result = drawn.made
    headers = partial(_headers, result, map_name(source.name))
    return _exposure(source, drawn, headers=headers, write=partial(gain_file.write, result), notes=result.notes)


def live_exposure(drawn: Drawn[LiveMap], source: Exposure) -> MapExposure:
    """An approximate map; it is not written to a file."""
    return _exposure(source, drawn)


def _exposure(source: Exposure, drawn: Drawn[Any], **how: Any) -> MapExposure:
    planes = {"GAIN": drawn.gain, "ERR": drawn.err, "BOX": drawn.numbers}
    return MapExposure(map_name(source.name), planes, unit=UNIT, units={"BOX": "box number"}, source=source, kind="gain", **how)


def _headers(result: gain_map.Result, name: str) -> list[tuple[str, Any]]:
    from detgui.analysis.gain_file import Origin, as_hdus

    return [(hdu.name, hdu.header) for hdu in as_hdus(result, f"{name}.fits", Origin())]


def map_name(source: str) -> str:
    """'..._nrcb1_gain' of '..._nrcb1_ramp'."""
    root, _, suffix = source.rpartition("_")
    return f"{root if root and suffix.isalnum() else source}_gain"


def words(wish: Wish, pairs_used: tuple[int, ...], approximate: bool) -> str:
    """What is said of a map beside the image."""
    pairs = ", ".join(map(str, pairs_used))
    parts = [f"boxes {wish.box} px", f"pair{'s' if len(pairs_used) > 1 else ''} {pairs}", *(["approximate"] if approximate else [])]
    return ", ".join(parts)


def outlines_of(wish: Wish, size: tuple[int, int]) -> tuple[Region, ...]:
    """The outlines that a map of ``size`` (ny, nx) was made with, as regions to write; those wholly outside it are left out."""
    return tuple(
        Region(shape, f"{kind} {number}", kind)
        for kind, shapes in (("void", wish.voids), ("exclude", wish.exclude))
        for number, shape in enumerate(shapes, 1)
        if masks_of((shape,), size)
    )


def with_command(result: gain_map.Result, outlines: str) -> gain_map.Result:
    """The same map, whose provenance has the command line with the region file of its outlines."""
    return replace(result, provenance=result.provenance | {"command": command(result, outlines=outlines)})


def command(result: gain_map.Result, *more: str, outlines: str = VOID_FILE) -> str:
    """The command line with ``more`` words; outlines that were drawn stand in the region file ``outlines`` that is written with an
    export."""
    made, params = str(result.provenance.get("command", "")), result.params
    for option, masks in (("--voids", params.voids), ("--exclude", params.exclude)):
        if isinstance(masks, tuple) and masks:
            more = (*more, option, outlines)
    if not made or not more:
        return made
    head, sign, tail = made.rpartition(" -o ")
    return f"{head} {shlex.join(more)}{sign}{tail}" if sign else f"{made} {shlex.join(more)}"
