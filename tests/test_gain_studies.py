"""Studies of the size of the boxes and of the limit, and maps of pairs against each other."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table
from gain_fakes import pairs
from test_gain_map import SIDE, truth, write_flat

from detgui.analysis import gain_map, gain_maps, gain_studies
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput, Cancelled


@pytest.fixture(scope="module")
def flats(tmp_path_factory):
    """Three pairs of 10 groups up to 9,000 DN, gains of `truth`."""
    folder = tmp_path_factory.mktemp("flats")
    reads = pairs(np.random.default_rng(31), (SIDE, SIDE), 10, 900.0, truth()[0], 6.0, flats=6)
    exposures = open_exposures([write_flat(folder / f"flat_{at}_ramp.fits", each) for at, each in enumerate(reads)], join=False)
    yield exposures
    for each in exposures:
        each.close()


@pytest.fixture(scope="module")
def params():
    return gain_map.Params(box=48, voids=(truth()[1],), pairs="all")


@pytest.fixture(scope="module")
def result(flats, params):
    return gain_map.run(flats, params)


@pytest.fixture(scope="module")
def boxes(flats, params):
    return gain_studies.box_study(flats, params, (24, 48, 96))


def test_the_error_halves_where_the_box_doubles(boxes):
    """Table 2 of the report: within the errors of a standard deviation of so many boxes."""
    plain = [step for step in boxes.steps if step.value < 96]
    assert boxes.values == (24.0, 48.0, 96.0)
    small, large = plain
    ratio = small.single / large.single
    error = ratio * np.hypot(small.single_err / small.single, large.single_err / large.single)
    assert abs(ratio - 2.0) < 3.5 * error and error < 0.4
    for step in boxes.steps:
        assert abs(step.single / step.formal - 1.0) < 4.0 * step.single_err / step.single
        assert step.std == pytest.approx(np.sqrt(2.0) * step.single) and step.mean == pytest.approx(step.single / np.sqrt(3.0))
        assert step.percent == pytest.approx(100.0 * step.single / step.gain)
    assert all(abs(step.offset) < 0.3 for step in boxes.steps)  # the mean gain hardly depends on the box (section 5.2)


def test_rows_of_a_study_are_sectors_with_voids_apart(boxes, tmp_path):
    kinds = {(row["box"], row["sector"], row["region"]) for row in boxes.rows}
    assert kinds == {(size, sector, region) for size in (24.0, 48.0, 96.0) for sector in (1, 2) for region in ("bulk", "void")}
    expected = {(1, "bulk"): 2.0, (1, "void"): 1.9, (2, "bulk"): 2.2, (2, "void"): 2.09}
    for row in boxes.rows:
        assert abs(row["gain"] - expected[row["sector"], row["region"]]) < 4.5 * row["gain_err"]
    gain_studies.write(boxes, tmp_path / "boxes.ecsv")
    table = Table.read(tmp_path / "boxes.ecsv")
    assert table.colnames[:4] == ["box", "sector", "amplifier", "region"] and len(table) == 12
    assert [step["box"] for step in table.meta["steps"]] == [24.0, 48.0, 96.0] and table.meta["pairs_used"] == [1, 2, 3]


def test_only_groups_within_the_limit_are_read(flats, params, boxes):
    assert boxes.results[0].params.last_group == 7  # 6,300 DN is the first that is over 1.1 times 5,000 everywhere
    assert gain_studies.last_group(flats, 50_000.0, params) == 10
    assert gain_studies.last_group(flats, 50_000.0, replace(params, last_group=4)) == 4


def test_a_map_that_is_there_is_taken(flats, params, result):
    study = gain_studies.box_study(flats, params, (48, 96), base=result)
    assert study.results[0] is result
    np.testing.assert_array_equal(study.results[1].pairs_used, result.pairs_used)


def test_limits_from_moments_that_are_there(flats, params, result, monkeypatch):
    """Nothing is read; each limit gives what a map with that limit gives."""

    def stop(*_, **__):
        raise AssertionError("a file was read")

    monkeypatch.setattr(gain_map, "run", stop)
    study = gain_studies.limit_study(flats, params, (4000, 8000), base=result)
    monkeypatch.undo()
    for limit, found in zip((4000.0, 8000.0), study.results, strict=True):
        whole = gain_map.run(flats, replace(params, limit=limit))
        assert found.limit == limit and found.params.limit == limit
        np.testing.assert_allclose(found.gain, whole.gain, atol=0.05 * np.nanmin(whole.gain_err))
        np.testing.assert_allclose(found.gain_err, whole.gain_err, rtol=0.02)
        np.testing.assert_array_equal(found.boxes.labels, whole.boxes.labels)
    first, second = study.steps
    assert (first.offset, first.offset_err) == (0.0, 0.0)
    assert second.gain_err < first.gain_err and abs(second.offset) < 4.0 * second.offset_err


def test_a_base_that_does_not_reach_is_read_again(flats, params):
    short = gain_map.run(flats, replace(params, last_group=5))
    assert not gain_studies.reaches(short, 8000.0, 10) and gain_studies.reaches(short, 2000.0, 10)
    study = gain_studies.limit_study(flats, params, (4000, 8000), base=short)
    assert study.results[1].reads[0].mean.shape[0] > 5


def test_the_offset_of_a_limit_has_the_right_error():
    """Pulls over simulations: both limits share their data, so the error is far below that of either."""
    from detgui.science.gain_error import classic
    from detgui.science.photon_transfer import Moments

    rng = np.random.default_rng(5)
    pixels, boxes, groups = 400, 3000, 8
    increments = rng.normal(0, np.sqrt(1800.0 / 2.0), (groups, boxes, pixels)).astype(np.float32)
    reads = np.cumsum(increments, axis=0) + rng.normal(0, 5 * np.sqrt(2.0), (groups, boxes, pixels)).astype(np.float32)
    variance = reads.var(axis=2, ddof=1, dtype=np.float64)
    mean = np.repeat(1800.0 * np.arange(1, groups + 1)[:, None], boxes, axis=1)
    ones = np.ones((groups, boxes))
    found = Moments(mean, variance, pixels * ones, ones, ones)
    pool = np.zeros(boxes, np.int64)
    narrow, wide = classic(found, 4000.0, pool), classic(found, 8000.0, pool)
    error = np.sqrt(narrow.gain_err**2 - wide.gain_err**2)
    pulls = (wide.gain - narrow.gain) / error
    low, high = np.percentile(pulls, (15.87, 84.13))
    assert abs((high - low) / 2.0 - 1.0) < 0.1


@pytest.mark.parametrize("values", [(256,), (), (256, 256), (0, 256), (256, float("inf"))])
def test_a_study_needs_two_values(flats, params, values):
    with pytest.raises(BadInput, match="at least two"):
        gain_studies.box_study(flats, params, values)
    with pytest.raises(BadInput, match="at least two"):
        gain_studies.limit_study(flats, params, values)


def test_a_limit_below_the_third_group_is_refused(flats, params, result):
    with pytest.raises(BadInput):
        gain_studies.limit_study(flats, params, (1000, 8000))
    with pytest.raises(BadInput, match="fewer than three groups"):
        gain_studies.limit_study(flats, params, (1000, 8000), base=result)
    with pytest.raises(BadInput, match="no box has 3 groups"):
        gain_studies.at_limit(result, 1000.0)


def test_a_study_can_be_stopped_and_tells_how_far_it_is(flats, params):
    shown = []

    def progress(fraction, message):
        shown.append((fraction, message))
        if fraction > 0.6:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        gain_studies.box_study(flats, params, (48, 96), progress=progress)
    fractions = [fraction for fraction, _ in shown]
    assert fractions == sorted(fractions) and any("boxes of 96" in message for _, message in shown)


def test_uncertainty_is_that_of_differences_of_maps(result):
    """Against plain numpy over the pixels of difference images, the boxes' number being that of the freedom."""
    found = gain_maps.uncertainty(result)
    boxes = result.boxes
    squares = []
    for each in found.differences:
        image = boxes.spread(result.pair_gain[each.one - 1] - result.pair_gain[each.two - 1]).astype(np.float64)
        image = image[np.isfinite(image)]
        assert each.mean == pytest.approx(image.mean(), abs=1e-6)
        assert each.std == pytest.approx(image.std() * np.sqrt(len(boxes) / (len(boxes) - 1)), rel=1e-5)
        squares.append(each.std**2 / 2.0)
    assert [(each.one, each.two) for each in found.differences] == [(1, 2), (1, 3), (2, 3)]
    assert found.single == pytest.approx(np.sqrt(np.mean(squares)))
    assert found.mean == pytest.approx(found.single / np.sqrt(3.0)) and found.maps == 3
    only = gain_maps.uncertainty(result, boxes.kind == 1)
    assert only.differences[0].boxes == int((boxes.kind == 1).sum())
    single = gain_maps.uncertainty(replace(result, pairs_used=(2,)))
    assert np.isnan(single.single) and single.differences == ()


def test_uncertainty_recovers_what_went_in(result):
    """Boxes of unlike size whose noise goes with 1 / sqrt(pixels): the figure is that of a box of average size."""
    rng = np.random.default_rng(3)
    pixels = np.tile([400, 1600, 2800], 400)
    noise = 0.02 * np.sqrt(pixels.mean() / pixels)
    maps = 2.0 + 0.3 * rng.standard_normal(pixels.size) + noise * rng.standard_normal((3, pixels.size))
    boxes = replace(
        result.boxes, labels=np.zeros((1, 1), np.int32), pixels=pixels, sector=np.ones(pixels.size, np.int64),
        kind=np.zeros(pixels.size, np.int64),
    )  # fmt: skip
    found = gain_maps.uncertainty(replace(result, boxes=boxes, pair_gain=maps, gain=maps.mean(axis=0), pairs_used=(1, 2, 3)))
    assert abs(found.single - 0.02) < 4.0 * found.single_err and found.single_err < 0.001


def test_one_map_against_another(result):
    found = gain_maps.scatter(result)
    assert (found.first, found.second) == ((1,), (2,))
    np.testing.assert_array_equal(found.x, result.pair_gain[0])
    np.testing.assert_array_equal(found.void, result.boxes.kind == 1)
    assert found.void.any() and not found.void.all()
    both = gain_maps.scatter(result, (1, 2), (3,))
    np.testing.assert_allclose(both.x, result.pair_gain[:2].mean(axis=0))
    np.testing.assert_allclose(both.x_err, np.hypot(*result.pair_gain_err[:2]) / 2.0)
    missing = replace(result, pair_gain=np.where(np.arange(result.gain.size) == 2, np.nan, result.pair_gain))
    assert 2 not in gain_maps.scatter(missing).box
    for pairs_of, words in ((((4,), (1,)), "no pair 4"), (((1,), ()), "name the pairs of both")):
        with pytest.raises(BadInput, match=words):
            gain_maps.scatter(result, *pairs_of)
    with pytest.raises(BadInput, match="two pairs"):
        gain_maps.scatter(replace(result, pairs_used=(1,)))


def test_histograms_count_every_pixel_once(result):
    found = gain_maps.histogram(result.gain, result.boxes)
    void = result.boxes.kind == 1
    assert found.bulk.sum() == result.boxes.pixels[~void].sum() and found.void.sum() == result.boxes.pixels[void].sum()
    flat = gain_maps.histogram(np.full(result.gain.size, 1.9), result.boxes, bins=5)
    assert flat.bulk.size == 5 and flat.bulk.sum() + flat.void.sum() == result.boxes.pixels.sum()
    with pytest.raises(BadInput, match="no box has a value"):
        gain_maps.histogram(np.full(result.gain.size, np.nan), result.boxes)
