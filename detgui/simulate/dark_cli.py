"""``detgui simulate darks``: the options that only darks have, and what all of them do. Only light imports: see `detgui.simulate.cli`."""

from __future__ import annotations

import argparse
from pathlib import Path

from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.simulate.options import given, only_one, square_size, words, write_each

NAMED = ("epochs", "interval", "start", "hot", "births", "deaths", "telegraph", "coupling", "change", "noise", "zero", "groups", "seed")
"""Options that are parameters as they stand; one that was not given (None) is what `DarkParams` has."""


def add_dark_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only darks have."""
    darks = parser.add_argument_group("darks")
    darks.add_argument("--readout", metavar="NAME[,NAME]", help="trad, irs2 (trad)")
    darks.add_argument("--epochs", type=int, metavar="N", help="dark reference files of each detector and read-out (12)")
    darks.add_argument("--interval", type=float, metavar="M", help="months between them (3)")
    darks.add_argument("--start", metavar="YYYY-MM-DD", help="date of the first (2022-07-01)")
    darks.add_argument("--hot", type=int, metavar="N", help="pixels that are hot from the start (1000)")
    darks.add_argument("--births", type=float, metavar="N", help="pixels a month that become hot (70)")
    darks.add_argument("--deaths", type=float, metavar="N", help="pixels a month that recover (5)")
    darks.add_argument("--telegraph", type=int, metavar="N", help="pixels that are hot now and then (50)")
    darks.add_argument("--coupling", type=float, metavar="F", help="part of a hot pixel's flux in each neighbour (0.007)")
    darks.add_argument("--change", metavar="YYYY-MM-DD", help="from this date on files have neighbours and are in DN/s, before in e-/s")
    darks.add_argument("--noise", type=float, metavar="R", help="error of a quiet pixel, DN/s (0.01)")
    darks.add_argument("--zero", type=float, metavar="R", help="rms error of the zero level of a file, DN/s (0)")


def run_darks(args: argparse.Namespace, progress: Progress) -> list[Path]:
    """Write the darks of each detector and read-out; returns the files written.

    Nothing is written before all parameters were checked. Raises BadInput, and whatever ``progress`` raises to stop.
    """
    from detgui.simulate.dark_files import write_darks
    from detgui.simulate.dark_params import DarkParams

    values = given(args, NAMED)
    if args.size is not None:
        values["size"] = square_size(args.size, "darks")
    if args.gain:
        values["gain"] = only_one("darks have", "gain", args.gain)
    readouts = [word.upper() for word in words(args.readout or "trad")]
    several = [
        DarkParams(detector=detector, readout=readout, **values)
        for detector in dict.fromkeys(args.detector or ["NRS1"])
        for readout in dict.fromkeys(readouts)
    ]
    if not several:
        raise BadInput("--readout names no read-out: trad, irs2 or both")
    return write_each(several, lambda params, part: write_darks(params, args.output, part), progress)
