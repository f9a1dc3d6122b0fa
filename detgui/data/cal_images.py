"""Calibrated images of NIRCam: what detector and filter, and where the pixels are on the sky; written again with other fluxes."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.tables import _permissions_of_a_new_file
from detgui.data.wcs import PixelWcs, load_wcs
from detgui.data.wcs_tables import GridSky
from detgui.errors import BadInput
from detgui.science.offset_detectors import detector_name

Array = NDArray[np.float64]

LINEAR = ("SCI", "ERR")
SQUARED = ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
PROVENANCE = "DETGUI"
NO_FILTER = ("", "CLEAR", "N/A", "NONE", "MASKRND", "MASKBAR", "FLAT", "MASKIPR", "WLP8", "WLM8", "PINHOLES")


@dataclass(frozen=True, slots=True, eq=False)
class CalImage:
    """``path``, ``shape`` (ny, nx) of SCI, ``detector`` 'nrca1' ... 'nrcblong', ``filter`` in small letters, lines of ``history``;
    ``date`` of the exposure's begin, UTC, and its ``program`` without leading zeros, where the header has them."""

    path: Path
    shape: tuple[int, int]
    detector: str
    filter: str
    history: tuple[str, ...]
    header: Any
    wcs: PixelWcs | None
    date: datetime | None = None
    program: str = ""

    def need_sky(self) -> GridSky:
        """Places of the pixels. Raises `BadInput` where the file gives none."""
        if self.wcs is None or not isinstance(self.wcs.sky, GridSky):
            reason = self.wcs.reason if self.wcs is not None else ""
            raise BadInput(f"a gradient needs a WCS and the file has none{f' ({reason})' if reason else ''}")
        return self.wcs.sky

    def on_sky(self, function: Callable[[Array, Array], Array]) -> Array:
        """A smooth function of (ra, dec), degrees, at every pixel, shape (ny, nx): evaluated on a grid, linear between."""
        vectors = self.need_sky().vectors
        ra = np.mod(np.rad2deg(np.arctan2(vectors[..., 1], vectors[..., 0])), 360.0)
        dec = np.rad2deg(np.arctan2(vectors[..., 2], np.hypot(vectors[..., 0], vectors[..., 1])))
        values = function(ra, dec)
        ny, nx = self.shape
        return _stretch(_stretch(values, ny, 0), nx, 1)

    def scale_x(self) -> float:
        """Size of a pixel along x, arcsec: of the WCS keywords as in the published recipe, else of the gwcs. Raises `BadInput`."""
        from astropy.wcs import WCS

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wcs = WCS(self.header, fix=False, naxis=2)
                if wcs.has_celestial:
                    scale = float(np.sqrt((wcs.pixel_scale_matrix**2).sum(axis=0))[0]) * 3600.0
                    if scale > 0:
                        return scale
            except Exception:  # wcslib has many ways to refuse a header; the gwcs may do
                pass
        sky = self.need_sky()
        middle = sky.vectors[sky.vectors.shape[0] // 2]
        step = (sky.nx - 1) / max(middle.shape[0] - 1, 1)
        return float(np.rad2deg(np.mean(np.linalg.norm(np.diff(middle, axis=0), axis=1))) * 3600.0 / step)


def _stretch(values: Array, length: int, axis: int) -> Array:
    """Linear between equally spaced nodes along an axis, to ``length`` pixels."""
    nodes = values.shape[axis]
    place = np.linspace(0.0, nodes - 1.0, length)
    low = np.minimum(place.astype(np.int64), max(nodes - 2, 0))
    part = np.expand_dims(place - low, 1 - axis)
    first = np.take(values, low, axis)
    out: Array = first + part * (np.take(values, np.minimum(low + 1, nodes - 1), axis) - first)
    return out


def read_cal(path: str | Path, sky: bool = True) -> CalImage:
    """What a calibrated image is; with its places on the ``sky``, which take seconds for a gwcs.

    Raises `BadInput` for what is no image of one NIRCam detector through one filter, or is cut short.
    """
    path = Path(path)
    with open_fits(path) as hdus:
        primary = hdus[0].header
        if "SCI" not in hdus:
            raise BadInput(f"{path.name} has no SCI image")
        header = hdus["SCI"].header
        shape = tuple(int(each) for each in hdus["SCI"].shape)
        if len(shape) not in (2, 3) or min(shape[-2:], default=0) < 1:
            raise BadInput(f"{path.name} is no calibrated image: SCI has {len(shape)} axes")
        if int(header.get("BITPIX", 0)) > 0:
            raise BadInput(f"{path.name} is no calibrated image: SCI holds whole numbers")
        detector = detector_name(str(primary.get("DETECTOR", header.get("DETECTOR", ""))))
        if not detector:
            raise BadInput(f"{path.name} is not of one NIRCam detector: DETECTOR is {primary.get('DETECTOR', 'missing')}")
        lines = tuple(str(line) for line in primary.get("HISTORY", ()))
        band = effective_filter(path, primary)
        date, program = observed(primary), str(primary.get("PROGRAM", "")).strip().lstrip("0")
        both = header.copy()
    wcs = load_wcs(path, shape[-2], shape[-1]) if sky else None
    return CalImage(path, (shape[-2], shape[-1]), detector, band, lines, both, wcs, date, program)


def observed(primary: Any) -> datetime | None:
    """When an exposure began, UTC; None where the header does not say."""
    for name in ("DATE-BEG", "DATE-OBS"):
        try:
            return datetime.fromisoformat(str(primary.get(name, ""))).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def effective_filter(path: Path, header: Any) -> str:
    """The band in small letters: a filter in the pupil wheel is narrower than the one it is used with (F162M with F150W2)."""
    pupil = str(header.get("PUPIL", "")).strip().upper()
    name = str(header.get("FILTER", "")).strip().lower()
    if pupil.startswith("F") and pupil not in NO_FILTER:
        return pupil.lower()
    if pupil.startswith(("GRISM", "GDHS")):
        raise BadInput(f"{path.name} is a spectrum (PUPIL {pupil}), not an image")
    if not name:
        raise BadInput(f"{path.name} does not say its filter")
    return name


@contextmanager
def open_fits(path: Path) -> Iterator[Any]:
    """The HDUs of a file that is complete. Raises `BadInput` naming it and the cause."""
    from astropy.io import fits

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hdus = fits.open(path, memmap=False, lazy_load_hdus=False)
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist") from None
    except Exception as error:  # astropy raises many kinds for files that are none
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise BadInput(f"{path.name} cannot be read as FITS: {reason}") from None
    with hdus:
        _check_size(path, hdus)
        yield hdus


def _check_size(path: Path, hdus: Any) -> None:
    """A file that was cut short must not be worked on as if the rest were zero."""
    if path.suffix.lower() == ".gz":
        return
    end = max(int(hdu.fileinfo()["datLoc"]) + int(hdu.size) for hdu in hdus)
    size = path.stat().st_size
    last = hdus[-1].fileinfo()
    with path.open("rb") as file:  # where a header is cut, astropy leaves its extension out
        file.seek(int(last["datLoc"]) + int(last["datSpan"]))
        if file.read(8) == b"XTENSION":
            raise BadInput(f"{path.name} is cut short: the header after {hdus[-1].name or 'the first'} is not complete")
    if end > size:
        raise BadInput(f"{path.name} is cut short: its headers tell of {end:,} bytes and it has {size:,}")


def write_scaled(
    source: Path, target: Path, factor: Array, *, divide: bool, add: Sequence[str], drop: str, provenance: dict[str, Any] | None
) -> None:
    """Write a copy of a file: SCI and ERR times the ``factor`` (ny, nx), VAR_* times its square, or divided by them.

    Everything else is copied as it is. ``add`` are lines of HISTORY, lines that begin with ``drop`` are left out; the provenance is a
    table of one JSON text in the extension DETGUI, which is removed where there is none. The file appears complete or not at all.
    """
    from astropy.io import fits

    with open_fits(source) as hdus, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for hdu in hdus:
            power = 1 if hdu.name in LINEAR else 2 if hdu.name in SQUARED else 0
            if power and hdu.is_image and hdu.shape:
                _scale(source, hdu, factor**power, divide)
        header = hdus[0].header
        kept = [str(line) for line in header.get("HISTORY", ()) if not (drop and str(line).startswith(drop))]
        if add or drop:
            header.remove("HISTORY", ignore_missing=True, remove_all=True)
            for line in (*kept, *add):
                header.add_history(line)
        if "CHECKSUM" in header:
            hdus[0].add_checksum()
        if PROVENANCE in hdus:
            del hdus[PROVENANCE]
        if provenance is not None:
            text = json.dumps(provenance, ensure_ascii=True)
            hdus.append(fits.BinTableHDU.from_columns([fits.Column("json", f"{len(text)}A", array=np.array([text]))], name=PROVENANCE))
        with beside(target) as temporary:
            hdus.writeto(temporary, overwrite=True, output_verify="silentfix")


def _scale(path: Path, hdu: Any, factor: Array, divide: bool) -> None:
    data = hdu.data
    if data.shape[-2:] != factor.shape:
        raise BadInput(f"{path.name}: {hdu.name} is {data.shape} and SCI is {factor.shape}")
    with np.errstate(all="ignore"):
        hdu.data = (data / factor if divide else data * factor).astype(data.dtype.newbyteorder(">"))
    if "CHECKSUM" in hdu.header or "DATASUM" in hdu.header:
        hdu.add_checksum()


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A temporary file in the folder of ``target`` that takes its place when nothing went wrong. Raises `BadInput`."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".fits", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            _permissions_of_a_new_file(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{target} cannot be written: {error.strerror or error}") from error
