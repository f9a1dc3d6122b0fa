"""Which pairs are left out."""

import numpy as np
import pytest

from detgui.errors import BadInput
from detgui.science.gain_pairs import choose


def maps(offsets, boxes=400, noise=0.008):
    rng = np.random.default_rng(4)
    return 2.2 * (1 + np.array(offsets))[:, None] * (1 + noise * rng.standard_normal((len(offsets), boxes)))


@pytest.mark.parametrize(
    ("offsets", "kept"),
    [
        ((-0.008, 0, 0, 0, 0), (1, 2, 3, 4, 5)),
        ((-0.015, 0, 0, 0, 0), (2, 3, 4, 5)),
        ((-0.04, 0, 0), (2, 3)),
        ((-0.04, 0), (1, 2)),
        ((-0.03, 0, 0.03, 0, 0), (2, 4, 5)),
        ((0,), (1,)),
    ],
)
def test_auto_keeps_what_the_report_kept(offsets, kept):
    used, figures = choose(maps(offsets), "auto")
    assert used == kept
    assert [each.number for each in figures if each.used] == list(kept)


def test_one_per_cent_within_its_error_is_kept():
    assert choose(maps((-0.015, 0, 0, 0), boxes=16, noise=0.05), "auto")[0] == (1, 2, 3, 4)


def test_the_user_overrules():
    gains = maps((-0.04, 0, 0))
    assert choose(gains, "all")[0] == (1, 2, 3)
    assert choose(gains, (3, 1, 3))[0] == (1, 3)
    with pytest.raises(BadInput, match="no pair 4"):
        choose(gains, (4,))


def test_figures_of_table_5():
    gains = maps((-0.03, 0, 0))
    first = choose(gains, "auto")[1][0]
    assert first.difference == pytest.approx((gains[1] - gains[0]).mean())
    assert first.difference_std == pytest.approx((gains[1] - gains[0]).std())


def test_the_error_of_an_offset_holds():
    """Pulls of offsets of equal pairs: noise of the pair and of the others' median, few boxes and many."""
    rng = np.random.default_rng(14)
    for count, boxes in ((3, 4), (4, 1), (5, 16), (3, 64)):
        pulls = []
        for _ in range(400):
            errors = 0.02 * rng.uniform(0.7, 1.4, boxes) * np.ones((count, 1))
            _, figures = choose(2.0 + errors * rng.standard_normal((count, boxes)), "all", errors)
            pulls.append(figures[0].offset / figures[0].offset_err)
        low, high = np.percentile(pulls, [16, 84])
        assert 0.8 < (high - low) / 2.0 < 1.1  # that of few boxes, even in number, is a little better than taken
        assert abs(np.mean(pulls)) < 0.2


def test_boxes_that_agree_by_chance_do_not_drop_a_pair():
    """Four boxes that happen to scatter little say no more than their own errors allow."""
    gains = 2.0 * np.array([[0.97, 0.97, 0.971, 0.97], [1.0, 1.01, 0.99, 1.0], [1.0, 0.99, 1.01, 1.0], [1.0, 1.0, 1.0, 1.0]])
    assert choose(gains, "auto", np.full(gains.shape, 0.05))[0] == (1, 2, 3, 4)
    assert choose(gains, "auto", np.full(gains.shape, 0.005))[0] == (2, 3, 4)


def test_a_pair_whose_boxes_scatter_is_left_out_all_the_same():
    """A changed gradient takes 25 % from half of the boxes, which were joined to larger ones, and 5 % from the others."""
    rng = np.random.default_rng(3)
    gains = 2.0 * (1.0 + 0.006 * rng.standard_normal((3, 16)))
    gains[0] *= np.tile([0.75, 0.95], 8)
    assert choose(gains, "auto", np.full(gains.shape, 0.012))[0] == (2, 3)
