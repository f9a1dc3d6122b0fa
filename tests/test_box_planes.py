"""Boxes less their planes, against numpy.linalg.lstsq and by what a changed gradient does to neighbours."""

import numpy as np
import pytest
from scipy import ndimage

from detgui.science.box_planes import TILE, less_planes, tiles_of
from detgui.science.boxes import cut
from detgui.science.detector import DetectorGeometry
from detgui.science.ipc import neighbour_factor

CROSS = np.array([[0, 0.006, 0], [0.006, 0.976, 0.006], [0, 0.006, 0]])


def squares(side, box):
    y, x = np.mgrid[:side, :side] // box
    return (y * (side // box) + x).astype(np.int32)


def test_against_least_squares():
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:24, :24]
    labels = np.where((x - 12) ** 2 + (y - 12) ** 2 < 30, 4, squares(24, 12)).astype(np.int32)
    labels[:, 0] = -1
    image = (0.3 * x - 0.2 * y + rng.standard_normal((24, 24))).astype(np.float32)
    good = rng.random((24, 24)) > 0.1
    image[3, 3] = np.nan
    found = less_planes(image, labels, good)
    assert np.array_equal(np.isfinite(found), good & (labels >= 0) & np.isfinite(image))
    for box in range(5):
        here = (labels == box) & np.isfinite(found)
        design = np.stack([np.ones(here.sum()), x[here], y[here]], axis=1)
        values = image[here].astype(np.float64)
        assert found[here] == pytest.approx(values - design @ np.linalg.lstsq(design, values, rcond=None)[0], abs=1e-9)


def test_a_row_of_pixels_and_wild_ones():
    rng = np.random.default_rng(6)
    image = rng.standard_normal((40, 40)).astype(np.float32)
    image[20, 20] = 1e4
    labels = np.zeros((40, 40), np.int32)
    labels[0] = 1
    found = less_planes(image, labels, np.ones((40, 40), bool))
    assert np.isnan(found[20, 20]) and np.isfinite(found).sum() == 1599
    assert found[0] == pytest.approx(image[0].astype(np.float64) - image[0].mean(dtype=np.float64))  # no plane through a line


def test_no_pixel_at_all():
    assert np.isnan(less_planes(np.zeros((4, 4), np.float32), np.full((4, 4), -1, np.int32), np.ones((4, 4), bool))).all()


@pytest.mark.parametrize("box", [32, 128])
def test_a_changed_gradient_is_not_taken_for_coupling(box):
    """Independent pixels: the factor is 1 whatever the light did."""
    rng = np.random.default_rng(7)
    labels, good, found = squares(256, box), np.ones((256, 256), bool), []
    slope = np.linspace(-0.5, 0.5, 256)[None, :] + np.linspace(-0.5, 0.5, 256)[:, None]
    for _ in range(20):
        low = 20.0 * rng.standard_normal((256, 256))
        high = low + 40.0 * rng.standard_normal((256, 256)) + 400.0 * slope
        planes = [less_planes(each.astype(np.float32), labels, good) for each in (high, low + 80.0 * slope)]
        found.append(neighbour_factor(*planes))
    assert np.std(found) < 0.03
    assert abs(np.mean(found) - 1.0) < 4.0 * np.std(found) / np.sqrt(len(found))


def test_tiles_have_one_kind_and_one_sector_and_a_size_of_their_own():
    geometry = DetectorGeometry(300, 2048, "NRCA1", -1, 2, 1, 1001, 4, known=True)
    void = np.zeros((300, 2048), bool)
    void[100:180, 400:700] = True
    for box in (8, 256):
        boxes = cut(geometry, box, voids=[void])
        tiles = tiles_of(boxes)
        assert np.array_equal(tiles < 0, boxes.labels < 0)
        for tile in np.unique(tiles[tiles >= 0]):
            y, x = np.nonzero(tiles == tile)
            own = np.unique(boxes.labels[y, x])
            assert len({*zip(boxes.sector[own], boxes.kind[own], strict=True)}) == 1
            assert np.ptp(y) < TILE and np.ptp(x) < TILE


@pytest.mark.parametrize("box", [8, 16, 32, 256])
def test_the_boxes_of_the_map_do_not_change_what_neighbours_have_in_common(box):
    rng = np.random.default_rng(11)
    coupled = [size * ndimage.convolve(rng.standard_normal((512, 512)), CROSS, mode="wrap").astype(np.float32) for size in (60, 5)]
    tiles, good = tiles_of(cut(DetectorGeometry(512, 512), box)), np.ones((512, 512), bool)
    assert neighbour_factor(*(less_planes(frame, tiles, good) for frame in coupled)) == pytest.approx(neighbour_factor(*coupled), abs=5e-4)
