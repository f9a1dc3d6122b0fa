"""Memory that is used again, and never while something still looks at it."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from detgui.errors import Cancelled
from detgui.session.buffers import SMALLEST, Buffers
from detgui.session.reserve import Reserve
from detgui.tasks.engine import Engine

SHAPE = (600, 1024)


def place(array) -> int:
    return array.__array_interface__["data"][0]


def test_memory_comes_back_when_the_last_view_is_gone():
    buffers = Buffers(10 * SMALLEST)
    array = buffers.empty(SHAPE, np.float32)
    first = place(array)
    array[:] = 7
    view = array[100:200].view(np.uint32).T[3:]
    raw = array.data
    del array
    assert buffers.spare_bytes == 0
    del raw
    assert buffers.spare_bytes == 0
    assert (view.T.view(np.float32) == 7).all()
    del view
    assert buffers.spare_bytes == 4 * 600 * 1024
    again = buffers.empty((1024, 600), np.int32)
    assert place(again) == first
    assert again.shape == (1024, 600)
    assert again.dtype == np.int32
    assert again.flags.writeable
    assert again.flags.c_contiguous


def test_no_more_is_kept_than_allowed():
    buffers = Buffers(5 * SMALLEST // 2)
    arrays = [buffers.empty((SMALLEST,), np.uint8) for _ in range(4)]
    del arrays
    assert buffers.spare_bytes == 2 * SMALLEST


def test_small_arrays_are_plain_ones():
    buffers = Buffers(10 * SMALLEST)
    array = buffers.empty((SMALLEST - 1,), np.uint8)
    assert array.flags.owndata
    del array
    assert buffers.spare_bytes == 0


def test_reserved_memory_is_used_by_the_next_array_and_not_more_than_allowed_is_reserved():
    buffers = Buffers(3 * SMALLEST)
    sizes = (2 * SMALLEST, SMALLEST, SMALLEST - 1)
    assert not buffers.has(sizes)
    buffers.reserve(sizes)
    buffers.reserve(sizes)
    assert buffers.has(sizes)
    assert buffers.spare_bytes == 3 * SMALLEST
    array = buffers.empty((SMALLEST,), np.uint16)
    assert buffers.spare_bytes == SMALLEST
    assert not buffers.has(sizes)
    buffers.reserve((2 * SMALLEST, 3 * SMALLEST))
    assert buffers.spare_bytes == 3 * SMALLEST
    del array
    assert buffers.spare_bytes == 3 * SMALLEST


def test_reserving_stops_when_it_is_cancelled():
    buffers = Buffers(10 * SMALLEST)

    def progress(fraction: float, message: str) -> None:
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        buffers.reserve((2 * SMALLEST, SMALLEST), progress)
    assert buffers.spare_bytes == 0


def test_room_for_the_next_image_is_made_in_a_pause_only(qtbot):
    buffers = Buffers(10 * SMALLEST)
    answer = SimpleNamespace(values=np.empty(SMALLEST, np.uint16), indices=np.empty(SMALLEST, np.uint8))
    with Engine() as engine:
        reserve = Reserve(buffers, engine)
        reserve.expect(answer)
        reserve.stop()
        qtbot.wait(400)
        assert buffers.spare_bytes == 0
        reserve.expect(answer)
        qtbot.waitUntil(lambda: buffers.spare_bytes == 3 * SMALLEST)
        reserve.stop()


def test_two_threads_never_share_memory():
    buffers = Buffers(10 * SMALLEST)
    wrong = []

    def work(number: int) -> None:
        for _ in range(100):
            array = buffers.empty((SMALLEST,), np.uint8)
            array[::4096] = number
            if (array[::4096] != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    assert buffers.spare_bytes <= 10 * SMALLEST
