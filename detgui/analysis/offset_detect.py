"""Sources of an image: background, segmentation and deblending by photutils; bright, compact and unsaturated ones are kept."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.offset_image_params import ImageParams
from detgui.data.field_images import FieldImage
from detgui.science import offset_noise
from detgui.science.offset_photometry import Footprint
from detgui.science.robust import MAD_TO_SIGMA

Array = NDArray[np.float64]

AB_ZERO = 3631e-6
"""MJy of AB magnitude 0 (Oke and Gunn 1983)."""

KRON_FACTOR, KRON_LEAST = 2.5, 3.5
"""SExtractor's PHOT_AUTOPARAMS."""


SKY_BELOW, SKY_MARGIN = 3.0, 4
"""Sigma of the smoothed image from which on a pixel is of a source, and how many pixels around it are too."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Sources of one image: positions in degrees (n,), half-light radii in arcsec (n,), their footprints."""

    ra: Array
    dec: Array
    radius: Array
    footprints: tuple[Footprint, ...]


def magnitude(flux: Array) -> Array:
    """AB magnitudes of fluxes in MJy; NaN for those that are not positive."""
    with np.errstate(all="ignore"):
        out: Array = np.where(flux > 0, -2.5 * np.log10(np.where(flux > 0, flux, 1.0) / AB_ZERO), np.nan)
    return out


def background(image: FieldImage, box: int) -> tuple[Array, Array]:
    """(level, rms) of every pixel, MJy, in boxes of ``box`` pixels, sigma-clipped, medians of 3 x 3 of them."""
    from photutils.background import Background2D

    side = max(min(box, min(image.flux.shape) // 8), 4)
    usable = np.where(image.bad, 0.0, image.flux)
    if image.bad.all():
        return np.zeros_like(usable), np.ones_like(usable)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = Background2D(usable, side, mask=image.bad, filter_size=3, exclude_percentile=90.0)
        except ValueError:  # no box has enough good pixels
            good = usable[~image.bad]
            middle = float(np.median(good))
            spread = float(1.4826 * np.median(np.abs(good - middle))) or 1.0
            return np.full_like(usable, middle), np.full_like(usable, spread)
    return np.asarray(found.background, np.float64), np.asarray(found.background_rms, np.float64)


def correlation(image: FieldImage, data: Array, err: Array, params: ImageParams) -> Array:
    """How the noise of an image (``data`` without background) is correlated from pixel to pixel, on the sky between sources."""
    from scipy.ndimage import binary_dilation, gaussian_filter

    smooth = gaussian_filter(np.where(image.bad, 0.0, data), params.smooth / 2.3548)
    good = ~image.bad
    width = float(MAD_TO_SIGMA * np.median(np.abs(smooth[good]))) if good.any() else 0.0
    light = binary_dilation(smooth > SKY_BELOW * width, iterations=SKY_MARGIN)
    return offset_noise.correlation(data, err, good & ~light)


def detect(image: FieldImage, params: ImageParams) -> Found:
    """Sources brighter than the limit, half a magnitude beyond it, with the signal-to-noise ratio asked for."""
    from photutils.segmentation import SourceCatalog, deblend_sources, detect_sources
    from scipy.ndimage import gaussian_filter

    level, rms = background(image, params.box)
    data = np.where(image.bad, 0.0, image.flux - level)
    smooth = gaussian_filter(data, params.smooth / 2.3548)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        segments = detect_sources(smooth, params.threshold * rms, params.pixels, mask=image.bad)
        if segments is None:
            return Found(np.zeros(0), np.zeros(0), np.zeros(0), ())
        if params.contrast < 1:
            segments = deblend_sources(smooth, segments, params.pixels, contrast=params.contrast, progress_bar=False)
        errors = np.where(np.isfinite(image.err), image.err, rms)
        catalog = SourceCatalog(data, segments, error=errors, mask=image.bad, convolved_data=smooth, kron_params=(KRON_FACTOR, 1.4, 0.0))
        flux, noise = np.atleast_1d(catalog.segment_flux), np.atleast_1d(catalog.segment_flux_err)
        mags = magnitude(np.asarray(flux, np.float64))
        keep = (mags <= params.mag_limit + 0.5) & (flux >= params.snr_limit * noise) & ~_edge(segments, data.shape)
        keep &= np.isfinite(np.atleast_1d(catalog.x_centroid)) & np.isfinite(np.atleast_1d(catalog.y_centroid))
        if not keep.any():
            return Found(np.zeros(0), np.zeros(0), np.zeros(0), ())
        return _footprints(image, segments, catalog[np.flatnonzero(keep)])


def _edge(segments: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Segments that touch the border of the image."""
    touching = np.concatenate([segments.data[0], segments.data[-1], segments.data[:, 0], segments.data[:, -1]])
    return np.isin(segments.labels, np.unique(touching))


def _footprints(image: FieldImage, segments: Any, catalog: Any) -> Found:
    x, y = (np.atleast_1d(np.asarray(each, np.float64)) for each in (catalog.x_centroid, catalog.y_centroid))
    ra, dec = image.sky(x, y)
    jacobians, scale = jacobian(image, ra, dec, x, y)
    half = np.atleast_1d(np.asarray(getattr(catalog.flux_radius(0.5), "value", catalog.flux_radius(0.5)), np.float64))
    kron = np.nan_to_num(_values(catalog.kron_radius), nan=KRON_LEAST / KRON_FACTOR)
    major, minor = _values(catalog.semimajor_axis), _values(catalog.semiminor_axis)
    angle = np.deg2rad(_values(catalog.orientation))
    found = []
    for at, label in enumerate(np.atleast_1d(catalog.labels).tolist()):
        box = segments.bbox[segments.get_index(label)]
        mask = segments.data[box.iymin : box.iymax, box.ixmin : box.ixmax] == label
        size = max(KRON_FACTOR * kron[at], KRON_LEAST)
        ellipse = (size * max(major[at], 0.5), size * max(minor[at], 0.5), float(angle[at]))
        found.append(Footprint(mask, int(box.ixmin), int(box.iymin), (float(x[at]), float(y[at])), jacobians[at], ellipse))
    good = np.isfinite(ra) & np.isfinite(dec) & np.isfinite(half) & np.isfinite(jacobians).all(axis=(1, 2))
    return Found(ra[good], dec[good], (half / scale)[good], tuple(each for each, fine in zip(found, good, strict=True) if fine))


def _values(column: Any) -> Array:
    return np.atleast_1d(np.asarray(getattr(column, "value", column), np.float64))


def jacobian(image: FieldImage, ra: Array, dec: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """((n, 2, 2) pixels an arcsec to the east and the north, (n,) pixels an arcsec) at positions that are at pixels (x, y)."""
    step = 1.0 / 3600
    cosine = np.cos(np.deg2rad(dec))
    east = image.pixels(np.mod(ra + step / np.maximum(cosine, 1e-6), 360.0), dec)
    north = image.pixels(ra, dec + step)
    out = np.stack([np.stack([east[0] - x, north[0] - x], axis=-1), np.stack([east[1] - y, north[1] - y], axis=-1)], axis=-2)
    return out, np.sqrt(np.abs(np.linalg.det(out)))
