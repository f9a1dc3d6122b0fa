"""``detgui hotpixels``: hot pixels in darks through time, with their growth, the list of new ones and updated masks."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detgui.cli.arguments import corners, named_file, number_or_file, positive
from detgui.cli.common import check_output
from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput

if TYPE_CHECKING:
    from detgui.analysis.hot_history import Result as History
    from detgui.analysis.hot_types import Result, Series
    from detgui.progress import Progress

FITS = (".fits", ".fit", ".fts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="DARK", help="dark and MASK references, rate images of darks, bad-pixel images")
    add("--thresholds", type=numbers, default=(1.0, 3.0, 10.0, 100.0), metavar="T,...", help="what is above counts (default: 1,3,10,100)")
    add("--break", dest="breaks", type=days, default=(), metavar="YYYY-MM-DD,...", help="files of such a day or later get a step")
    add("--unit", dest="units", type=unit, action="append", default=[], metavar="[NAME=]U", help="DN/s or e-/s of all files, or of one")
    add("--gain", type=number_or_file, metavar="G|FILE", help="e-/DN, or a GAIN reference: rates in e-/s are counted in DN/s")
    add("--date", dest="dates", type=dated, action="append", default=[], metavar="NAME=YYYY-MM-DD", help="date of a file without one")
    add("--hot-threshold", type=float, default=1.0, metavar="T", help="rate above which DQ should say HOT (default: 1)")
    add("--centre", type=float, default=10.0, metavar="T", help="least rate of pixels whose crosses are stacked (default: 10)")
    add("--sigma", type=float, default=3.0, metavar="N", help="how far a neighbour may be off its explanation (default: 3)")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("-o", "--output", type=named_file, metavar="TREND.ecsv", help="table of counts to write (.ecsv or .csv)")
    add("--cadence", type=float, default=3.0, metavar="M", help="months between masks, for what is unmasked in an exposure (default: 3)")
    add("--on", type=day, metavar="YYYY-MM-DD", help="date of an exposure: say how many hot pixels are unmasked in it")
    add("--disagree", type=named_file, metavar="OUT.ecsv", help="list of pixels that are flagged HOT or above the rate, not both")
    single = parser.add_argument_group("single pixels")
    single.add_argument("--threshold", type=float, metavar="T", help="threshold of the list and the masks (default: the lowest)")
    single.add_argument("--persistence", type=positive, default=2, metavar="K", help="epochs a change has to last (default: 2)")
    single.add_argument("--fdr", type=float, default=0.01, metavar="F", help="false-discovery rate over all pixels (default: 0.01)")
    single.add_argument("--list", dest="list_file", type=named_file, metavar="NEW.ecsv", help="list of new hot pixels to write")
    single.add_argument("--window", type=window, action="append", default=[], metavar="X0,Y0,X1,Y1|FILE", help="say what is new in it")
    single.add_argument("--risk-map", type=named_file, metavar="RISK.fits", help="map of the risk of a target acquisition to write")
    single.add_argument("--months", type=float, default=12.0, metavar="M", help="age of the mask of that map (default: 12)")
    masks = parser.add_argument_group("masks, of one detector and read-out")
    masks.add_argument("--mask", type=named_file, metavar="MASK.fits", help="MASK reference to write")
    masks.add_argument("--former-mask", type=named_file, metavar="FILE", help="MASK reference that it updates")
    masks.add_argument("--release", action="store_true", help="take HOT from pixels of the former mask that recovered")
    masks.add_argument("--ta-mask", type=named_file, metavar="TA.fits", help="mask of the target-acquisition flat to write")
    masks.add_argument("--former-ta", type=named_file, metavar="FILE", help="target-acquisition flat or mask that it updates")
    for name in ("useafter", "author", "pedigree", "descrip"):
        masks.add_argument(f"--{name}", metavar="TEXT", help=f"{name.upper()} of the MASK reference")


def run(args: Namespace) -> int:
    """Count, fit and write."""
    from detgui.analysis import hot_check, hot_meaning, hot_pixels, hot_tables

    _check_outputs(args)
    params = hot_pixels.Params(
        thresholds=tuple(args.thresholds),
        breaks=args.breaks,
        unit=next((word for name, word in args.units[::-1] if not name), None),
        units=tuple((name, word) for name, word in args.units if name),
        gain=args.gain,
        dates=tuple(args.dates),
        hot_threshold=args.hot_threshold,
        centre=args.centre,
        sigma=args.sigma,
    )
    with ProgressBar(args.quiet) as progress:
        result = hot_pixels.run(args.files, params, progress)
        more = {"unmasked": hot_meaning.unmasked_rows(result, args.cadence, args.on)} | _single_pixels(args, result, progress)
        if args.disagree is not None:
            more |= {"disagree": args.disagree, "disagreeing": hot_check.write_disagreeing(result, args.disagree)}
        if args.output is not None:
            hot_tables.write(result, args.output)
    for sentence in result.refused:
        say(sentence)
    for note in (*result.notes, *more.pop("said", ())):
        say(f"warning: {note}")
    if args.json:
        written = {"output": args.output} if args.output else {}
        put_json(hot_tables.summary(result) | more | written)
    return 0


def _single_pixels(args: Namespace, result: Result, progress: Progress) -> dict[str, Any]:
    """List, windows and masks, where they are asked for."""
    if not (args.list_file or args.window or args.mask or args.ta_mask or args.risk_map):
        return {}
    series = _one_series(result) if args.mask or args.ta_mask or args.risk_map else None
    histories, said = _histories(args, result, series, progress)
    only = next((each for each in histories if each.series is series), None)
    found: dict[str, Any] = {"said": said, "classes": [{"series": each.series.label, **each.numbers()} for each in histories]}
    if args.list_file is not None:
        from detgui.analysis import hot_list

        found |= {"list": args.list_file, "new": hot_list.write(histories, args.list_file, result.provenance)}
    if args.window:
        found["windows"] = [_window_row(each, given) for each in histories for given in args.window]
    if args.risk_map is not None and only is not None:
        found["risk_map"] = _risk_map(args, only)
    if only is not None and (args.mask is not None or args.ta_mask is not None):
        found |= _masks(args, only)
    return found


def _histories(args: Namespace, result: Result, needed: Series | None, progress: Progress) -> tuple[list[History], list[str]]:
    """Histories of the series that have one, and why others have none. Raises `BadInput` where ``needed`` has none."""
    from detgui.analysis import hot_history

    found, said = [], []
    for series in result.series:
        params = hot_history.Params(_level(args, series), args.persistence, args.fdr)
        try:
            history = hot_history.run(series, params, progress)
        except BadInput as error:
            if series is needed:
                raise
            said.append(str(error))
            continue
        found.append(history)
        said += [f"{series.label}: {note}" for note in history.notes]
    if not found:
        raise BadInput(said[0])
    return found, said


def _level(args: Namespace, series: Series) -> float | None:
    if series.is_mask:
        return None
    return float(args.threshold) if args.threshold is not None else min(series.trends, key=lambda each: each.threshold or 0.0).threshold


def _window_row(history: History, given: tuple[int, int, int, int] | Path) -> dict[str, Any]:
    from detgui.analysis import hot_meaning

    series = history.series
    where = hot_meaning.window_of_file(given, series) if isinstance(given, Path) else hot_meaning.window(given, series)
    found = hot_meaning.in_window(history, where)
    return {
        "series": series.label,
        "window": where.name,
        "corners": [where.x0, where.y0, where.x1, where.y1],
        "new": [{"x": int(history.x[at]), "y": int(history.y[at]), "rate": float(history.rate[at, -1])} for at in found.new],
        "hot_now": int(found.hot_now.size),
        "expected_a_year": found.expected,
        "expected_err": found.expected_err,
        "p_any_in_a_year": found.p_any,
    }


def _one_series(result: Result) -> Series:
    """The only series; MASK references beside darks are what these are compared with."""
    found = [each for each in result.series if not each.is_mask] or list(result.series)
    if len(found) != 1:
        names = ", ".join(each.label for each in found)
        raise BadInput(f"a mask is of one detector and read-out, the files are of {names}")
    return found[0]


def _risk_map(args: Namespace, history: History) -> dict[str, Any]:
    from detgui.analysis import ta_risk

    result = ta_risk.risk_from_history(history, ta_risk.MapParams(args.months))
    ta_risk.write_map(result, args.risk_map)
    return {"output": args.risk_map} | ta_risk.map_summary(result)


def _masks(args: Namespace, history: History) -> dict[str, Any]:
    from detgui.analysis import hot_mask_file
    from detgui.analysis.gain_file import Origin

    hot = hot_mask_file.pixels_to_mask(history)
    found: dict[str, Any] = {}
    if args.mask is not None:
        made = hot_mask_file.update(history.series, hot, args.former_mask, args.release)
        hot_mask_file.write_mask(made, args.mask, Origin(args.useafter, args.author, args.pedigree, args.descrip))
        found |= {"mask": args.mask, "mask_added": int(made.added.sum()), "mask_released": int(made.released.sum())}
        for note in made.notes:
            say(f"warning: {note}")
    if args.ta_mask is not None:
        flat = hot_mask_file.update_ta(history.series, hot, args.former_ta)
        hot_mask_file.write_ta(flat, args.ta_mask, history.params.threshold)
        found |= {"ta_mask": args.ta_mask, "ta_mask_added": int((flat.mask & ~flat.former).sum())}
    return found


def _check_outputs(args: Namespace) -> None:
    from detgui.analysis.gain_file import Origin, check_origin
    from detgui.data.tables import check_extension

    outputs = [each for each in (args.output, args.list_file, args.mask, args.ta_mask, args.disagree, args.risk_map) if each is not None]
    if not outputs and not args.json:
        raise BadInput("say where the counts are to be written: -o trend.ecsv")
    if args.threshold is not None and args.threshold not in args.thresholds:
        raise BadInput(f"--threshold {args.threshold:g} is none of the thresholds that are counted")
    if args.former_mask is not None and args.mask is None:
        raise BadInput("--former-mask updates a mask: say which with --mask")
    if args.former_ta is not None and args.ta_mask is None:
        raise BadInput("--former-ta updates a mask: say which with --ta-mask")
    check_origin(Origin(args.useafter, args.author, args.pedigree, args.descrip))
    used = [*args.files, *(each for each in (args.gain, args.former_mask, args.former_ta) if isinstance(each, Path))]
    for each in outputs:
        check_output(each, used)
    for each in (args.output, args.list_file, args.disagree):
        if each is not None:
            check_extension(each)
    for each in (args.mask, args.ta_mask, args.risk_map):
        if each is not None and each.suffix.lower() not in FITS:
            raise BadInput(f"{each.name}: an image is written as .fits, not as {each.suffix or 'a file without extension'}")


def numbers(text: str) -> tuple[float, ...]:
    """Rates above 0 with commas between them."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < each < float("inf") for each in found) or len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of different rates above 0 such as 1,3,10,100")
    return found


def day(text: str) -> datetime:
    """A date, UTC."""
    from detgui.data.dark_words import parse_date

    try:
        return parse_date(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def days(text: str) -> tuple[str, ...]:
    """Dates with commas between them, 'YYYY-MM-DD'."""
    return tuple(dict.fromkeys(f"{day(part):%Y-%m-%d}" for part in text.split(",")))


def unit(text: str) -> tuple[str, str]:
    """Name of a file, '' for all, and 'DN/s' or 'e-/s', however it is written."""
    from detgui.data.dark_words import unit_of

    name, _, word = text.rpartition("=")
    found = unit_of(word)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is neither DN/s nor e-/s, nor a file's name with one of them, such as dark.fits=e-/s")
    return Path(name).name if name else "", found


def dated(text: str) -> tuple[str, str]:
    """``NAME=YYYY-MM-DD``."""
    name, _, date = text.rpartition("=")
    if not name or not re.fullmatch(r"\d{4}-\d\d-\d\d([T ].*)?", date):
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a file and its date, such as dark.fits=2023-06-15")
    return Path(name).name, date


def window(text: str) -> tuple[int, int, int, int] | Path:
    """Corners ``X0,Y0,X1,Y1``, 0-based and inclusive, or an exposure of the subarray."""
    try:
        return corners(text)
    except argparse.ArgumentTypeError:
        return named_file(text)
