"""``detgui simulate noise``: the options that only noise has, and what all of them do. Only light imports: see `detgui.simulate.cli`."""

from __future__ import annotations

import argparse
from pathlib import Path

from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.simulate.options import frame_size, given, write_each

NAMED = (
    "groups", "integrations", "read_noise", "one_over_f", "private", "slope", "background", "sources", "noisy_rows", "row_factor",
    "snowballs", "snowball_radius", "telegraph", "telegraph_step", "bad_samples", "seed",
)  # fmt: skip
"""Options that are parameters as they stand; one that was not given (None) is what `NoiseParams` has."""


def add_noise_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only noise has."""
    noise = parser.add_argument_group("noise", "in DN of a read; for --level rate in DN/s")
    noise.add_argument("--clean", action="store_true", help="white noise and light alone: nothing to be found")
    noise.add_argument("--private", type=float, metavar="R", help="1/f noise that each output has for itself, rms of its lines (0)")
    noise.add_argument("--slope", type=float, metavar="A", help="power law of the 1/f noise (1)")
    noise.add_argument("--acn", metavar="H[,H,H,H]", help="(odd - even) / 2 of alternating columns, one for each output (1)")
    noise.add_argument("--background", type=float, metavar="RATE", help="light, DN/s (0.5)")
    noise.add_argument("--sources", type=int, metavar="N", help="point sources (50)")
    noise.add_argument("--noisy-rows", type=int, metavar="N", help="lines of excessive noise (5)")
    noise.add_argument("--row-factor", type=float, metavar="F", help="their noise over that of the others (3)")
    noise.add_argument("--snowballs", type=int, metavar="N", help="snowballs in a ramp (5)")
    noise.add_argument("--snowball-radius", type=float, metavar="PX", help="radius of their halos (8)")
    noise.add_argument("--telegraph-step", type=float, metavar="DN", help="step of telegraph pixels (60)")
    noise.add_argument("--bad-samples", type=int, metavar="N", help="noisy reference samples of an IRS2 frame (0)")


def run_noise(args: argparse.Namespace, progress: Progress) -> list[Path]:
    """Write an exposure of each detector; returns the files written. Raises BadInput, and whatever ``progress`` raises to stop."""
    from detgui.simulate.noise_files import write_noise
    from detgui.simulate.noise_params import NoiseParams

    columns, rows = frame_size(args.size)
    values = {**given(args, NAMED), "columns": columns, "rows": rows, "flags": args.dq == "on"}
    if args.acn is not None:
        values["columns_half"] = _numbers(args.acn)
    if args.gain:
        values["gain"] = args.gain[0]
    readout = (args.readout or "trad").strip().upper()
    level = args.level or ("uncal" if readout == "IRS2" else "rate")
    detectors = list(dict.fromkeys(args.detector or ["NRS1"]))
    several = [NoiseParams(detector=detector, readout=readout, level=level, **values) for detector in detectors]
    if args.clean:
        several = [params.clean for params in several]
    return write_each(several, lambda params, part: write_noise(params, args.output, part), progress)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--acn is a number or one for each output, not {text}") from None
