"""What workers do for the hot-pixel panel, and what it depends on. No Qt, no state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.session.hot_options import HotFile, HotOptions, HotWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detgui.analysis import hot_changes, hot_history, hot_pixels, ta_risk
    from detgui.analysis.hot_types import Params, Result, Series
    from detgui.data.darks import DarkFile

ENDINGS = (".fits", ".fits.gz", ".fit", ".fts")


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that counts depend on: the files in use with typed dates and units, and parameters."""

    files: tuple[tuple[Path, str, str], ...]
    thresholds: tuple[float, ...]
    breaks: tuple[str, ...]
    unit: str | None
    gain: float | Path | None
    hot_threshold: float
    centre: float
    sigma: float

    @classmethod
    def of(cls, options: HotOptions) -> Wish:
        """What the panel's options ask for."""
        files = tuple((each.path, each.date, each.unit) for each in options.files if each.use)
        names = ("thresholds", "breaks", "unit", "gain", "hot_threshold", "centre", "sigma")
        return cls(files, *(getattr(options, name) for name in names))

    @property
    def paths(self) -> list[Path]:
        """The files in use."""
        return [path for path, _, _ in self.files]

    def same_counts(self, other: Wish) -> bool:
        """Whether only the fits differ, so that no file has to be read again."""
        return _counted(self) == _counted(other)


def _counted(wish: Wish) -> tuple[object, ...]:
    return wish.files, wish.thresholds, wish.unit, wish.gain, wish.hot_threshold, wish.centre, wish.sigma


@dataclass(frozen=True, slots=True, eq=False)
class FileFacts:
    """What is known of a file: ``dark`` None where it is no dark, ``why`` it is left out ('' where it is not), ``series`` its name."""

    path: Path
    dark: DarkFile | None
    why: str = ""
    series: str = ""


def params_of(wish: Wish) -> Params:
    """Parameters of the analysis."""
    from detgui.analysis.hot_types import Params

    return Params(
        thresholds=wish.thresholds,
        breaks=wish.breaks,
        unit=wish.unit,
        gain=wish.gain,
        units=tuple((path.name, unit) for path, _, unit in wish.files if unit),
        dates=tuple((path.name, date) for path, date, _ in wish.files if date),
        hot_threshold=wish.hot_threshold,
        centre=wish.centre,
        sigma=wish.sigma,
    )


def files_of(folder: Path, progress: Progress = no_progress) -> tuple[Path, ...]:
    """FITS files of a folder, by name. Raises `BadInput` where there are none or it cannot be read."""
    progress(0.0, f"looking into {folder.name}")
    try:
        found = tuple(sorted(each for each in folder.iterdir() if each.name.lower().endswith(ENDINGS)))
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror or 'cannot be read'}") from error
    if not found:
        raise BadInput(f"{folder} has no FITS file in it")
    return found


def expanded(paths: Sequence[Path], progress: Progress = no_progress) -> tuple[Path, ...]:
    """Files, and those of folders among them."""
    found: list[Path] = []
    for path in paths:
        found += files_of(path, progress) if path.is_dir() else [path]
    return tuple(found)


def look(
    options: HotOptions,
    known: dict[tuple[Path, str, str | None], FileFacts],
    progress: Progress = no_progress,
) -> tuple[FileFacts, ...]:
    """What every file of the options is, and which series it goes into. A file's trouble is its own sentence.

    ``known``: facts by `fact_key` that are not read again.
    """
    from detgui.analysis.hot_files import batches

    facts = []
    for number, each in enumerate(options.files):
        progress(number / len(options.files), f"looking at {each.path.name}")
        facts.append(known.get(fact_key(each, options)) or _facts(*fact_key(each, options)))
    wish = Wish.of(options)
    used = set(wish.paths)
    darks = [each.dark for each in facts if each.dark is not None and each.path in used]
    try:
        found, refused = batches(darks, params_of(wish))
    except BadInput as error:  # the gain
        return tuple(FileFacts(each.path, each.dark, each.why or str(error)) for each in facts)
    names = {id(dark): name for batch, name in zip(found, _batch_names(found), strict=True) for dark in batch.files}
    return tuple(_placed(each, names, refused) if each.path in used else FileFacts(each.path, each.dark, each.why) for each in facts)


def fact_key(each: HotFile, options: HotOptions) -> tuple[Path, str, str | None]:
    """What facts of a file depend on: path, typed date, and the unit that was typed for it or for all."""
    return each.path, each.date, each.unit or options.unit


def _facts(path: Path, date: str, unit: str | None) -> FileFacts:
    from detgui.data.dark_words import parse_date
    from detgui.data.darks import describe

    try:
        return FileFacts(path, describe(path, parse_date(date) if date else None, unit))
    except (BadInput, OSError) as error:
        return FileFacts(path, None, str(error) if isinstance(error, BadInput) else f"{path.name}: {error.strerror or error}")


def _placed(each: FileFacts, names: dict[int, str], refused: list[str]) -> FileFacts:
    if each.dark is None:
        return FileFacts(each.path, None, each.why)
    name = names.get(id(each.dark), "")
    why = "" if name else next((text for text in refused if text.startswith(each.path.name)), "left out")
    return FileFacts(each.path, each.dark, why, name)


def _batch_names(found: Sequence[object]) -> list[str]:
    firsts = [batch.files[0] for batch in found]  # type: ignore[attr-defined]
    return _unique([_label(dark) for dark in firsts])


def series_names(result: Result) -> list[str]:
    """Names of the series of a result, each its own: 'NRS1 TRAD', 'NRCALONG bad pixels'."""
    return _unique([_label(each.files[0]) for each in result.series])


def _label(dark: DarkFile) -> str:
    readout = "" if dark.is_mask else dark.readout
    kind = {"mask": "masks", "bad pixels": "bad pixels"}.get(dark.kind, "")
    words = (dark.detector or "unknown detector", readout, "" if dark.subarray == "FULL" else dark.subarray, kind)
    return " ".join(word for word in words if word)


def _unique(names: list[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{name} ({names[:at].count(name) + 1})" for at, name in enumerate(names)]


def count(wish: Wish, memo: hot_pixels.Memo, progress: Progress = no_progress) -> Result:
    """Counts, growth and spill-over of all series."""
    from detgui.analysis import hot_pixels

    progress(0.0, "looking at the files")
    return hot_pixels.run(wish.paths, params_of(wish), progress, memo)


def follow(series: Series, params: hot_history.Params, progress: Progress = no_progress) -> hot_history.Result:
    """Classes and histories of single pixels."""
    from detgui.analysis import hot_history

    progress(0.0, "following single pixels")
    return hot_history.run(series, params, progress)


def one_pixel(series: Series, x: int, y: int, progress: Progress = no_progress) -> hot_history.PixelHistory:
    """Rate of one pixel against date."""
    from detgui.analysis import hot_history

    return hot_history.pixel(series, x, y, progress)


def changes(series: Series, params: hot_changes.Params, progress: Progress = no_progress) -> hot_changes.Result:
    """What changed between two epochs."""
    from detgui.analysis import hot_changes

    return hot_changes.run(series, params, progress)


def risks(params: ta_risk.Params, ages: tuple[float, ...], progress: Progress = no_progress) -> tuple[ta_risk.Result, ...]:
    """Probabilities for an acquisition with masks of several ages, months; the curves reach to the oldest."""
    from detgui.analysis import ta_risk

    progress(0.0, "probabilities")
    return tuple(ta_risk.run(replace(params, months=age), max(ages)) for age in ages)


def window_of(path: Path, series: Series, progress: Progress = no_progress) -> HotWindow:
    """The window that an exposure in a subarray reads."""
    from detgui.analysis import hot_meaning

    progress(0.0, f"looking at {path.name}")
    found = hot_meaning.window_of_file(path, series)
    return HotWindow(found.name, found.x0, found.y0, found.x1, found.y1)


def risk_map(history: hot_history.Result, params: ta_risk.MapParams, progress: Progress = no_progress) -> ta_risk.MapResult:
    """The map of risk by Monte Carlo."""
    from detgui.analysis import ta_risk

    return ta_risk.risk_from_history(history, params, progress)
