"""The options of every verb. Only argparse is imported here: ``--help`` must answer at once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from detgui import __version__
from detgui.cli.terminal import say
from detgui.errors import BadInput

VERBS = {
    "info": "say what a file is",
    "ramp": "fit one pixel's ramp and write it as a table",
    "slopes": "map the residual late slope of an exposure",
    "gain": "map the gain from pairs of flats",
    "noise": "diagnose 1/f noise, alternating columns, noisy lines and snowballs",
    "step": "run a step of the jwst pipeline on an exposure",
    "hotpixels": "count hot pixels in darks through time",
    "ta-risk": "risk of hot pixels for target acquisition",
    "offsets": "measure offsets between NIRCam's modules from several epochs",
    "correct": "correct calibrated images for offsets of the modules",
    "simulate": "write exposures with known truth",
    "demo": "open the window on example exposures",
    "bench": "measure how fast the program is here",
}
VALUED_COMMON = ("--scheduler", "--workers")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Write the line and leave with status 2."""
        say(f"{message} (see {self.prog} --help)")
        raise SystemExit(BadInput.exit_status)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Options of a command line, ``verb`` among them ('window' where files are opened); SystemExit for bad use and help."""
    common, rest = _leading_common(list(argv))
    if rest and rest[0] in VERBS:
        args = _verb_parser(rest[0]).parse_args([*common, *rest[1:]])
        args.verb = rest[0]
    else:
        parser = window_parser()
        if rest and re.fullmatch(r"[\w-]*\w", rest[0]) and not rest[0].startswith("-") and not Path(rest[0]).exists():
            parser.error(f"{rest[0]!r} is neither a verb nor a file")
        args = parser.parse_args([*common, *rest])
        args.verb = "window"
    return args


def _leading_common(argv: list[str]) -> tuple[list[str], list[str]]:
    """Common options may stand before the verb too."""
    at = 0
    while at < len(argv):
        if argv[at] == "--quiet" or argv[at].startswith(tuple(f"{name}=" for name in VALUED_COMMON)):
            at += 1
        elif argv[at] in VALUED_COMMON:
            at += 2
        else:
            break
    return argv[:at], argv[at:]


def _verb_parser(verb: str) -> Parser:
    parser = Parser(prog=f"detgui {verb}", description=VERBS[verb], allow_abbrev=False)
    _FILL[verb](parser)
    _add_common(parser)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("common")
    group.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="run on a Dask cluster (slopes only)")
    group.add_argument("--workers", type=positive, metavar="N", help="number of worker threads")
    group.add_argument("--quiet", action="store_true", help="no progress bar")


def window_parser() -> Parser:
    """Parser of ``detgui [FILE ...]``."""
    verbs = "\n".join(f"  {name:<10}{what}" for name, what in VERBS.items())
    parser = Parser(
        prog="detgui",
        description="See what a JWST detector did to a ramp: open files in the window, or run one verb.",
        epilog=f"verbs (detgui VERB --help):\n{verbs}\n\nTo open a file named like a verb, write ./info.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="*", type=named_file, metavar="FILE", help="exposures to open")
    parser.add_argument(
        "--regions", type=named_file, action="append", default=[], metavar="FILE", help="DS9 regions or a FITS mask to draw on the exposure"
    )
    _add_join(parser)
    shot = parser.add_argument_group("picture of the window")
    shot.add_argument("--screenshot", type=named_file, metavar="OUT.png", help="write a picture of the window and leave; needs no display")
    shot.add_argument("--size", type=size, metavar="WxH", help="size of the window in pixels")
    shot.add_argument("--theme", choices=("system", "light", "dark"), help="colours of the window")
    shot.add_argument("--pixel", type=int, nargs=2, metavar=("X", "Y"), help="pixel to choose, 0-based")
    shot.add_argument("--integration", type=positive, metavar="N", help="integration to show, 1-based")
    shot.add_argument("--group", type=positive, metavar="N", help="group to show, 1-based")
    parser.add_argument("--version", action="version", version=f"detgui {__version__}")
    _add_common(parser)
    return parser


def _add_join(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--join",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="put the segments of one exposure together, those beside the named file included",
    )


def _info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=named_file, metavar="FILE")
    _add_join(parser)
    parser.add_argument("--json", action="store_true", help="write JSON on stdout")


def _ramp(parser: argparse.ArgumentParser) -> None:
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
    _add_join(parser)
    parser.add_argument("--json", action="store_true", help="write a summary as JSON on stdout")
    parser.add_argument("-o", "--output", type=named_file, metavar="RAMP.ecsv", help="table to write (.ecsv or .csv)")


def _slopes(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.slopes import add_arguments

    add_arguments(parser)


def _gain(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.gain import add_arguments

    add_arguments(parser)


def _noise(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.noise import add_arguments

    add_arguments(parser)


def _step(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.step import add_arguments

    add_arguments(parser)


def _hotpixels(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.hotpixels import add_arguments

    add_arguments(parser)


def _ta_risk(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.ta_risk import add_arguments

    add_arguments(parser)


def _offsets(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.offsets import add_arguments

    add_arguments(parser)


def _correct(parser: argparse.ArgumentParser) -> None:
    from detgui.cli.correct import add_arguments

    add_arguments(parser)


def _simulate(parser: argparse.ArgumentParser) -> None:
    from detgui.simulate.cli import add_arguments

    add_arguments(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="colours of the window")


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("keys", nargs="*", metavar="KEY", help="rows to measure (default: all)")
    parser.add_argument("--json", action="store_true", help="write JSON on stdout")


_FILL = {
    "info": _info,
    "ramp": _ramp,
    "slopes": _slopes,
    "gain": _gain,
    "noise": _noise,
    "step": _step,
    "hotpixels": _hotpixels,
    "ta-risk": _ta_risk,
    "offsets": _offsets,
    "correct": _correct,
    "simulate": _simulate,
    "demo": _demo,
    "bench": _bench,
}


def positive(text: str) -> int:
    """A number that counts from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def group_range(text: str) -> tuple[int, int]:
    """``A-B``, 1-based and inclusive; one number N means ``1-N``."""
    found = re.fullmatch(r"(?:([0-9]+)-)?([0-9]+)", text)
    first, last = (int(found[1] or 1), int(found[2])) if found else (0, 0)
    if not 1 <= first < last:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of groups such as 1-10")
    return first, last


def named_file(text: str) -> Path:
    """The path of a file."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no file")
    return Path(text)


def number_or_file(text: str) -> float | Path:
    """A positive number, or the path of a reference file."""
    value = noise_or_file(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor a file")
    return value


def noise_or_file(text: str) -> float | Path:
    """A number that is not negative, or the path of a reference file."""
    try:
        value = float(text)
    except ValueError:
        return named_file(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor a file")
    return value


def size(text: str) -> tuple[int, int]:
    """``WxH`` in pixels."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (200 <= width <= 16384 and 200 <= height <= 16384):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x800")
    return width, height
