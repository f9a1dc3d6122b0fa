"""Regions carried between exposures, against jwst's own turns of arrays between the detector and the science frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from detgui.science.detector import DetectorGeometry
from detgui.science.region_frames import carry
from detgui.science.region_masks import mask_of
from detgui.science.regions import Combined, Ellipse, Painted, Polygon, Rectangle

reffile_utils = pytest.importorskip("jwst.lib.reffile_utils")

FULL = 2048
RAW = np.arange(FULL * FULL, dtype=np.int32).reshape(FULL, FULL)  # every raw pixel has its number


@dataclass(frozen=True)
class Frame:
    """FASTAXIS, SLOWAXIS, SUBSTRT1, SUBSTRT2, SUBSIZE1, SUBSIZE2."""

    detector: str
    fast: int
    slow: int
    x: int = 1
    y: int = 1
    nx: int = FULL
    ny: int = FULL

    @property
    def geometry(self) -> DetectorGeometry:
        return DetectorGeometry(self.ny, self.nx, self.detector, self.fast, self.slow, self.x, self.y, 4, known=True)

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the raw pixels in the array as the pipeline gives it."""
        science = reffile_utils.detector_science_frame_transform(RAW, self.fast, self.slow)
        return science[self.y - 1 : self.y - 1 + self.ny, self.x - 1 : self.x - 1 + self.nx]


# Orientations as in the headers of these detectors (JWST user documentation, "Detector read-out"); subarrays with their keywords.
A1 = Frame("NRCA1", -1, 2)
A1_SUB = Frame("NRCA1", -1, 2, 1025, 1009, 320, 400)
A2 = Frame("NRCA2", 1, -2)
NRS1 = Frame("NRS1", 2, 1)
NRS1_SUB = Frame("NRS1", 2, 1, 1, 897, 2048, 256)
NRS2 = Frame("NRS2", -2, -1)

BLOB = Polygon(((1080.2, 1030.7), (1310.4, 1040.1), (1290.9, 1220.3), (1170.0, 1380.6), (1100.5, 1250.0)))
SHAPES = (
    BLOB,
    Rectangle(1200.0, 1100.0, 61, 40),
    Rectangle(1200.3, 1100.2, 90.5, 31.5, 33.0),
    Ellipse(1180.4, 1150.7, 80.0, 33.3, 20.0),
    Combined(BLOB, Ellipse(1180.4, 1150.7, 40.0, 33.3), "subtract"),
    Painted(1100, 1050, np.random.default_rng(1).random((150, 120)) > 0.5),
)


@pytest.mark.parametrize(
    ("source", "target"),
    [(A1, A1_SUB), (A1_SUB, A1), (A1, A2), (A1, NRS1), (NRS1, NRS2), (NRS1, NRS1_SUB), (NRS2, A1_SUB)],
    ids=lambda frame: f"{frame.detector}-{frame.nx}x{frame.ny}",
)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_the_same_pixels_of_the_detector_are_covered(shape, source, target):
    if source is A1_SUB:
        shape = carry(shape, A1.geometry, A1_SUB.geometry)
    drawn = source.numbers[mask_of(shape, (source.ny, source.nx))]
    assert drawn.size > 1000
    there = np.zeros(FULL * FULL, bool)
    there[drawn] = True
    expected = there[target.numbers]
    found = mask_of(carry(shape, source.geometry, target.geometry), (target.ny, target.nx))
    assert np.array_equal(found, expected)


def test_an_outline_over_pixel_centres_comes_back_as_it_was():
    box = Rectangle(1200.0, 1100.0, 60.0, 40.0)
    there = carry(box, NRS1.geometry, NRS2.geometry)
    back = carry(there, NRS2.geometry, NRS1.geometry)
    assert (back.x, back.y) == pytest.approx((box.x, box.y), abs=1e-9)
    assert np.array_equal(mask_of(back, (FULL, FULL)), mask_of(box, (FULL, FULL)))
