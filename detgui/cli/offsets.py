"""``detgui offsets``: offsets between NIRCam's modules from catalogs or images of one field at several epochs."""

from __future__ import annotations

import argparse
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.cli.arguments import named_file
from detgui.cli.common import check_output
from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput

if TYPE_CHECKING:
    from detgui.analysis.offset_types import Params, Result
    from detgui.data.catalogs import Catalog
    from detgui.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="CATALOG", help="catalogs (.ecsv, .fits, .csv) or images (i2d, cal)")
    add("--pair-epochs", type=pair, metavar="A,B", help="epochs of the table (default: the first two that swap modules)")
    add("--match", choices=("auto", "id", "position"), default="auto", help="sources by identifier or position (default: auto)")
    add("--radius", type=float, default=0.1, metavar="ARCSEC", help="of a match by position, 0.002 to 0.1 (default: 0.1)")
    add("--mag-limit", type=float, default=22.0, metavar="MAG", help="faintest source (default: 22)")
    add("--snr-limit", type=float, default=10.0, metavar="N", help="least signal-to-noise ratio (default: 10)")
    add("--slope", choices=("auto", "free", "zero"), default="auto", help="gradient along d (default: free for long-wave arrays)")
    add("--free-time", action="store_true", help="a time term T in the offsets (default: 0)")
    add("--long-axis-pa", type=float, metavar="DEG", help="position angle of the long side (default: the catalogs', else the footprint's)")
    add("--reference", default="B", metavar="B|A|mean|DETECTOR", help="what keeps its photometry (default: module B)")
    add("--replicates", type=int, default=500, metavar="N", help="of the bootstrap (default: 500)")
    add("--seed", type=int, default=0, metavar="N", help="of the bootstrap (default: 0)")
    add("--column", type=assignment, action="append", default=[], metavar="ROLE=NAME", help="a column, such as mag=MAG_AUTO")
    add("--value", type=value, action="append", default=[], metavar="ROLE=VALUE[@FILE]", help="epoch, filter or detector of files")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("-o", "--output", type=named_file, metavar="OFFSETS.ecsv", help="table to write (.ecsv or .csv)")
    images = parser.add_argument_group("images")
    images.add_argument("--catalog", type=named_file, metavar="OUT.ecsv", help="write the measured catalog too")
    images.add_argument("--threshold", type=float, default=5.0, metavar="N", help="of a detection, sigma of the background (default: 5)")
    images.add_argument("--compact", type=float, default=2.0, metavar="N", help="largest half-light radius over that of stars (default: 2)")
    images.add_argument("--magnitude", choices=("iso", "kron"), default="iso", help="isophotal or Kron fluxes (default: iso)")


def run(args: Namespace) -> int:
    """Measure, say and write."""
    from detgui.analysis import offset_photometry, offset_rows, offsets

    _check_outputs(args)
    params = _params(args)
    refused: list[str] = []
    try:
        with ProgressBar(args.quiet) as progress:
            catalog = _catalog(args, params, refused, lambda part, text: progress(0.5 * part, text))
            refused[:] = catalog.refused
            result = offsets.run(catalog, params, lambda part, text: progress(0.5 + 0.5 * part, text))
            if args.catalog is not None:
                offset_photometry.write(catalog, args.catalog)
            if args.output is not None:
                offset_rows.write(result, args.output)
    except BadInput as error:
        for sentence in (*refused, *getattr(error, "sentences", ())[:-1]):  # often the reason why the rest is of no use
            say(sentence)
        raise
    for sentence in result.troubles:
        say(sentence)
    for note in result.notes:
        say(f"warning: {note}")
    if args.json:
        put_json(offset_rows.summary(result) | ({"output": args.output} if args.output else {}))
    elif not args.quiet:
        _print(result)
    return 0


def _params(args: Namespace) -> Params:
    from detgui.analysis.offset_types import Params
    from detgui.data.catalogs import Columns

    names = ("pair_epochs", "match", "radius", "mag_limit", "snr_limit", "slope", "free_time", "long_axis_pa", "replicates", "seed")
    values = {name: getattr(args, name) for name in names}
    reference = (
        args.reference if args.reference == "mean" else args.reference.lower() if len(args.reference) > 1 else args.reference.upper()
    )
    return Params(**values, reference=reference, columns=Columns(tuple(args.column), tuple(args.value)))


def _catalog(args: Namespace, params: Params, refused: list[str], progress: Progress) -> Catalog:
    """The measurements of catalogs, or those made on images; ``refused`` gets a sentence for each file that is neither."""
    from detgui.data.catalog_files import is_catalog
    from detgui.data.catalogs import read_catalogs

    kinds = []
    for path in args.files:
        try:
            kinds.append((path, is_catalog(path)))
        except BadInput as error:
            refused.append(str(error))
    if not kinds:
        raise BadInput(refused.pop())
    files = [path for path, _ in kinds]
    if all(table for _, table in kinds):
        if args.catalog is not None:
            raise BadInput("--catalog writes what was measured on images, and these are catalogs")
        catalog = read_catalogs(files, params.columns, progress)
    elif any(table for _, table in kinds):
        names = [next(path.name for path, table in kinds if table is kind) for kind in (True, False)]
        raise BadInput(f"{names[0]} is a catalog and {names[1]} an image: give one kind")
    else:
        catalog = _photometry(args, files, progress)
    return replace(catalog, refused=(*refused, *catalog.refused))


def _photometry(args: Namespace, files: list[Path], progress: Progress) -> Catalog:
    """The catalog measured on images."""
    from detgui.analysis import offset_photometry

    image_params = offset_photometry.ImageParams(
        threshold=args.threshold,
        mag_limit=args.mag_limit,
        snr_limit=args.snr_limit,
        compact=args.compact,
        magnitude=args.magnitude,
        values=tuple(args.value),
    )
    return offset_photometry.run(files, image_params, progress)


def _check_outputs(args: Namespace) -> None:
    from detgui.data.tables import check_extension

    if args.output is None and not args.json:
        raise BadInput("say where the table is to be written: -o offsets.ecsv")
    for each in (args.output, args.catalog):
        if each is not None:
            check_output(each, args.files)
            check_extension(each)


def _print(result: Result) -> None:
    print(f"epochs {' and '.join(result.pair_epochs)}, long axis {result.axis.angle:.2f} deg ({result.axis_from})")
    for row in result.rows:
        slope = f"  slope {row.slope:+.5f} +- {row.slope_err:.5f} mag/arcmin" if row.slope_err > 0 else ""
        time = f"  time {row.dmag_time:+.5f} +- {row.dmag_time_err:.5f}"
        counts = f"  {row.n_p} + {row.n_q} sources"
        print(f"{row.det:>4} {row.filt.upper()}  A - B {row.dmag_ab:+.5f} +- {row.dmag_ab_err:.5f} mag{time}{counts}{slope}")


def pair(text: str) -> tuple[str, str]:
    """``A,B``: two epochs."""
    words = [word.strip() for word in text.split(",")]
    if len(words) != 2 or not all(words) or words[0] == words[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is no pair of epochs such as 1,2")
    return words[0], words[1]


def assignment(text: str) -> tuple[str, str]:
    """``ROLE=NAME``."""
    role, equals, name = text.partition("=")
    if not equals or not role.strip() or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} does not name a column, such as mag=MAG_AUTO")
    return role.strip().lower(), name.strip()


def value(text: str) -> tuple[str, str, str]:
    """``ROLE=VALUE`` or ``ROLE=VALUE@FILE``."""
    role, rest = assignment(text)
    word, _, file = rest.partition("@")
    if role not in ("epoch", "filter", "detector") or not word:
        raise argparse.ArgumentTypeError(f"{text!r} gives no epoch, filter or detector, such as epoch=1@first.ecsv")
    return role, word, file
