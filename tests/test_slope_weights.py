"""Weights of the residual late slope against the report's recipe, done with numpy.polyfit."""

from __future__ import annotations

import numpy as np
import pytest
from slope_files import late_slope

from detgui.science.slope_weights import late_minus_early, line_weights


@pytest.mark.parametrize(("ngroups", "fit_groups"), [(42, (1, 10)), (42, (1, 40)), (42, (5, 20)), (5, (1, 3)), (20, (2, 4)), (11, (3, 9))])
def test_weights_do_what_two_fits_do(ngroups, fit_groups):
    rng = np.random.default_rng(ngroups + fit_groups[1])
    for _ in range(20):
        ramp = rng.normal(5000, 3000, ngroups)
        assert late_minus_early(ngroups, fit_groups) @ ramp == pytest.approx(late_slope(ramp, fit_groups), rel=1e-9, abs=1e-8)


def test_weights_do_not_see_constants_and_straight_lines():
    weights = late_minus_early(42, (1, 10))
    assert abs(weights.sum()) < 1e-15
    assert abs(weights @ np.arange(42)) < 1e-13


def test_line_weights_are_those_of_polyfit():
    values = np.random.default_rng(3).normal(0, 1, 20)
    assert line_weights(20, 4, 15) @ values == pytest.approx(np.polyfit(np.arange(4, 16), values[3:15], 1)[0])
