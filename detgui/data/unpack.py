"""Compressed files are unpacked once, in a stream, to a temporary file without a name that vanishes with the process."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from typing import IO

from detgui.data.files import OpenFile, thousands
from detgui.errors import BadInput, DetguiError
from detgui.folders import cache_folder
from detgui.progress import Progress, no_progress

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20
SPARE, SHARE = 1 << 30, 0.05  # unpacking leaves so many bytes of a disk free, or this share of a small disk
LARGE, RATIO = 4 << 30, 100  # no detector image of more bytes than LARGE packs to less than one part in RATIO


def unpack(file: OpenFile, progress: Progress = no_progress) -> None:
    """Let a gzip file be read as if it were not packed. Raises `BadInput` where it is damaged, not FITS or larger than the free space."""
    folder, target = _temporary(file)
    try:
        size = _copy(file, target, folder, progress)
        target.flush()
        if size == 0:
            raise BadInput(f"{file.name} is empty once unpacked")
    except BaseException:
        target.close()
        raise
    file.read_from(target, size)


def _temporary(file: OpenFile) -> tuple[str, IO[bytes]]:
    """A temporary file and its folder: the cache, or the system's folder for such files where the cache cannot be written to."""
    try:
        folder = str(cache_folder())
        return folder, tempfile.TemporaryFile(dir=folder)
    except OSError as cause:
        first = cause
    try:
        folder = tempfile.gettempdir()
        return folder, tempfile.TemporaryFile(dir=folder)
    except OSError:
        reason = f"{first.filename}: {first.strerror}" if first.filename else str(first)
        raise DetguiError(f"{file.name} cannot be unpacked: neither the cache ({reason}) nor the temporary folder is writable") from None


def _copy(file: OpenFile, target: IO[bytes], folder: str, progress: Progress) -> int:
    size = 0
    try:
        with file.path.open("rb") as packed, gzip.GzipFile(fileobj=packed, mode="rb") as stream:
            while chunk := stream.read(CHUNK):
                if size == 0 and not chunk.startswith(b"SIMPLE"):
                    raise BadInput(f"{file.name} is not FITS once unpacked: it does not start with SIMPLE")
                _check_space(file, folder, size + len(chunk))
                target.write(chunk)
                size += len(chunk)
                if size > LARGE and size > RATIO * packed.tell():
                    raise BadInput(
                        f"{file.name} is no packed exposure: {thousands(packed.tell())} of its bytes unpack to {thousands(size)}"
                    )
                progress(min(1.0, packed.tell() / file.record.size), f"unpacking {file.name}")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadInput(f"{file.name} is damaged: after {thousands(size)} unpacked bytes gzip says '{error}'") from None
    except OSError as error:
        raise BadInput(f"{file.name} cannot be unpacked: {error.strerror or error}") from None
    return size


def _check_space(file: OpenFile, folder: str, size: int) -> None:
    disk = shutil.disk_usage(folder)
    free = disk.free
    if free < min(SPARE, SHARE * disk.total):
        raise BadInput(
            f"{file.name} is too large to unpack: {thousands(size)} bytes so far and only {thousands(free)} are free in {folder}"
        )
