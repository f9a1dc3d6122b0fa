"""A whole exposure in one pass: blocks of integrations and rows that threads here, or workers elsewhere, read and reduce.

A `Block` says where its bytes are and can be pickled; whoever has the files can reduce it. Memory is that of the reduction and of a small
buffer for each thread, whatever the exposure's size.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.data.files import FileRecord, OpenFile
from detgui.data.pixels import PixelFormat
from detgui.data.reader import Run
from detgui.errors import BadInput
from detgui.progress import Progress

BLOCK_BYTES = 1 << 27
"""Bytes of a block: long enough for a thread, short enough to be shared out evenly and shown as progress."""

LOOK_S = 0.05
"""Time between two looks at what the threads did, and longest time until they hear of a cancel."""

Rows = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some integrations of one file, and a band of their rows.

    ``sci``, ``dq``: byte positions of the integrations, shape (n,), of SCI and GROUPDQ (``dq`` empty where there is none);
    ``pixeldq``: byte position of PIXELDQ, None where there is none; ``shape`` (ngroups, ny, nx) of SCI, ``dq_groups`` those of GROUPDQ;
    ``rows`` first and last row, 0-based, inclusive. ``packed`` files are read from their unpacked copy, which only this process has.
    """

    file: FileRecord
    packed: bool
    integrations: NDArray[np.int64]
    sci: NDArray[np.int64]
    dq: NDArray[np.int64]
    pixeldq: int | None
    sci_form: PixelFormat
    dq_form: PixelFormat | None
    pixeldq_form: PixelFormat | None
    shape: tuple[int, int, int]
    dq_groups: int
    rows: Rows

    @property
    def frame(self) -> int:
        """Pixels of an image."""
        return self.shape[1] * self.shape[2]

    @property
    def start(self) -> int:
        """Place in an image of the band's first pixel."""
        return self.rows[0] * self.shape[2]

    @property
    def pixels(self) -> int:
        """Pixels of the band."""
        return (self.rows[1] - self.rows[0] + 1) * self.shape[2]

    @property
    def nbytes(self) -> int:
        """Bytes that are read."""
        flags = self.dq_groups * self.dq_form.raw.itemsize if self.dq_form is not None else 0
        return self.sci.size * self.pixels * (self.shape[0] * self.sci_form.raw.itemsize + flags)


def blocks(exposure: Exposure, integrations: NDArray[np.int64], rows: Rows, block_bytes: int = BLOCK_BYTES) -> list[Block]:
    """The blocks of a band of rows, in the order of ``integrations`` (numbers that the exposure has, ascending)."""
    sci = {run.integration: run for run in exposure.runs("SCI")}
    dq = {run.integration: run for run in exposure.runs("GROUPDQ")} if "GROUPDQ" in exposure.planes else {}
    marks = {run.path: run for run in reversed(exposure.runs("PIXELDQ"))} if "PIXELDQ" in exposure.planes else {}
    records = {record.path: record for record in exposure.files}
    with exposure.hold() as held:
        packed = {path: os.fstat(fd).st_ino != path.stat().st_ino for path, fd in held.items()}
    made = []
    for numbers in _pieces(sci, integrations, rows, block_bytes):
        first = sci[int(numbers[0])]
        flags = [dq[int(number)] for number in numbers] if dq else []
        mark = marks.get(first.path)
        made.append(
            Block(
                file=records[first.path],
                packed=packed[first.path],
                integrations=numbers,
                sci=np.array([sci[int(number)].offset for number in numbers], np.int64),
                dq=np.array([run.offset for run in flags], np.int64),
                pixeldq=mark.offset if mark else None,
                sci_form=first.form,
                dq_form=flags[0].form if flags else None,
                pixeldq_form=mark.form if mark else None,
                shape=first.shape,
                dq_groups=flags[0].shape[0] if flags else 0,
                rows=rows,
            )
        )
    return made


def _pieces(runs: dict[int, Run], integrations: NDArray[np.int64], rows: Rows, block_bytes: int) -> Iterator[NDArray[np.int64]]:
    """Numbers of integrations of one file each, as many as fit into a block."""
    if not integrations.size:
        return
    ngroups, _, nx = runs[int(integrations[0])].shape
    size = ngroups * (rows[1] - rows[0] + 1) * nx * (runs[int(integrations[0])].form.raw.itemsize + 1)
    most = max(1, block_bytes // size)
    start = 0
    for end in range(1, integrations.size + 1):
        here = runs[int(integrations[start])].path
        if end == integrations.size or end - start == most or runs[int(integrations[end])].path != here:
            yield integrations[start:end]
            start = end


@contextmanager
def opened(block: Block) -> Iterator[int]:
    """A descriptor of the block's file, opened anew: for workers that have no exposure.

    Raises `BadInput` where the file is missing here or is not the one that the block was made from.
    """
    if block.packed:
        raise BadInput(f"{block.file.path.name} is packed with gzip: unpack it to work on it with other processes")
    file = OpenFile(block.file.path)
    try:
        if (file.record.size, file.record.mtime) != (block.file.size, block.file.mtime):
            raise BadInput(f"{file.name} is not the file that was opened: its size or time differs")
        with file.in_use() as fd:
            yield fd
    finally:
        file.close()


def read(fd: int, block: Block, out: NDArray[np.uint8], offset: int) -> None:
    """Fill ``out`` (bytes) from ``offset``. Raises `BadInput` where the bytes are not there."""
    view = out.data.cast("B")
    while view:
        try:
            got = os.preadv(fd, [view], offset) if hasattr(os, "preadv") else _seek_and_read(fd, view, offset)
        except OSError as error:
            raise BadInput(f"{block.file.path.name} cannot be read at byte {offset:,}: {error.strerror or error}") from None
        if got == 0:
            raise cut_short(block, fd)
        view, offset = view[got:], offset + got


_seek_lock = threading.Lock()


def _seek_and_read(fd: int, view: memoryview, offset: int) -> int:
    with _seek_lock:
        os.lseek(fd, offset, os.SEEK_SET)
        data = os.read(fd, len(view))
    view[: len(data)] = data
    return len(data)


def cut_short(block: Block, fd: int) -> BadInput:
    """The sentence for a file that lost bytes while it was read."""
    held = os.fstat(fd).st_size
    name = block.file.path.name
    if held >= block.file.size and not block.packed:
        return BadInput(f"{name} cannot be read to its end")
    return BadInput(f"{name} was cut short while it was read: it had {block.file.size:,} bytes and now has {held:,}")


def read_images(fd: int, block: Block, form: PixelFormat, offset: int, images: int) -> NDArray[np.generic]:
    """``images`` images of the block's rows from the one at byte ``offset`` (of its whole frame), shape (images, pixels), native."""
    item = form.raw.itemsize
    raw = np.empty((images, block.pixels * item), np.uint8)
    for image in range(images):
        read(fd, block, raw[image], offset + (image * block.frame + block.start) * item)
    out = np.empty(images * block.pixels, form.value)
    form.decode(raw.reshape(-1), out)
    return out.reshape(images, block.pixels)


class Gauge:
    """What threads share while they work: whether to stop, and how many bytes are done."""

    def __init__(self) -> None:
        self.stop = np.zeros(1, np.uint8)
        self._lock = threading.Lock()
        self._finished = 0
        self._running: dict[int, tuple[NDArray[np.int64], float]] = {}

    def begin(self, unit: float) -> NDArray[np.int64]:
        """A counter for the calling thread's next block; one count stands for ``unit`` bytes."""
        counter = np.zeros(1, np.int64)
        with self._lock:
            self._running[threading.get_ident()] = (counter, unit)
        return counter

    def end(self, nbytes: int) -> None:
        """The calling thread's block is done."""
        with self._lock:
            self._running.pop(threading.get_ident(), None)
            self._finished += nbytes

    @property
    def done(self) -> float:
        """Bytes done."""
        with self._lock:
            return self._finished + sum(float(counter[0]) * unit for counter, unit in self._running.values())


def workers_for(workers: int | None) -> int:
    """Threads to use: as many as asked for, else the processors, at most 8."""
    return max(1, workers if workers is not None else min(8, os.cpu_count() or 1))


class _Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


Item = TypeVar("Item", bound=_Sized)


def share(
    items: Sequence[Item],
    work: Callable[[Iterator[Item], Gauge], None],
    progress: Progress,
    message: str,
    workers: int | None = None,
    part: tuple[float, float] = (0.0, 1.0),
) -> None:
    """Run ``work(blocks, gauge)`` in threads that share out ``items`` among themselves, and call ``progress`` from this one.

    What ``progress`` or a thread raises stops all of them within one read and is raised here. ``part``: fractions at beginning and end.
    """
    gauge = Gauge()
    total = max(1, sum(item.nbytes for item in items))
    waiting = _Shared(items, gauge)
    count = min(workers_for(workers), len(items))
    with ThreadPoolExecutor(count, thread_name_prefix="detgui-stream") as pool:
        futures = [pool.submit(work, waiting, gauge) for _ in range(count)]
        try:
            pending = set(futures)
            while pending:
                progress(part[0] + (part[1] - part[0]) * min(1.0, gauge.done / total), message)
                end = time.monotonic() + LOOK_S
                for future in tuple(pending):
                    _wait(future, end)
                    if future.done():
                        future.result()
                        pending.discard(future)
        except BaseException:
            gauge.stop[0] = 1
            raise


def _wait(future: Future[None], end: float) -> None:
    wait([future], max(0.0, end - time.monotonic()))


class _Shared(Generic[Item]):
    """An iterator that several threads may take from; it ends for all when they are to stop."""

    def __init__(self, items: Sequence[Item], gauge: Gauge) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()
        self._gauge = gauge

    def __iter__(self) -> _Shared[Item]:
        return self

    def __next__(self) -> Item:
        with self._lock:
            if self._gauge.stop[0]:
                raise StopIteration
            return next(self._items)
