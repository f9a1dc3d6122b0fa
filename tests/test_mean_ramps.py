"""Mean ramps of bins, and the maps that follow from them."""

from __future__ import annotations

import numpy as np
import pytest
from slope_files import all_slopes, mean_where, ramps, segments, valid, without_flags

from detgui.analysis import mean_ramps, ramp_bins, ramp_sums, slope_map
from detgui.data import stream_kernels
from detgui.data.exposure import open_one
from detgui.errors import BadInput, Cancelled

SHAPE = (23, 14, 5, 9)


@pytest.fixture(params=["float32", "uint16", "float64"])
def data(request):
    return ramps(1, SHAPE, request.param)


def test_means_are_those_of_numpy(tmp_path, data):
    good = valid(data)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=4))
    assert means.edges.tolist() == [1, 7, 13, 19, 24]
    for number, (first, end) in enumerate(zip(means.edges[:-1] - 1, means.edges[1:] - 1, strict=True)):
        here = good[first:end]
        np.testing.assert_array_equal(means.count[number], here.sum(axis=0))
        sums = np.where(here[:, None], data["sci"][first:end].astype(float), 0).sum(axis=0)
        np.testing.assert_allclose(means.mean[number], sums / np.maximum(here.sum(axis=0), 1), rtol=1e-6)


@pytest.mark.parametrize("bins", [1, 5, 23])
def test_maps_are_those_of_the_exact_pass(tmp_path, bins):
    data = ramps(2, SHAPE)
    good, slopes = valid(data), all_slopes(data["sci"], (1, 8))
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=bins))
    for first in range(0, means.nbins, 3):
        for end in range(first + 1, means.nbins + 1, 2):
            low, high = int(means.edges[first]), int(means.edges[end]) - 1
            result = mean_ramps.slope_map(means, (1, 8), (low, high))
            mean, count = mean_where(slopes[low - 1 : high], good[low - 1 : high])
            np.testing.assert_array_equal(result.count, count)
            np.testing.assert_allclose(result.slope, mean, atol=5e-3)
            assert result.approximate
            assert result.integrations == (low, high)


def test_boundaries_are_rounded_to_bins(tmp_path):
    with open_one(segments(tmp_path, ramps(3, SHAPE)), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=4))
    assert means.bins_for(None) == (0, 4)
    assert means.bins_for((2, 11)) == (0, 2)
    assert means.bins_for((5, 23)) == (1, 4)
    assert means.bins_for((9, 10)) == (1, 2)
    assert means.bins_for((23, 23)) == (3, 4)


def test_error_follows_the_exact_map(tmp_path):
    with open_one(segments(tmp_path, ramps(4, SHAPE)), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=6))
        exact, other = (slope_map.run(exposure, slope_map.Params((1, last))) for last in (10, 6))
    same = mean_ramps.slope_map(means, (1, 10), None, exact)
    np.testing.assert_allclose(same.err, exact.err, rtol=1e-5)
    carried = mean_ramps.slope_map(means, (1, 6), None, exact)
    scale = np.sqrt(means.noise.variance(_weights(6)) / means.noise.variance(_weights(10))).reshape(5, 9)
    np.testing.assert_allclose(carried.err, exact.err * scale, rtol=1e-5)
    assert np.nanmedian(carried.err / other.err) == pytest.approx(1, abs=0.3)
    half = mean_ramps.slope_map(means, (1, 10), (1, 12), exact)
    np.testing.assert_allclose(half.err, exact.err * np.sqrt(exact.count / np.where(half.count, half.count, np.nan)), rtol=1e-5)
    assert "scaled" in half.error_method
    assert "propagated" in mean_ramps.slope_map(means, (1, 10)).error_method


def _weights(last):
    from detgui.science.slope_weights import late_minus_early

    return late_minus_early(14, (1, last))


def test_image_is_the_early_rate(tmp_path):
    y, x = 2, 7
    data = without_flags(ramps(5, SHAPE), y, x)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=6))
    image = mean_ramps.image(means, None, (1, 9))
    good = valid(data)
    assert image[y, x] == pytest.approx(np.polyfit(np.arange(9), data["sci"][:, :9, y, x].mean(axis=0), 1)[0], rel=1e-4)
    assert (np.isnan(image) == ~good.any(axis=0)).all()
    with pytest.raises(BadInput, match="groups 1-15"):
        mean_ramps.image(means, None, (1, 15))


def test_only_the_rows_of_a_region(tmp_path):
    data = ramps(6, SHAPE)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=5, roi=(0, 2, 8, 3)))
    assert means.mean.shape == (5, 14, 2, 9)
    result = mean_ramps.slope_map(means, (1, 10))
    _, count = mean_where(all_slopes(data["sci"], (1, 10)), valid(data))
    np.testing.assert_array_equal(result.count[2:4], count[2:4])
    assert (result.count[[0, 1, 4]] == 0).all()


def test_values_that_are_not_finite_empty_their_bin(tmp_path):
    y, x = 3, 4
    data = without_flags(ramps(7, SHAPE), y, x)
    data["sci"][0, 5, y, x] = np.nan
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=4))
    assert means.count[:, y, x].tolist() == [0, 6, 6, 5]
    assert np.isfinite(means.mean).all()


def test_few_bins_are_shared_out_by_rows_and_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(ramp_bins, "PIECE", 16)
    data = ramps(8, SHAPE)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        few = mean_ramps.run(exposure, mean_ramps.Params(max_bins=1), workers=3)
        monkeypatch.setattr(stream_kernels, "prepare", lambda: False)
        plain = mean_ramps.run(exposure, mean_ramps.Params(max_bins=1))
    np.testing.assert_array_equal(few.count, plain.count)
    np.testing.assert_allclose(few.mean, plain.mean, rtol=1e-6)


def test_memory_limits_the_bins(tmp_path, monkeypatch):
    with open_one(segments(tmp_path, ramps(9, SHAPE)), neighbours=False) as exposure:
        monkeypatch.setattr(mean_ramps, "ALWAYS", 0)
        monkeypatch.setattr(mean_ramps, "RESERVE", 0)
        monkeypatch.setattr(mean_ramps, "RESERVE_PIXEL", 0)
        monkeypatch.setattr(mean_ramps, "own_bytes", lambda: 1_000_000)
        each = 4 * 45 * 15
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bytes=1_000_000 + 8 * each))
        assert means.nbins == 6  # 7 parts of memory for at most 6.2 bins and their chunks
        with pytest.raises(BadInput, match="choose a region"):
            mean_ramps.check(exposure, mean_ramps.Params(max_bytes=1_000_000))


@pytest.mark.parametrize(("first", "end"), [(0, 30), (3, 29), (0, 1), (7, 9), (6, 25), (20, 30), (9, 15)])
def test_cover_is_complete_and_short(first, end):
    whole, plus, minus = ramp_sums._cover(first, end, 30 // ramp_sums.CHUNK)
    number = np.zeros(40, int)
    for chunk in whole:
        number[chunk * ramp_sums.CHUNK : (chunk + 1) * ramp_sums.CHUNK] += 1
    np.add.at(number, plus, 1)
    np.add.at(number, minus, -1)
    expected = np.zeros(40, int)
    expected[first:end] = 1
    np.testing.assert_array_equal(number, expected)
    assert plus.size + minus.size <= 2 * ramp_sums.CHUNK


def test_cancel_and_bad_parameters(tmp_path):
    def progress(fraction, message=""):
        if fraction > 0:
            raise Cancelled("stop")

    with open_one(segments(tmp_path, ramps(10, SHAPE)), neighbours=False) as exposure:
        with pytest.raises(Cancelled):
            mean_ramps.run(exposure, mean_ramps.Params(), progress=progress)
        with pytest.raises(BadInput, match="no DQ flag"):
            mean_ramps.run(exposure, mean_ramps.Params(flags=("NO",)))
        means = mean_ramps.run(exposure, mean_ramps.Params())
    with pytest.raises(BadInput, match="at least 2 groups"):
        mean_ramps.slope_map(means, (1, 13))


def test_warm_up_compiles_what_the_passes_call(tmp_path):
    from detgui.analysis.slope_warm import first_words, warm_up
    from detgui.data import ramp_kernels

    warm_up()
    assert first_words("slopes") == "slopes"  # nothing is waited for any more
    kernels = (stream_kernels.reduce_slopes, ramp_kernels.average_ramps, ramp_kernels.sum_ramps)
    before = [len(kernel.dispatcher().signatures) for kernel in kernels]
    with open_one(segments(tmp_path, ramps(11, SHAPE)), neighbours=False) as exposure:
        slope_map.run(exposure, slope_map.Params())
        means = mean_ramps.run(exposure, mean_ramps.Params(max_bins=2))
        mean_ramps.slope_map(means, (1, 10))
    assert [len(kernel.dispatcher().signatures) for kernel in kernels] == before
    assert min(before) == 1
