"""Shapes, their masks, splitting, growing and carrying, against other people's geometry and by brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.region_frames import carry
from detgui.science.region_growth import grow
from detgui.science.region_masks import box_of, mask_of, outline, painted, split_islands, split_sectors
from detgui.science.regions import Combined, Ellipse, Painted, Polygon, Rectangle, Region

SIZE = (23, 31)
inside = st.floats(-8, 38, allow_nan=False)
length = st.floats(0.3, 30)
angle = st.floats(-360, 360)
rectangles = st.builds(Rectangle, inside, inside, length, length, angle)
ellipses = st.builds(Ellipse, inside, inside, length, length, angle)
grid = st.integers(-16, 80).map(lambda n: n / 2)
polygons = st.lists(st.tuples(grid, grid), min_size=3, max_size=9).map(lambda points: Polygon(tuple(points)))
masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(np.any)
brushes = st.builds(Painted, st.integers(-6, 30), st.integers(-6, 20), masks)
plain = st.one_of(rectangles, ellipses, polygons, brushes)
shapes = st.one_of(plain, st.builds(Combined, plain, plain, st.sampled_from(("add", "subtract", "intersect"))))


def centres(size=SIZE):
    return np.meshgrid(np.arange(size[1], dtype=float), np.arange(size[0], dtype=float))


@settings(deadline=None)
@given(shapes)
def test_a_mask_is_the_shape_at_pixel_centres_and_inside_its_box(shape):
    mask = mask_of(shape, SIZE)
    x, y = centres()
    assert np.array_equal(mask, shape.contains(x, y))
    outside = mask.copy()
    outside[box_of(shape, SIZE)] = False
    assert not outside.any()


@settings(deadline=None)
@given(rectangles)
def test_rectangles_are_photutils(shape):
    photutils = pytest.importorskip("photutils.aperture")
    # photutils takes the strict inside; centres within rounding of an edge may go either way
    theta = np.deg2rad(shape.angle)
    x, y = centres()
    u = np.abs((x - shape.x) * np.cos(theta) + (y - shape.y) * np.sin(theta)) - shape.width / 2
    v = np.abs((y - shape.y) * np.cos(theta) - (x - shape.x) * np.sin(theta)) - shape.height / 2
    clear = (np.abs(u) > 1e-6) & (np.abs(v) > 1e-6)
    aperture = photutils.RectangularAperture((shape.x, shape.y), shape.width, shape.height, theta=theta)
    theirs = aperture.to_mask(method="center").to_image(SIZE)
    theirs = np.zeros(SIZE, bool) if theirs is None else theirs > 0.5
    assert np.array_equal(mask_of(shape, SIZE)[clear], theirs[clear])


@settings(deadline=None)
@given(ellipses)
def test_ellipses_are_photutils(shape):
    photutils = pytest.importorskip("photutils.aperture")
    theta = np.deg2rad(shape.angle)
    x, y = centres()
    u, v = (x - shape.x) * np.cos(theta) + (y - shape.y) * np.sin(theta), (y - shape.y) * np.cos(theta) - (x - shape.x) * np.sin(theta)
    clear = np.abs((u / shape.rx) ** 2 + (v / shape.ry) ** 2 - 1) > 1e-6
    theirs = photutils.EllipticalAperture((shape.x, shape.y), shape.rx, shape.ry, theta=theta).to_mask(method="center").to_image(SIZE)
    theirs = np.zeros(SIZE, bool) if theirs is None else theirs > 0.5
    assert np.array_equal(mask_of(shape, SIZE)[clear], theirs[clear])


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 35), st.floats(-5, 28)), min_size=3, max_size=8))
def test_polygons_are_shapely(points):
    shapely = pytest.importorskip("shapely")
    theirs = shapely.Polygon(points)
    assume(theirs.is_valid)
    x, y = centres()
    with np.errstate(all="ignore"):
        distance = shapely.distance(theirs.exterior, shapely.points(x, y))
    clear = distance > 1e-6
    expected = shapely.contains_xy(theirs, x, y)
    assert np.array_equal(mask_of(Polygon(tuple(points)), SIZE)[clear], expected[clear])


@pytest.mark.parametrize("rise", [5e-324, 1e-310, 1e-20])
def test_an_edge_that_is_all_but_level(rise):
    shape = Polygon(((2, 0), (20, rise), (20, 5), (2, 5)))
    mask = mask_of(shape, SIZE)
    x, y = centres()
    assert np.array_equal(mask, shape.contains(x, y))
    assert np.array_equal(mask[1:], mask_of(Polygon(((2, 0), (20, 0), (20, 5), (2, 5))), SIZE)[1:])


def test_edges_are_half_open_and_crossings_count():
    assert mask_of(Polygon(((1, 1), (4, 1), (4, 3), (1, 3))), (5, 6)).nonzero()[1].tolist() == [1, 2, 3, 1, 2, 3]
    bow = mask_of(Polygon(((0, 0), (8, 8), (8, 0), (0, 8))), (9, 9))
    assert bow[4, 1] and bow[4, 7] and not bow[1, 4] and not bow[7, 4]


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=6, unique=True), st.lists(st.tuples(grid, grid), min_size=1, max_size=4))
def test_neighbours_share_no_pixel_and_leave_none_out(cuts, middle):
    """A square cut along any chain of edges is covered once."""
    points = [p for p in middle if 0 < p[0] < 30 and 0 < p[1] < 22]
    chain = [(10.0, -1.0), *points, (20.0, 23.0)]
    left = Polygon((*chain, (-2.0, 23.0), (-2.0, -1.0)))
    right = Polygon((*chain, (40.0, 23.0), (40.0, -1.0)))
    assert (mask_of(left, SIZE) ^ mask_of(right, SIZE)).all()


@settings(deadline=None)
@given(brushes)
def test_an_outline_encloses_exactly_its_pixels(shape):
    size = (40, 50)
    assert np.array_equal(mask_of(outline(shape), size), mask_of(shape, size))


@settings(deadline=None)
@given(masks)
def test_islands_are_apart_and_together_the_mask(mask):
    islands = split_islands(mask)
    assert np.array_equal(np.sum(islands, axis=0), mask.astype(int))
    for number, island in enumerate(islands):
        near = np.zeros_like(mask)
        near[1:] |= island[:-1]
        near[:-1] |= island[1:]
        near[:, 1:] |= island[:, :-1]
        near[:, :-1] |= island[:, 1:]
        assert not any((near & other).any() for n, other in enumerate(islands) if n != number)


def test_a_void_is_split_where_the_outputs_meet():
    geometry = DetectorGeometry(2048, 2048, "NRCB1", 1, -2, noutputs=4, known=True)
    mask = mask_of(Rectangle(1023.5, 300, 100, 50), (2048, 2048))
    parts = split_sectors(mask, geometry)
    assert [(name, int(part.sum())) for name, part in parts] == [("B", 2500), ("C", 2500)]
    assert parts[0][1].nonzero()[1].max() == 1023
    unknown = replace(geometry, known=False)
    assert [name for name, _ in split_sectors(mask, unknown)] == [""]


def test_growing_takes_the_plateau_and_nothing_else():
    x, y = centres((60, 80))
    blob = (x - 30) ** 2 + (y - 25) ** 2 < 144
    image = np.where(blob, 950.0, 1000.0) + np.random.default_rng(4).normal(0, 2, x.shape)
    image[25, 33], image[27, 30] = 2000.0, np.nan
    grown = grow(image, 28, 25, 15.0)
    expected = blob.copy()
    expected[27, 30] = False
    assert np.array_equal(grown, expected)
    other = blob | ((x > 60) & (y > 40))
    assert not grow(np.where(other, 950.0, 1000.0), 28, 25, 10)[50, 70]


def test_growing_through_noise_needs_an_average():
    x, y = centres((80, 80))
    blob = (np.abs(x - 40) < 20) & (np.abs(y - 40) < 20)
    image = np.where(blob, 950.0, 1000.0) + np.random.default_rng(5).normal(0, 25, x.shape)
    grown = grow(image, 40, 40, 25.0, smooth=9)
    assert (grown & blob).sum() > 0.9 * blob.sum() and (grown & ~blob).sum() < 0.1 * blob.sum()


def test_growth_stays_within():
    within = np.zeros((10, 10), bool)
    within[:, :4] = True
    assert np.array_equal(grow(np.ones((10, 10)), 1, 1, 0.0, within=within), within)


@pytest.mark.parametrize(("x", "y", "tolerance"), [(10, 0, 1.0), (0, -1, 1.0), (3, 3, 1.0), (0, 0, -1.0), (0, 0, np.nan)])
def test_growth_that_cannot_be(x, y, tolerance):
    image = np.ones((10, 10))
    image[3, 3] = np.nan
    with pytest.raises(BadInput):
        grow(image, x, y, tolerance)


def geometry(detector, fast, slow, ny=2048, nx=2048, xstart=1, ystart=1):
    return DetectorGeometry(ny, nx, detector, fast, slow, xstart, ystart, 4, known=True)


FRAMES = [
    geometry("NRCA1", -1, 2, 60, 70, 101, 201),
    geometry("NRCA2", 1, -2, 60, 70, 1880, 1790),
    geometry("NRS1", 2, 1, 60, 70, 181, 111),
    geometry("NRS2", -2, -1, 60, 70, 1790, 1880),
]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(brushes, st.builds(Rectangle, st.integers(5, 20), st.integers(5, 20), st.sampled_from((3, 7)), st.sampled_from((5, 9)))),
    st.sampled_from(FRAMES),
    st.sampled_from(FRAMES),
)
def test_a_carried_shape_covers_the_same_detector_pixels(shape, source, target):
    def pixels(what, frame):
        mask = mask_of(what, (frame.ny, frame.nx))
        return {frame.to_detector(int(x), int(y)) for y, x in np.argwhere(mask)}

    def seen(frame):
        return {frame.to_detector(x, y) for x in range(frame.nx) for y in range(frame.ny)}

    before, after = pixels(shape, source), pixels(carry(shape, source, target), target)
    common = seen(source) & seen(target)
    assert before & common == after & common


@settings(deadline=None)
@given(shapes, st.sampled_from(FRAMES), st.sampled_from(FRAMES))
def test_there_and_back(shape, source, target):
    back = carry(carry(shape, source, target), target, source)
    assert np.allclose(back.bounds, shape.bounds, atol=1e-6)
    x, y = np.random.default_rng(1).uniform(-10, 40, (2, 300))
    assert np.mean(back.contains(x, y) == shape.contains(x, y)) > 0.99


def test_a_subarray_shifts():
    full, small = geometry("NRCB1", 1, -2), geometry("NRCB1", 1, -2, 160, 160, 801, 1001)
    assert carry(Rectangle(850, 1050, 10, 20, 30), full, small) == Rectangle(50, 50, 10, 20, 30)
    assert carry(Ellipse(50, 50, 10, 20, 30), small, full) == Ellipse(850, 1050, 10, 20, 30)


def test_frames_that_cannot_be_related():
    full = geometry("NRCB1", 1, -2)
    with pytest.raises(BadInput, match="without"):
        carry(Rectangle(1, 1, 1, 1), full, replace(full, known=False))
    raw = DetectorGeometry(3200, 2048, "NRS1", 2, 1, irs2=True, known=True)
    with pytest.raises(BadInput, match="IRS2"):
        carry(Rectangle(1, 1, 1, 1), raw, raw)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rectangle(1, 1, 0, 3),
        lambda: Rectangle(np.nan, 1, 1, 3),
        lambda: Ellipse(1, 1, -1, 3),
        lambda: Ellipse(1e300, 1, 1, 3),
        lambda: Polygon(((0, 0), (1, 1))),
        lambda: Polygon(((0, 0), (1, 1), (np.inf, 0))),
        lambda: Combined(Rectangle(1, 1, 1, 1), Rectangle(1, 1, 1, 1), "xor"),
        lambda: Region(Rectangle(1, 1, 1, 1), kind="hole"),
        lambda: painted(np.zeros((3, 3), bool)),
    ],
)
def test_shapes_that_cannot_be(make):
    with pytest.raises(BadInput):
        make()


@settings(deadline=None)
@given(masks)
def test_painting_keeps_the_mask(mask):
    assert np.array_equal(mask_of(painted(mask), mask.shape), mask)


def enclosed_odd(points, x, y):
    """Whether the outline winds about places (x, y) an odd number of times, from the angles under which its edges are seen."""
    turns = np.zeros(np.shape(x))
    for (ax, ay), (bx, by) in zip(points, (*points[1:], points[0]), strict=True):
        ux, uy, vx, vy = ax - x, ay - y, bx - x, by - y
        turns += np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy)
    return np.rint(turns / (2 * np.pi)).astype(int) % 2 == 1


@settings(deadline=None)
@given(polygons)
def test_a_centre_on_an_outline_belongs_where_a_place_a_little_to_the_right_and_above_does(shape):
    # On a grid of half pixels no outline passes between a centre and its neighbouring place but through the centre itself.
    x, y = centres()
    assert np.array_equal(mask_of(shape, SIZE), enclosed_odd(shape.points, x + 1e-5, y + 1e-9))


def test_an_outline_of_thousands_of_edges_is_filled_in_parts(monkeypatch):
    shapely = pytest.importorskip("shapely")
    from detgui.science import region_masks

    at = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    reach = 100 + 20 * np.sin(40 * at)
    points = np.column_stack([150.3 + reach * np.cos(at), 140.7 + reach * np.sin(at)])
    shape = Polygon(tuple((float(x), float(y)) for x, y in points))
    whole = mask_of(shape, (300, 310))
    x, y = centres((300, 310))
    assert np.array_equal(whole, shapely.contains_xy(shapely.Polygon(points), x, y))
    monkeypatch.setattr(region_masks, "AT_ONCE", 50)
    assert np.array_equal(mask_of(shape, (300, 310)), whole)


@settings(deadline=None)
@given(brushes, st.integers(0, 20), st.integers(0, 12), st.integers(0, 20), st.integers(0, 12))
def test_a_part_of_painted_pixels_is_that_part_of_the_whole(shape, row, rows, column, columns):
    """Any window on them, also one that they do not reach."""
    image = np.zeros((80, 90), bool)
    image[20 + shape.y0 : 20 + shape.y0 + shape.pixels.shape[0], 20 + shape.x0 : 20 + shape.x0 + shape.pixels.shape[1]] = shape.pixels
    here = Painted(shape.x0 - column, shape.y0 - row, shape.pixels)
    assert np.array_equal(mask_of(here, (rows, columns)), image[20 + row : 20 + row + rows, 20 + column : 20 + column + columns])
