"""``detgui info``: say what files are."""

from __future__ import annotations

import argparse
from argparse import Namespace

from detgui.cli.arguments import add_join, named_file
from detgui.cli.common import close, open_usable
from detgui.cli.terminal import put_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("files", nargs="+", type=named_file, metavar="FILE")
    add_join(parser)
    parser.add_argument("--json", action="store_true", help="write JSON on stdout")


def run(args: Namespace) -> int:
    """Say what files are."""
    exposures = open_usable(args, neighbours=False)
    try:
        from detgui.analysis.info import as_text, describe

        described = [describe(exposure) for exposure in exposures]
        if args.json:
            put_json(described[0] if len(described) == 1 else described)
        else:
            print("\n\n".join(as_text(one).rstrip() for one in described))
    finally:
        close(exposures)
    return 0
