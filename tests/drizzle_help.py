"""Mosaics of white-noise exposures made by the drizzle package, as the pipeline's resample step makes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from drizzle.resample import Drizzle
from scipy.special import erf

PIXEL = 0.063  # arcsec, of the long-wave detectors
SR = (np.pi / 648000.0) ** 2  # of a square arcsec
SKY = 0.05  # MJy/sr
NOISE = 0.02  # MJy/sr, of a pixel of an exposure
PHOTONS = 1e-3  # MJy/sr of variance for each MJy/sr of light
SIGMA = 2.5 / 2.3548  # pixels of the detector, of a star


def stars(shape: tuple[int, int], x: np.ndarray, y: np.ndarray, flux: np.ndarray) -> np.ndarray:
    """Gaussians integrated over pixels."""
    out = np.zeros(shape)
    for column, row, light in zip(x, y, flux, strict=True):
        x0, y0 = max(round(column) - 8, 0), max(round(row) - 8, 0)
        x1, y1 = min(x0 + 17, shape[1]), min(y0 + 17, shape[0])
        if x1 > x0 and y1 > y0:
            across, down = (
                np.diff(erf((np.arange(low, high + 1) - 0.5 - middle) / np.sqrt(2) / SIGMA)) / 2
                for low, high, middle in ((x0, x1, column), (y0, y1, row))
            )
            out[y0:y1, x0:x1] += light * down[:, None] * across
    return out


def drizzled(
    rng: np.random.Generator, size: int, scale: float, angle: float, x: np.ndarray, y: np.ndarray, mag: np.ndarray, dithers: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """(SCI, ERR), MJy/sr, of stars at pixels (x, y) of a mosaic with pixels of ``scale`` arcsec; ERR as if pixels were independent."""
    ratio = PIXEL / scale
    side = round(1.5 * size / ratio)
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    flux = 3631e-6 * 10 ** (-0.4 * mag) / (PIXEL**2 * SR)
    here = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) - (side - 1) / 2
    whole, variance = Drizzle(out_shape=(size, size), kernel="square"), np.zeros((size, size))
    for _ in range(dithers):
        middle = (size - 1) / 2 + rng.uniform(-3, 3, 2)
        own = (np.stack([x, y], axis=-1) - middle) / ratio @ rotation + (side - 1) / 2
        light = stars((side, side), *own.T, flux)
        var = NOISE**2 + PHOTONS * light
        sci = SKY + light + np.sqrt(var) * rng.standard_normal(light.shape)
        places = ratio * here @ rotation.T + middle
        whole.add_image(sci.astype(np.float32), exptime=1.0, pixmap=places, in_units="cps")
        part = Drizzle(out_shape=(size, size), kernel="square")
        part.add_image(var.astype(np.float32), exptime=1.0, pixmap=places, in_units="cps")
        variance += part.out_img.astype(float) * part.out_wht.astype(float) ** 2
    return whole.out_img.astype(float), np.sqrt(variance) / whole.out_wht


def write_mosaic(path: Path, sci: np.ndarray, err: np.ndarray, scale: float, detector: str, date: str) -> Path:
    """An F444W mosaic with what the photometry needs of its headers."""
    primary = fits.PrimaryHDU()
    primary.header.update({"DETECTOR": detector, "FILTER": "F444W", "PUPIL": "CLEAR", "DATE-OBS": date, "S_RESAMP": "COMPLETE"})
    image = fits.ImageHDU(sci.astype(np.float32), name="SCI")
    middle, step = (sci.shape[0] + 1) / 2, scale / 3600
    image.header.update({"BUNIT": "MJy/sr", "PIXAR_SR": scale**2 * SR, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    image.header.update({"CRVAL1": 265.0, "CRVAL2": 69.0, "CRPIX1": middle, "CRPIX2": middle, "CDELT1": -step, "CDELT2": step})
    fits.HDUList([primary, image, fits.ImageHDU(err.astype(np.float32), name="ERR")]).writeto(path)
    return path
