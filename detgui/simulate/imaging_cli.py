"""``detgui simulate imaging``: the options that only fields have. Only light imports: see `detgui.simulate.cli`."""

from __future__ import annotations

import argparse
from pathlib import Path

from detgui.progress import Progress
from detgui.simulate.options import given, square_size, words

NAMED = (
    "epochs", "sources", "bright", "faint", "offset", "time", "outliers", "scatter", "long_axis", "images", "dithers", "seed"
)  # fmt: skip
"""Options that are parameters as they stand; one that was not given (None) is what `ImagingParams` has."""


def add_imaging_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only fields have."""
    field = parser.add_argument_group("imaging (with --epochs 3, --sources 600, --size 256 and --seed)")
    field.add_argument("--filters", metavar="F[,F...]", help="filters (f150w,f444w)")
    field.add_argument("--bright", type=float, metavar="MAG", help="brightest source (17.5)")
    field.add_argument("--faint", type=float, metavar="MAG", help="faintest source (22.8)")
    field.add_argument("--offset", type=float, metavar="MAG", help="A - B of every array (the published values)")
    field.add_argument(
        "--gradient",
        dest="field_slope",
        type=float,
        metavar="K",
        help="gradient of long-wave arrays in even epochs, mag/arcmin (published)",
    )
    field.add_argument("--time", type=float, metavar="MAG", help="what each epoch adds to the one before (0)")
    field.add_argument("--outliers", type=float, metavar="F", help="share of sources that vary at an epoch (0.03)")
    field.add_argument("--scatter", type=float, metavar="MAG", help="of a measurement beyond its error (0.006)")
    field.add_argument("--long-axis", type=float, metavar="DEG", help="position angle of the long side (72)")
    field.add_argument("--images", choices=("none", "cal", "i2d"), help="images too: of every exposure, or mosaics on one grid (none)")
    field.add_argument("--dithers", type=int, metavar="N", help="exposures of an epoch (1)")


def run_imaging(args: argparse.Namespace, progress: Progress) -> list[Path]:
    """Write the field; returns the files written. Raises `BadInput`, and whatever ``progress`` raises to stop."""
    from detgui.simulate.imaging import write_imaging
    from detgui.simulate.imaging_params import ImagingParams

    values = given(args, NAMED)
    if args.field_slope is not None:
        values["slope"] = args.field_slope
    if args.filters is not None:
        values["filters"] = tuple(word.lower() for word in words(args.filters))
    if args.size is not None:
        values["size"] = square_size(args.size, "images of a field")
    return write_imaging(ImagingParams(**values), args.output, progress)
