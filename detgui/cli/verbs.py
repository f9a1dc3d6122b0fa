"""The verbs. Each has a module of its name beside this one, which is imported only for that verb: ``--help`` must answer at once."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from typing import Protocol, cast

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


class Verb(Protocol):
    """What a verb's module has."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the verb's options."""

    def run(self, args: Namespace) -> int:
        """Do it and return the exit status."""


def module_of(verb: str) -> Verb:
    """The module of a verb; that of 'window' has no options of its own."""
    return cast(Verb, import_module(f"detgui.cli.{verb.replace('-', '_')}"))
