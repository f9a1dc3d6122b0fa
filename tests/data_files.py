"""Small FITS files for the tests of the readers, written by astropy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

JWST = {"TELESCOP": "JWST", "INSTRUME": "NIRSPEC", "DETECTOR": "NRS1", "EXP_TYPE": "NRS_BRIGHTOBJ"}
Hdu = tuple[str, np.ndarray] | tuple[str, np.ndarray, dict[str, Any]]


def write(path: Path, primary: dict[str, Any], *hdus: Hdu, primary_data: np.ndarray | None = None) -> Path:
    """A FITS file with image extensions (name, array[, keywords]); 'SCI,2' is EXTVER 2."""
    first = fits.PrimaryHDU(primary_data)
    first.header.update(primary)
    out = fits.HDUList([first])
    for name, array, *more in hdus:
        word, _, ver = name.partition(",")
        hdu = fits.ImageHDU(array, name=word, ver=int(ver or 1))
        hdu.header.update(more[0] if more else {})
        out.append(hdu)
    out.writeto(path, overwrite=True)
    return path


def counts(shape: tuple[int, ...], dtype: str = "uint16", start: int = 0) -> np.ndarray:
    """Numbers that differ from pixel to pixel, so that a wrong place shows."""
    return ((np.arange(np.prod(shape)) + start) % 60001).reshape(shape).astype(dtype)


def sparse(path: Path, primary: dict[str, Any], shape: tuple[int, ...], bitpix: int = 16, bzero: int | None = 32768) -> int:
    """A file whose SCI is a hole as large as its header says; the byte position of the image is returned."""
    first = fits.PrimaryHDU()
    first.header.update(primary)
    sci = fits.ImageHDU(np.zeros((1,) * len(shape), f"i{bitpix // 8}" if bitpix > 0 else f"f{-bitpix // 8}"), name="SCI")
    for axis, length in enumerate(reversed(shape), 1):
        sci.header[f"NAXIS{axis}"] = length
    if bzero is not None:
        sci.header["BSCALE"], sci.header["BZERO"] = 1, bzero
    head = first.header.tostring() + sci.header.tostring()
    size = int(np.prod(shape, dtype=object)) * abs(bitpix) // 8
    with path.open("wb") as file:
        file.write(head.encode("ascii"))
        file.truncate(len(head) + -(-size // 2880) * 2880)
    return len(head)


def segment(
    folder: Path,
    number: int,
    total: int,
    *,
    nints: int = 4,
    first: int | None = None,
    root: str = "jw00001001001_04101_00001",
    detector: str = "nrs1",
    suffix: str = "uncal",
    shape: tuple[int, int, int] = (3, 5, 6),
    primary: dict[str, Any] | None = None,
    dtype: str = "uint16",
) -> Path:
    """A segment with keywords as the pipeline writes them; pixel values go on from segment to segment."""
    first = (number - 1) * nints + 1 if first is None else first
    words = JWST | {"DETECTOR": detector.upper(), "NGROUPS": shape[0], "NINTS": total * nints, "EXSEGNUM": number, "EXSEGTOT": total}
    words |= {"INTSTART": first, "INTEND": first + nints - 1, "DATAMODL": "RampModel" if suffix == "ramp" else "Level1bModel"} | (
        primary or {}
    )
    data = counts((nints, *shape), dtype, (first - 1) * int(np.prod(shape)))
    return write(folder / f"{root}-seg{number:03d}_{detector}_{suffix}.fits", words, ("SCI", data, {"BUNIT": "DN"}))
