"""The numbers of a step and of one of its sources in words: pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.offset_trends import Trend
from detgui.analysis.offset_types import PairResult
from detgui.gui.common.quantity import MISSING, significance, with_error
from detgui.gui.offsets import words
from detgui.gui.offsets.overview_draw import median_error
from detgui.gui.offsets.step_draw import PIXEL_UNIT, View, hollow, trends
from detgui.gui.ramp.ramp_facts import Fact
from detgui.session import offsets_work

BENT = 3.0  # standard deviations of a quadratic term from which on a line is not straight


def facts(view: View) -> list[Fact]:
    """All rows of a step."""
    pair = view.pair
    fit, free, medians = pair.fit, pair.free, pair.medians
    p_words, q_words = words.patch_words(pair)
    how = "errors by bootstrap over sources" + (" and exposures" if pair.exposures else "")
    outliers = hollow(pair)
    in_p = pair.sources.in_p
    free_time = words.term(free.time, free.time_err)
    return [
        Fact("A − B", words.term(fit.offset, fit.offset_err), f"m_A − m_B of the fit: positive where module A reads fainter; {how}"),
        Fact("T", free_time if fit.time_err > 0 else f"0 (fixed); free: {free_time}", "time term, later − earlier epoch"),
        Fact("k", words.term(fit.slope, fit.slope_err, "mag/arcmin"), "gradient along d, later − earlier epoch"),
        Fact("Δp", _median(medians.p, medians.p_mad, fit.n_p), f"median of {p_words}"),
        Fact("Δq", _median(medians.q, medians.q_mad, fit.n_q), f"median of {q_words}"),
        Fact("sources", f"p {_count(in_p, outliers)}, q {_count(~in_p, outliers)}", "outliers count less than half in the fit"),
        Fact("A − B of medians", words.term(medians.offset, medians.err), "(Δp − Δq) / 2: without a gradient"),
        Fact("T of medians", words.term(medians.time, medians.err), "(Δp + Δq) / 2: without a gradient"),
        Fact("scatter", f"{fit.scatter:.4f} mag", "of a source about the fit, beyond its own error"),
        *_trend_facts(view),
    ]


def _median(value: float, mad: float, count: int) -> str:
    return f"{with_error(value, median_error(mad, count), 'mag')}, MAD {mad:.4f}"


def _count(part: NDArray[np.bool_], outliers: NDArray[np.bool_]) -> str:
    found = int((part & outliers).sum())
    return f"{int(part.sum())} ({found} outlier{'s' if found != 1 else ''})"


def _trend_facts(view: View) -> list[Fact]:
    x, y = view.pixels()
    detector = view.pair.detectors[view.module == "B"].upper()
    found = []
    for label, values, scale, unit in (
        ("Δ against mag", view.pair.sources.mag, 1.0, "mag/mag"),
        ("Δ against x", x, PIXEL_UNIT, "mag/1000 px"),
        ("Δ against y", y, PIXEL_UNIT, "mag/1000 px"),
    ):
        of = "" if label.endswith("mag") else f"on {detector}; "
        more = f"{of}slope of a straight line through the offsets of a patch; bent: a quadratic term of more than {BENT:g} σ"
        found += [
            Fact(f"{label}, {name}", trend_words(each, scale, unit), more) for name, each in zip("pq", trends(view, values), strict=True)
        ]
    return found


def trend_words(found: Trend | None, scale: float, unit: str) -> str:
    """Slope with error and significance, and whether the line is straight."""
    if found is None:
        return MISSING
    straight = "" if abs(found.bend) < BENT else f", bent {abs(found.bend):.1f} σ"
    return f"{with_error(scale * found.slope, scale * found.slope_err, unit)} {significance(found.slope, found.slope_err)}{straight}"


def source_words(pair: PairResult, at: int) -> str:
    """One source in a line."""
    sources = pair.sources
    where = "p" if sources.in_p[at] else "q"
    name = sources.ident[at] or f"source {int(sources.source[at]) + 1}"
    text = f"{name}: RA {sources.ra[at]:.6f}°, Dec {sources.dec[at]:+.6f}°, {sources.mag[at]:.3f} mag, patch {where}, "
    text += f"d {sources.d[at]:+.3f} arcmin, Δ {with_error(float(sources.delta[at]), float(sources.err[at]), 'mag')}, "
    text += f"residual {pair.fit.residuals[at]:+.4f} mag"
    weight = pair.fit.weights[at]
    text += f", weight {weight:.2f}" if weight < 1 else ""
    x, y = sources.x[:, at], sources.y[:, at]
    if np.isfinite(x).all() and np.isfinite(y).all():
        first, later = pair.detectors if where == "q" else pair.detectors[::-1]
        text += f"; {first.upper()} ({x[0]:.0f}, {y[0]:.0f}), {later.upper()} ({x[1]:.0f}, {y[1]:.0f})"
    return f"{text}; moved {sources.east[at]:+.1f}, {sources.north[at]:+.1f} mas"


def names(pairs: tuple[PairResult, ...]) -> list[tuple[str, str]]:
    """(title, name) of every step."""
    return [(words.step_title(each), offsets_work.step_name(each)) for each in pairs]
