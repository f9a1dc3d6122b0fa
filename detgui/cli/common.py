"""What several verbs do: open the files that they are given, and look at where a result is to go."""

from __future__ import annotations

import contextlib
import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.cli.terminal import ProgressBar, say
from detgui.errors import BadInput, NotOneExposure

if TYPE_CHECKING:
    from detgui.data.exposure import Exposure


@contextlib.contextmanager
def one_exposure(args: Namespace, *, neighbours: bool = False, extver: int | None = None) -> Iterator[Exposure]:
    """The exposure that ``args.files`` make, open while inside; its warnings are said after the work, so that a failure is one line.

    Of a file with several SCI extensions that of ``extver``, None for the first. Raises `BadInput` where the files make no one exposure.
    """
    exposures = open_usable(args, neighbours=neighbours, as_one=True)
    try:
        exposure = _the_one(exposures, extver)
        yield exposure
        _say_warnings(exposure, 1 if extver else len(exposures))
    finally:
        close(exposures)


def open_usable(args: Namespace, *, neighbours: bool, as_one: bool = False) -> list[Exposure]:
    """Open what can be opened; the files that cannot are named in one line each.

    Raises `BadInput` where none is left and, with ``as_one``, where a segment does not belong to the others.
    """
    from detgui.data.exposure import open_many

    with ProgressBar(args.quiet) as progress:
        exposures, refused = open_many(args.files, join=args.join, neighbours=neighbours, progress=progress)
    apart = next((error for error in refused if isinstance(error, NotOneExposure)), None)
    if as_one and apart is not None:
        close(exposures)
        raise apart
    for error in refused[: None if exposures else -1]:
        say(str(error))
    if not exposures:
        raise refused[-1]
    return exposures


def _the_one(exposures: Sequence[Exposure], extver: int | None) -> Exposure:
    first = exposures[0]
    for other in exposures[1:]:
        if other.files != first.files:
            reason = first.why_apart(other) or "--no-join keeps segments apart, so give one of them"
            raise NotOneExposure(f"{other.name} does not belong to the exposure of {first.name}: {reason}")
    if extver is None or (extver == 1 and len(exposures) == 1):
        return first
    found = next((each for each in exposures if each.name.endswith(f"[SCI,{extver}]")), None)
    if found is None:
        raise BadInput(f"{first.files[0].path.name} has no SCI extension {extver} to show: it has {', '.join(e.name for e in exposures)}")
    return found


def _say_warnings(exposure: Exposure, images: int) -> None:
    if images > 1:
        say(f"warning: the file holds {images} images, {exposure.name} is used")
    for warning in exposure.warnings:
        say(f"warning: {warning}")


def close(exposures: Sequence[Exposure]) -> None:
    """Close them all."""
    for exposure in exposures:
        exposure.close()


def check_output(output: Path, inputs: Sequence[Path]) -> None:
    """Raises `BadInput` where a file cannot go there, or would replace one of ``inputs``."""
    check_folder(output)
    if output.exists() and any(os.path.exists(path) and output.samefile(path) for path in inputs):  # noqa: PTH110  (never raises)
        raise BadInput(f"{output}: the result would replace an input file")


def check_folder(output: Path) -> None:
    """Raises `BadInput` where a file cannot go there."""
    try:
        if not output.parent.is_dir():
            raise BadInput(f"{output}: there is no folder {output.parent}")
        if output.is_dir():
            raise BadInput(f"{output}: this is a folder, not a file")
        output.exists()
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror or error}") from None
