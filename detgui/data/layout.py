"""Where the HDUs of a FITS file are: a walk over its headers that never touches the data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from detgui.data.files import OpenFile, thousands
from detgui.data.pixels import PixelFormat, pixel_format
from detgui.errors import BadInput

BLOCK = 2880
CARD = 80
_FIRST_READ = 8 * BLOCK
_MAX_HEADER = 20_000 * BLOCK
_COMMENTARY = ("", "COMMENT", "HISTORY", "CONTINUE")
_PRINTABLE = bytes(c if 32 <= c < 127 else ord("?") for c in range(256))
_KNOWN_AS = {b"PK\x03\x04": "a zip archive", b"#ASDF": "an ASDF file", b"BZh": "packed with bzip2", b"\xfd7zXZ": "packed with xz"}
_KNOWN_AS |= {b"\x89HDF": "an HDF5 file", b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"<": "a text page (HTML or XML)"}


@dataclass(frozen=True, slots=True)
class Hdu:
    """One header-data unit: name and version, array shape in numpy order, byte positions of header and data.

    ``image`` is False for tables, compressed images and anything else; ``form`` is None then.
    """

    index: int
    name: str
    ver: int
    image: bool
    compressed: bool
    shape: tuple[int, ...]
    form: PixelFormat | None
    unit: str
    header_offset: int
    data_offset: int
    data_size: int

    @property
    def label(self) -> str:
        """'SCI' or 'SCI,2'; 'PRIMARY' for the first, 'HDU 3' for one without a name."""
        name = self.name or f"HDU {self.index}"
        return name if self.ver == 1 else f"{name},{self.ver}"


def value(header: Any, key: str) -> Any:
    """A keyword's value, None where it is missing, undefined, 'N/A' or cannot be parsed."""
    try:
        found = header.get(key)
    except Exception:  # astropy raises several kinds for a damaged card, all of which mean: not usable
        return None
    if isinstance(found, str):
        found = found.strip()
        return None if found in ("", "N/A") else found
    return found if isinstance(found, int | float) else None


def integer(header: Any, key: str) -> int | None:
    """A keyword that has to be a whole number, else None."""
    found = value(header, key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found) or found != int(found):
        return None
    return int(found)


def number(header: Any, key: str) -> float | None:
    """A keyword that has to be a finite number, else None."""
    found = value(header, key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found) else None


def scan(file: OpenFile) -> tuple[list[Hdu], list[Any], list[str]]:
    """HDUs, their astropy headers and warnings.

    Raises `BadInput` where the file is not FITS, a header is damaged, or a header claims more bytes than the file holds.
    """
    _check_magic(file)
    hdus: list[Hdu] = []
    headers: list[Any] = []
    offset = 0
    while offset < file.size:
        if offset and not _is_extension(file, offset):
            return hdus, headers, [f"{thousands(file.size - offset)} bytes after the last extension were ignored"]
        header, data_offset = read_header(file, offset)
        hdu = _describe(file, len(hdus), header, offset, data_offset)
        hdus.append(hdu)
        headers.append(header)
        offset = data_offset + -(-hdu.data_size // BLOCK) * BLOCK
    return hdus, headers, []


def _check_magic(file: OpenFile) -> None:
    start = file.read_bytes(0, 30)
    if start.startswith(b"SIMPLE  ="):
        return
    if b"SIMPLE  =".startswith(start):
        raise BadInput(f"{file.name} is cut short: it has only {file.size} bytes")
    what = next((what for magic, what in _KNOWN_AS.items() if start.startswith(magic)), "")
    raise BadInput(f"{file.name} is not a FITS file: it " + (f"is {what}" if what else "does not start with SIMPLE"))


def _is_extension(file: OpenFile, offset: int) -> bool:
    start = file.read_bytes(offset, 8)
    return b"XTENSION".startswith(start)


def read_header(file: OpenFile, offset: int) -> tuple[Any, int]:
    """The astropy Header at ``offset`` and where its data start. Raises `BadInput` where it has no END."""
    from astropy.io import fits

    text = b""
    while len(text) < _MAX_HEADER:
        more = file.read_bytes(offset + len(text), max(_FIRST_READ, len(text)))
        if not more:
            break
        searched = len(text)
        text += more
        end = _find_end(text, searched)
        if end >= 0:
            size = (end // BLOCK + 1) * BLOCK
            return fits.Header.fromstring(_legible(text[:end])), offset + size
    where = "at the start" if offset == 0 else f"at byte {thousands(offset)}"
    raise BadInput(f"{file.name} is cut short or damaged: the header {where} has no end within the file's {thousands(file.size)} bytes")


def _legible(text: bytes) -> str:
    """Cards as astropy takes them without a word: printable, and those that are neither keyword nor commentary as COMMENT."""
    cards = text.translate(_PRINTABLE).decode("ascii")
    return "".join(
        card if _is_card(card) else f"COMMENT {card[: CARD - 8]}" for card in (cards[i : i + CARD] for i in range(0, len(cards), CARD))
    )


def _is_card(card: str) -> bool:
    keyword = card[:8].strip().upper()
    return keyword in _COMMENTARY or 0 <= card.find("= ") <= 8 or (keyword == "HIERARCH" and card[8:9] == " " and "=" in card)


def _find_end(text: bytes, start: int) -> int:
    position = text.find(b"END     ", start - start % CARD)
    while position >= 0 and position % CARD:
        position = text.find(b"END     ", position + 1)
    return position


def _describe(file: OpenFile, index: int, header: Any, offset: int, data_offset: int) -> Hdu:
    name = str(value(header, "EXTNAME") or ("PRIMARY" if index == 0 else "")).upper()
    where = f"the header of {name or f'HDU {index}'}"
    bitpix, axes = _structure(file, where, header)
    extension = str(value(header, "XTENSION") or "").upper()
    groups = index == 0 and value(header, "GROUPS") is True and axes[:1] == (0,)
    compressed = extension == "BINTABLE" and value(header, "ZIMAGE") is True
    image = (index == 0 or extension == "IMAGE") and not groups
    pcount, gcount = integer(header, "PCOUNT") or 0, integer(header, "GCOUNT")
    if pcount < 0 or (gcount is not None and gcount < 0):
        raise BadInput(f"{file.name} is damaged: {where} has a negative PCOUNT or GCOUNT")
    sized = axes[1:] if groups else axes
    count = math.prod(sized) if sized else 0
    size = abs(bitpix) // 8 * (count if image else (1 if gcount is None else gcount) * (pcount + count))
    held = max(0, file.size - data_offset)
    if size > held:
        dims = " x ".join(str(n) for n in reversed(axes))
        raise BadInput(
            f"{file.name} is cut short, or its header is wrong: {where} claims {thousands(size)} bytes ({dims}, {abs(bitpix)} bits each), "
            f"but the file holds {thousands(held)} of them"
        )
    form = _pixels(header, bitpix) if image else None
    return Hdu(
        index=index,
        name=name,
        ver=integer(header, "EXTVER") or 1,
        image=image and bool(axes),
        compressed=compressed,
        shape=tuple(reversed(axes)),
        form=form,
        unit=str(value(header, "BUNIT") or ""),
        header_offset=offset,
        data_offset=data_offset,
        data_size=size,
    )


def _structure(file: OpenFile, where: str, header: Any) -> tuple[int, tuple[int, ...]]:
    bitpix, naxis = integer(header, "BITPIX"), integer(header, "NAXIS")
    if bitpix not in (8, 16, 32, 64, -32, -64):
        raise BadInput(f"{file.name} is damaged: {where} has no valid BITPIX")
    if naxis is None or not 0 <= naxis <= 999:
        raise BadInput(f"{file.name} is damaged: {where} has no valid NAXIS")
    axes = [integer(header, f"NAXIS{i}") for i in range(1, naxis + 1)]
    sizes = tuple(n for n in axes if n is not None and n >= 0)
    if len(sizes) != naxis:
        raise BadInput(f"{file.name} is damaged: {where} has no valid NAXIS{1 + next(i for i, n in enumerate(axes) if n is None or n < 0)}")
    return bitpix, sizes


def _pixels(header: Any, bitpix: int) -> PixelFormat:
    scale, zero = number(header, "BSCALE"), number(header, "BZERO")
    blank = integer(header, "BLANK") if bitpix > 0 else None
    if blank is not None and not np.iinfo(f"i{bitpix // 8}" if bitpix > 8 else "u1").min <= blank <= 2 ** (bitpix - (bitpix > 8)) - 1:
        blank = None
    return pixel_format(bitpix, 1.0 if scale is None else scale, 0.0 if zero is None else zero, blank)
