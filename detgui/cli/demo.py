"""``detgui demo``: the window on example exposures."""

from __future__ import annotations

import argparse
from argparse import Namespace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="colours of the window")


def run(args: Namespace) -> int:
    """Open the window on the example exposures; they are made in a task of the window."""
    from detgui.display import check_display

    check_display()
    from detgui import app
    from detgui.start import Start

    return app.run(Start(demo=True, theme=args.theme, workers=args.workers))
