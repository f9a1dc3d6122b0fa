"""``detgui bench``: measure how fast the program is here."""

from __future__ import annotations

import argparse
from argparse import Namespace

from detgui.cli.terminal import ProgressBar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("keys", nargs="*", metavar="KEY", help="rows to measure (default: all)")
    parser.add_argument("--json", action="store_true", help="write JSON on stdout")


def run(args: Namespace) -> int:
    """Measure."""
    from detgui import bench

    with ProgressBar(args.quiet) as progress:
        bench.run(as_json=args.json, rows=args.keys or None, progress=progress)
    return 0
