"""The gain map that follows an outline: the figures and labels of the exact one, only what changes measured again, memory kept."""

import threading

import numpy as np
import pytest
from astropy.io import fits
from gain_fakes import pairs
from test_gain_map import SIDE, truth, write_flat

from detgui.analysis import gain_live, gain_map, gain_reads
from detgui.analysis.gain_live import LiveGain
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput, Cancelled
from detgui.science import boxes

GROUPS = 6


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    gain, _ = truth()
    reads = pairs(np.random.default_rng(21), (SIDE, SIDE), GROUPS, 900.0, gain, 6.0, flats=6)
    reads[1, :, 30, 40] = np.nan
    reads[3, 2:, 100, 20:40] += 9000.0
    folder = tmp_path_factory.mktemp("live")
    paths = [write_flat(folder / f"flat_{at}_ramp.fits", each) for at, each in enumerate(reads)]
    with fits.open(paths[2], mode="update") as hdus:
        hdus["GROUPDQ"].data[0, 2:, 60:70, 60:70] = 4  # jumps, and what they would leave behind
        hdus["SCI"].data[0, 2:, 60:70, 60:70] += 150.0
        hdus["PIXELDQ"].data[10:14, 100:130] = 1
        hdus["SCI"].data[0, :, 10:14, 100:130] += 150.0
    made = open_exposures(paths)
    yield made
    for each in made:
        each.close()


def disc(x, y, radius):
    rows, columns = np.indices((SIDE, SIDE))
    return np.hypot(columns - x, rows - y) < radius


def params(**given):
    return gain_map.Params(**({"box": 64, "pairs": "all"} | given))


@pytest.fixture(scope="module")
def live(opened):
    return LiveGain.build(opened, params(), (1, 2, 3))


def exact(opened, voids, **given):
    return gain_map.run(opened, params(voids=voids, **given))


def assert_same(found, expected, fraction):
    """Labels equal, gains within a fraction of their errors, errors too."""
    np.testing.assert_array_equal(found.boxes.labels, expected.boxes.labels)
    np.testing.assert_array_equal(found.boxes.kind, expected.boxes.kind)
    assert np.abs((found.gain - expected.gain) / expected.gain_err).max() < fraction
    np.testing.assert_allclose(found.gain_err, expected.gain_err, rtol=0.05)
    np.testing.assert_array_equal(found.map(), found.boxes.spread(found.gain))


def test_a_subarray_is_kept_whole_and_its_gains_are_the_exact_ones(opened, live):
    assert live.complete and live.groups == tuple(range(1, 6))  # the sixth has 5400 DN
    assert live.pairs == (1, 2, 3) and live.pixel_count == SIDE**2 and live.nbytes < gain_live.MEMORY
    found = live.update([])
    expected = exact(opened, ())
    np.testing.assert_allclose(found.gain, expected.gain, rtol=1e-6)
    np.testing.assert_allclose(found.gain_err, expected.gain_err, rtol=1e-6)


def test_the_map_follows_an_outline_step_by_step(opened, live):
    for step in range(4):
        voids = (disc(60 + 15 * step, 80, 30), disc(150, 150, 20))
        found = live.update(voids)
        assert 0 < found.changed.size < len(found.boxes)
    assert_same(found, exact(opened, voids), 0.1)


def test_excluded_pixels_and_another_size_of_box(opened, live):
    away = disc(100, 100, 25)
    assert_same(live.update((), (away,), 48), exact(opened, (), box=48, exclude=(away,)), 0.02)


def test_what_did_not_change_is_not_measured_again(live):
    one = live.update([disc(40, 40, 25)])
    two = live.update([disc(40, 40, 25)])
    assert two.changed.size == 0
    np.testing.assert_array_equal(one.gain, two.gain)
    three = live.update([disc(44, 40, 25)])
    touched = {three.boxes.labels[y, x] for y in range(64) for x in range(96)}
    assert set(three.changed) <= touched and three.changed.size


def test_the_order_of_the_steps_does_not_matter(live):
    voids = [disc(90, 90, 40)]
    first = live.update(voids)
    live.update([disc(10, 150, 30)], [disc(100, 20, 15)], 32)
    again = live.update(voids)
    np.testing.assert_array_equal(first.gain, again.gain)
    np.testing.assert_array_equal(first.boxes.labels, again.boxes.labels)


def test_boxes_cannot_be_cut(live):
    with pytest.raises(BadInput, match="whole of sector"):
        live.update([np.ones((SIDE, SIDE), bool)])
    with pytest.raises(BadInput, match="shape"):
        live.update([np.ones((3, 3), bool)])
    assert live.update([]).gain.size


@pytest.mark.parametrize(("per_pixel", "groups", "complete"), [(70, 5, True), (3 * (4 * 4 + 1), 4, False), (3 * (4 * 3 + 1), 3, False)])
def test_less_memory_means_whole_numbers_and_then_fewer_groups(opened, per_pixel, groups, complete):
    memory = per_pixel * SIDE**2
    small = LiveGain.build(opened, params(), (1, 2, 3), memory=memory)
    assert len(small.groups) == groups and small.complete == complete and small.nbytes <= memory
    assert small.groups[0] == 1 and small.groups[-1] == 5
    expected = exact(opened, (disc(90, 90, 40),))
    found = small.update([disc(90, 90, 40)])
    np.testing.assert_array_equal(found.boxes.labels, expected.boxes.labels)
    # Fewer groups know less: what they miss is the error that they have more, in squares.
    apart = np.sqrt(np.maximum(found.gain_err**2 - expected.gain_err**2, 0.0)) + 0.1 * expected.gain_err
    assert (np.abs(found.gain - expected.gain) / apart).max() < 4.0
    assert found.gain_err.mean() < 1.25 * expected.gain_err.mean()


def test_pairs_that_do_not_fit_are_left_out(opened):
    small = LiveGain.build(opened, params(), (1, 3), memory=(4 * 3 + 1) * SIDE**2)
    assert small.pairs == (1,) and not small.complete
    assert np.isfinite(small.update([]).gain).all()


def test_gains_are_multiplied_with_the_factor_of_the_ipc(opened, live):
    corrected = LiveGain.build(opened, params(), (1, 2, 3), factor=0.95)
    np.testing.assert_allclose(corrected.update([]).gain, 0.95 * live.update([]).gain, rtol=1e-9)


def test_building_tells_how_far_it_is_and_can_be_cancelled(opened):
    told = []
    LiveGain.build(opened, params(), (1, 2), lambda fraction, message="": told.append((fraction, message)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(told) > 10
    assert any("pair 2" in message for _, message in told)

    def stop(fraction, message=""):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        LiveGain.build(opened, params(), (1, 2), stop)


def test_threads_may_ask_at_the_same_time(live):
    wanted = [[disc(40 + 10 * at, 100, 20)] for at in range(6)]
    alone = [live.update(each).gain for each in wanted]
    found = [None] * len(wanted)

    def ask(at):
        found[at] = live.update(wanted[at]).gain

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(wanted))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for one, two in zip(alone, found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_groups_are_spread_over_the_signal():
    levels = np.arange(1, 41) * 100.0
    chosen = gain_reads.spread(levels, 6)
    assert len(chosen) == 6 and chosen[0] == 1 and chosen[-1] == 40
    ratios = np.diff(np.log(np.array(chosen, float)))
    assert ratios.max() < 1.6 * ratios.min()
    assert gain_reads.spread(levels[:3], 5) == (1, 2, 3)
    assert len(gain_reads.spread(np.array([10.0, 4000.0, 4010.0, 4020.0, 4030.0]), 4)) == 4


def test_a_void_where_there_was_none_gets_its_own_pool(opened, live):
    gain, void = truth()
    found = live.update([void])
    assert_same(found, exact(opened, (void,)), 0.1)
    expected = np.array([gain[found.boxes.labels == box].mean() for box in range(len(found.boxes))])
    assert np.abs((found.gain - expected) / found.gain_err).max() < 4.0
    assert (found.boxes.kind == boxes.VOID).sum() == 2
