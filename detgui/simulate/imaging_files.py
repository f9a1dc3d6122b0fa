"""Images of a simulated field: calibrated images of every array and exposure, or mosaics of every array and epoch, with WCS."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui import __version__
from detgui.progress import Progress
from detgui.science.dq import DO_NOT_USE, SATURATED
from detgui.science.offset_sky import from_tangent_plane
from detgui.simulate.identity import PROGRAM, fill, nircam, tangent_plane
from detgui.simulate.imaging_params import ImagingParams, day_of
from detgui.simulate.imaging_scene import Pointing, Scene, pointings, shifts_of, to_sky, variability
from detgui.simulate.staging import Staging, check_room
from detgui.simulate.writer import layout, write_parts

Array = NDArray[np.float64]

FWHM = 2.5
"""Of a star, pixels."""

SKY = 0.05
"""MJy/sr."""

AB_ZERO = 3631e-6  # MJy of AB magnitude 0 (Oke and Gunn 1983)
SNR_22 = 150.0
SNR_18 = 2000.0
"""Of stars of 22 and 18 mag, from the noise of pixels and from photons."""

SATURATED_AT = 17.8
"""mag of a star whose peak saturates."""

BAD_PIXELS = 0.001


def write_images(params: ImagingParams, scene: Scene, folder: Path, progress: Progress) -> list[Path]:
    """Write all images or none; returns their paths. Raises `BadInput` where there is no room for them."""
    jobs = [
        (filter_, each) for filter_ in params.filters for each in pointings(params, filter_) if params.images == "cal" or each.dither == 0
    ]
    check_room(folder, 24 * params.size**2 * len(jobs))
    names = [_name(params, filter_, each) for filter_, each in jobs]
    with Staging(folder) as staged:
        for at, (name, (filter_, each)) in enumerate(zip(names, jobs, strict=True)):
            progress(at / len(jobs), f"image of {each.detector}, epoch {each.epoch + 1}")
            grid = each if params.images == "cal" else _mosaic_grid(params, filter_, each)
            rng = np.random.default_rng([params.seed, 5, at])
            with _model(params, filter_, each, grid, expose(params, scene, filter_, each, grid, rng)) as model:
                model.meta.filename = name
                write_parts(staged.path(name), layout(model, 1, ()))
        staged.keep()
    return [folder / name for name in names]


def _mosaic_grid(params: ImagingParams, filter_: str, pointing: Pointing) -> Pointing:
    """The grid of a mosaic: that of the array that lies there in the first epoch, not dithered."""
    first = [each for each in pointings(params, filter_, dithered=False) if each.epoch == 0]
    return min(first, key=lambda each: float(np.hypot(each.d - pointing.d, each.c - pointing.c)))


def expose(
    params: ImagingParams, scene: Scene, filter_: str, pointing: Pointing, grid: Pointing, rng: np.random.Generator
) -> tuple[Array, Array, Array, NDArray[np.uint32]]:
    """(SCI, ERR, VAR_POISSON, DQ) of an array on a grid, MJy/sr; NaN where a mosaic's grid reaches beyond the array."""
    size = params.size
    pixel = pixel_area(grid, size)
    varies = variability(params, filter_)[pointing.epoch]
    mag = scene.mag + varies + shifts_of(params, pointing, filter_, scene.d)
    flux = AB_ZERO * 10 ** (-0.4 * mag) / pixel
    x, y = grid.pixel(scene.d, scene.c, size)
    light = np.zeros((size, size))
    for at in np.flatnonzero((x > -20) & (x < size + 20) & (y > -20) & (y < size + 20)).tolist():
        _add(light, float(x[at]), float(y[at]), float(flux[at]), FWHM / 2.3548 * float(scene.size[at]))
    star_22, star_18 = (AB_ZERO * 10 ** (-0.4 * each) / pixel for each in (22.0, 18.0))
    noise = star_22 / (SNR_22 * np.sqrt(np.pi) * FWHM)
    poisson = np.maximum(light, 0) * star_18 / SNR_18**2
    err = np.sqrt(noise**2 + poisson)
    sci = SKY + light + err * rng.standard_normal((size, size))
    peak = AB_ZERO * 10 ** (-0.4 * SATURATED_AT) / pixel * 0.8 / FWHM**2
    dq = np.where(light > peak, SATURATED, 0).astype(np.uint32)
    if pointing is grid:
        bad = rng.random((size, size)) < BAD_PIXELS
        sci[bad] = np.nan
        dq[bad] |= DO_NOT_USE
    outside = _outside(pointing, grid, size)
    for image in (sci, err, poisson):
        image[outside] = np.nan
    dq[outside] |= DO_NOT_USE
    return sci, err, poisson, dq


def pixel_area(grid: Pointing, size: int) -> float:
    """Solid angle of a pixel, sr."""
    return float(np.deg2rad(grid.side / 60.0 / size) ** 2)


def _add(image: Array, x: float, y: float, flux: float, sigma: float) -> None:
    """Add a Gaussian, integrated over pixels, 5 sigma wide."""
    from scipy.special import erf

    reach = int(np.ceil(5 * sigma)) + 1
    x0, x1 = max(round(x) - reach, 0), min(round(x) + reach + 1, image.shape[1])
    y0, y1 = max(round(y) - reach, 0), min(round(y) + reach + 1, image.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    across, down = (
        np.diff(erf((np.arange(low, high + 1) - 0.5 - middle) / (np.sqrt(2) * sigma))) / 2
        for low, high, middle in ((x0, x1, x), (y0, y1, y))
    )
    image[y0:y1, x0:x1] += flux * down[:, None] * across[None, :]


def _outside(pointing: Pointing, grid: Pointing, size: int) -> NDArray[np.bool_]:
    """Pixels of a grid that the array does not see."""
    place = (np.arange(size) - (size - 1) / 2) * grid.side / size * grid.turn
    d, c = np.abs(grid.d + place - pointing.d), np.abs(grid.c + place - pointing.c)
    half = pointing.side / 2 + 1e-9
    out: NDArray[np.bool_] = (c[:, None] > half) | (d[None, :] > half)
    return out


def _model(params: ImagingParams, filter_: str, pointing: Pointing, grid: Pointing, planes: tuple[Any, ...]) -> Any:
    from stdatamodels.jwst import datamodels

    sci, err, poisson, dq = planes
    model = datamodels.ImageModel(sci.astype(np.float32))
    model.err, model.dq = err.astype(np.float32), dq
    model.var_poisson = poisson.astype(np.float32)
    model.var_rnoise = (err**2 - poisson).astype(np.float32)
    _fill(model.meta, params, filter_, pointing, grid)
    model.add_history_entry(f"SIMULATED by detgui {__version__}")
    return model


def _name(params: ImagingParams, filter_: str, pointing: Pointing) -> str:
    if params.images == "i2d":
        return f"imaging_epoch{pointing.epoch + 1}_{pointing.detector}_{filter_}_i2d.fits"
    activity = 2 + params.filters.index(filter_)
    return f"jw{PROGRAM}{pointing.epoch + 1:03d}001_{activity:02d}101_{pointing.dither + 1:05d}_{pointing.detector}_cal.fits"


def _fill(meta: Any, params: ImagingParams, filter_: str, pointing: Pointing, grid: Pointing) -> None:
    east, north = to_sky(grid.d, grid.c, params.long_axis)
    ra, dec = from_tangent_plane(east, north, params.ra, params.dec)
    date = day_of(params, pointing.epoch) + timedelta(minutes=20 * pointing.dither)
    area = pixel_area(grid, params.size)
    groups: dict[str, dict[str, Any]] = {
        "instrument": {**nircam(pointing.detector.upper()), "filter": filter_.upper(), "pupil": "CLEAR"},
        "exposure": {"type": "NRC_IMAGE"},
        "observation": {"program_number": PROGRAM, "date": date.date().isoformat(), "time": date.time().isoformat()},
        "program": {"title": "SIMULATED field of several epochs", "pi_name": "none"},
        "target": {"catalog_name": "SIMULATED"},
        "photometry": {"pixelarea_steradians": area, "pixelarea_arcsecsq": area * (648000.0 / np.pi) ** 2},
        "cal_step": {"assign_wcs": "COMPLETE", "photom": "COMPLETE", "flat_field": "COMPLETE"},
        "wcsinfo": _wcs(params, grid, float(ra), float(dec)),
    }
    fill(meta, groups, "MJy/sr")
    meta.bunit_err = "MJy/sr"
    meta.coordinates.reference_frame = "ICRS"


def _wcs(params: ImagingParams, grid: Pointing, ra: float, dec: float) -> dict[str, Any]:
    """Keywords: x along d and y across, both turned about with the module; the tangent point is the field's middle."""
    size = params.size
    x, y = grid.pixel(np.zeros(1), np.zeros(1), size)
    turn = np.deg2rad(params.long_axis)
    step = grid.side / 60.0 / size
    sine, cosine = float(grid.turn * np.sin(turn)), float(grid.turn * np.cos(turn))
    matrix = ((sine, cosine), (cosine, -sine))
    return tangent_plane((float(x[0]) + 1, float(y[0]) + 1), (params.ra, params.dec), step, matrix) | {"ra_ref": ra, "dec_ref": dec}
