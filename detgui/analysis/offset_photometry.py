"""Catalogs from images: sources found once on the reference epoch, the same patches of sky measured on every epoch.

As SExtractor's dual-image mode does for mosaics of one grid (PEARLS JWIDF paper, section 3.1); where grids differ the segments are carried
over by the images' WCS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.offset_detect import Found, background, correlation, detect, jacobian, magnitude
from detgui.analysis.offset_epochs import dates_of
from detgui.analysis.offset_image_params import ImageParams
from detgui.analysis.offset_sources import SNR_MAG, epoch_order
from detgui.analysis.provenance import versions
from detgui.data.catalog_dates import META, to_meta
from detgui.data.catalogs import Catalog, NoneUsable
from detgui.data.field_images import FieldImage, ImageFacts, open_image, read_facts, with_epochs
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.offset_match import unit_vectors
from detgui.science.offset_photometry import Footprint, measure

__all__ = ["ImageParams", "Photometry", "photometry", "run", "write"]

Array = NDArray[np.float64]

STAR_RADIUS = 0.02
"""Half-light radius of a star, arcsec for each micrometre of wavelength: 0.6 of the PSF's FWHM (JDox, NIRCam Point Spread Functions)."""

LEAST_RADIUS = 0.7
"""Of a source, over that of a star."""

NO_ERR = "has no ERR: errors of its magnitudes are those of the sky alone, without the photons of the sources"

SAME = 0.3
"""Arcsec: closer detections on two images of the reference epoch are one source."""


@dataclass(frozen=True, slots=True, eq=False)
class Photometry:
    """``catalog`` of isophotal magnitudes and, of the same rows, ``kron`` magnitudes with their errors; images used and refused."""

    catalog: Catalog
    kron: Array
    kron_err: Array
    images: tuple[ImageFacts, ...]
    refused: tuple[str, ...]

    def with_kron(self) -> Catalog:
        """The catalog with Kron magnitudes, without the rows that have none."""
        good = np.isfinite(self.kron) & np.isfinite(self.kron_err) & (self.kron_err > 0)
        return replace(self.catalog, mag=self.kron, err=self.kron_err, magnitudes=("kron",)).take(good)


def run(paths: Sequence[str | Path], params: ImageParams | None = None, progress: Progress = no_progress) -> Catalog:
    """The catalog of the images, with the magnitudes that the parameters say. Raises `BadInput` where nothing can be measured."""
    params = params or ImageParams()
    found = photometry(paths, params, progress)
    return found.with_kron() if params.magnitude == "kron" else found.catalog


def photometry(paths: Sequence[str | Path], params: ImageParams | None = None, progress: Progress = no_progress) -> Photometry:
    """Both kinds of magnitudes. Raises `BadInput` where no image can be used, there is one epoch only, or no source was found."""
    params = params or ImageParams()
    images, refused = _facts(paths, params)
    epochs = epoch_order(np.array([each.epoch for each in images]))
    if len(epochs) < 2:
        raise NoneUsable([*refused, f"offsets need images of at least two epochs, these are all of epoch {epochs[0]}"])
    reference = params.reference or epochs[0]
    if reference not in epochs:
        raise BadInput(f"there is no epoch {reference}: the images are of epochs {', '.join(epochs)}")
    rows: list[tuple[Any, ...]] = []
    notes: list[str] = []
    filters = sorted({each.filter for each in images})
    done, total = 0, sum(1 + (each.epoch == reference) for each in images)

    def step(text: str) -> None:
        nonlocal done
        progress(min(done / total, 1.0), text)
        done += 1

    for name in filters:
        chosen = [each for each in images if each.filter == name]
        sources = _search([each for each in chosen if each.epoch == reference], params, step, refused)
        for facts in chosen:
            step(f"measuring {facts.path.name}")
            try:
                with open_image(facts) as image:
                    rows += _measure(image, sources, name, params)
                    notes += [f"{facts.path.name} {NO_ERR}"] if not np.isfinite(image.err).any() else []
            except BadInput as error:
                refused.append(str(error))
    if not rows:
        if refused:
            raise NoneUsable(list(dict.fromkeys(refused)))
        raise BadInput("no compact source within the limits was found on the images of the reference epoch")
    return _photometry(rows, images, params, notes, list(dict.fromkeys(refused)))


def _facts(paths: Sequence[str | Path], params: ImageParams) -> tuple[list[ImageFacts], list[str]]:
    found, refused = [], []
    for path in paths:
        try:
            found.append(read_facts(path, params.values))
        except BadInput as error:
            refused.append(str(error))
    if not found:
        raise NoneUsable(refused) if refused else BadInput("no image was given")
    return with_epochs(found), refused


def _search(images: Sequence[ImageFacts], params: ImageParams, step: Any, refused: list[str]) -> Found:
    """Compact sources of the images of the reference epoch, each once."""
    from scipy.spatial import cKDTree

    parts: list[Found] = []
    for facts in images:
        step(f"finding sources on {facts.path.name}")
        try:
            with open_image(facts) as image:
                found = detect(image, params)
        except BadInput as error:
            refused.append(str(error))
            continue
        places = [unit_vectors(each.ra, each.dec) for each in parts if each.ra.size]
        if places and found.ra.size:
            far = cKDTree(np.concatenate(places)).query(unit_vectors(found.ra, found.dec))[0] > np.deg2rad(SAME / 3600)
            found = _take(found, np.flatnonzero(far))
        parts.append(found)
    if not parts:
        return Found(np.zeros(0), np.zeros(0), np.zeros(0), ())
    whole = Found(
        np.concatenate([each.ra for each in parts]),
        np.concatenate([each.dec for each in parts]),
        np.concatenate([each.radius for each in parts]),
        tuple(one for each in parts for one in each.footprints),
    )
    if not whole.ra.size:
        return whole
    return _take(whole, compact(whole.radius, images[0].filter, params.compact))


def compact(radius: Array, filter_: str, most: float) -> NDArray[np.int64]:
    """Indices of sources with half-light radii (arcsec) of stars, or up to ``most`` times as large; smaller ones are hot pixels and
    cosmic rays."""
    least = LEAST_RADIUS * STAR_RADIUS * int(filter_[1:4]) / 100
    large = radius[radius >= least]
    stars = float(np.percentile(large, 10)) if large.size else 0.0
    return np.flatnonzero((radius >= least) & (radius <= most * stars))


def _take(found: Found, which: NDArray[np.int64]) -> Found:
    return Found(found.ra[which], found.dec[which], found.radius[which], tuple(found.footprints[at] for at in which.tolist()))


def _measure(image: FieldImage, sources: Found, name: str, params: ImageParams) -> list[tuple[Any, ...]]:
    """A row for each source that the image shows whole."""
    if not sources.ra.size:
        return []
    x, y = image.pixels(sources.ra, sources.dec)
    ny, nx = image.flux.shape
    inside = np.flatnonzero((x > 0) & (x < nx - 1) & (y > 0) & (y < ny - 1))
    if not inside.size:
        return []
    level, rms = background(image, params.box)
    flux, err = image.flux - level, np.where(np.isfinite(image.err) & (image.err > 0), image.err, rms)
    shared = correlation(image, flux, err, params)
    jacobians, _ = jacobian(image, sources.ra[inside], sources.dec[inside], x[inside], y[inside])
    rows = []
    facts = image.facts
    for at, own in zip(inside.tolist(), jacobians, strict=True):
        footprint: Footprint = sources.footprints[at]
        if not np.isfinite(own).all():
            continue
        found = measure(flux, err, image.bad, image.saturated, footprint, (float(x[at]), float(y[at])), own, shared)
        if found is None or not min(found.iso, found.smooth, found.iso_err) > 0:
            continue
        ra = sources.ra[at] + found.east / 3600 / np.cos(np.deg2rad(sources.dec[at]))
        dec = sources.dec[at] + found.north / 3600
        pixel = (np.nan, np.nan) if facts.mosaic else (float(x[at]), float(y[at]))  # of the detector
        place = (f"{name}-{at + 1:05d}", ra % 360.0, dec, facts.detector, facts.epoch, name, *pixel, facts.exposure)
        rows.append((*place, found.iso, found.iso_err, found.kron, found.kron_err, found.smooth, found.aligned))
    return rows


def _isophotal(iso: Array, smooth: Array, aligned: NDArray[np.bool_], filter_: NDArray[np.str_]) -> Array:
    """Sums of pixels where all images of a filter have the same grid, else integrals of the image between pixels: a part of a pixel at the
    edge of a segment would be taken as if its light were evenly spread, and fluxes on other grids than the segment's come out too faint."""
    out = iso.copy()
    for name in np.unique(filter_):
        rows = filter_ == name
        if not aligned[rows].all():
            out[rows] = smooth[rows]
    return out


def _photometry(
    rows: Sequence[tuple[Any, ...]], images: Sequence[ImageFacts], params: ImageParams, notes: list[str], refused: list[str]
) -> Photometry:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    ident, ra, dec, detector, epoch, filter_, x, y, exposure, iso, iso_err, kron, kron_err, smooth, aligned = columns
    iso = _isophotal(iso, smooth, aligned, filter_)
    catalog = Catalog(
        ident=ident,
        ra=ra,
        dec=dec,
        mag=magnitude(iso),
        err=SNR_MAG * iso_err / iso,
        detector=detector,
        epoch=epoch,
        filter=filter_,
        x=x,
        y=y,
        exposure=exposure,
        shared_ids=True,
        files=tuple(each.path for each in images),
        photometry=tuple(asdict(params).items()),
        notes=tuple(notes),
        refused=tuple(refused),
        magnitudes=("isophotal",),
        dates=tuple((epoch, *days) for epoch, days in dates_of(images).items()),
    )
    with np.errstate(all="ignore"):
        kron_mag_err = np.where(kron > 0, SNR_MAG * kron_err / kron, np.nan)
    return Photometry(catalog, magnitude(kron), kron_mag_err, tuple(images), tuple(refused))


def write(catalog: Catalog, path: Path) -> None:
    """Write a catalog that `detgui.data.catalogs` reads again. Raises `BadInput`."""
    units = {"ra": "deg", "dec": "deg", "mag": "mag", "err": "mag", "x": "pix", "y": "pix"}
    names = {"ident": "id", "err": "mag_err"}
    order = ("ident", "ra", "dec", "mag", "err", "detector", "x", "y", "exposure", "epoch", "filter")
    meta: dict[str, object] = {"magnitudes": ", ".join(catalog.magnitudes), "files": [str(each) for each in catalog.files]}
    meta |= {"long_axis_pa_deg": catalog.long_axis_pa} if catalog.long_axis_pa is not None else {}
    meta |= {META: to_meta(catalog.dates)} if catalog.dates else {}
    meta |= {"photometry": dict(catalog.photometry), "notes": list(catalog.notes), "versions": versions()}
    write_table(path, {names.get(name, name): (getattr(catalog, name), units.get(name, "")) for name in order}, meta)
