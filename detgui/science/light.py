"""White light, and movements of a trace, of one integration after another.

A `Plan` is made once from the mean image; `measure` then turns the rate image of an integration into flux, x and y shift. Errors come from
the integration itself: what its columns leave about the scaled, shifted template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.robust import MAD_TO_SIGMA, nan_median, rolling_median, sigma_of
from detgui.science.trace import fill_pixels

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FEWEST_BACKGROUND = 4
"""Pixels that a column must have away from the trace for its median to be taken off."""

HIT = 8.0
"""A pixel this many times its own scatter from the scaled template is taken for an unflagged hit."""

END_COLUMNS = 6
"""Columns at the ends of a trace whose light falls for other reasons than a spectral line."""

LINEAR_SHIFT = 0.25
"""px up to which a shift is found without interpolation."""

FEWEST_TO_KNOW_SCATTER = 16
"""Images from which a pixel's own scatter is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is the same for all integrations; images (ny, nx), spectra (nx,).

    ``weight`` is the part of each pixel inside the aperture, 0 where PIXELDQ leaves it out; ``window`` the same out to the centroid's
    half-width; ``template`` the mean rate, DN/group, background removed; ``background_rows`` (k, nx) rows away from the trace, -1 for
    none; ``scatter`` of a pixel between integrations, inf where not known. ``spectrum`` is the template in the aperture, ``whole`` the
    same as it would be with the pixels that are left out, ``spectrum_var`` the variance of a column in one integration. ``moment`` is the
    first moment (centroid) of the template's columns, ``moment_var`` its variance, ``pull`` how much it moves per px along y. The
    template is the median of ``images`` integrations.
    """

    weight: FloatArray
    window: FloatArray
    distance: FloatArray
    template: FloatArray
    background_rows: NDArray[np.int64]
    scatter: FloatArray
    spectrum: FloatArray
    whole: FloatArray
    spectrum_var: FloatArray
    moment: FloatArray
    moment_var: FloatArray
    pull: FloatArray
    images: int


@dataclass(frozen=True, slots=True)
class Point:
    """One integration: flux in the aperture (DN/group), shifts (px), each with its standard error; ``replaced`` pixels."""

    flux: float
    flux_err: float
    x_shift: float
    x_err: float
    y_shift: float
    y_err: float
    replaced: int


def inside(distance: FloatArray, half: float) -> FloatArray:
    """Part of each pixel, shape (ny, nx), that lies within ``half`` px of the trace; 0 where there is no trace."""
    return np.where(np.isfinite(distance), np.clip(half + 0.5 - np.abs(distance), 0.0, 1.0), 0.0)


def background_rows(distance: FloatArray, beyond: float, usable: BoolArray) -> NDArray[np.int64]:
    """Rows of the usable pixels further than ``beyond`` px from the trace, shape (k, nx), -1 where a column has fewer than k.

    None for columns with fewer than `FEWEST_BACKGROUND`.
    """
    away = (np.abs(distance) > beyond) & usable
    away &= away.sum(axis=0) >= FEWEST_BACKGROUND
    count = int(away.sum(axis=0).max())
    rows = np.argsort(~away, axis=0, kind="stable")[:count]
    return np.where(np.take_along_axis(away, rows, axis=0), rows, -1)


def without_background(rate: NDArray[Any], bad: BoolArray, rows: NDArray[np.int64]) -> FloatArray:
    """The image, shape (ny, nx), less the median of each column's pixels in ``rows``, (k, nx) (1/f noise, STScI-009234 section 3.1)."""
    image = rate.astype(np.float64)
    if not rows.size:
        return image
    columns = np.arange(rate.shape[1])
    values = np.where((rows >= 0) & ~bad[rows, columns], image[rows, columns], np.nan)
    level = nan_median(values, axis=0)
    return image - np.where(np.isfinite(level), level, 0.0)


def make_plan(images: NDArray[Any], left_out: BoolArray, distance: FloatArray, rows: NDArray[np.int64], half: float, window: float) -> Plan:
    """The plan from some integrations' rate images, shape (n, ny, nx), background removed, NaN where flagged.

    ``left_out`` pixels are left out of every integration; ``half`` and ``window`` px are the half-widths of aperture and centroid.
    """
    raw = nan_median(images, axis=0)
    left_out = left_out | ~np.isfinite(raw)
    template = fill_pixels(np.where(left_out, np.nan, raw))
    template = np.where(left_out, np.where(np.isfinite(template), template, 0.0), raw)
    whole = (inside(distance, half) * template).sum(axis=0)
    weight = np.where(left_out, 0.0, inside(distance, half))
    box = inside(distance, window)
    box[:, (left_out & (box > 0)).any(axis=0)] = 0.0
    spectrum = (weight * template).sum(axis=0)
    arm = np.where(np.isfinite(distance), distance, 0.0)
    total = (box * template).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        moment = np.where(total > 0, (box * arm * template).sum(axis=0) / total, 0.0)
    scaled = [(image, float(np.nansum(weight * image) / max(np.nansum(weight * template * np.isfinite(image)), 1e-30))) for image in images]
    filled = np.array([np.where(np.isfinite(image), image, template * scale) - template * scale for image, scale in scaled])
    n = len(images)
    growth = n / max(n - 1, 1)
    plan_var = _smooth(((weight * filled).sum(axis=1) ** 2).mean(axis=0) * growth, np.asarray(weight.any(axis=0)))
    moment_var = _smooth(((box * (arm - moment) * filled).sum(axis=1) ** 2).mean(axis=0) * growth, np.asarray(box.any(axis=0)))
    scatter = MAD_TO_SIGMA * np.median(np.abs(filled), axis=0) if n >= FEWEST_TO_KNOW_SCATTER else np.full(template.shape, np.inf)
    scatter = np.maximum(scatter, np.median(scatter) / 2)
    return Plan(
        weight,
        box,
        arm,
        template,
        rows,
        scatter,
        spectrum,
        whole,
        plan_var,
        moment,
        moment_var,
        _pull(template, box, window, arm, total),
        n,
    )


def _smooth(variance: FloatArray, used: BoolArray) -> FloatArray:
    """Variance against column with its own noise smoothed out, from the used columns only; inf for the others."""
    out = np.full(variance.size, np.inf)
    columns = np.flatnonzero(used)
    if columns.size:
        half = min(32, columns.size // 2)
        window = np.ones(2 * half + 1)
        total = np.convolve(variance[columns], window, "same") / np.convolve(np.ones(columns.size), window, "same")
        out[columns] = np.maximum(total, max(float(np.median(total)) * 1e-3, 1e-30))
    return out


def _pull(template: FloatArray, box: FloatArray, window: float, arm: FloatArray, total: FloatArray) -> FloatArray:
    """d(first moment)/d(shift) of every column, DN/group: its light, less what moves over the edges of the window."""
    at_edge = np.abs(np.abs(arm) - window) <= 0.5  # one pixel on either side
    edge = (np.where(at_edge, np.maximum(template, 0.0), 0.0) * window).sum(axis=0)
    return np.where(box.any(axis=0), total - edge, 0.0)


def measure(rate: NDArray[Any], bad: BoolArray, plan: Plan) -> Point:
    """Flux and shifts of one integration's rate image, shape (ny, nx), DN/group; ``bad`` are its flagged pixels.

    Flagged pixels, and hits that nobody flagged, take the value of the template scaled to this integration.
    """
    image = without_background(rate, bad, plan.background_rows)
    used = (plan.weight > 0) | (plan.window > 0)
    bad = bad | ~np.isfinite(image)
    for _ in range(2):  # the second time without hits
        good = plan.weight * ~bad
        below = float((good * plan.template).sum())
        scale = float((good * np.where(bad, 0.0, image)).sum()) / below if below > 0 else np.nan
        if not np.isfinite(scale):
            return Point(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, int((bad & used).sum()))
        bad = bad | (np.abs(image - scale * plan.template) > HIT * plan.scatter)
    image = np.where(bad, scale * plan.template, image)
    spectrum = (plan.weight * image).sum(axis=0)
    scale, x_shift, x_err, left = fit_spectrum(spectrum, plan)
    y_shift, y_err = fit_moment(image, plan)
    # The template holds this integration's noise, or noise of its own.
    flux_err = float(np.sqrt((left**2).sum() / (1.0 + _TEMPLATE_NOISE / plan.images)))
    return Point(float(spectrum.sum()), flux_err, x_shift, x_err, y_shift, y_err, int((bad & used).sum()))


_TEMPLATE_NOISE = np.pi / 2  # variance of a median over that of a mean


def fit_spectrum(spectrum: FloatArray, plan: Plan) -> tuple[float, float, float, FloatArray]:
    """Scale, shift along x (px), its error and what is left, shape (nx,), of the spectrum, (nx,), against the template's.

    Least squares of a scaled and shifted template, which is the maximum of the weighted cross-correlation. Columns with pixels left out
    of the aperture do not tell the shift, nor do those near the ends of the trace: gaps and ends stay where they are.
    """
    used = np.asarray(plan.weight.any(axis=0))
    weight = np.where((plan.spectrum == plan.whole) & _inner(used), 1.0 / plan.spectrum_var, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(plan.whole > 0, plan.spectrum / plan.whole, 0.0)
    scale, shift, error = 1.0, 0.0, np.nan
    left = spectrum
    for _ in range(4):
        model, slope = (part * each for each in shifted(plan.whole, shift))
        design = np.stack([model, -slope], axis=1)
        normal = design.T @ (weight[:, None] * design)
        try:
            inverse = np.linalg.inv(normal)
        except np.linalg.LinAlgError:
            return scale, np.nan, np.nan, spectrum - scale * model
        scale, step = inverse @ (design.T @ (weight * spectrum))
        step /= scale
        left = np.where(used, spectrum - scale * (model - step * slope), 0.0)
        pull = (inverse @ (design * weight[:, None]).T)[1] * left  # each column's part in the shift
        error = float(np.sqrt((pull**2).sum())) / abs(scale)
        shift = float(np.clip(shift + step, -3.0, 3.0))
        # Small shifts are linear, and interpolating would smooth the template's noise, which draws the shift to half pixels.
        if abs(step) < 1e-3 or abs(shift) < LINEAR_SHIFT:
            break
    return float(scale), shift, error, left


def _inner(used: BoolArray) -> BoolArray:
    """Columns at least `END_COLUMNS` from one that is not used and from the ends; single columns without a pixel are no end."""
    from scipy.ndimage import binary_closing, binary_erosion

    filled = binary_closing(np.pad(used, END_COLUMNS), iterations=2)[END_COLUMNS:-END_COLUMNS] | used
    return np.asarray(binary_erosion(filled, iterations=END_COLUMNS, border_value=0))


def shifted(spectrum: FloatArray, shift: float) -> tuple[FloatArray, FloatArray]:
    """The spectrum, shape (nx,), moved by ``shift`` px towards larger x, and its derivative per px, by cubic interpolation."""
    from scipy.interpolate import CubicSpline

    if shift == 0.0:
        slope = np.gradient(spectrum)
        if spectrum.size > 4:  # fourth order inside
            slope[2:-2] = (8 * (spectrum[3:-1] - spectrum[1:-3]) - (spectrum[4:] - spectrum[:-4])) / 12
        return spectrum, slope
    curve = CubicSpline(np.arange(spectrum.size, dtype=np.float64), spectrum)
    at = np.clip(np.arange(spectrum.size) - shift, 0, spectrum.size - 1)
    return curve(at), curve(at, 1)


def fit_moment(image: FloatArray, plan: Plan) -> tuple[float, float]:
    """Shift along y, px, of an image, shape (ny, nx), and its error: mean of the columns' centroid shifts, error from their scatter."""
    part = plan.window * image
    moved = (part * plan.distance).sum(axis=0) - plan.moment * part.sum(axis=0)
    light = plan.pull * (part.sum(axis=0).sum() / max((plan.window * plan.template).sum(), 1e-30))
    weight = np.where(plan.pull > 0, light / plan.moment_var, 0.0)
    scale = float((weight * light).sum())
    if not scale > 0:
        return np.nan, np.nan
    shift = float((weight * moved).sum()) / scale
    return shift, float(np.sqrt(((weight * (moved - shift * light)) ** 2).sum())) / scale


def outliers(flux: FloatArray, window: int, limit: float) -> BoolArray:
    """Points of a series, shape (n,), more than ``limit`` times the scatter from the rolling median of ``window`` points.

    STScI-009234 section 3.1 takes 5 sigma.
    """
    off = flux - rolling_median(flux, window)
    scatter = sigma_of(off)
    return np.asarray(np.abs(off) > limit * scatter) if scatter > 0 else np.zeros(flux.size, bool)


def point_scatter(values: FloatArray) -> float:
    """Scatter from point to point of a series, shape (n,), without slow changes and single wild points; NaN with few.

    From second differences.
    """
    bend = values[1:-1] - 0.5 * (values[2:] + values[:-2])
    bend = bend[np.isfinite(bend)]
    if bend.size < 6:
        return np.nan
    kept = bend[np.abs(bend) <= 5.0 * max(MAD_TO_SIGMA * float(np.median(np.abs(bend))), 1e-300)]
    return float(np.sqrt((kept**2).mean() / 1.5)) if kept.size else np.nan
