"""Images of a field for photometry: mosaics (i2d) or calibrated images of one NIRCam detector, in MJy/sr with a WCS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.cal_images import effective_filter, observed, open_fits
from detgui.data.wcs import celestial_wcs
from detgui.errors import BadInput
from detgui.science.offset_detectors import detector_name

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

DO_NOT_USE, SATURATED = 1, 2
"""DQ flags (JWST data quality, bits 0 and 1)."""

EPOCH_GAP = timedelta(days=10)
"""Images that are farther apart are of different epochs, where nothing says which they are."""

ARCSEC2 = (np.pi / 648000.0) ** 2
"""sr of a square arcsec."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a header says: ``pixel`` solid angle in sr, ``date`` UTC; ``epoch`` '' until `with_epochs`; whether it is a ``mosaic``, whose
    pixels are not the detector's."""

    path: Path
    shape: tuple[int, int]
    detector: str
    filter: str
    pixel: float
    date: datetime | None
    epoch: str = ""
    mosaic: bool = False

    @property
    def exposure(self) -> str:
        """Name of the exposure or mosaic."""
        return self.path.name.split(".fits")[0]


@dataclass(frozen=True, slots=True, eq=False)
class FieldImage:
    """Pixels, shapes (ny, nx): ``flux`` and ``err`` (NaN where not known) MJy a pixel, ``bad`` and ``saturated``; ``wcs`` both ways."""

    facts: ImageFacts
    flux: Array
    err: Array
    bad: Mask
    saturated: Mask
    wcs: Any

    def pixels(self, ra: Array, dec: Array) -> tuple[Array, Array]:
        """(x, y), 0-based, of positions in degrees; NaN where the WCS gives none."""
        x, y = self.wcs.world_to_pixel_values(ra, dec)
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def sky(self, x: Array, y: Array) -> tuple[Array, Array]:
        """(ra, dec), degrees, of 0-based pixels."""
        ra, dec = self.wcs.pixel_to_world_values(x, y)
        return np.mod(np.asarray(ra, np.float64), 360.0), np.asarray(dec, np.float64)


def read_facts(path: str | Path, values: Sequence[tuple[str, str, str]] = ()) -> ImageFacts:
    """What an image is; ``values`` (role, value, file name or '') go before its header. Raises `BadInput` naming the file."""
    path = Path(path)
    given = {role: value for file in ("", path.name) for role, value, name in values if name == file}
    with open_fits(path) as hdus:
        primary = hdus[0].header
        sci = hdus["SCI"] if "SCI" in hdus else hdus[0]
        shape = tuple(int(each) for each in sci.shape or ())
        if len(shape) != 2:
            raise BadInput(f"{path.name} is no image: it has {len(shape)} axes")
        header = sci.header
        unit = str(header.get("BUNIT", primary.get("BUNIT", ""))).replace(" ", "")
        if unit.lower() != "mjy/sr":
            raise BadInput(f"{path.name} is in {unit or 'no unit'}, photometry needs MJy/sr")
        said = str(primary.get("DETECTOR", header.get("DETECTOR", "")))
        detector = detector_name(given.get("detector", said))
        if not detector:
            raise BadInput(
                f"{path.name} is not of one NIRCam detector (DETECTOR is {said or 'missing'}): make mosaics of each detector,"
                " or say --value detector=nrca1@FILE"
            )
        band = given["filter"].lower() if "filter" in given else effective_filter(path, primary)
        resampled = str(primary.get("S_RESAMP", "")).strip().upper() == "COMPLETE"
        mosaic = resampled or "WHT" in hdus or path.name.split(".fits")[0].lower().endswith("_i2d")
        pixel, date = _pixel(path, header, primary), observed(primary)
        return ImageFacts(path, (shape[0], shape[1]), detector, band, pixel, date, given.get("epoch", ""), mosaic)


def _pixel(path: Path, header: Any, primary: Any) -> float:
    for name, factor in (("PIXAR_SR", 1.0), ("PIXAR_A2", ARCSEC2)):
        value = header.get(name, primary.get(name))
        if isinstance(value, int | float) and value > 0:
            return float(value) * factor
    raise BadInput(f"{path.name} has no PIXAR_SR: how large its pixels are is not known")


def with_epochs(images: Sequence[ImageFacts]) -> list[ImageFacts]:
    """The same with an epoch each: as given, else '1', '2', ... by dates with gaps of 10 days. Raises `BadInput` where there is no date."""
    open_ = [each for each in images if not each.epoch]
    if open_ and len(open_) < len(images):
        raise BadInput(f"{open_[0].path.name} has no epoch and others have: give it to all, or to none")
    if not open_:
        return list(images)
    undated = next((each for each in images if each.date is None), None)
    if undated is not None:
        raise BadInput(f"{undated.path.name} has neither a date nor an epoch: say --value epoch=1@{undated.path.name}")
    dated = sorted(images, key=lambda each: each.date or datetime.min.replace(tzinfo=UTC))
    found, number = [], 1
    for at, each in enumerate(dated):
        before = dated[at - 1].date if at else each.date
        if each.date is not None and before is not None and each.date - before > EPOCH_GAP:
            number += 1
        found.append(replace(each, epoch=str(number)))
    return sorted(found, key=lambda each: [one.path for one in images].index(each.path))


@contextmanager
def open_image(facts: ImageFacts) -> Iterator[FieldImage]:
    """The pixels of an image. Raises `BadInput` where the file has no WCS."""
    ny, nx = facts.shape
    with open_fits(facts.path) as hdus:
        sci = hdus["SCI"] if "SCI" in hdus else hdus[0]
        scale = np.full((ny, nx), facts.pixel)
        if "AREA" in hdus and hdus["AREA"].shape == facts.shape:
            area = np.asarray(hdus["AREA"].data, np.float64)
            scale *= np.where(np.isfinite(area) & (area > 0), area, 1.0)
        flux = np.asarray(sci.data, np.float64) * scale
        err = (
            np.asarray(hdus["ERR"].data, np.float64) * scale
            if "ERR" in hdus and hdus["ERR"].shape == facts.shape
            else np.full_like(flux, np.nan)
        )
        flags = hdus["DQ"].data if "DQ" in hdus and hdus["DQ"].shape == facts.shape else np.zeros((ny, nx), np.uint32)
        bad = ~np.isfinite(flux) | ((flags & DO_NOT_USE) > 0)
        saturated = (flags & SATURATED) > 0
    with celestial_wcs(facts.path, ny, nx) as wcs:
        yield FieldImage(facts, flux, err, bad, saturated, wcs)
