"""``detgui [FILE ...]``: open the window, or write a picture of it. Its options are in `detgui.cli.parser`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from detgui.cli.common import check_folder
from detgui.errors import BadInput

if TYPE_CHECKING:
    from detgui.start import Start


def run(args: Namespace) -> int:
    """Open the window with files, or write a picture of it."""
    from detgui.display import check_display

    if args.regions and not args.files:
        raise BadInput(f"{args.regions[0].name}: --regions needs an exposure to draw on")
    if args.screenshot:
        return _screenshot(args)
    check_display()
    from detgui import app

    return app.run(_start(args))


def _screenshot(args: Namespace) -> int:
    from detgui.display import offscreen_if_needed

    if not args.files:
        raise BadInput("--screenshot needs a file to show")
    if args.screenshot.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise BadInput(f"{args.screenshot}: a picture of the window is written as .png or .jpg")
    check_folder(args.screenshot)
    offscreen_if_needed()
    from detgui import app

    return app.screenshot(_start(args), args.screenshot)


def _start(args: Namespace) -> Start:
    from detgui.start import Start

    return Start(
        files=tuple(args.files),
        join=args.join,
        size=args.size,
        theme=args.theme,
        pixel=(args.pixel[0], args.pixel[1]) if args.pixel else None,
        integration=args.integration,
        group=args.group,
        workers=args.workers,
        regions=tuple(args.regions),
    )
