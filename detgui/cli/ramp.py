"""``detgui ramp``: fit one pixel's ramp and write it as a table."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.cli.arguments import add_join, group_range, named_file, noise_or_file, number_or_file, positive
from detgui.cli.common import check_output, one_exposure
from detgui.cli.terminal import ProgressBar, put_json
from detgui.errors import BadInput

if TYPE_CHECKING:
    from detgui.data.exposure import Exposure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("files", nargs="+", type=named_file, metavar="FILE", help="one exposure: a file or segments of it")
    parser.add_argument("--pixel", type=int, nargs=2, required=True, metavar=("X", "Y"), help="pixel, 0-based (x along axis 1)")
    add = parser.add_argument
    add("--integration", type=positive, metavar="N", help="integration, 1-based, across the whole exposure (default: the first)")
    add("--extver", type=positive, metavar="N", help="EXTVER of the SCI extension, where a file has several (default: the first)")
    add("--fit-groups", type=group_range, metavar="A-B", help="groups of the early line, 1-based, inclusive (default: up to 10,000 DN)")
    add("--method", choices=("ols", "gls"), default="ols", help="plain least squares (default) or with the ramp's own covariance")
    parser.add_argument("--gain", type=number_or_file, metavar="G|FILE", help="e-/DN, or a gain reference file")
    parser.add_argument("--read-noise", type=noise_or_file, metavar="R|FILE", help="DN of a single read, or a readnoise reference file")
    parser.add_argument("--superbias", type=named_file, metavar="FILE", help="superbias reference file")
    parser.add_argument("--saturation", type=named_file, metavar="FILE", help="saturation reference file")
    add_join(parser)
    parser.add_argument("--json", action="store_true", help="write a summary as JSON on stdout")
    parser.add_argument("-o", "--output", type=named_file, metavar="RAMP.ecsv", help="table to write (.ecsv or .csv)")


def run(args: Namespace) -> int:
    """Fit and write."""
    if args.output is None and not args.json:
        raise BadInput("say where the ramp is to be written: -o ramp.ecsv")
    if args.output is not None:
        from detgui.data.tables import check_extension

        check_output(args.output, [*args.files, *_references(args)])
        check_extension(args.output)
    with one_exposure(args, neighbours=args.join, extver=args.extver) as exposure:
        _fit(exposure, args)
    return 0


def _references(args: Namespace) -> list[Path]:
    return [each for each in (args.gain, args.read_noise, args.superbias, args.saturation) if isinstance(each, Path)]


def _fit(exposure: Exposure, args: Namespace) -> None:
    from detgui.analysis import ramp as analysis
    from detgui.analysis.ramp_table import summary, write

    params = analysis.Params(
        x=args.pixel[0],
        y=args.pixel[1],
        integration=args.integration,
        fit_groups=args.fit_groups,
        method=args.method,
        gain=args.gain,
        read_noise=args.read_noise,
        superbias=args.superbias,
        saturation=args.saturation,
    )
    with ProgressBar(args.quiet) as progress:
        result = analysis.run(exposure, params, progress=progress)
        if args.output is not None:
            write(result, args.output)
    if args.json:
        put_json(summary(result) | ({"output": args.output} if args.output else {}))
