"""Whether a pair is left out does not depend on the boxes of the map."""

import numpy as np
import pytest
from gain_fakes import pairs
from test_gain_map import flats

from detgui.analysis import gain_map

SIDE = 512
WHOLE_SECTOR = {"SUBSTRT1": 513, "SUBSTRT2": 513, "SUBSIZE1": SIDE, "SUBSIZE2": SIDE}


def tilted(change):
    """Light from one side to the other: ``change`` is the part by which it rises over 256 pixels."""
    return 900.0 * (1.0 + change * (np.arange(SIDE) / 256.0 - 1.0))[None, :] * np.ones((SIDE, 1))


@pytest.fixture(scope="module", params=[0.03, 0.004], ids=["changed", "hardly changed"])
def exposures(request, tmp_path_factory):
    """Four pairs of one sector's flats; the first flat has another gradient than the others."""
    rng = np.random.default_rng(29)
    first = pairs(rng, (SIDE, SIDE), 5, tilted(request.param), flats=1)
    reads = np.concatenate([first, pairs(rng, (SIDE, SIDE), 5, flats=7)])
    made = flats(tmp_path_factory.mktemp("tilted"), reads, **WHOLE_SECTOR)
    yield request.param, made
    for each in made:
        each.close()


@pytest.mark.parametrize("box", [64, 128, 256, 512])
def test_the_same_pairs_are_used_with_all_boxes(exposures, box):
    change, made = exposures
    result = gain_map.run(made, gain_map.Params(box=box))
    reference = gain_map.run(made, gain_map.Params(box=256)).pairs
    assert result.pairs_used == ((2, 3, 4) if change > 0.01 else (1, 2, 3, 4))
    for one, two in zip(result.pairs, reference, strict=True):
        assert (one.offset, one.offset_err) == pytest.approx((two.offset, two.offset_err))
    weights = result.boxes.pixels / result.boxes.pixels.sum()
    error = np.sqrt((result.gain_err * weights) ** 2 @ np.ones(len(weights)))
    assert abs(result.gain @ weights - 2.0) < 3.5 * error + (0.0 if change > 0.01 else 0.005)


def test_the_user_overrules_whatever_the_boxes(exposures):
    _, made = exposures
    for box in (128, 256):
        assert gain_map.run(made, gain_map.Params(box=box, pairs="all")).pairs_used == (1, 2, 3, 4)
        assert gain_map.run(made, gain_map.Params(box=box, pairs=(1, 3))).pairs_used == (1, 3)


def test_two_pairs_are_both_kept_and_it_is_said(exposures):
    change, made = exposures
    result = gain_map.run(made[:4], gain_map.Params(box=128))
    assert result.pairs_used == (1, 2)
    assert any("two pairs cannot say" in note and ("they differ by" in note) == (change > 0.01) for note in result.notes)
    assert not any("two pairs" in note for note in gain_map.run(made[:4], gain_map.Params(box=128, pairs=(1, 2))).notes)


def test_a_pair_that_is_off_and_used_all_the_same_is_named(exposures):
    change, made = exposures
    for wanted, used in (("all", change > 0.01), ((1, 2, 3), change > 0.01), ((2, 3, 4), False), ("auto", False)):
        notes = gain_map.run(made, gain_map.Params(box=256, pairs=wanted)).notes
        assert any("used although off from the others: pair 1 by -" in note for note in notes) == used
