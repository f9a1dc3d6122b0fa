"""``detgui simulate KIND``: options and what they do. Only light imports: the parser is built for ``--help``."""

from __future__ import annotations

import argparse
from pathlib import Path

from detgui.progress import Progress
from detgui.simulate.dark_cli import add_dark_arguments, run_darks
from detgui.simulate.flat_cli import add_flat_arguments, run_flats
from detgui.simulate.imaging_cli import add_imaging_arguments, run_imaging
from detgui.simulate.noise_cli import add_noise_arguments, run_noise
from detgui.simulate.options import given, only_one, words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``detgui simulate`` to a parser."""
    parser.add_argument(
        "kind",
        choices=tuple(_RUN),
        metavar="KIND",
        help="bots: NIRSpec time series; flats: pairs of NIRCam flats; darks: NIRSpec darks; imaging: NIRCam fields; noise: artifacts",
    )
    parser.add_argument("-o", "--output", type=_folder, required=True, metavar="DIR", help="folder to write into; made if missing")
    _add_series(parser.add_argument_group("series"))
    _add_light(parser.add_argument_group("light"))
    _add_detector(parser.add_argument_group("detector"))
    add_flat_arguments(parser)
    add_dark_arguments(parser)
    add_imaging_arguments(parser)
    add_noise_arguments(parser)


def _add_series(series: argparse._ArgumentGroup) -> None:
    series.add_argument("--integrations", type=int, metavar="N", help="integrations (120; noise 1)")
    series.add_argument("--groups", type=int, metavar="N", help="groups of an integration (42; flats 10; noise 8)")
    series.add_argument("--segments", type=int, default=1, metavar="N", help="files the integrations are spread over (%(default)s)")
    series.add_argument("--level", choices=("uncal", "ramp", "rateints", "rate"), help="kind of file (ramp; flats uncal; noise rate)")
    series.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random numbers (%(default)s)")


def _add_light(light: argparse._ArgumentGroup) -> None:
    light.add_argument("--peak", type=float, default=1000.0, metavar="RATE", help="brightest pixel, DN/group (%(default)s)")
    light.add_argument("--grating", type=str.upper, default="G395H", help="grating (%(default)s)")
    light.add_argument("--transit-depth", type=float, default=0.015, metavar="F", help="of the star's flux (%(default)s)")
    light.add_argument("--jitter-x", type=float, default=0.0, metavar="PX", help="rms movement of the spectrum (%(default)s)")
    light.add_argument("--jitter-y", type=float, default=0.0, metavar="PX", help="rms movement of the trace (%(default)s)")
    light.add_argument("--drift-y", type=float, default=0.0, metavar="PX", help="movement of the trace over the series (%(default)s)")
    light.add_argument("--eclipse-depth", type=float, default=0.005, metavar="F", help="of the star's flux (%(default)s)")


def _add_detector(detector: argparse._ArgumentGroup) -> None:
    detector.add_argument("--detector", type=_names, metavar="NAME[,NAME...]", help="nrs1 or nrs2 (nrs1); flats nrca1 ... nrcblong (nrcb1)")
    detector.add_argument("--rows", type=int, default=32, metavar="N", help="rows of the subarray (%(default)s)")
    detector.add_argument("--columns", type=int, default=2048, metavar="N", help="columns of the subarray (%(default)s)")
    detector.add_argument("--gain", type=_numbers, metavar="G[,G,G,G]", help="e-/DN (1.43); flats one for each amplifier")
    detector.add_argument("--read-noise", type=float, metavar="R", help="DN of a single read (8; flats 6)")
    detector.add_argument("--one-over-f", type=float, metavar="R", help="1/f noise, DN rms (0; noise 2, rms level of the lines)")
    detector.add_argument("--saturation", type=float, metavar="DN", help="full pixel, DN (77,000 e-; flats 45,000 DN)")
    detector.add_argument(
        "--migration",
        type=float,
        metavar="F",
        help="share of the contrast above 10,000 DN that moves to a neighbour (0.011 NRS1, 0.0037 NRS2)",
    )
    detector.add_argument(
        "--migration-change", type=float, default=0.0, metavar="F", help="part by which more charge moves in the transit (%(default)s)"
    )
    detector.add_argument("--jumps", type=float, default=1.6e-5, metavar="RATE", help="cosmic-ray hits per pixel and s (%(default)s)")
    detector.add_argument("--dq", choices=("on", "off"), default="on", help="write data quality flags (%(default)s)")


def _names(text: str) -> list[str]:
    return [name.upper() for name in words(text)]


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, nor a list of numbers") from None


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no folder")
    return Path(text)


def run(args: argparse.Namespace, progress: Progress) -> list[Path]:
    """Do what the options say; returns the files written. Raises `BadInput`, and whatever ``progress`` raises to stop."""
    return _RUN[args.kind](args, progress)


BOTS = (
    "seed", "peak", "grating", "transit_depth", "eclipse_depth", "rows", "columns", "saturation", "migration", "migration_change", "jumps",
    "jitter_x", "jitter_y", "drift_y", "groups", "read_noise", "integrations", "one_over_f",
)  # fmt: skip
"""Options that are parameters of a time series as they stand."""


def _run_bots(args: argparse.Namespace, progress: Progress) -> list[Path]:
    from detgui.simulate.expose import write_exposure
    from detgui.simulate.params import BotsParams

    values = given(args, BOTS)
    for name in ("detector", "gain"):
        if getattr(args, name):
            values[name] = only_one("a NIRSpec time series has", name, getattr(args, name))
    params = BotsParams(**values, flags=args.dq == "on")
    return write_exposure(params, args.output, (args.level or "ramp",), args.segments, progress, getattr(args, "workers", None))


_RUN = {"bots": _run_bots, "flats": run_flats, "darks": run_darks, "imaging": run_imaging, "noise": run_noise}
"""What each kind of data is made by."""
