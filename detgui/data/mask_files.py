"""FITS masks in and out: boolean, labelled, JWST MASK reference style, and the ``user_mask`` of the clean_flicker_noise step."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.tables import write_whole
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.regions import KINDS, Mask, join

MOST_LABELS = 200
"""Labels of one image; more is a picture, not a mask."""

DO_NOT_USE = 1

NamedMask = tuple[str, str, Mask]


def read_fits_masks(
    path: Path, shape: tuple[int, int], geometry: DetectorGeometry | None = None, kind: str = "region of interest"
) -> list[NamedMask]:
    """(name, kind, mask) of every mask in a FITS file, each of ``shape`` (ny, nx).

    Read are, in this order: LABELS with the table REGIONS, every MASK extension, a DQ plane of a file without SCI (the pixels that are
    DO_NOT_USE, kind 'exclude'), the first image (0 and 1, or whole numbers as labels). A mask of the full frame is cut to the subarray of
    ``geometry``; one with SUBSTRT1/2 of its own is put where it belongs. Raises BadInput for another size or what is no mask.
    """
    from astropy.io import fits

    path = Path(path)
    try:
        # Warnings of damage say less than the error that follows.
        with warnings.catch_warnings(action="ignore"), fits.open(path, memmap=False) as hdus:
            primary = hdus[0].header
            images = [hdu for hdu in hdus if hdu.is_image and len(hdu.shape) == 2]
            by_name = {name: [hdu for hdu in images if hdu.name == name] for name in ("LABELS", "MASK", "DQ", "SCI")}
            if by_name["LABELS"]:
                return _labels(path, _pixels(path, by_name["LABELS"][0], primary, shape, geometry), _described(hdus), kind)
            if by_name["MASK"]:
                return [_single(path, hdu, primary, shape, geometry, kind) for hdu in by_name["MASK"]]
            if by_name["DQ"] and not by_name["SCI"]:
                flags = _pixels(path, by_name["DQ"][0], primary, shape, geometry)
                return [("DO_NOT_USE", "exclude", (flags.astype(np.int64) & _do_not_use(hdus)) != 0)]
            if not images:
                raise BadInput(f"{path.name}: holds no image that could be a mask")
            return _image(path, (by_name["SCI"] or images)[0], primary, shape, geometry, kind)
    except BadInput:
        raise
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError) as error:
        raise BadInput(f"{path.name}: cannot be read as a FITS mask: {' '.join(str(error).split())[:200]}") from error


def write_mask(path: Path, masks: Sequence[NamedMask], geometry: DetectorGeometry | None = None) -> None:
    """Write boolean masks (name, kind, mask), each a MASK extension of bytes 0 and 1 with NAME and KIND."""
    from astropy.io import fits

    hdus = [_primary(geometry)]
    for number, (name, kind, mask) in enumerate(masks, start=1):
        header = fits.Header()
        header["NAME"] = (_ascii(name), "name of the region")
        header["KIND"] = (kind, "what the region is for")
        hdus.append(fits.ImageHDU(mask.astype(np.uint8), header, "MASK", ver=number))
    _save(path, hdus)


def write_labels(path: Path, masks: Sequence[NamedMask], geometry: DetectorGeometry | None = None) -> None:
    """Write a label image (0 outside, then 1, 2, ... in order) with the table REGIONS. Raises BadInput where two masks share a pixel."""
    from astropy.io import fits
    from astropy.table import Table

    if not masks:
        raise BadInput(f"{Path(path).name}: there is no region to write")
    labels = np.zeros(masks[0][2].shape, np.int32)
    for number, (name, _, mask) in enumerate(masks, start=1):
        if labels[mask].any():
            raise BadInput(f"{Path(path).name}: a pixel has one label only, and {name or f'region {number}'} covers one that is taken")
        labels[mask] = number
    rows = [(number, _ascii(name), kind) for number, (name, kind, _) in enumerate(masks, start=1)]
    table = fits.BinTableHDU(Table(rows=rows, names=("label", "name", "kind")), name="REGIONS")
    _save(path, [_primary(geometry), fits.ImageHDU(labels, name="LABELS"), table])


def write_user_mask(path: Path, background: Mask, geometry: DetectorGeometry | None = None) -> None:
    """Write the ``user_mask`` of clean_flicker_noise: an ImageModel whose SCI is 1 where the noise is measured, 0 where it is not.

    Source: jwst.clean_flicker_noise, ``_make_scene_mask`` (the data are taken as booleans, True is background).
    """
    from astropy.io import fits

    header = fits.Header()
    header["NAME"] = ("background", "name of the region")
    header["KIND"] = ("background", "what the region is for")
    _save(path, [_primary(geometry, "ImageModel"), fits.ImageHDU(background.astype(np.float32), header, "SCI")])


def background_of(masks: Sequence[NamedMask], shape: tuple[int, int]) -> Mask:
    """Pixels for a ``user_mask``: the background regions, or everything where there are none, without the regions of all other kinds but
    'region of interest'."""
    regions = {kind: np.zeros(shape, np.bool_) for kind in KINDS}
    for _, kind, mask in masks:
        regions[kind] |= mask
    start = regions["background"] if regions["background"].any() else np.ones(shape, np.bool_)
    return join(start, regions["source"] | regions["exclude"] | regions["void"], "subtract")


def write_dq_mask(path: Path, bad: Mask, geometry: DetectorGeometry | None = None) -> None:
    """Write a mask in the layout of JWST MASK reference files: DQ (uint32, DO_NOT_USE) and DQ_DEF."""
    from astropy.io import fits

    table = np.array(
        [(0, DO_NOT_USE, "DO_NOT_USE", "Bad pixel. Do not use.")], [("BIT", "i4"), ("VALUE", "i4"), ("NAME", "S40"), ("DESCRIPTION", "S80")]
    )
    primary = _primary(geometry, "MaskModel")
    primary.header["REFTYPE"] = "MASK"
    _save(path, [primary, fits.ImageHDU(bad.astype(np.uint32) * np.uint32(DO_NOT_USE), name="DQ"), fits.BinTableHDU(table, name="DQ_DEF")])


def _primary(geometry: DetectorGeometry | None, model: str = "") -> Any:
    from astropy.io import fits

    hdu = fits.PrimaryHDU()
    hdu.header["TELESCOP"] = "JWST"
    if model:
        hdu.header["DATAMODL"] = model
    if geometry is not None and geometry.known:
        cards = {"DETECTOR": geometry.detector, "FASTAXIS": geometry.fastaxis, "SLOWAXIS": geometry.slowaxis}
        cards.update(SUBSTRT1=geometry.xstart, SUBSTRT2=geometry.ystart, SUBSIZE1=geometry.nx, SUBSIZE2=geometry.ny)
        hdu.header.update(cards)
    return hdu


def _save(path: Path, hdus: list[Any]) -> None:
    from astropy.io import fits

    buffer = io.BytesIO()
    fits.HDUList(hdus).writeto(buffer)
    write_whole(Path(path), buffer.getvalue())


def _ascii(name: str) -> str:
    """FITS headers hold printable ASCII."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in name)[:60]


def _pixels(path: Path, hdu: Any, primary: Any, shape: tuple[int, int], geometry: DetectorGeometry | None) -> NDArray[Any]:
    """The image cut and placed to ``shape``; its size is checked before its pixels are read."""
    size = tuple(hdu.shape)
    place = _place(primary, size, shape, geometry)
    if place is None:
        raise BadInput(f"{path.name}: the mask has {size[1]} x {size[0]} pixels and the image {shape[1]} x {shape[0]}")
    values: NDArray[Any] = np.asarray(hdu.data)
    dx, dy = place
    if (dx, dy) == (0, 0) and size == shape:
        return values
    out = np.zeros(shape, values.dtype)
    low_y, high_y, low_x, high_x = max(dy, 0), min(dy + size[0], shape[0]), max(dx, 0), min(dx + size[1], shape[1])
    if low_y < high_y and low_x < high_x:
        out[low_y:high_y, low_x:high_x] = values[low_y - dy : high_y - dy, low_x - dx : high_x - dx]
    return out


def _place(primary: Any, size: tuple[int, ...], shape: tuple[int, int], geometry: DetectorGeometry | None) -> tuple[int, int] | None:
    """Where in the image the mask's first pixel goes (x, y); None where that is not known or the detector is another one."""
    if geometry is None or not geometry.known:
        return (0, 0) if size == shape else None
    detector = str(primary.get("DETECTOR", geometry.detector)).upper()
    start = primary.get("SUBSTRT1"), primary.get("SUBSTRT2")
    full = (geometry.full_size[1], geometry.full_size[0])
    stated = detector == geometry.detector.upper() and all(isinstance(value, int) for value in start)
    if stated and size[0] <= full[0] and size[1] <= full[1]:
        return start[0] - geometry.xstart, start[1] - geometry.ystart
    if size == shape:
        return 0, 0
    return (1 - geometry.xstart, 1 - geometry.ystart) if size == full else None


def _single(path: Path, hdu: Any, primary: Any, shape: tuple[int, int], geometry: DetectorGeometry | None, kind: str) -> NamedMask:
    mask: Mask = _pixels(path, hdu, primary, shape, geometry) != 0
    return str(hdu.header.get("NAME", "")), _kind(hdu.header.get("KIND"), kind), mask


def _image(path: Path, hdu: Any, primary: Any, shape: tuple[int, int], geometry: DetectorGeometry | None, kind: str) -> list[NamedMask]:
    values = _pixels(path, hdu, primary, shape, geometry)
    if not np.isfinite(values).all() or (values != np.rint(values)).any() or (np.abs(values) > 2**31).any():
        raise BadInput(f"{path.name}: the image is no mask: its values are not whole numbers")
    values = values.astype(np.int64)
    kind = _kind(hdu.header.get("KIND"), kind)
    if ((values == 0) | (values == 1)).all():
        return [(str(hdu.header.get("NAME", "") or path.name.split(".")[0]), kind, values == 1)]
    return _labels(path, values, {}, kind)


def _labels(path: Path, values: NDArray[Any], described: dict[int, tuple[str, str]], kind: str) -> list[NamedMask]:
    found = np.unique(values)
    if found.size > MOST_LABELS + 1:
        raise BadInput(f"{path.name}: the image is no mask: it has more than {MOST_LABELS} different values")
    out = []
    for label in (int(value) for value in found if value != 0):
        name, what = described.get(label, (f"label {label}", ""))
        out.append((name, _kind(what, kind), values == label))
    return out


def _described(hdus: Any) -> dict[int, tuple[str, str]]:
    if "REGIONS" not in hdus:
        return {}
    rows = hdus["REGIONS"].data
    return {int(row["label"]): (str(row["name"]), str(row["kind"])) for row in rows}


def _do_not_use(hdus: Any) -> int:
    """The bit that the file's own DQ_DEF gives DO_NOT_USE."""
    if "DQ_DEF" in hdus:
        for row in hdus["DQ_DEF"].data:
            if str(row["NAME"]).strip() == "DO_NOT_USE":
                return int(row["VALUE"])
    return DO_NOT_USE


def _kind(stated: object, kind: str) -> str:
    return str(stated) if stated in KINDS else kind
