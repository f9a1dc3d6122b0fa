"""Boxes of the gain map: sectors, voids, the merge rule."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detgui.errors import BadInput
from detgui.science import boxes
from detgui.science.detector import DetectorGeometry


def nircam(detector="NRCB1", ny=2048, nx=2048, xstart=1, ystart=1):
    fast, slow = {"NRCB1": (1, -2), "NRCA1": (-1, 2), "NRS1": (2, 1)}[detector]
    return DetectorGeometry(ny, nx, detector, fast, slow, xstart, ystart, 4, False, True)


def disc(shape, x, y, radius):
    rows, columns = np.indices(shape)
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


@pytest.mark.parametrize(("size", "count"), [(128, 256), (256, 64), (512, 16)])
def test_full_frame_has_the_reports_boxes(size, count):
    found = boxes.cut(nircam(), size)
    assert len(found) == count
    assert not found.small.any()
    assert (found.labels[:4] == -1).all() and (found.labels[:, -4:] == -1).all()
    assert found.pixels.sum() == 2040**2
    assert np.bincount(found.sector)[1:].tolist() == [count // 4] * 4


def test_sectors_are_counted_along_the_detectors_own_columns():
    plain, flipped, turned = (boxes.sectors(nircam(each)) for each in ("NRCB1", "NRCA1", "NRS1"))
    assert (plain[0, 0], plain[0, 512], plain[7, 2047]) == (1, 2, 4)
    assert (flipped[0, 0], flipped[0, 2047]) == (4, 1)
    assert (turned[0, 5], turned[2047, 5]) == (1, 4)


def test_a_void_across_sectors_is_split_and_labelled():
    geometry = nircam()
    void = disc((2048, 2048), 1030, 300, 150)
    found = boxes.cut(geometry, 256, [void])
    voids = np.flatnonzero(found.kind == boxes.VOID)
    assert set(found.sector[voids]) == {2, 3}
    assert (np.isin(found.labels, voids) == void).all()
    assert not found.small.any()
    assert [found.amplifiers[box] for box in voids] == ["ABCD"[found.sector[box] - 1] for box in voids]


def test_a_void_alone_in_its_sector_stays_and_is_marked_small():
    void = disc((2048, 2048), 700, 700, 20)
    found = boxes.cut(nircam(), 256, [void])
    (alone,) = np.flatnonzero(found.kind == boxes.VOID)
    assert found.small[alone] and found.pixels[alone] == void.sum()
    assert found.small.sum() == 1


def test_small_box_joins_the_nearest_centre():
    sector, kind = np.ones(3, int), np.zeros(3, int)
    pixels = np.array([100, 100, 49])
    centres = np.array([[0.0, 10.0, 6.0], [0.0, 0.0, 0.0]])
    assert boxes.join_small(sector, kind, pixels, centres * pixels, 100).tolist() == [0, 1, 1]
    assert boxes.join_small(sector, kind, np.array([100, 100, 50]), centres * [100, 100, 50], 100).tolist() == [0, 1, 2]


def joined_by_hand(sector, kind, pixels, centres, nominal):
    """The merge rule with lists of lists: what each box is part of in the end, as the set of its members."""
    heaps = [([box], float(pixels[box]), tuple(centres[:, box])) for box in range(len(pixels))]
    waiting = True
    while waiting:
        waiting = False
        for heap in sorted(heaps, key=lambda each: each[1]):
            alike = [
                each
                for each in heaps
                if each is not heap and (sector[each[0][0]], kind[each[0][0]]) == (sector[heap[0][0]], kind[heap[0][0]])
            ]
            if heap[1] < nominal / 2 and alike:
                other = min(alike, key=lambda each: (each[2][0] - heap[2][0]) ** 2 + (each[2][1] - heap[2][1]) ** 2)
                count = heap[1] + other[1]
                centre = tuple((heap[1] * a + other[1] * b) / count for a, b in zip(heap[2], other[2], strict=True))
                heaps = [each for each in heaps if each is not heap and each is not other]
                heaps.append((heap[0] + other[0], count, centre))
                waiting = True
                break
    return {frozenset(members) for members, _, _ in heaps}


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_small_boxes_join_as_by_hand(count, seed):
    rng = np.random.default_rng(seed)
    sector, kind = rng.integers(1, 5, count), rng.integers(0, 2, count)
    pixels = rng.uniform(1, 1000, count)  # no two alike, nor sums of them: which is smallest is told
    centres = rng.uniform(0, 2048, (2, count))
    found = boxes.join_small(sector, kind, pixels, centres * pixels, 1000)
    assert {frozenset(np.flatnonzero(found == each).tolist()) for each in found} == joined_by_hand(sector, kind, pixels, centres, 1000)
    assert (sector[found] == sector).all() and (kind[found] == kind).all()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(8, 64),
    st.lists(st.tuples(st.integers(0, 127), st.integers(0, 95), st.integers(1, 30)), max_size=4),
    st.integers(1, 900),
    st.sampled_from(["NRCB1", "NRCA1", "NRS1"]),
)
def test_every_pixel_has_one_box_of_its_sector_and_kind(size, discs, start, detector):
    geometry = nircam(detector, 96, 128, start, 200)
    voids = [disc((96, 128), *each) for each in discs]
    try:
        found = boxes.cut(geometry, size, voids)
    except BadInput as error:
        assert "whole of sector" in str(error) or "no pixel" in str(error)
        return
    void = np.any(voids, axis=0) if voids else np.zeros((96, 128), bool)
    inside = found.labels >= 0
    assert (inside == ~geometry.reference_pixels()).all()
    assert (found.sector[found.labels[inside]] == boxes.sectors(geometry)[inside]).all()
    assert (found.kind[found.labels[inside]] == void[inside]).all()
    assert (np.bincount(found.labels[inside], minlength=len(found)) == found.pixels).all() and (found.pixels > 0).all()
    for box in np.flatnonzero(found.small):
        assert ((found.sector == found.sector[box]) & (found.kind == found.kind[box])).sum() == 1
    assert (found.small == (found.pixels * 2 < found.nominal)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 64), st.integers(0, 127), st.integers(0, 95), st.integers(1, 40))
def test_runs_cover_each_box(size, x, y, radius):
    found = boxes.cut(DetectorGeometry(96, 128), size, [disc((96, 128), x, y, radius)])
    starts, lengths, of_box = found.runs()
    again = np.full(96 * 128, -1)
    for box in range(len(found)):
        for run in range(of_box[box], of_box[box + 1]):
            assert (again[starts[run] : starts[run] + lengths[run]] == -1).all()
            again[starts[run] : starts[run] + lengths[run]] = box
    assert (again.reshape(96, 128) == found.labels).all()


def test_bad_masks_are_refused():
    geometry = nircam()
    with pytest.raises(BadInput, match="does not fit"):
        boxes.cut(geometry, 256, [np.zeros((32, 32), bool)])
    with pytest.raises(BadInput, match="sector 2"):
        boxes.cut(geometry, 256, [boxes.sectors(geometry) == 2])
    with pytest.raises(BadInput, match="no pixel"):
        boxes.cut(geometry, 256, exclude=[np.ones((2048, 2048), bool)])
    with pytest.raises(BadInput, match="boxes of 1"):
        boxes.cut(geometry, 1)


def test_values_of_boxes_as_an_image():
    made = boxes.cut(DetectorGeometry(40, 48), 16)
    values = np.linspace(1.0, 2.0, len(made))
    values[1] = np.nan
    labels = made.labels.copy()
    labels[3:5, 7:30] = boxes.NOWHERE
    expected = np.where(labels >= 0, values[labels], np.nan).astype(np.float32)
    np.testing.assert_array_equal(replace(made, labels=labels).spread(values), expected)
