"""A diagnosis of noise as plain numbers, and as text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.noise_types import Result
from detgui.science.snowballs import TRACK, Cluster


def summary(result: Result) -> dict[str, Any]:
    """Plain numbers by key; each measured one has its error beside it under the same key + ``_err``."""
    one, rows = result.one_over_f, result.rows
    noisy = rows.noisy
    told: dict[str, Any] = {
        "exposure": result.exposure,
        "unit": result.unit,
        "what": result.what,
        "images": result.images,
        "amplifiers": len(result.order.names),
        "fast_axis": "x" if result.order.fast_is_x else "y",
        "masked_fraction": float(result.masked.mean()),
        **_with_err("one_over_f_rms", one.rms.rms, one.rms.err),
        "one_over_f_variance": one.rms.variance,
        "one_over_f_variance_err": one.rms.variance_err,
        **_with_err("one_over_f_rms_detrended", one.detrended.rms, one.detrended.err),
        **_with_err("one_over_f_common", one.shared.common, one.shared.common_err),
        **_with_err("one_over_f_private", one.shared.private, one.shared.private_err),
        **_with_err("one_over_f_correlation", one.shared.correlation, one.shared.correlation_err),
        **_by_name("knee_hz_by_amplifier", {k: (s.knee, s.knee_err) for k, s in one.spectra.items()}),
        **_by_name("slope_by_amplifier", {k: (s.slope, s.slope_err) for k, s in one.spectra.items()}),
        **_by_name("white_psd_by_amplifier", {k: (s.white, s.white_err) for k, s in one.spectra.items()}),
        **_arrays("acn_by_amplifier", result.columns.names, result.columns.half, result.columns.err),
        "noisy_rows": noisy,
        "noisy_rows_noise": rows.noise[noisy],
        "noisy_rows_noise_err": rows.err[noisy],
        "noisy_rows_usual": rows.usual[noisy],
        **_with_err("pixel_noise", *_typical(rows.noise, rows.err)),
    }
    if result.order.irs2_read:
        told["noisy_reference_samples"] = result.reference_samples
        told["noisy_rows_reference_samples"] = {str(row): groups for row, groups in result.suspects.items()}
    told |= _ramp(result)
    told["diagnoses"] = [
        {"key": each.key, "found": each.found, "value": each.value, "err": each.err, "unit": each.unit, "try": each.sentence,
         "issue": each.issue or None} for each in result.diagnoses
    ]  # fmt: skip
    told["notes"] = list(result.notes)
    return told


def _ramp(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {}
    ramp = result.ramp
    if ramp is not None:
        names = ramp.names
        told["differences"] = ramp.differences
        temporal = np.isfinite(ramp.temporal).any()
        best = (ramp.temporal, ramp.temporal_err) if temporal else (ramp.spatial, ramp.spatial_err)
        told |= _arrays("cds_noise_by_amplifier", names, *best)
        told |= _arrays("cds_noise_spatial_by_amplifier", names, ramp.spatial, ramp.spatial_err)
        told |= _arrays("read_noise_by_amplifier", names, ramp.read, ramp.read_err)
        told |= _arrays("photon_variance_by_amplifier", names, ramp.photon, ramp.photon_err)
        for lag in range(ramp.covariance.shape[1]):
            told |= _arrays(f"covariance_lag{lag}_by_amplifier", names, ramp.covariance[:, lag], ramp.covariance_err[:, lag])
    if result.clusters is not None:
        told["snowballs"] = [cluster_row(each) for each in result.clusters if each.kind != TRACK]
        told["tracks"] = sum(each.kind == TRACK for each in result.clusters)
    if result.telegraph is not None:
        told["telegraph_pixels"] = [
            {"x": each.x, "y": each.y, "step": each.step, "step_err": each.step_err, "share": each.share, "hops": each.hops}
            for each in result.telegraph
        ]
    return told


def cluster_row(each: Cluster) -> dict[str, Any]:
    """A cluster as plain numbers."""
    return {
        "integration": each.integration,
        "group": each.group,
        "kind": each.kind,
        "x": round(each.x, 2),
        "y": round(each.y, 2),
        "area": each.area,
        "core": each.core,
        "halo": each.halo,
        "radius": round(each.radius, 2),
    }


def _typical(values: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[float, float]:
    known = np.isfinite(values)
    if not known.any():
        return np.nan, np.nan
    return float(np.median(values[known])), float(1.2533 * np.median(errors[known]) / np.sqrt(known.sum()))


def _with_err(name: str, value: float, err: float) -> dict[str, float]:
    return {name: value, f"{name}_err": err}


def _arrays(name: str, keys: tuple[str, ...], values: NDArray[np.float64], errors: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    return _by_name(name, {key: (float(a), float(b)) for key, a, b in zip(keys, values, errors, strict=True)})


def _by_name(name: str, values: dict[str, tuple[float, float]]) -> dict[str, dict[str, float]]:
    return {name: {key: a for key, (a, _) in values.items()}, f"{name}_err": {key: b for key, (_, b) in values.items()}}


def as_text(result: Result) -> str:
    """What a person reads: one line for each diagnosis, and what to try."""
    lines = [f"{result.exposure}: {result.what}, {result.images}, {len(result.order.names)} output(s)"]
    for each in result.diagnoses:
        number = (
            f"{each.value:.0f} {each.unit}" if each.unit in ("lines", "events", "pixels") else measured(each.value, each.err, each.unit)
        )
        lines.append(f"{each.title}: {number}{'' if each.found else ' (not found)'}")
        lines.append(f"    {each.sentence}{f' [{each.issue}]' if each.issue else ''}")
    if result.rows.noisy.size:
        listed = ", ".join(map(str, result.rows.noisy[:20]))
        lines.append(f"noisy lines: {listed}{', ...' if result.rows.noisy.size > 20 else ''}")
    return "\n".join([*lines, *result.notes])


def measured(value: float, err: float, unit: str) -> str:
    """``1.23 +- 0.04 DN``, digits as the error says."""
    if not np.isfinite(value):
        return "not known"
    if not np.isfinite(err) or err <= 0:
        return f"{value:.4g} {unit}".rstrip()
    digits = max(0, 1 - int(np.floor(np.log10(err))))
    return f"{value:.{min(digits, 8)}f} +- {err:.{min(digits, 8)}f} {unit}".rstrip()
