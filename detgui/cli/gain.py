"""``detgui gain``: the gain map of pairs of flats, as a GAIN reference file and a table of sectors."""

from __future__ import annotations

import argparse
import contextlib
import re
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detgui.cli import calibrate
from detgui.cli.arguments import named_file, positive
from detgui.cli.common import check_output
from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput
from detgui.progress import Progress

if TYPE_CHECKING:
    from detgui.analysis.gain_compare import Comparison
    from detgui.analysis.gain_studies import Study
    from detgui.analysis.gain_types import Params, Result
    from detgui.data.exposure import Exposure

EXTENSIONS = (".fits", ".fit", ".fts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="FLAT", help="ramps of flats in the order taken: 1-2, 3-4, ... are pairs")
    add("--box", type=positive, default=256, metavar="N", help="side of a box, pixels (default: 256)")
    add("--voids", type=named_file, metavar="VOIDS.reg", help="region file or FITS mask with the epoxy voids (kind void)")
    add("--exclude", type=named_file, metavar="FILE", help="region file or FITS mask of pixels to leave out (kind exclude)")
    add("--limit", type=level, metavar="DN", help="largest signal on the single frame (default: 5000, long wave 7500)")
    add("--pairs", type=pair_numbers, default="auto", metavar="auto|all|N,...", help="pairs to use, counted from 1 (default: auto)")
    add("--clip", type=float, default=3.0, metavar="SIGMA", help="clipping level, 0 for none (default: 3)")
    add("--no-clip-correction", dest="clip_correction", action="store_false", help="leave variances as the clipping makes them")
    _add_ipc(parser)
    calibrate.add_arguments(parser)
    _add_outputs(parser)


def _add_ipc(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("inter-pixel capacitance (one of them; default: not corrected)").add_argument
    add("--ipc-centre", type=float, metavar="K11", help="centre of the correction kernel, above 1: analytic correction")
    add("--ipc", "--ipc-kernel", dest="ipc_kernel", type=named_file, metavar="FILE", help="IPC reference file: full correction")
    add("--ipc-measure", action="store_true", help="from the covariance of neighbouring pixels in the flats")


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("output").add_argument
    add("-o", "--output", type=named_file, metavar="GAIN.fits", help="GAIN reference file to write")
    add("--table", type=named_file, metavar="GAIN.ecsv", help="table of sectors to write (.ecsv or .csv)")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("--compare", type=named_file, metavar="GAIN.fits", help="gain file to compare with, into the table and the JSON")
    add("--box-study", type=sizes, metavar="N,N,...", help="sides of boxes to try, such as 128,256,512; NAME_box_study beside the table")
    add("--limit-study", type=levels, metavar="DN,...", help="limits to try, such as 5000,10000,15000; NAME_limit_study beside the table")
    words = parser.add_argument_group("what the reference file says of itself").add_argument
    words("--useafter", metavar="DATE", help="USEAFTER (default: date of the flats)")
    words("--author", metavar="TEXT", help="AUTHOR (default: detgui)")
    words("--pedigree", metavar="TEXT", help="PEDIGREE: DUMMY (default), GROUND, SIMULATION, MODEL or INFLIGHT and two dates")
    words("--descrip", metavar="TEXT", help="DESCRIP")


def run(args: Namespace) -> int:
    """Map and write."""
    from detgui.analysis import gain_file

    origin = gain_file.Origin(args.useafter, args.author, args.pedigree, args.descrip)
    gain_file.check_origin(origin)
    _check_outputs(args)
    _check_once(args.files)
    if args.calibrate:
        with _opened(args.files) as raw:
            _check(raw, args)
    with calibrate.calibrated(args) as flats:
        result, comparison, studies, written = _mapped(args, flats.files, origin)
    for note in dict.fromkeys([*result.notes, *(comparison.notes if comparison else ())]):
        say(f"warning: {note}")
    if args.json:
        put_json(_summary(result, comparison, studies) | written | dict(flats.summary))
    return 0


def _mapped(
    args: Namespace, files: Sequence[Path], origin: Any
) -> tuple[Result, Comparison | None, list[Study], dict[str, Path | list[Path]]]:
    """The map of calibrated flats, and the files written."""
    with _opened(files) as exposures, ProgressBar(args.quiet) as progress:
        result, comparison, studies = _measure(exposures, args, progress)
        return result, comparison, studies, _write(args, origin, result, comparison, studies)


@contextlib.contextmanager
def _opened(files: Sequence[Path]) -> Iterator[list[Exposure]]:
    """The flats, each by itself, open while inside. Raises `BadInput` where one cannot be read; the others like it are named before."""
    from detgui.data.exposure import open_many

    exposures, troubles = open_many(files, join=False, neighbours=False)
    try:
        if troubles:  # without one of them the others are other pairs: none is made up
            for trouble in troubles[:-1]:
                say(str(trouble))
            raise troubles[-1]
        yield exposures
    finally:
        for each in exposures:
            each.close()


def _check(exposures: Sequence[Exposure], args: Namespace) -> Params:
    """What is to be mapped. Raises `BadInput` for whatever gives no map, before long work."""
    from detgui.analysis import gain_compare, gain_map, gain_studies

    params = _params(args)
    gain_map.check(exposures, params, raw=args.calibrate)
    if args.compare is not None:
        gain_compare.read_gain(args.compare, exposures[0].geometry)
    if args.box_study is not None and exposures[0].kind != "uncal":
        gain_studies.check_sizes(exposures, params, args.box_study)
    if args.limit_study is not None and exposures[0].kind != "uncal":
        gain_studies.check_limits(exposures, params, args.limit_study)
    return params


def _params(args: Namespace) -> Params:
    from detgui.analysis.gain_types import Params

    return Params(
        box=args.box,
        limit=args.limit,
        pairs=args.pairs,
        voids=args.voids if args.voids is not None else (),
        exclude=args.exclude if args.exclude is not None else (),
        ipc_centre=args.ipc_centre,
        ipc_kernel=args.ipc_kernel,
        ipc_measure=args.ipc_measure,
        clip=args.clip,
        clip_correction=args.clip_correction,
    )


def _measure(exposures: Sequence[Exposure], args: Namespace, progress: Progress) -> tuple[Result, Comparison | None, list[Study]]:
    from detgui.analysis import gain_compare, gain_map, gain_studies

    params = _check(exposures, args)
    parts = 1 + (args.box_study is not None) + (args.limit_study is not None)
    result = gain_map.run(exposures, params, progress=_share(progress, 0, parts), workers=args.workers)
    comparison = gain_compare.compare(result, args.compare) if args.compare is not None else None
    studies = []
    if args.box_study is not None:
        studies.append(gain_studies.box_study(exposures, params, args.box_study, result, _share(progress, 1, parts), args.workers))
    if args.limit_study is not None:
        studies.append(
            gain_studies.limit_study(exposures, params, args.limit_study, result, _share(progress, parts - 1, parts), args.workers)
        )
    return result, comparison, studies


def _share(progress: Progress, number: int, parts: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / parts, message)


def _write(
    args: Namespace, origin: Any, result: Result, comparison: Comparison | None, studies: Sequence[Study]
) -> dict[str, Path | list[Path]]:
    """Write what was asked for; returns the files by name."""
    from detgui.analysis import gain_file, gain_studies, gain_table

    written: dict[str, Path | list[Path]] = {}
    if args.output is not None:
        gain_file.write(result, args.output, origin)
        written["output"] = args.output
    if args.table is not None:
        gain_table.write(result, args.table, comparison)
        written["table"] = args.table
        tables = [study_table(args.table, study.varied) for study in studies]
        for study, path in zip(studies, tables, strict=True):
            gain_studies.write(study, path)
        if tables:
            written["study_tables"] = tables
    return written


def _summary(result: Result, comparison: Comparison | None, studies: Sequence[Study]) -> dict[str, Any]:
    from detgui.analysis import gain_studies, gain_table

    return gain_table.summary(result, comparison) | {f"{study.varied}_study": gain_studies.summary(study) for study in studies}


def study_table(table: Path, varied: str) -> Path:
    """Where the table of a study goes: ``gain_box_study.ecsv`` beside ``gain.ecsv``."""
    return table.with_name(f"{table.stem}_{varied}_study{table.suffix}")


def _check_once(files: Sequence[Path]) -> None:
    """A flat that is given twice would be left out without a word, and those after it paired wrongly."""
    seen: set[Path] = set()
    for each in files:
        if each.resolve() in seen:
            raise BadInput(f"{each.name} is given twice: every flat belongs to one pair")
        seen.add(each.resolve())


def _check_outputs(args: Namespace) -> None:
    from detgui.data.tables import check_extension

    if args.output is None and args.table is None and not args.json:
        raise BadInput("say where the gain is to be written: -o gain.fits, --table gain.ecsv")
    used = [*args.files, *(each for each in (args.voids, args.exclude, args.ipc_kernel, args.compare) if each is not None)]
    if args.output is not None:
        check_output(args.output, used)
        if args.output.suffix.lower() not in EXTENSIONS:
            raise BadInput(f"{args.output.name}: a gain map is written as .fits, not as {args.output.suffix or 'a file without extension'}")
    if args.table is not None:
        check_extension(args.table)
        studies = [study_table(args.table, name) for name in ("box", "limit") if getattr(args, f"{name}_study") is not None]
        for path in (args.table, *studies):
            check_output(path, used)


def level(text: str) -> float:
    """A signal in DN."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a signal in DN such as 5000")
    return value


def levels(text: str) -> tuple[float, ...]:
    """Signals in DN with commas between them, at least two."""
    found = tuple(level(part) for part in text.split(","))
    if len(set(found)) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not two or more signals in DN such as 5000,10000")
    return found


def sizes(text: str) -> tuple[int, ...]:
    """Numbers of pixels with commas between them, at least two."""
    found = tuple(positive(part) for part in text.split(","))
    if len(set(found)) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not two or more sizes in pixels such as 128,256")
    return found


def pair_numbers(text: str) -> str | tuple[int, ...]:
    """'auto', 'all' or numbers of pairs with commas between them."""
    if text in ("auto", "all"):
        return text
    if not re.fullmatch(r"[0-9]+(,[0-9]+)*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not auto, all or numbers of pairs such as 2,3")
    return tuple(int(number) for number in text.split(","))
