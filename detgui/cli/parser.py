"""A command line as options. Only argparse and the module of the verb are imported here: ``--help`` must answer at once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from detgui import __version__
from detgui.cli.arguments import add_join, named_file, positive, size
from detgui.cli.terminal import say
from detgui.cli.verbs import VERBS, module_of
from detgui.errors import BadInput

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
    module_of(verb).add_arguments(parser)
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
    add_join(parser)
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
