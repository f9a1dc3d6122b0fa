"""JWST files written in blocks: headers, tables and the ASDF extension as stdatamodels writes them, pixels as they come."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 2880
"""Bytes of a FITS block."""


@dataclass(frozen=True, slots=True)
class Card:
    """A primary header card that is not part of the data model."""

    keyword: str
    value: str | int | float | bool
    comment: str


@dataclass(frozen=True, slots=True)
class Part:
    """One HDU of a file to write: its header (whole blocks) and its data, or how large they will be.

    ``step`` is the number of bytes of one integration where the data are streamed, else 0; ``flip`` the bit that BZERO turns over.
    """

    name: str
    header: bytes
    data: bytes
    step: int
    length: int
    dtype: str
    flip: int

    @property
    def size(self) -> int:
        """Bytes in the file, padded to whole blocks."""
        return len(self.header) + _padded(len(self.data) + self.step * self.length)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def layout(model: Any, length: int, streamed: Sequence[str], cards: Sequence[Card] = ()) -> list[Part]:
    """Parts of the file that ``model`` becomes when its streamed arrays have ``length`` integrations.

    ``model`` is a stdatamodels model whose streamed arrays have one integration; names are EXTNAMEs. All other HDUs are kept as they are.
    """
    from astropy.io import fits

    buffer = io.BytesIO()
    model.to_fits(buffer)
    raw = buffer.getvalue()
    parts = []
    with fits.open(io.BytesIO(raw), do_not_scale_image_data=True) as hdus:
        for card in cards:
            hdus[0].header[card.keyword] = (card.value, card.comment)
        for hdu in hdus:
            info = hdu.fileinfo()
            data = raw[info["datLoc"] : info["datLoc"] + hdu.size]
            if hdu.name in streamed:
                parts.append(_streamed(hdu, length))
            elif hdu.name == "ASDF":
                parts.append(_asdf(hdu, data, length))
            else:
                parts.append(_kept(hdu.name, hdu.header, data))
    return parts


def _kept(name: str, header: Any, data: bytes) -> Part:
    return Part(name, header.tostring().encode("ascii"), data, 0, 0, "", 0)


def _streamed(hdu: Any, length: int) -> Part:
    header = hdu.header.copy()
    axes = header["NAXIS"]
    header[f"NAXIS{axes}"] = length
    bitpix = header["BITPIX"]
    step = abs(bitpix) // 8 * int(np.prod([header[f"NAXIS{axis}"] for axis in range(1, axes)]))
    dtype = {8: "u1", 16: ">u2", 32: ">u4", -32: ">f4"}[bitpix]
    flip = int(header.get("BZERO", 0))
    return Part(hdu.name, header.tostring().encode("ascii"), b"", step, length, dtype, flip)


def _asdf(hdu: Any, data: bytes, length: int) -> Part:
    """The ASDF extension with the arrays' true length; without the hash of the headers, which are not those that it was made from."""
    text = re.sub(rb"_fits_hash: [0-9a-f]+\n", b"", data)
    text = re.sub(rb"(source: fits:(?!INT_TIMES)(?:(?!source:).)*?shape: \[)1((?:, \d+){2,3}\])", rb"\g<1>%d\2" % length, text, flags=re.S)
    header = hdu.header.copy()
    header["NAXIS1"] = len(text)
    header["TFORM1"] = f"{len(text)}B"
    return _kept(hdu.name, header, text)


def total_size(parts: Sequence[Part]) -> int:
    """Bytes of the whole file."""
    return sum(part.size for part in parts)


def write_parts(path: Path, parts: Sequence[Part]) -> None:
    """Write a file without streamed arrays, whole."""
    with BlockWriter(path, parts):
        pass


class BlockWriter:
    """A file being written: streamed arrays take their integrations in any order, everything else is there from the start.

    A context manager; the file is closed on leaving and is complete when every integration of every streamed array was written.
    """

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        self.path = path
        self._file: BinaryIO = path.open("wb")
        self._places: dict[str, tuple[Part, int]] = {}
        at = 0
        for part in parts:
            self._file.seek(at)
            self._file.write(part.header)
            self._file.write(part.data)
            self._places[part.name] = (part, at + len(part.header))
            at += part.size
        self._file.truncate(at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, name: str, index: int, values: NDArray[Any]) -> None:
        """Put one integration (0-based ``index``) of array ``name`` in its place.

        Raises ValueError where the values do not fill it.
        """
        part, start = self._places[name]
        raw = _to_fits(values, part)
        if raw.nbytes != part.step or not 0 <= index < part.length:
            raise ValueError(f"{name}: integration {index} of {part.length} has {raw.nbytes} bytes, not {part.step}")
        self._file.seek(start + index * part.step)
        self._file.write(raw.data)


def _to_fits(values: NDArray[Any], part: Part) -> NDArray[Any]:
    """Big-endian, contiguous; unsigned integers shifted by BZERO, which for 2**(n - 1) is turning the highest bit over."""
    if part.flip:
        values = values ^ values.dtype.type(part.flip)
    return np.ascontiguousarray(values, dtype=part.dtype)
