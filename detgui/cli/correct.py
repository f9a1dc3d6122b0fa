"""``detgui correct``: calibrated images brought to one photometric scale by a table of offsets, and back."""

from __future__ import annotations

import argparse
from argparse import Namespace

from detgui.cli.arguments import named_file
from detgui.cli.terminal import ProgressBar, put_json, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="CAL", help="calibrated images of NIRCam")
    add("--offsets", type=named_file, metavar="OFFSETS.ecsv", help="table of offsets (default: the one published with PEARLS JWIDF)")
    add("--epoch", action="append", default=[], metavar="N[@FILE]", help="epoch of the images, or of one, where the table has a gradient")
    add("--gradient", choices=("later", "half"), default="later", help="all of it to the later epoch (default), or half to each")
    add("--reference", type=reference, metavar="A|B|mean", help="module that keeps its photometry (default: the table's)")
    add("--undo", action="store_true", help="take the correction off again, as HISTORY tells of it")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("-o", "--output", type=named_file, required=True, metavar="DIR", help="folder for the results; made if missing")


def run(args: Namespace) -> int:
    """Correct or undo, and say."""
    from detgui.analysis import offset_correct
    from detgui.analysis.offset_epochs import epochs_of
    from detgui.data.catalogs import NoneUsable
    from detgui.data.offset_tables import published, read_offsets

    table = read_offsets(args.offsets) if args.offsets is not None else published()
    try:
        with ProgressBar(args.quiet) as progress:
            if args.undo:
                result = offset_correct.undo(args.files, args.output, progress)
            else:
                epoch, epochs = epochs_of(args.epoch, args.files)
                params = offset_correct.CorrectParams(epoch, args.reference or "", args.gradient)
                result = offset_correct.run(args.files, args.output, table, params, progress, epochs)
    except NoneUsable as error:
        for sentence in error.sentences[:-1]:
            say(sentence)
        raise
    for sentence in result.refused:
        say(sentence)
    for note in result.notes:
        say(f"warning: {note}")
    if args.json:
        put_json(offset_correct.summary(result))
    elif not args.quiet:
        for each in result.files:
            print(each.target)
    return 0


def reference(text: str) -> str:
    """A, B or mean."""
    found = {"a": "A", "b": "B", "mean": "mean"}.get(text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is neither A nor B nor mean")
    return found
