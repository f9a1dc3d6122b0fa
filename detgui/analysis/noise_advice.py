"""What each diagnosis says in one line: a number with its error, and what to try (JWST documentation, "NIRSpec Known Issues")."""

from __future__ import annotations

import numpy as np

from detgui.analysis.noise_types import Diagnosis, Result
from detgui.analysis.pixel_noise import _table_row
from detgui.data.exposure import Exposure
from detgui.science.snowballs import SHOWER, SNOWBALL

SURE = 5.0
"""Errors by which a number has to differ from zero."""


def diagnoses(result: Result, exposure: Exposure) -> tuple[Diagnosis, ...]:
    """All diagnoses that the exposure allows."""
    made = [_one_over_f(result, exposure), _columns(result), _rows(result)]
    if result.ramp is not None:
        made.append(_cds(result, exposure))
    if result.clusters is not None:
        made.append(_clusters(result))
    if result.telegraph is not None:
        made.append(_telegraph(result))
    return tuple(made)


def _one_over_f(result: Result, exposure: Exposure) -> Diagnosis:
    rms, own = result.one_over_f.rms, result.one_over_f.detrended
    found = bool(own.variance > SURE * own.variance_err) and own.rms > 0
    if not found and rms.variance > SURE * rms.variance_err:
        sentence = (
            "The levels follow a smooth trend along the lines, as light does; "
            "about it they differ by no more than white noise: clean_flicker_noise has nothing to clean here."
        )
    elif not found:
        sentence = "The levels of the lines differ by no more than white noise: clean_flicker_noise has nothing to clean here."
    elif exposure.cal_step("clean_flicker_noise") == "COMPLETE":
        sentence = (
            "Lines still differ after clean_flicker_noise: a mask that leaves less of the sources in the background may clean better."
        )
    elif rms.rms > 2 * own.rms:
        sentence = "Most of it is a slope or structure along the lines: mask what is bright before clean_flicker_noise is tried."
    else:
        sentence = "Try clean_flicker_noise with the sources masked, and look that the level of the background has not moved."
    return Diagnosis("one_over_f", "1/f noise: rms level of the lines", rms.rms, rms.err, result.unit, found, sentence)


def _columns(result: Result) -> Diagnosis:
    half, err = result.columns.half, result.columns.err
    known = np.isfinite(half) & np.isfinite(err)
    if not known.any():
        sentence = "Too few columns are free of sources to tell."
        return Diagnosis("alternating_columns", "Alternating columns", np.nan, np.nan, result.columns_unit, False, sentence, "NS-G06")
    size = np.where(known, np.abs(half) / np.maximum(err, 1e-30), 0.0)
    worst = int(np.argmax(np.where(known, np.abs(half), 0.0)))
    found = bool((size > SURE).any())
    name = f"output {result.columns.names[worst]}" if len(result.columns.names) > 1 else "the output"
    if not found:
        sentence = "Odd and even columns have the same level."
    elif result.order.irs2_read:
        sentence = (
            f"Odd and even columns differ most in {name}: try refpix with odd_even_columns on, which IRS2 data have off; it can harm."
        )
    else:
        sentence = f"Odd and even columns differ most in {name}: try refpix with odd_even_columns off if it was on, and on if it was off."
    return Diagnosis(
        "alternating_columns", "Alternating columns: (odd - even) / 2", float(half[worst]), float(err[worst]), result.columns_unit, found,
        sentence, "NS-G06",
    )  # fmt: skip


def _rows(result: Result) -> Diagnosis:
    count = int(result.rows.noisy.size)
    if result.reference_samples.size:
        sentence = (
            f"{result.reference_samples.size} reference samples are noisy: "
            "flag them, or lower refpix's ovr_corr_mitigation_ftr so that they are replaced."
        )
    elif not count:
        sentence = "No line is noisier than its neighbours."
    elif result.order.irs2_read:
        sentence = "Bad reference pixels beside these lines are likely: lower refpix's ovr_corr_mitigation_ftr so that they are replaced."
    else:
        sentence = "Leave these lines out, or flag them DO_NOT_USE, where faint sources matter."
    found = bool(count or result.reference_samples.size)
    return Diagnosis("noisy_rows", "Lines of excessive noise", float(count), 0.0, "lines", found, sentence)


def _cds(result: Result, exposure: Exposure) -> Diagnosis:
    ramp = result.ramp
    assert ramp is not None
    known = np.isfinite(ramp.temporal)
    values, errors = (ramp.temporal, ramp.temporal_err) if known.any() else (ramp.spatial, ramp.spatial_err)
    value = float(np.nanmean(values))
    err = float(np.sqrt(np.nansum(errors**2)) / max(1, int(np.isfinite(errors).sum())))
    beyond = ramp.covariance[:, 2]
    later = np.isfinite(beyond) & (np.abs(beyond) > SURE * ramp.covariance_err[:, 2]) & (np.abs(beyond) > 0.005 * ramp.covariance[:, 0])
    row = _table_row(exposure)
    usual = row.read_noise / (row.gain if row.read_noise_unit == "e-" else 1.0)
    read = float(np.nanmean(ramp.read)) if np.isfinite(ramp.read).any() else np.nan
    nframes = max(1, exposure.timing.nframes)
    noisy = np.isfinite(read) and np.isfinite(usual) and read > 1.3 * usual / np.sqrt(nframes)
    if later.any():
        sentence = "Differences two groups apart are not independent: look at the map of the covariance for drift, 1/f noise or telegraphs."
    elif noisy:
        sentence = f"The read noise is above the {usual / np.sqrt(nframes):.3g} DN of the built-in table: check that refpix was run."
    else:
        sentence = "The differences are as read noise and photons predict."
    return Diagnosis("cds_noise", "Noise of a difference of groups", value, err, result.unit, bool(later.any() or noisy), sentence)


def _clusters(result: Result) -> Diagnosis:
    assert result.clusters is not None
    count = sum(each.kind in (SNOWBALL, SHOWER) for each in result.clusters)
    sentence = (
        "Try jump with expand_large_events on, and dither: what is left of the halos differs from place to place."
        if count
        else "No cluster of jumps is as large and round as a snowball."
    )
    return Diagnosis("snowballs", "Snowballs and showers", float(count), float(np.sqrt(count)), "events", count > 0, sentence)


def _telegraph(result: Result) -> Diagnosis:
    assert result.telegraph is not None
    count = len(result.telegraph)
    sentence = (
        "Flag these pixels: no step of the pipeline sees that they hop between two levels."
        if count
        else "No pixel hops between two levels."
    )
    return Diagnosis("telegraph", "Telegraph pixels", float(count), float(np.sqrt(count)), "pixels", count > 0, sentence)
