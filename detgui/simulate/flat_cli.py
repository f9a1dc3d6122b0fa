"""``detgui simulate flats``: the options that only flats have, and what all of them do. Only light imports: see `detgui.simulate.cli`."""

from __future__ import annotations

import argparse
from pathlib import Path

from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.simulate.options import frame_size, given, write_each

NAMED = (
    "pairs",
    "groups",
    "rate",
    "gain",
    "void_gain",
    "void_level",
    "ipc",
    "read_noise",
    "saturation",
    "first_gradient",
    "nonlinearity",
    "even_odd",
    "bias_drift",
    "ktc",
    "warm_up",
    "seed",
)
"""Options that are parameters as they stand; one that was not given (None) is what `FlatParams` has."""


def add_flat_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only flats have."""
    flats = parser.add_argument_group("flats")
    flats.add_argument("--pairs", type=int, metavar="N", help="pairs of flats (5)")
    flats.add_argument("--size", metavar="N|NXxNY", help="columns and rows of the frame (2048)")
    flats.add_argument("--rate", type=float, metavar="RATE", help="mean signal, DN/group (1100)")
    flats.add_argument("--void", metavar="X,Y,R|none", help="centre (1-based) and radius of the epoxy void (at the bottom centre)")
    flats.add_argument("--void-gain", type=float, metavar="F", help="gain in the void relative to its surroundings (0.95)")
    flats.add_argument("--void-level", type=float, metavar="F", help="level in the void relative to its surroundings (0.97)")
    flats.add_argument("--ipc", type=float, metavar="K11", help="centre of the IPC correction kernel, 1 for none (1.025)")
    flats.add_argument("--nonlinearity", type=float, metavar="B", help="raw signal m of a true one of m + B m^2, 1/DN (0)")
    flats.add_argument("--even-odd", type=float, metavar="DN", help="zero level of even columns above that of odd ones (1000)")
    flats.add_argument("--bias-drift", type=float, metavar="DN", help="rms movement of an output's zero level from read to read (2)")
    flats.add_argument("--ktc", type=float, metavar="DN", help="noise of the reset (12)")
    flats.add_argument("--warm-up", type=float, metavar="F", help="part by which the lamp is fainter in the first flat (0.008)")
    flats.add_argument("--first-gradient", type=float, metavar="F", help="change of the illumination in the first flat (0.06)")


def run_flats(args: argparse.Namespace, progress: Progress) -> list[Path]:
    """Write the flats of each detector of ``args.detector``; returns the files written.

    Nothing is written before all parameters were checked. Raises BadInput, and whatever ``progress`` raises to stop.
    """
    from detgui.simulate.flat_files import write_flats
    from detgui.simulate.flat_params import FlatParams

    columns, rows = frame_size(args.size)
    values = {**given(args, NAMED), "columns": columns, "rows": rows, "void": void_of(args.void, columns, rows)}
    several = [FlatParams(detector=detector, **values) for detector in dict.fromkeys(args.detector or ["NRCB1"])]
    levels = (args.level or "uncal",)
    return write_each(several, lambda params, part: write_flats(params, args.output, levels, part), progress)


def void_of(text: str | None, columns: int, rows: int) -> tuple[float, float, float] | None:
    """x, y (0-based) and radius of ``--void``; where it was not given, at the bottom centre, as on B1. Raises BadInput."""
    if text is None:
        radius = 0.075 * min(columns, rows)
        return columns / 2, max(0.15 * rows, 1.5 * radius + 4), radius
    if text.lower() == "none":
        return None
    try:
        x, y, radius = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--void is X,Y,R or none, not {text}") from None
    return x - 1, y - 1, radius
