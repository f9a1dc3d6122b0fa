"""From the bytes of a FITS image to numbers, in place where the format allows it (FITS standard 4.0, sections 4.4.1.2, 4.4.2.5 and 5)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science import kernels

_RAW = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_SWAP = sys.byteorder == "little"
_LARGE = 4096  # pixels; fewer are swapped before a kernel is called


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the pixels of one image are stored.

    ``raw`` is the dtype on disk, big-endian; ``value`` the native dtype that reads return; ``xor`` the top bit that turns a signed
    integer with BZERO = 2^(n-1) into an unsigned one (or back, for bytes); otherwise ``raw * scale + zero``, NaN where ``raw == blank``.
    """

    raw: np.dtype[Any]
    value: np.dtype[Any]
    xor: int = 0
    scale: float = 1.0
    zero: float = 0.0
    blank: int | None = None

    @property
    def scaled(self) -> bool:
        """True where values need arithmetic, not only a swap of bytes."""
        return self.scale != 1.0 or self.zero != 0.0 or self.blank is not None

    def decode(self, chunk: NDArray[np.uint8], out: NDArray[Any]) -> None:
        """Turn the bytes of a chunk into ``out`` (1-D, dtype ``value``); ``chunk`` may be ``out``'s own memory unless `scaled`."""
        if not self.scaled:
            bits = chunk.view(f"u{self.raw.itemsize}")
            target = out.view(bits.dtype)
            if target.__array_interface__["data"] != bits.__array_interface__["data"]:
                target[:] = bits
            self._turn(target)
            return
        raw = chunk.view(self.raw)
        out[:] = raw
        if self.scale != 1.0:
            out *= out.dtype.type(self.scale)
        if self.zero != 0.0:
            out += out.dtype.type(self.zero)
        if self.blank is not None:
            out[raw == self.blank] = np.nan

    def _turn(self, target: NDArray[Any]) -> None:
        """From the order of bytes on disk to the machine's own, and the top bit, in place; the kernel lets other threads run."""
        if _SWAP and target.size >= _LARGE and target.dtype.name in kernels.SWAPPED and kernels.ready():
            kernels.swap(target, target.dtype.type(self.xor))
            return
        if _SWAP and self.raw.itemsize > 1:
            target.byteswap(inplace=True)
        if self.xor:
            np.bitwise_xor(target, target.dtype.type(self.xor), out=target)


def pixel_format(bitpix: int, scale: float = 1.0, zero: float = 0.0, blank: int | None = None) -> PixelFormat:
    """The format that BITPIX, BSCALE, BZERO and BLANK describe; integers with BZERO 2^(n-1) stay integers, other scaling gives floats."""
    raw = np.dtype(_RAW[bitpix])
    size = raw.itemsize
    if bitpix > 0 and scale == 1.0:
        top = 1 << (8 * size - 1)
        if size == 1 and zero == -128.0:
            return PixelFormat(raw, np.dtype("i1"), xor=top)
        if size > 1 and zero == float(top):
            return PixelFormat(raw, np.dtype(f"u{size}"), xor=top)
    if bitpix < 0:
        return PixelFormat(raw, raw.newbyteorder("="), scale=scale, zero=zero)
    if scale == 1.0 and zero == 0.0 and blank is None:
        return PixelFormat(raw, raw.newbyteorder("="))
    return PixelFormat(raw, np.dtype("f4" if size <= 2 else "f8"), scale=scale, zero=zero, blank=blank)
