"""``detgui simulate``: write exposures with known truth."""

from __future__ import annotations

from argparse import Namespace

from detgui.cli.terminal import ProgressBar, put_json
from detgui.simulate import cli
from detgui.simulate.cli import add_arguments

__all__ = ["add_arguments", "run"]


def run(args: Namespace) -> int:
    """Write exposures with known truth."""
    with ProgressBar(args.quiet) as progress:
        written = cli.run(args, progress)
    if getattr(args, "json", False):
        put_json({"files": written})
    elif not args.quiet:
        for path in written:
            print(path)
    return 0
