"""``detgui slopes``: map the residual late slope of an exposure and write it as FITS."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.cli.arguments import corners, group_range, integration_range, named_file, noise_or_file, number_or_file
from detgui.cli.common import check_output, one_exposure
from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput

if TYPE_CHECKING:
    from detgui.data.exposure import Exposure

EXTENSIONS = (".fits", ".fit", ".fts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="FILE", help="one exposure: a file, or exactly the segments to use")
    add(
        "--fit-groups",
        type=group_range,
        default=(1, 10),
        metavar="A-B",
        help="groups of the early line, 1-based, inclusive (default: 1-10)",
    )
    add("--integrations", type=integration_range, metavar="A-B", help="integrations, 1-based, across the whole exposure (default: all)")
    add("--roi", type=corners, metavar="X0,Y0,X1,Y1", help="corners of a rectangle, 0-based, inclusive (default: all pixels)")
    add("--flags", type=flag_names, metavar="NAME,...", help="DQ flags that exclude a pixel in an integration (default: any flag)")
    add("--gain", type=number_or_file, metavar="G|FILE", help="e-/DN, or a gain reference file, for the errors")
    add("--read-noise", type=noise_or_file, metavar="R|FILE", help="DN of a single read, or a readnoise reference file, for the errors")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("-o", "--output", type=named_file, metavar="SLOPES.fits", help="file to write: SLOPE, ERR, COUNT, DQ")


def run(args: Namespace) -> int:
    """Map and write."""
    if args.scheduler and args.workers:
        raise BadInput("--workers counts threads of this computer; a cluster has its own")
    if args.output is None and not args.json:
        raise BadInput("say where the slopes are to be written: -o slopes.fits")
    if args.output is not None:
        references = [each for each in (args.gain, args.read_noise) if isinstance(each, Path)]
        check_output(args.output, [*args.files, *references])
        if args.output.suffix.lower() not in EXTENSIONS:
            raise BadInput(f"{args.output.name}: slopes are written as .fits, not as {args.output.suffix or 'a file without extension'}")
    args.join = True
    with one_exposure(args) as exposure:
        _map(exposure, args)
    return 0


def _map(exposure: Exposure, args: Namespace) -> None:
    from detgui.analysis import slope_map
    from detgui.analysis.slope_file import summary
    from detgui.tasks.cluster import connected

    params = slope_map.Params(
        fit_groups=args.fit_groups,
        integrations=args.integrations,
        roi=args.roi,
        flags=args.flags,
        gain=args.gain,
        read_noise=args.read_noise,
    )
    slope_map.check(exposure, params)
    with connected(args.scheduler) as cluster, ProgressBar(args.quiet) as progress:
        result = slope_map.run(exposure, params, cluster, progress, args.workers)
        if args.output is not None:
            slope_map.write(result, args.output)
    for note in cluster.notes if cluster else ():
        say(f"warning: {note}")
    if args.json:
        put_json(summary(result) | ({"output": args.output} if args.output else {}))


def flag_names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    names = tuple(name.strip().upper() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no flag, such as JUMP_DET,SATURATED")
    return names
