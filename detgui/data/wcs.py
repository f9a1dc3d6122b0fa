"""Sky and wavelength of a pixel, where the file's own WCS gives them.

Loading takes up to seconds (ASDF and gwcs are imported, transforms evaluated) and belongs in a worker; `PixelWcs.place` takes microseconds.
Sources, best first: the gwcs of the ASDF extension (``assign_wcs``), the FITS keywords of SCI; wavelengths of a WAVELENGTH plane
go before those of the gwcs because they hold the pipeline's correction for the source's place in the slit.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.wcs_tables import Evaluate, GridSky, Table, full_table, grid_sky
from detgui.errors import BadInput, Cancelled
from detgui.progress import Progress, no_progress

COARSE = "pointing of the header: assign_wcs has not run"
_TABLE_PIXELS = 1_300_000  # largest image whose every pixel is evaluated: a MIRI spectrometer frame


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pixel looks: ICRS degrees and micrometres, NaN where not known; ``note`` says what to bear in mind."""

    ra_deg: float = np.nan
    dec_deg: float = np.nan
    wavelength_um: float = np.nan
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PixelWcs:
    """Sky and wavelength of the pixels of one image; ``source`` says where from, ``reason`` why nothing is known."""

    sky: GridSky | Table | None = None
    wavelength_um: NDArray[np.float64] | None = None
    source: str = ""
    note: str = ""
    reason: str = ""

    @property
    def known(self) -> bool:
        """True where the file gives anything."""
        return self.sky is not None or self.wavelength_um is not None

    def place(self, x: int, y: int) -> Place | None:
        """Place of the 0-based array pixel (x, y); None where the file does not give it."""
        ra, dec, wavelength = self.sky.at(x, y) if self.sky is not None else (np.nan, np.nan, np.nan)
        plane = self.wavelength_um
        if plane is not None:
            inside = 0 <= y < plane.shape[0] and 0 <= x < plane.shape[1]
            wavelength = float(plane[y, x]) if inside else np.nan
        if np.isnan(ra) and np.isnan(wavelength):
            return None
        return Place(ra, dec, wavelength, self.note)


def load_wcs(path: str | Path, ny: int, nx: int, extver: int = 1, progress: Progress = no_progress) -> PixelWcs:
    """WCS of the image of shape (ny, nx) in extension (SCI, extver), or of the primary HDU of files without SCI.

    A file without WCS gives an object whose ``reason`` says so. Raises `BadInput` where the file cannot be read, and `Cancelled`.
    """
    path = Path(path)
    progress(0.0, "reading the WCS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # keywords out of date and the like, which nobody here can mend
        parts = _read_parts(path, extver)
        progress(0.1, "reading the WCS")
        found = _from_gwcs(path, parts, (ny, nx), extver, progress)
        if found.sky is None:
            found = _from_keywords(parts, (ny, nx), found)
    plane = parts.wavelength
    if plane is not None and plane.shape == (ny, nx):
        source = f"{found.source}, WAVELENGTH plane" if found.source else "WAVELENGTH plane"
        found = replace(found, wavelength_um=plane, source=source, reason="")
    progress(1.0, "WCS read")
    return found


@contextmanager
def celestial_wcs(path: str | Path, ny: int, nx: int, extver: int = 1) -> Iterator[Any]:
    """The WCS itself (gwcs, else `astropy.wcs.WCS`) of an image of shape (ny, nx), for sky positions both ways; usable inside the block.

    Raises `BadInput` where the file cannot be read, or gives sky coordinates of no pixel without knowing more than the pixel.
    """
    path = Path(path)
    with warnings.catch_warnings(), ExitStack() as files:
        warnings.simplefilter("ignore")
        parts = _read_parts(path, extver)
        found = _imaging_gwcs(path, (ny, nx), extver, files) if parts.has_gwcs else None
        yield found if found is not None else _keyword_wcs(path, parts)


def _imaging_gwcs(path: Path, shape: tuple[int, int], extver: int, files: ExitStack) -> Any | None:
    """The gwcs where it is that of an image of the sky."""
    try:
        from stdatamodels import asdf_in_fits

        wcs = _gwcs_of(files.enter_context(asdf_in_fits.open(path)).tree, extver)
        usable = wcs is not None and wcs.forward_transform.n_inputs == 2 and not _reaches_beyond(wcs, shape)
        return wcs if usable and not _gwcs_function(wcs)[1] else None
    except Exception:  # a tree of another library's objects, of any age; the keywords may do
        return None


def _keyword_wcs(path: Path, parts: _Parts) -> Any:
    from astropy.wcs import WCS

    try:
        wcs = WCS(parts.header, fix=False, naxis=2)  # the axes of the image: those of groups and integrations need not be described
    except Exception as error:  # wcslib has many ways to refuse a header
        raise BadInput(f"the WCS keywords of {path.name} cannot be used: {type(error).__name__}") from None
    if not wcs.has_celestial:
        raise BadInput(f"{path.name} has no WCS that gives sky coordinates of its pixels")
    return wcs.celestial


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What is needed of a file: the image's header, whether its WCS was assigned, wavelengths, whether ASDF holds a gwcs."""

    name: str
    header: Any
    assigned: bool
    jwst: bool
    wavelength: NDArray[np.float64] | None
    has_gwcs: bool


def _read_parts(path: Path, extver: int) -> _Parts:
    from astropy.io import fits

    try:
        with fits.open(path, lazy_load_hdus=True) as hdus:
            names = {(hdu.name, hdu.ver) for hdu in hdus}
            primary = hdus[0].header
            header = hdus["SCI", extver].header if ("SCI", extver) in names else primary
            plane = hdus["WAVELENGTH", extver].data if ("WAVELENGTH", extver) in names else None
            asdf = hdus["ASDF"].data if ("ASDF", 1) in names else None
            assigned = primary.get("S_WCS") == "COMPLETE"
            jwst = primary.get("TELESCOP") == "JWST"
            return _Parts(path.name, header.copy(), assigned, jwst, _wavelengths(plane), asdf is not None and b"gwcs" in asdf.tobytes())
    except (OSError, TypeError, ValueError, KeyError, IndexError) as error:
        raise BadInput(
            f"the WCS of {path.name} cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from None


def _wavelengths(plane: NDArray[Any] | None) -> NDArray[np.float64] | None:
    """Micrometres; the pipeline writes 0 or NaN where it does not know, and a plane of only those is none."""
    if plane is None or plane.ndim != 2:
        return None
    values = plane.astype(np.float64)
    values[~(values > 0)] = np.nan
    return values if np.isfinite(values).any() else None


def _from_gwcs(path: Path, parts: _Parts, shape: tuple[int, int], extver: int, progress: Progress) -> PixelWcs:
    if not parts.has_gwcs:
        return PixelWcs()
    try:
        from stdatamodels import asdf_in_fits

        # The transforms' own arrays are read when they are evaluated: not after the file is closed.
        with asdf_in_fits.open(path) as file:
            wcs = _gwcs_of(file.tree, extver)
            progress(0.5, "evaluating the WCS")
            return PixelWcs() if wcs is None else _evaluated(wcs, shape, progress)
    except Cancelled:
        raise
    except Exception as error:  # a tree of another library's objects, of any age
        return PixelWcs(reason=f"the gwcs of {parts.name} cannot be used: {_first_line(error)}")


def _gwcs_of(tree: Any, extver: int) -> Any | None:
    """The image's gwcs in the tree of a JWST data model; files of several slits have one each."""
    slits = tree.get("slits") or tree.get("exposures")
    node = slits[extver - 1] if slits and extver <= len(slits) else tree
    return node.get("meta", {}).get("wcs")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _evaluated(wcs: Any, shape: tuple[int, int], progress: Progress) -> PixelWcs:
    if wcs.forward_transform.n_inputs != 2:
        return PixelWcs(reason="the file's WCS needs more than a pixel: a slit or a spectral order")
    if _reaches_beyond(wcs, shape):
        return PixelWcs(reason="the file was cut out of a larger image: its gwcs is for that one")
    evaluate, spectral = _gwcs_function(wcs)
    if not spectral:
        return PixelWcs(grid_sky(evaluate, shape), source="gwcs")
    if shape[0] * shape[1] > _TABLE_PIXELS:
        return PixelWcs(reason="the image is too large for the WCS of a spectrum to be evaluated")
    table = full_table(evaluate, shape, lambda part: progress(0.5 + 0.5 * part, "evaluating the WCS"))
    return PixelWcs(table if table.known else None, source="gwcs")


def _reaches_beyond(wcs: Any, shape: tuple[int, int]) -> bool:
    """Whether the gwcs was made for a larger image: cut-outs keep it while their FITS keywords follow."""
    intervals = getattr(wcs.bounding_box, "intervals", None)  # by number of the input: 0 is x; a box made of several has none
    if not intervals:
        return False
    return any(float(intervals[axis].upper) > length + 0.5 for axis, length in enumerate(reversed(shape)) if axis in intervals)


def _gwcs_function(wcs: Any) -> tuple[Evaluate, bool]:
    """A function of arrays x, y to (ra, dec, wavelength), and whether it gives wavelengths."""
    frame = wcs.output_frame
    frame = getattr(wcs, frame) if isinstance(frame, str) else frame
    kinds = list(frame.axes_type)
    spatial = [n for n, kind in enumerate(kinds) if kind == "SPATIAL"]
    spectral = kinds.index("SPECTRAL") if "SPECTRAL" in kinds else None
    if len(spatial) != 2:
        raise ValueError("its output is no celestial frame")
    to_um = frame.unit[spectral].to("um") if spectral is not None else 1.0

    def evaluate(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        values = [np.asarray(value, np.float64) for value in wcs(x, y)]
        wavelength = values[spectral] * to_um if spectral is not None else np.full(x.shape, np.nan)
        return values[spatial[0]], values[spatial[1]], wavelength

    return evaluate, spectral is not None


def _from_keywords(parts: _Parts, shape: tuple[int, int], failed: PixelWcs) -> PixelWcs:
    from astropy.wcs import WCS

    try:
        wcs = WCS(parts.header, fix=False)
        if not wcs.has_celestial:
            return failed if failed.reason else PixelWcs(reason=f"{parts.name} has no WCS")
        celestial = wcs.celestial

        def evaluate(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
            ra, dec = celestial.all_pix2world(x, y, 0)
            return ra, dec, np.full(x.shape, np.nan)

        sky = grid_sky(evaluate, shape)
    except Exception as error:  # wcslib has many ways to refuse a header
        return PixelWcs(reason=f"the WCS keywords of {parts.name} cannot be used: {type(error).__name__}")
    return PixelWcs(sky, source="FITS keywords", note=COARSE if parts.jwst and not parts.assigned else failed.reason)
