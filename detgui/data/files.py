"""One open file: read at offsets from any thread, watched for change, closed when its last user lets go."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from detgui.errors import BadInput

if sys.platform != "win32":
    import resource  # here: when it is needed, no file can be opened any more


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What identifies an input file in provenance: absolute path, size in bytes, modification time in s."""

    path: Path
    size: int
    mtime: float


def thousands(count: int) -> str:
    """A number of bytes as a person reads it: '3,523,215,360'."""
    return f"{count:,}"


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class OpenFile:
    """A file that stays open for positioned reads.

    ``size`` is the number of bytes that can be read: those of the file, or of its unpacked copy. The object is shared by the exposures
    of one file: `share` adds an owner, `close` takes one away. Reads from several threads at once are safe, also against `close`.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a regular file. Raises `BadInput` where it is missing, a directory, not readable or empty."""
        self.path = Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links and lose the name that was given)
        self.name = self.path.name
        self._unpacked: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._users = 0
        self._owners = 1
        self._fd = self._open()
        try:
            status = os.fstat(self._fd)
            self._identity = _identity(self.path.stat())
        except OSError as error:
            os.close(self._fd)
            raise BadInput(f"{self.name} cannot be read: {error.strerror or error}") from None
        self.record = FileRecord(self.path, status.st_size, status.st_mtime)
        self.size = status.st_size
        if self.size == 0:
            self.close()
            raise BadInput(f"{self.name} is empty")

    def _open(self) -> int:
        try:
            mode = self.path.stat().st_mode
            if stat.S_ISDIR(mode):
                raise BadInput(f"{self.name or self.path} is a folder, not a FITS file")
            if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
                raise BadInput(f"{self.name} is not a regular file")
            return _open_descriptor(self.path)
        except FileNotFoundError:
            raise BadInput(f"{self.path} does not exist") from None
        except PermissionError:
            raise BadInput(f"{self.name} cannot be read: permission denied") from None
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) == errno.EMFILE:
                raise BadInput(
                    f"{self.name} cannot be opened: too many files are open; close some or raise the limit (ulimit -n)"
                ) from None
            raise BadInput(f"{self.name} cannot be opened: {getattr(error, 'strerror', None) or error}") from None

    def read_from(self, unpacked: IO[bytes], size: int) -> None:
        """Take all further bytes from ``unpacked``, an open temporary file of ``size`` bytes that this object now owns."""
        os.close(self._fd)
        self._unpacked, self._fd, self.size = unpacked, unpacked.fileno(), size

    @contextmanager
    def in_use(self) -> Iterator[int]:
        """The descriptor, kept open while inside. Raises `BadInput` where the file was closed or is not what was opened."""
        with self._lock:
            if self._owners == 0 or self._fd < 0:
                raise BadInput(f"{self.name} was closed")
            self._users += 1
        try:
            self.check()
            yield self._fd
        finally:
            with self._lock:
                self._users -= 1
                last = self._owners == 0 and self._users == 0
            if last:
                self._let_go()

    def check(self) -> None:
        """Raise `BadInput` where the file was cut short, changed, replaced or removed since it was opened (two system calls)."""
        held = os.fstat(self._fd).st_size
        if held < self.size:
            raise self.cut_short(held)
        try:
            now = self.path.stat()
        except FileNotFoundError:
            raise BadInput(f"{self.name} disappeared while open: it was deleted, moved or renamed") from None
        except OSError as error:
            raise BadInput(f"{self.name} cannot be reached any more: {error.strerror or error}") from None
        if _identity(now) != self._identity:
            raise BadInput(f"{self.name} changed on disk while open: open it again")

    def cut_short(self, held: int) -> BadInput:
        """The sentence for a file that lost bytes after it was opened."""
        return BadInput(f"{self.name} was cut short while open: it had {thousands(self.size)} bytes and now has {thousands(held)}")

    def read_at(self, fd: int, buffer: memoryview, offset: int) -> None:
        """Fill ``buffer`` (bytes) from ``offset``; ``fd`` from `in_use`. Raises `BadInput` where the bytes are not there."""
        while buffer:
            try:
                count = _read_once(fd, buffer, offset)
            except OSError as error:
                raise BadInput(f"{self.name} cannot be read at byte {thousands(offset)}: {error.strerror or error}") from None
            if count == 0:
                raise self.cut_short(os.fstat(fd).st_size)
            buffer, offset = buffer[count:], offset + count

    def read_bytes(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``offset``, fewer at the end of the file. For headers and tables: check ``count`` first."""
        buffer = bytearray(max(0, min(count, self.size - offset)))
        with self.in_use() as fd:
            self.read_at(fd, memoryview(buffer), offset)
        return bytes(buffer)

    def share(self) -> None:
        """Add an owner, who has to `close` as well."""
        with self._lock:
            self._owners += 1

    def close(self) -> None:
        """Let go; the last owner's call closes the descriptor as soon as no read is running."""
        with self._lock:
            self._owners = max(0, self._owners - 1)
            last = self._owners == 0 and self._users == 0
        if last:
            self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            fd, self._fd = self._fd, -1
            unpacked, self._unpacked = self._unpacked, None
        if unpacked is not None:
            unpacked.close()
        elif fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self._let_go()


MANY_FILES = 10_240  # descriptors; the most that macOS grants


def _open_descriptor(path: Path) -> int:
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno != errno.EMFILE or not _allow_more_files():
            raise
    return os.open(path, flags)


def _allow_more_files() -> bool:
    """Raise the process's own limit of open files (256 on macOS, less than an exposure may have segments); False where it cannot be."""
    if sys.platform == "win32":
        return False
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if wanted <= soft:
        return False
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return False
    return True


_seek_lock = threading.Lock()


def _seek_and_read(fd: int, buffer: memoryview, offset: int) -> int:
    """Positioned read where the system has none (Windows): the lock keeps seek and read together."""
    with _seek_lock:
        os.lseek(fd, offset, os.SEEK_SET)
        got = os.read(fd, len(buffer))
    buffer[: len(got)] = got
    return len(got)


if hasattr(os, "preadv"):

    def _read_once(fd: int, buffer: memoryview, offset: int) -> int:
        return os.preadv(fd, [buffer], offset)

else:  # pragma: no cover
    _read_once = _seek_and_read
