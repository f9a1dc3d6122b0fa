"""Words of the offsets tab: pure functions from results to text, and the tooltips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detgui.gui.common.quantity import MISSING, significance, with_error

if TYPE_CHECKING:
    from detgui.analysis.offset_types import PairResult, Result
    from detgui.session.offsets import OffsetsMaker

PAPER = "PEARLS JWIDF"
CORRECTED_TIP = "Show the offsets that the correction of the Correction page would leave (Ctrl+Shift+T)"
MATCH_TIP = """Sources of several epochs are the same
auto: by identifiers where all catalogs share them and positions agree, else by position
id: by identifiers; position: within the radius"""
RADIUS_TIP = "Of a match by position: 0.002 to 0.1 arcsec. Default 0.1 arcsec, above which neighbours are mistaken for each other"
MAG_TIP = f"Faintest source that is used, mag. Default 22: a signal-to-noise ratio of 100 ({PAPER}, section 3.1)"
SNR_TIP = "Least signal-to-noise ratio of a measurement. Default 10"
PA_TIP = f"""Position angle of the long side, along which d is measured: degrees from north through east ({PAPER}: 72)
Empty: from the meta of the catalogs (long_axis_pa_deg), else from the footprint"""
SLOPE_TIP = f"Gradient k along d. Default: free for the long-wave arrays, 0 for the others ({PAPER}, section 5.1)"
TIME_TIP = f"Time term T of the fit. Default: fixed at 0 ({PAPER}, section 5.1); what it is where it is free is said beside"
EPOCHS_TIP = "Pair of epochs of the table that is written. Default: the first that swap modules"
REFERENCE_TIP = f"""Keeps its photometry in the table: a module, the mean of both, or a detector such as nrcb1
Default: module B ({PAPER}, section 5.2)"""
MAGNITUDE_TIP = f"Of sources on images: isophotal ({PAPER}: MAG_ISO) or Kron as a check"
THRESHOLD_TIP = "Of a detection on the images of the first epoch, in sigma of the background. Default 5"
COMPACT_TIP = "Largest half-light radius of a source over that of the most compact ones. Default 2"


ROUNDING = 1e-9


def status(maker: OffsetsMaker) -> tuple[str, str]:
    """What runs or what is there, and the longer story."""
    if maker.busy:
        event = maker.running
        text = f"{event.message or 'measuring'} · {100 * event.fraction:.0f} %" if event is not None else "waiting…"
        return text, text
    result = maker.result
    if result is None:
        used = sum(each.use for each in maker.options.files)
        return (f"{used} file{'s' if used != 1 else ''}" if used else "no files yet"), ""
    count = len(result.pairs)
    text = f"{count} step{'s' if count != 1 else ''}, long side at {result.axis.angle:.1f}°"
    if maker.options.corrected:
        text = ("corrected · " if maker.is_corrected else "calculating the correction… · ") + text
    if not maker.is_current:
        text = "of other parameters · " + text
    table = f"epochs {', '.join(result.epochs)}; table of epochs {' and '.join(result.pair_epochs)}"
    return text, f"position angle of the long side: {result.axis.angle:.2f}° ({result.axis_from}); {table}"


def term(value: float, error: float, unit: str = "mag") -> str:
    """A value with error and significance, '0 (fixed)' where it was not fitted."""
    if is_fixed(value, error):
        return "0 (fixed)"
    return f"{with_error(value, error, unit)} {significance(value, error)}".strip()


def is_fixed(value: float, error: float) -> bool:
    """Whether a value was held at 0, as parameters are that are not free and terms that the gauge fixes, but for rounding."""
    return abs(value) < ROUNDING and error < ROUNDING


def number(value: float, error: float) -> str:
    """A value with error without unit, for columns whose title has it."""
    return "0 (fixed)" if is_fixed(value, error) else with_error(value, error) if value == value else MISSING


def step_title(pair: PairResult) -> str:
    """A step as a title: 'F444W array long, epochs 1 and 2'."""
    return pair.label


def patch_words(pair: PairResult) -> tuple[str, str]:
    """What p and q are in this step."""
    a, b = (each.upper() for each in pair.detectors)
    first, later = pair.epochs
    return f"p: {b} in epoch {first}, {a} in {later}", f"q: {a} in epoch {first}, {b} in {later}"


def all_notes(result: Result) -> list[str]:
    """Everything that must be known of offsets: what could not be made first."""
    return [*result.troubles, *result.notes]
