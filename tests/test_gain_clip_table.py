"""The table of what clipping takes, against numpy's own clipping, quadrature and what is known."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy import integrate

from detgui.science import clip_factor


def clipped_variances(values, level):
    """Variance (n - 1) of each row after clipping about the mean, standard deviation with n, until nothing more is clipped."""
    keep = np.ones(values.shape, bool)
    while True:
        count = keep.sum(axis=1)
        mean = (values * keep).sum(axis=1) / count
        variance = ((values - mean[:, None]) ** 2 * keep).sum(axis=1) / count
        now = keep & (np.abs(values - mean[:, None]) <= level * np.sqrt(variance)[:, None])
        if (now == keep).all():
            return variance * count / (count - 1)
        keep = now


@pytest.mark.parametrize(("level", "size"), [(3.0, 64), (3.0, 18), (3.0, 700), (2.5, 40)])
def test_factor_and_excess_within_four_errors(level, size):
    """With the unclipped variance, known to be 1, as control variate."""
    values = np.random.default_rng(size).standard_normal((4_000_000 // size, size))
    found, plain = clipped_variances(values, level), values.var(axis=1, ddof=1)
    rest = found - np.cov(found, plain)[0, 1] / plain.var() * (plain - 1.0)
    error = rest.std() / np.sqrt(rest.size)
    factor, excess = (float(each[0]) for each in clip_factor.factors(level, np.array([float(size)])))
    assert error < 5e-4
    assert abs(rest.mean() - factor) < 4.0 * error
    relative = (found - found.mean()) ** 2 / factor**2 / (2.0 / (size - 1))
    assert abs(relative.mean() - excess) < 4.0 * relative.std() / np.sqrt(relative.size)


def test_boxes_of_64_pixels():
    """With the n - 1 variance the factor is 0.9781, not what it is in large boxes."""
    assert clip_factor.factors(3.0, np.array([64.0]))[0][0] == pytest.approx(0.9781, abs=1.5e-4)


@pytest.mark.parametrize(("level", "factor"), [(3.0, 0.9699), (2.5, 0.8771)])
def test_large_boxes_have_the_fixed_point(level, factor):
    assert clip_factor.fixed_point(level) == pytest.approx(factor, abs=5e-5)
    assert clip_factor.factors(level, np.array([1e12]))[0][0] == pytest.approx(clip_factor.fixed_point(level), abs=1e-6)


@pytest.mark.parametrize("level", clip_factor.LEVELS)
def test_excess_of_large_boxes_by_quadrature(level):
    normal, factor, step = NormalDist(), clip_factor.fixed_point(level), 1e-4

    def moment(power, reach):
        return integrate.quad(lambda x: x**power * normal.pdf(x), -reach, reach)[0]

    def truncated(variance):
        reach = level * np.sqrt(variance)
        return moment(2, reach) / moment(0, reach)

    derivative = (truncated(factor + step) - truncated(factor - step)) / (2.0 * step)
    reach = level * np.sqrt(factor)
    inside = moment(0, reach)
    square = (moment(4, reach) - 2.0 * factor * moment(2, reach) + factor**2 * inside) / (inside * (1.0 - derivative)) ** 2
    assert clip_factor.excess_limit(level) == pytest.approx(square / (2.0 * factor**2), rel=1e-4)


def test_ten_pixels_cannot_lose_one():
    """The largest distance from the mean is (n - 1) / sqrt(n) standard deviations: less than three up to ten pixels."""
    assert clip_factor.factors(3.0, np.array([8.0, 9.0, 10.0]))[0] == pytest.approx(1.0, abs=1e-6)
    assert clip_factor.factors(3.0, np.array([12.0]))[0][0] < 0.9997
