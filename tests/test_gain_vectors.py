"""The loops of the clipped moments use the processor's vector registers: an equivalent form that does not is 40 times slower."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest

from detgui.science import clip_kernels, clip_lanes
from detgui.science.jit import REDUCED_FASTMATH, Kernel, numba_or_none

numba = numba_or_none()
AT, ROWS = np.uint64(0), 8
ROOM = clip_kernels.room_for(2)

pytestmark = [
    pytest.mark.skipif(numba is None, reason="there is no numba here"),
    pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="the names of the instructions are those of x86"),
]


def values(dtype=np.float32):
    return np.zeros(4 * clip_kernels.CHUNK, dtype)


CALLS = {
    "gather": (
        clip_kernels, (values(), values(), values(np.uint8), np.uint8(0), np.float32(1), AT, np.uint64(100), values(), values(), AT)
    ),
    "gather of whole numbers": (
        clip_kernels,
        (values(np.int16), values(np.int16), values(np.uint8), np.uint8(0), np.float32(1), AT, np.uint64(100), values(), values(), AT),
    ),
    "recentre": (clip_kernels, (values(), AT, 2, np.float32(1), np.float32(-9), np.float32(9), ROOM)),
    "sweep": (clip_kernels, (values(), values(np.int32), values(np.uint32), AT, 2, np.float32(-9), np.float32(9), ROOM)),
    "block_sums": (clip_lanes, (values(), 0, ROWS, clip_lanes.work_for()[0])),
    "recentre_lanes": (clip_lanes, (values(), ROWS, clip_lanes.work_for()[2], AT)),
}  # fmt: skip


def packed(function, arguments, fastmath):
    """Packed and scalar single-precision additions, multiplications and subtractions in the compiled code."""
    compiled = numba.njit(nogil=True, fastmath=fastmath)(function)
    compiled(*arguments)
    (code,) = compiled.inspect_asm().values()
    own = code[: code.index("cpython")] if "cpython" in code else code
    words = [re.findall(rf"\bv?(?:fn?m(?:add|sub)\d*|add|sub|mul){kind}\b", own) for kind in ("ps", "ss")]
    return len(words[0]), len(words[1])


@pytest.mark.parametrize("name", CALLS)
def test_inner_loops_are_vectorised(name):
    module, arguments = CALLS[name]
    vectors, _ = packed(getattr(module, name.split()[0]).py_func, arguments, set(REDUCED_FASTMATH))
    assert vectors > 0


def slow(part, low, high, out):
    """What `sweep` would be with a branch."""
    total = np.float32(0)
    for i in range(part.size):
        if part[i] >= low and part[i] <= high:
            total += part[i] * part[i]
    out[0] = total


def test_the_measure_sees_a_loop_that_is_not_vectorised():
    vectors, scalars = packed(slow, (values(), np.float32(-1), np.float32(1), values()), False)
    assert vectors == 0 and scalars > 0


def test_not_a_number_is_not_assumed_away():
    assert not REDUCED_FASTMATH & {"nnan", "ninf", "fast"}
    for module in (clip_kernels, clip_lanes):
        for each in vars(module).values():
            if isinstance(each, Kernel):
                assert each._fastmath <= REDUCED_FASTMATH
