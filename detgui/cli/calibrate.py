"""``--calibrate``: raw flats are calibrated before they are used, as in JWST-STScI-004622."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detgui.cli.arguments import named_file
from detgui.cli.step import reference
from detgui.cli.terminal import ProgressBar, say
from detgui.errors import BadInput

STAGES = "dq_init, superbias, even_odd, ipc, refpix, saturation, linearity"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of verbs that take raw flats."""
    group = parser.add_argument_group("raw flats (uncal)")
    group.add_argument("--calibrate", action="store_true", help=f"calibrate them first: {STAGES}")
    group.add_argument(
        "--reference", action="append", default=[], type=reference, metavar="TYPE=FILE", help="reference to use (default: by CRDS)"
    )
    group.add_argument("--skip", action="append", default=[], type=names, metavar="STAGE,...", help="stages to leave out")
    group.add_argument(
        "--calibrated", type=named_file, metavar="DIR", help="keep the calibrated ramps, and the first flat after each stage"
    )


@dataclass(frozen=True, slots=True)
class Flats:
    """Files to use, and what ``--json`` says of their calibration."""

    files: tuple[Path, ...]
    summary: Mapping[str, Any]


@contextlib.contextmanager
def calibrated(args: Namespace) -> Iterator[Flats]:
    """Those given, or, while inside, calibrated ramps of them. Raises `BadInput` for options that do not go together."""
    if not args.calibrate:
        for option, value in (("--reference", args.reference), ("--skip", args.skip), ("--calibrated", args.calibrated)):
            if value:
                raise BadInput(f"{option} goes with --calibrate")
        yield Flats(tuple(args.files), {})
        return
    from detgui.analysis import flat_calibration
    from detgui.analysis.steps import make_child

    skipped = {name for each in args.skip for name in each}
    unknown = next((name for name in sorted(skipped) if name not in flat_calibration.STAGES), None)
    if unknown:
        raise BadInput(f"--skip {unknown}: the stages are {STAGES}")
    stages = tuple(name for name in flat_calibration.STAGES if name not in skipped)
    params = flat_calibration.Params(stages, dict(args.reference), keep="first" if args.calibrated else "none")
    with contextlib.ExitStack() as stack:
        folder = args.calibrated or Path(stack.enter_context(_room(args)))
        child = stack.enter_context(make_child(warm=False))
        with ProgressBar(args.quiet) as progress:
            result = flat_calibration.run(args.files, params, folder, child=child, progress=progress)
        child.close()
        for note in result.notes:
            say(f"warning: {note}")
        done = [{"stage": stage.name, "status": stage.status} for stage in result.stages[1:]]
        yield Flats(result.paths, {"calibration": {"raw": [str(path) for path in args.files], "stages": done}})


def _room(args: Namespace) -> tempfile.TemporaryDirectory[str]:
    """A folder beside the result: calibrated flats are large, and the system's own place for such files may be small."""
    beside = next((Path(each).absolute().parent for each in (args.output, args.table) if each is not None), None)
    try:
        return tempfile.TemporaryDirectory(prefix=".detgui-flats-", dir=beside)
    except OSError as error:
        raise BadInput(f"{beside} cannot be written to: {error.strerror or error}") from None


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name.strip().lower().replace("-", "_") for name in text.split(",") if name.strip())
