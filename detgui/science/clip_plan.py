"""In which order the pixels of boxes are read: a few boxes at a time, their pixels as they lie in memory.

A band of full rows reads twice as fast as box after box.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.science.boxes import Runs
from detgui.science.clip_kernels import CHUNK
from detgui.science.clip_lanes import LANES, STEP, lane_index

Numbers = NDArray[np.int64]

AT_ONCE, SMALL_AT_ONCE = 1 << 20, (1 << 16) - 1
"""Pixels of the boxes that are read together."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Groups of boxes. ``arrays`` and ``index`` are what the kernel takes, ``pixels`` of every group, ``room`` the chunks (of `large`) or
    the pixels (of `small`) of the largest group, ``rows`` the pixels of the largest box."""

    arrays: tuple[Numbers, ...]
    index: NDArray[np.uint16]
    pixels: Numbers
    room: int
    rows: int

    def __len__(self) -> int:
        return self.pixels.size


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """Boxes by their first pixel: ``boxes``, ``sizes`` (m,); ``edges`` (groups + 1,) first box of a group; ``first`` (m + 1,) first run of
    a box; by run ``starts``, ``lengths``, ``box`` (place in ``boxes``) and ``group``."""

    boxes: Numbers
    sizes: Numbers
    edges: Numbers
    first: Numbers
    starts: Numbers
    lengths: Numbers
    box: Numbers
    group: Numbers


def large(runs: Runs, chosen: Numbers) -> Plan:
    """Plan of `clip_kernels.clip_groups` for the boxes ``chosen`` of those with ``runs`` (`boxes.Boxes.runs`).

    Arrays: boxes, sizes, chunk of the group's scratch with which a box begins; starts, lengths and places in the scratch of the runs of
    pixels in the order of memory; first box and first run of every group.
    """
    order = _ordered(runs, chosen, AT_ONCE)
    chunks = -(-order.sizes // CHUNK)
    offsets = _within(chunks, order.edges)
    places = offsets[order.box] * CHUNK + _within(order.lengths, order.first)
    by_memory = np.lexsort((order.starts, order.group))
    arrays = (order.boxes, order.sizes, offsets, order.starts[by_memory], order.lengths[by_memory], places[by_memory])
    return _plan((*arrays, order.edges, order.first[order.edges]), order, int((offsets + chunks).max(initial=1)))


def small(runs: Runs, chosen: Numbers) -> Plan:
    """Plan of `clip_lanes.clip_strips`, as `large`.

    Arrays: boxes; start, length and place in the group's strip of the spans of pixels that a group reads; first span and first batch of
    every group; first box and first row of ``index`` of every batch of `clip_lanes.LANES` boxes.
    """
    order = _ordered(runs, chosen, SMALL_AT_ONCE)
    by_memory = np.lexsort((order.starts, order.group))
    starts, lengths, group = order.starts[by_memory], order.lengths[by_memory], order.group[by_memory]
    in_strip = _within(lengths, order.first[order.edges]) + 1  # what is at 0 does not count
    places = np.empty_like(in_strip)
    places[by_memory] = in_strip
    new = np.ones(starts.size, bool)
    new[1:] = (starts[1:] != starts[:-1] + lengths[:-1]) | (group[1:] != group[:-1])
    heads = np.flatnonzero(new)
    spans = np.add.reduceat(lengths, heads) if heads.size else lengths
    firsts = np.concatenate([np.arange(a, b, LANES) for a, b in pairwise(order.edges)] + [[order.boxes.size]]).astype(np.int64)
    most = np.maximum.reduceat(order.sizes, firsts[:-1]) if order.sizes.size else order.sizes
    rows = np.append(0, np.cumsum(-(-most // STEP) * STEP))
    index = np.empty(rows[-1] * LANES, np.uint16)
    lane_index((order.first, places, order.lengths), firsts, rows, index)
    edges = order.first[order.edges]
    arrays = (order.boxes, starts[heads], spans, in_strip[heads], np.searchsorted(heads, edges), np.searchsorted(firsts, order.edges))
    return _plan((*arrays, firsts, rows), order, int((in_strip + lengths).max(initial=1)), index)


def _plan(arrays: tuple[Numbers, ...], order: _Order, room: int, index: NDArray[np.uint16] | None = None) -> Plan:
    pixels = np.diff(np.append(0, np.cumsum(order.sizes))[order.edges])
    whole = tuple(np.ascontiguousarray(each, np.int64) for each in arrays)
    return Plan(whole, np.empty(0, np.uint16) if index is None else index, pixels, room, int(order.sizes.max(initial=1)))


def _within(lengths: Numbers, edges: Numbers) -> Numbers:
    """Sum of the ``lengths`` before each within its part; part k is from ``edges[k]`` on."""
    before: Numbers = np.append(0, np.cumsum(lengths))
    within: Numbers = before[:-1] - np.repeat(before[edges[:-1]], np.diff(edges))
    return within


def _ordered(runs: Runs, chosen: Numbers, at_once: int) -> _Order:
    starts, lengths, bounds = runs
    boxes = chosen[np.argsort(starts[bounds[chosen]], kind="stable")]
    counts = bounds[boxes + 1] - bounds[boxes]
    first = np.append(0, np.cumsum(counts))
    ids = np.arange(first[-1]) + np.repeat(bounds[boxes] - first[:-1], counts)
    box = np.repeat(np.arange(boxes.size), counts)
    sizes = np.diff(np.append(0, np.cumsum(lengths[ids]))[first])
    edges = _groups(starts[bounds[boxes]], starts[bounds[boxes + 1] - 1] + lengths[bounds[boxes + 1] - 1], sizes, at_once)
    group = np.searchsorted(edges, box, side="right") - 1
    return _Order(boxes, sizes, edges, first, starts[ids], lengths[ids], box, group)


def _groups(begins: Numbers, ends: Numbers, sizes: Numbers, at_once: int) -> Numbers:
    """First box of every group, and the number of boxes: a group ends at a box that begins after its first one has ended."""
    first, held, edges = 0, 0, []
    for box, (begin, size) in enumerate(zip(begins.tolist(), sizes.tolist(), strict=True)):
        if box == 0 or held + size > at_once or begin >= ends[first]:
            edges.append(box)
            first, held = box, 0
        held += size
    return np.array([*edges, begins.size], np.int64)
