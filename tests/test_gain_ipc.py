"""The factor for inter-pixel capacitance from the covariance of neighbours, on noise with a known coupling."""

import numpy as np
import pytest
from gain_fakes import width
from scipy import ndimage

from detgui.science.ipc import analytic_factor, analytic_remainder, kernel_factor, neighbour_error, neighbour_factor

SIDE = 256
COUPLING = np.array([[0.0003, 0.006, 0.0003], [0.006, 0.9748, 0.006], [0.0003, 0.006, 0.0003]])
LOW, HIGH, READ = 30.0, 60.0, 8.0


def frames(rng, side=SIDE, tilt=0.0, rows=0.0, box=64):
    """Difference frames with little and much signal, less the mean of each box: photons through the coupling, noise of reads, a change of
    the light from one side to the other (DN at the much signal), noise that a row shares in both."""
    little, more = (rng.standard_normal((side, side)) for _ in range(2))
    shared = rows * rng.standard_normal((side, 1))
    made = []
    for image, part in ((LOW * little, 0.25), (LOW * little + np.sqrt(HIGH**2 - LOW**2) * more, 1.0)):
        seen = ndimage.convolve(image, COUPLING, mode="wrap") + READ * rng.standard_normal(image.shape) + shared
        seen += part * tilt * np.linspace(-0.5, 0.5, side)[None, :]
        blocks = seen.reshape(side // box, box, side // box, box)
        made.append((blocks - blocks.mean(axis=(1, 3), keepdims=True)).reshape(side, side))
    return made[1], made[0]


def mean_factor(**how):
    rng = np.random.default_rng(40)
    found = [neighbour_factor(*frames(rng, **how)) for _ in range(60)]
    return np.mean(found), np.std(found) / np.sqrt(len(found))


@pytest.mark.parametrize("how", [{}, {"box": 16}, {"rows": 10.0}, {"tilt": 40.0, "box": 256}])
def test_the_factor_is_the_couplings(how):
    """Small boxes, noise that rows share and changed light are not taken for coupling."""
    mean, error = mean_factor(**how)
    assert error < 0.004
    assert abs(mean - (COUPLING**2).sum()) < 3.5 * error


def test_the_error_of_the_factor_holds():
    rng = np.random.default_rng(41)
    truth, pulls = (COUPLING**2).sum(), []
    for _ in range(300):
        high, low = frames(rng, 128)
        pulls.append((neighbour_factor(high, low) / truth - 1.0) / neighbour_error(high.var(), low.var(), 128**2))
    assert 0.87 < width(pulls) < 1.13  # 300 widths are known to 5 %
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(len(pulls))


def test_pixels_that_do_not_count_are_left_out():
    rng = np.random.default_rng(42)
    high, low = frames(rng, 512)
    bad = rng.random(high.shape) < 0.05
    spoiled = np.where(bad, np.nan, high), np.where(bad, np.nan, low)
    change = abs(neighbour_factor(*spoiled) - neighbour_factor(high, low))
    assert 0.0 < change < 2.0 * neighbour_error(HIGH**2, LOW**2, high.size)


def test_by_hand():
    """Far pixels and lags of a small image, written out."""
    rng = np.random.default_rng(43)
    images = rng.standard_normal((2, 12, 13)) * np.array([5.0, 1.0])[:, None, None]

    def covariance(image, rows, columns):
        products = [
            image[y, x] * image[y + rows, x + columns] for y in range(12) for x in range(13) if 0 <= y + rows < 12 and 0 <= x + columns < 13
        ]
        return sum(products), len(products)

    values = []
    for image in images:
        far = [covariance(image, rows, columns) for rows in range(-4, 5) for columns in range(-4, 5) if max(abs(rows), abs(columns)) > 2]
        base = sum(each[0] for each in far) / sum(each[1] for each in far)
        values.append([np.divide(*covariance(image, *lag)) - base for lag in ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1))])
    difference = np.array(values[0]) - values[1]
    expected = difference[0] / (difference[0] + 2.0 * difference[1:].sum())
    found = neighbour_factor(*images)
    assert np.isfinite(expected) and found == pytest.approx(expected)


def test_nothing_to_see_is_nan():
    assert np.isnan(neighbour_factor(np.zeros((16, 16)), np.zeros((16, 16))))
    assert np.isnan(neighbour_factor(np.full((16, 16), np.nan), np.full((16, 16), np.nan)))
    assert neighbour_error(1.0, 2.0, 100.0) == np.inf


def test_full_and_analytic_factor_of_the_reports_kernel():
    """Equation 2: 0.95 by equation 1; the report found 4.8 % from corrected data, between both."""
    kernel = np.array([[-2.6e-4, -0.0056, -2.8e-4], [-0.0072, 1.025, -0.0056], [-2.6e-4, -0.0056, -2.8e-4]])
    assert analytic_factor(1.025) == pytest.approx(0.95)
    assert kernel_factor(kernel) == pytest.approx(0.952, abs=5e-4)


@pytest.mark.parametrize("coupling", [0.003, 0.006, 0.01])
def test_what_the_analytic_factor_leaves_out(coupling):
    """The inverse of a coupling to the four nearest pixels, by Fourier transforms: 0.2 % at 1.025."""
    grid = np.zeros((32, 32))
    grid[0, 0], grid[[0, 0, 1, -1], [1, -1, 0, 0]] = 1.0 - 4.0 * coupling, coupling
    centre = np.fft.ifft2(1.0 / np.fft.fft2(grid)).real[0, 0]
    low = (grid**2).sum() - analytic_factor(centre)
    assert low > 0.0 and analytic_remainder(centre) == pytest.approx(low, rel=0.15)
