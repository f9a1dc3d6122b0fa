"""What the hot-pixel tab says; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detgui.errors import BadInput
from detgui.gui.common.quantity import plain, probability
from detgui.progress import clock

if TYPE_CHECKING:
    from detgui.analysis.hot_changes import Result as Changes
    from detgui.analysis.hot_history import Result as History
    from detgui.analysis.hot_types import Series
    from detgui.data.darks import DarkFile
    from detgui.session.hot import HotMaker

THRESHOLDS_TIP = """Rates above which pixels are counted, in the unit of the series; strictly above.
Default: 1, 3, 10, 100 (JWST-STScI-009188, figures 1 and 2)."""
BREAK_TIP = """Dates of changes of definition, YYYY-MM-DD, with commas: files of such a day or later get a step, the slope is common.
The report's is mid-2023, when the code that makes the darks changed. Empty: no step. Lines in the plot can be dragged.
Default: none; the button sets those that the counts show."""
CHECK_TIP = """List the pixels that are flagged HOT or above the rate, but not both: flags of the dark's own DQ, and of the MASK
reference in force on its date, where one of the same detector is among the files."""
UNIT_TIP = """Unit of all rates, whatever the files say.
Default: as each file says; one that does not say is taken as DN/s and marked."""
GAIN_TIP = """e-/DN, or a GAIN reference file, to convert files of the other unit.
Default: the files' own gain."""
LEVEL_TIP = """Rate above which a pixel is hot where single pixels are followed.
Default: the lowest of the thresholds that are counted."""
PERSISTENCE_TIP = """Epochs in a row, to the end of the series, that a change has to last.
Default: 2: what one file alone shows is not confirmed."""
DISCOVERY_TIP = """Share of the changes called significant that may be chance, over all pixels of the detector (Benjamini & Hochberg 1995).
Default: 0.01."""
CADENCE_TIP = """Months between masks; the darks of one mask are taken in that time, half of them after its date.
Default: 3 (JWST-STScI-009188, section 3)."""


def number_list(text: str) -> tuple[float, ...]:
    """Rates above 0 in increasing order. Raises `BadInput` with one sentence."""
    words = [word for word in text.replace(";", ",").replace(" ", ",").split(",") if word]
    try:
        found = tuple(sorted(float(word) for word in words))
    except ValueError:
        found = ()
    if not found or not all(0 < each < float("inf") for each in found):
        raise BadInput(f"Thresholds: {text.strip() or 'nothing'} is no list of rates above 0, such as 1, 3, 10, 100")
    return tuple(dict.fromkeys(found))


def date_list(text: str) -> tuple[str, ...]:
    """'YYYY-MM-DD' of typed dates in the order of time, () for none. Raises `BadInput` with one sentence."""
    words = [word for word in text.replace(";", ",").split(",") if word.strip()]
    return tuple(sorted({typed_date(word) for word in words}))


def typed_date(text: str) -> str:
    """'YYYY-MM-DD' of a typed date, '' for none. Raises `BadInput` with one sentence."""
    from detgui.data.dark_words import parse_date

    text = text.strip()
    return f"{parse_date(text):%Y-%m-%d}" if text else ""


def typed_unit(text: str) -> str:
    """'DN/s' or 'e-/s' of a typed unit, '' for none; what stands behind it, such as '(assumed)', is no part. Raises `BadInput`."""
    from detgui.data.dark_words import unit_of

    text = text.partition("(")[0].strip()
    found = unit_of(text)
    if text and not found:
        raise BadInput(f"{text!r} is neither DN/s nor e-/s")
    return found


def level_text(threshold: float | None, unit: str) -> str:
    """A threshold: '> 3 DN/s', 'flagged' for masks."""
    return "flagged" if threshold is None else f"> {threshold:g} {unit}"


def status(maker: HotMaker) -> str:
    """What the maker does, or what there is."""
    running, result = maker.running, maker.result
    if running is not None:
        return f"{running.message or 'counting'} · {100 * running.fraction:.0f} %"
    if maker.busy:
        return "waiting…"
    used = sum(each.use for each in maker.options.files)
    if result is None:
        return f"{used} file{'s' if used != 1 else ''}, not counted yet" if used else ""
    if not maker.is_current:
        return f"of other files or parameters: Count ({clock(maker.seconds)})"
    series = maker.series
    if series is None:
        return ""
    first, last, count = series.dates[0], series.dates[-1], len(series.files)
    return f"{count} epochs, {first:%Y-%m} to {last:%Y-%m}" if count > 1 else f"one file, {first:%Y-%m-%d}"


def missing(dark: DarkFile) -> str:
    """What a file lacks, and what else to know, in a line."""
    lacks = [f"no {name}" for name in dark.missing if name != "unit"]
    return "; ".join([*lacks, *dark.notes])


def date_source(dark: DarkFile) -> str:
    """Where a date is from."""
    return f"from {dark.date_from}" if dark.date_from else "no date: type one, YYYY-MM-DD"


def per_cent(value: float) -> str:
    """A probability as per cent."""
    return f"{plain(100 * value, 3)} %"


def chance(result: Changes | History, series: Series) -> tuple[str, ...]:
    """The p-value up to which changes are called more than chance, and the false-discovery rate that it is for; nothing for masks."""
    if series.is_mask:
        return ()
    rate = f"at a false-discovery rate of {result.params.discovery:g} over {result.tested:,} pixels"
    if result.p_limit < 0:
        return (f"no change is more than chance {rate}",)
    limit = f"{'≤ ' if result.p_limit > 0 else ''}{probability(result.p_limit)}"  # 0 is said as '< 1e-300'
    return (f"more than chance: P {limit}, {rate}",)


def criteria(series: Series) -> tuple[str, ...]:
    """What is said of masks whose criteria changed: a pixel that comes or leaves there did nothing."""
    return tuple(note for note in series.notes if "the criteria changed" in note)


def joined(names: Sequence[str]) -> str:
    """Names with commas."""
    return ", ".join(names)


def condensed(notes: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Notes with the file at the end, and those that say the same of several files joined: '4 files: converted from ...'."""
    said: dict[str, list[str]] = {}
    for note in notes:
        name = next((each for each in names if note.startswith(each)), "")
        said.setdefault(note[len(name) :].lstrip(": "), []).append(name)
    return tuple(
        text if files == [""] else f"{text} ({files[0]})" if len(files) == 1 else f"{len(files)} files: {text}"
        for text, files in said.items()
    )
