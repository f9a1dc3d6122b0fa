"""``detgui gain``: the gain map of pairs of flats, as a GAIN reference file and a table of sectors."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace

from detgui.cli.parser import named_file, positive
from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput

EXTENSIONS = (".fits", ".fit", ".fts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="FLAT", help="calibrated ramps of flats, in the order taken: 1-2, 3-4, ... are pairs")
    add("--box", type=positive, default=256, metavar="N", help="side of a box, pixels (default: 256)")
    add("--voids", type=named_file, metavar="VOIDS.reg", help="region file with the epoxy voids (kind void)")
    add("--limit", type=level, metavar="DN", help="largest signal on the single frame (default: 5000, long wave 7500)")
    add("--pairs", type=pair_numbers, default="auto", metavar="auto|all|N,...", help="pairs to use, counted from 1 (default: auto)")
    add("--ipc-centre", type=float, metavar="K11", help="centre of the IPC correction kernel, above 1")
    add("--ipc-kernel", type=named_file, metavar="FILE", help="IPC reference file")
    add("--ipc-measure", action="store_true", help="measure IPC on the flats")
    add("--clip", type=float, default=3.0, metavar="SIGMA", help="clipping level, 0 for none (default: 3)")
    add("--no-clip-correction", dest="clip_correction", action="store_false", help="leave variances as the clipping makes them")
    add("--useafter", metavar="DATE", help="USEAFTER of the reference file (default: date of the flats)")
    add("--author", metavar="TEXT", help="AUTHOR (default: detgui)")
    add("--pedigree", metavar="TEXT", help="PEDIGREE: DUMMY, GROUND, SIMULATION or INFLIGHT and dates")
    add("--descrip", metavar="TEXT", help="DESCRIP")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("-o", "--output", type=named_file, metavar="GAIN.fits", help="GAIN reference file to write")
    add("--table", type=named_file, metavar="GAIN.ecsv", help="table of sectors to write (.ecsv or .csv)")


def run(args: Namespace) -> int:
    """Map and write."""
    from detgui.analysis import gain_file, gain_map, gain_table
    from detgui.data.exposure import open_exposures

    origin = gain_file.Origin(args.useafter, args.author, args.pedigree, args.descrip)
    gain_file.check_origin(origin)
    _check_outputs(args)
    exposures = open_exposures(args.files, join=False, neighbours=False)
    try:
        params = gain_map.Params(
            box=args.box,
            limit=args.limit,
            pairs=args.pairs,
            voids=args.voids if args.voids is not None else (),
            ipc_centre=args.ipc_centre,
            ipc_kernel=args.ipc_kernel,
            ipc_measure=args.ipc_measure,
            clip=args.clip,
            clip_correction=args.clip_correction,
        )
        with ProgressBar(args.quiet) as progress:
            result = gain_map.run(exposures, params, progress=progress)
            if args.output is not None:
                gain_file.write(result, args.output, origin)
            if args.table is not None:
                gain_table.write(result, args.table)
    finally:
        for each in exposures:
            each.close()
    for note in result.notes:
        say(f"warning: {note}")
    if args.json:
        written = {name: value for name, value in (("output", args.output), ("table", args.table)) if value is not None}
        put_json(gain_table.summary(result) | written)
    return 0


def _check_outputs(args: Namespace) -> None:
    from detgui.cli import verbs
    from detgui.data.tables import check_extension

    if args.output is None and args.table is None and not args.json:
        raise BadInput("say where the gain is to be written: -o gain.fits, --table gain.ecsv")
    used = [*args.files, *(each for each in (args.voids, args.ipc_kernel) if each is not None)]
    if args.output is not None:
        verbs._check_output(args.output, used)
        if args.output.suffix.lower() not in EXTENSIONS:
            raise BadInput(f"{args.output.name}: a gain map is written as .fits, not as {args.output.suffix or 'a file without extension'}")
    if args.table is not None:
        verbs._check_output(args.table, used)
        check_extension(args.table)


def level(text: str) -> float:
    """A signal in DN."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a signal in DN such as 5000")
    return value


def pair_numbers(text: str) -> str | tuple[int, ...]:
    """'auto', 'all' or numbers of pairs with commas between them."""
    if text in ("auto", "all"):
        return text
    if not re.fullmatch(r"[0-9]+(,[0-9]+)*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not auto, all or numbers of pairs such as 2,3")
    return tuple(int(number) for number in text.split(","))
