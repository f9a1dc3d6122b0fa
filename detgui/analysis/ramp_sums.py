"""Mean ramps of bins added up to those of wider ranges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data import ramp_kernels, stream

CHUNK = 8
"""Bins whose sum is kept ready, so that a wide range is a few sums."""


def chunks_of(mean: NDArray[np.float32], count: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Mean ramps and counts of `CHUNK` bins at a time."""
    nbins, ngroups, nrows, nx = mean.shape
    number = nbins // CHUNK
    chunks = np.zeros((number, ngroups, nrows, nx), np.float32)
    counts = np.zeros((number, nrows, nx), np.int32)
    flat = mean.reshape(nbins, ngroups, -1)
    for chunk in range(number):
        members = np.arange(chunk * CHUNK, (chunk + 1) * CHUNK)
        counts[chunk] = count[members].sum(axis=0)
        weights = _shares(count.reshape(nbins, -1)[members].astype(np.float32), counts[chunk].reshape(-1))
        _sum(flat, weights, members, chunks[chunk].reshape(ngroups, -1))
    return chunks, counts


def _shares(weights: NDArray[np.float32], total: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(weights / np.maximum(total, 1).astype(np.float32), np.float32)


def _sum(mean: NDArray[np.float32], weights: NDArray[np.float32], bins: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Add weighted mean ramps to ``out`` (ngroups, pixels), the groups shared out among threads."""
    ngroups = out.shape[0]
    count = min(stream.workers_for(None), 4, ngroups)
    cuts = np.linspace(0, ngroups, count + 1).astype(int).tolist()
    bins = bins.astype(np.int64)
    with ThreadPoolExecutor(count, "detgui-sum") as pool:
        list(pool.map(lambda k: ramp_kernels.sum_ramps(mean, weights, bins, cuts[k], cuts[k + 1], out), range(count)))


def range_ramp(
    mean: NDArray[np.float32],
    count: NDArray[np.int32],
    chunks: NDArray[np.float32],
    chunk_count: NDArray[np.int32],
    bins: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Mean ramp (ngroups, pixels) and count (pixels,) of bins ``bins[0]`` to ``bins[1] - 1``.

    It is made of whole chunks, and of bins that lie beside them or are too many in them. ``mean`` (nbins, ngroups, nrows, nx), ``count``
    (nbins, nrows, nx); ``chunks`` and ``chunk_count`` as `chunks_of` makes them.
    """
    first, end = bins
    whole, plus, minus = _cover(first, end, len(chunks))
    ngroups, pixels = mean.shape[1], count[0].size
    count, chunk_count = count.reshape(-1, pixels), chunk_count.reshape(-1, pixels)
    total = (
        chunk_count[whole].sum(axis=0, dtype=np.int64) + count[plus].sum(axis=0, dtype=np.int64) - count[minus].sum(axis=0, dtype=np.int64)
    )
    ramp = np.zeros((ngroups, pixels), np.float32)
    if whole.size:
        flat = chunks.reshape(-1, ngroups, pixels)
        _sum(flat, _shares(chunk_count[whole].astype(np.float32), total), whole, ramp)
    if plus.size or minus.size:
        parts = np.concatenate([plus, minus])
        signed = np.concatenate([count[plus], -count[minus]]).astype(np.float32)
        _sum(mean.reshape(-1, ngroups, pixels), _shares(signed, total), parts, ramp)
    return ramp, total


def _cover(first: int, end: int, chunks: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Chunks, bins to add and bins to take away that make bins ``first`` to ``end - 1``, with few sums."""
    whole, plus, minus = [], [], []
    for chunk in range(-(-end // CHUNK)):
        members = range(chunk * CHUNK, (chunk + 1) * CHUNK)
        inside = [each for each in members if first <= each < end]
        if chunk < chunks and len(inside) > CHUNK // 2:
            whole.append(chunk)
            minus += [each for each in members if not first <= each < end]
        else:
            plus += inside
    return np.array(whole, np.int64), np.array(plus, np.int64), np.array(minus, np.int64)
