"""Limits against astropy and numpy; indices against the exact stretch in float64; the compiled way against the numpy way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detgui.science import display, kernels

visualization = pytest.importorskip("astropy.visualization")

STRETCH = {
    "linear": visualization.LinearStretch(),
    "sqrt": visualization.SqrtStretch(),
    "log": visualization.LogStretch(1000),
    "asinh": visualization.AsinhStretch(0.1),
}
RNG = np.random.default_rng(7)
NOISY = RNG.normal(1000, 60, (300, 211))
IMAGES = {
    "float32": NOISY.astype(np.float32),
    "float64": NOISY,
    "uint16": np.clip(NOISY, 0, None).astype(np.uint16),
    "int16": (NOISY - 1000).astype(np.int16),
    "int32": NOISY.astype(np.int32),
    "uint32": NOISY.astype(np.uint32),
    "uint8": (NOISY % 256).astype(np.uint8),
    "int64": NOISY.astype(np.int64),
    "bool": NOISY > 1000,
}


@pytest.fixture(params=[False, True], ids=["numpy", "compiled"])
def either_way(request, monkeypatch):
    """The test runs with and without the kernels compiled."""
    if request.param:
        kernels.warm()
        if not kernels.ready():
            pytest.skip("numba is not installed")
    monkeypatch.setitem(kernels._state, "ready", request.param)


def exact(values, low, high, stretch):
    x = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1)
    return STRETCH[stretch](x, clip=False) * display.TOP_INDEX


# Indices


@pytest.mark.parametrize("stretch", display.STRETCHES)
@pytest.mark.parametrize("name", IMAGES)
def test_indices_are_within_one_of_the_exact_stretch(either_way, name, stretch):
    values = IMAGES[name]
    low, high = float(values.min()) + 0.25, float(values.max()) - 0.25
    indices = display.to_indices(values, low, high, stretch)
    assert indices.dtype == np.uint8
    assert indices.shape == values.shape
    assert np.abs(indices - exact(values, low, high, stretch)).max() <= 1.0


@pytest.mark.parametrize("stretch", display.STRETCHES)
def test_every_16_bit_value_is_exact(either_way, stretch):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    indices = display.to_indices(values, 100.0, 60000.0, stretch)
    assert np.abs(indices - exact(values, 100.0, 60000.0, stretch)).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("stretch", display.STRETCHES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint16])
def test_ends(either_way, stretch, dtype):
    values = np.array([[0, 10, 11], [200, 210, 65000]], dtype)
    indices = display.to_indices(values, 10, 200, stretch)
    assert indices[0, 0] == indices[0, 1] == 0
    assert indices[1].tolist() == [display.TOP_INDEX] * 3


def test_indices_grow_with_the_value(either_way):
    values = np.sort(RNG.normal(0, 1, 5000)).astype(np.float32)[None, :]
    for stretch in display.STRETCHES:
        assert (np.diff(display.to_indices(values, -2, 2, stretch).astype(int)) >= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_what_is_not_finite_has_its_own_index(either_way, dtype):
    values = np.array([[np.nan, np.inf, -np.inf, 5.0]], dtype)
    assert display.to_indices(values, 0, 10).tolist() == [[display.NAN_INDEX] * 3 + [127]]


@pytest.mark.parametrize(
    ("values", "low", "high", "expected"),
    [
        ([-1e308, 0.0, 1e308], -1.7e308, 1.7e308, None),
        ([0.0, 5e-324, 1.0], 0.0, 5e-324, [0, 253, 253]),
        ([3.0, 4.0, 5.0], 4.0, 4.0, [0, 127, 253]),
        ([3.0, 4.0, 5.0], np.nan, np.nan, [253, 253, 253]),
        ([3.0, 4.0, 5.0], 5.0, 3.0, [0, 127, 253]),
    ],
)
def test_strange_limits(either_way, values, low, high, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        indices = display.to_indices(np.array([values]), low, high)[0].tolist()
    assert indices == sorted(indices)
    if expected is not None:
        assert indices == expected


def test_a_narrow_range_far_from_zero(either_way):
    values = (16_777_216 + np.arange(0, 64, 2)).astype(np.float32)[None, :]
    indices = display.to_indices(values, 16_777_216.5, 16_777_270.5)
    assert np.abs(indices - exact(values, 16_777_216.5, 16_777_270.5, "linear")).max() <= 1.0


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int32, np.uint16, np.int16]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    ),
    st.floats(-1e5, 1e5),
    st.floats(1e-3, 1e5),
    st.sampled_from(display.STRETCHES),
)
def test_compiled_and_numpy_ways_agree(values, low, width, stretch):
    kernels.warm()
    compiled = display.to_indices(values, low, low + width, stretch)
    ready = kernels._state["ready"]
    kernels._state["ready"] = False
    try:
        plain = display.to_indices(values, low, low + width, stretch)
    finally:
        kernels._state["ready"] = ready
    assert np.array_equal(compiled, plain)


def test_any_memory_layout(either_way):
    values = IMAGES["float32"]
    expected = display.to_indices(values, 900, 1100)
    read_only = values.copy()
    read_only.flags.writeable = False
    for variant in (values.astype(">f4"), np.asfortranarray(values), read_only):
        assert np.array_equal(display.to_indices(variant, 900, 1100), expected)
    assert np.array_equal(display.to_indices(values[::2, 1::3], 900, 1100), expected[::2, 1::3])
    big = IMAGES["uint16"].astype(">u2")
    assert np.array_equal(display.to_indices(big, 900, 1100), display.to_indices(IMAGES["uint16"], 900, 1100))


def test_empty_and_unknown():
    assert display.to_indices(np.zeros((0, 5), np.float32), 0, 1).shape == (0, 5)
    with pytest.raises(ValueError, match="stretch"):
        display.to_indices(np.zeros((2, 2), np.float32), 0, 1, "cubic")
    with pytest.raises(ValueError, match="limits"):
        display.limits(np.zeros((2, 2)), "auto")


# Limits


@pytest.mark.parametrize("shape", [(2048, 2048), (300, 211), (9, 3), (1, 2)])
def test_zscale_is_astropys_on_the_same_sample(either_way, shape):
    rng = np.random.default_rng(shape[0])
    values = (rng.normal(50, 4, shape) + np.linspace(0, 20, shape[1])).astype(np.float32)
    values[rng.random(shape) < 0.03] += 5000
    values.flat[:: max(2, values.size // 50)] = np.nan
    picked = display.sample(values, 10_000)
    expected = visualization.ZScaleInterval(n_samples=picked.size).get_limits(picked)
    if expected[1] > expected[0]:
        assert display.limits_zscale(values) == pytest.approx(expected, rel=1e-9)
    else:
        low, high = display.limits_zscale(values)
        assert low < expected[0] < high


def test_percentiles_are_numpys_on_the_sample(either_way):
    values = IMAGES["float32"]
    expected = np.percentile(display.sample(values), [2.5, 97.5])
    assert display.limits_percentile(values, 95.0) == pytest.approx(tuple(expected))


def test_percentiles_of_a_large_image_are_near_those_of_all_pixels(either_way):
    values = np.random.default_rng(2).normal(0, 1, (1024, 2048)).astype(np.float32)
    # Error of a 5 per cent quantile of 64,000 values: sqrt(0.05 * 0.95 / 64000) / density(1.645) = 0.0084
    assert display.limits_percentile(values, 90.0) == pytest.approx((-1.6449, 1.6449), abs=5 * 0.0084)


def test_sample_takes_part_of_every_column_and_every_output(either_way):
    columns = np.broadcast_to(np.arange(2048.0), (2048, 2048))
    picked = display.sample(columns)
    assert 30_000 < picked.size <= 65_536
    assert np.unique(picked).size == 2048
    rows = display.sample(np.ascontiguousarray(columns.T))
    assert np.unique(rows).size == 2048


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16, np.int32, np.uint8])
def test_extremes_find_single_pixels(either_way, dtype):
    values = np.full((2048, 37), 100, dtype)
    values[777, 13], values[1501, 36] = 250, 3
    assert display.extremes(values) == (3.0, 250.0)
    assert display.limits_minmax(values) == (3.0, 250.0)


def test_extremes_leave_out_what_is_not_finite(either_way):
    values = np.array([[np.nan, 3.0, np.inf], [-np.inf, -2.0, 1.0]], np.float32)
    assert display.extremes(values) == (-2.0, 3.0)
    assert np.isnan(display.extremes(np.full((3, 3), np.nan))).all()
    assert np.isnan(display.extremes(np.full((3, 3), np.inf, np.float32))).all()
    assert np.isnan(display.extremes(np.zeros((0, 3), np.uint16))).all()


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.uint16, np.int32]), hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6)
    )
)
def test_limits_always_rise(values):
    for mode in ("zscale", "percentile", "minmax", "typed"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            low, high = display.limits(values, mode)
        assert np.isfinite([low, high]).all()
        assert low < high


def test_limits_of_constant_and_empty_images(either_way):
    for mode in ("zscale", "percentile", "minmax"):
        low, high = display.limits(np.full((5, 5), 7.0), mode)
        assert low < 7.0 < high
        assert display.limits(np.full((5, 5), np.nan), mode) == (0.0, 1.0)


def test_typed_limits():
    values = np.array([[1.0, 9.0]])
    assert display.limits(values, "typed", low=2, high=5) == (2.0, 5.0)
    assert display.limits(values, "typed", low=2) == (2.0, 9.0)
    assert display.limits(values, "typed", high=5) == (1.0, 5.0)


# Histogram


def test_histogram_is_numpys_on_sample_and_extremes(either_way):
    values = IMAGES["float32"].copy()
    values[5, 6], values[7, 8] = 60_000, np.nan
    found = display.histogram(values, 900, 1100)
    assert (found.minimum, found.maximum) == (float(np.nanmin(values)), 60_000.0)
    assert found.edges[0] == found.minimum
    assert found.edges[-1] == 60_000.0
    assert (np.diff(found.edges) > 0).all()
    everything = np.append(display.sample(values), [found.minimum, found.maximum])
    assert found.counts.sum() == everything.size
    middle = len(found.edges) // 2
    inside = (everything >= found.edges[middle]) & (everything < found.edges[middle + 1])
    assert found.counts[middle] == inside.sum()


@pytest.mark.parametrize("values", [np.full((4, 4), 3.0), np.full((4, 4), np.nan), np.zeros((0, 4)), np.array([[1.0, 2.0]])])
@pytest.mark.parametrize("limits", [(0.0, 1.0), (50.0, 60.0), (3.0, 3.0), (-9.0, -8.0)])
def test_histogram_of_any_image(either_way, values, limits):
    found = display.histogram(values, *limits)
    assert found.edges.size == found.counts.size + 1
    assert (np.diff(found.edges) > 0).all()
    finite = int(np.isfinite(values).sum())
    assert found.counts.sum() == (finite + 2 if finite else 0)


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12), elements=st.floats(width=32)),
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e6),
)
def test_compiled_and_numpy_limits_and_histograms_agree(values, low, width):
    kernels.warm()
    if not kernels.ready():
        pytest.skip("numba is not installed")
    compiled = display.limits_zscale(values), display.extremes(values), display.histogram(values, low, low + width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(kernels._state, "ready", False)
        plain = display.limits_zscale(values), display.extremes(values), display.histogram(values, low, low + width)
    assert compiled[0] == pytest.approx(plain[0], rel=1e-9)
    assert np.array_equal(compiled[1], plain[1], equal_nan=True)
    assert np.array_equal(compiled[2].counts, plain[2].counts)
    assert np.array_equal(compiled[2].edges, plain[2].edges)


# Difference and blocks


def test_difference_does_not_wrap():
    a, b = np.array([[1, 65535]], np.uint16), np.array([[2, 0]], np.uint16)
    result = display.difference(a, b)
    assert result.dtype == np.float32
    assert result.tolist() == [[-1.0, 65535.0]]


def test_difference_of_wide_types_is_rounded_once():
    assert display.difference(np.array([[2**31 - 1]], np.int32), np.array([[2**31 - 4]], np.int32)).tolist() == [[3.0]]
    far = display.difference(np.array([[3]], np.uint32), np.array([[2**32 - 1]], np.uint32))
    assert far.tolist() == [[-(2.0**32)]]  # -4294967292 as float32 knows it
    assert display.difference(np.array([[1e9 + 1]]), np.array([[1e9]])).tolist() == [[1.0]]
    assert np.isnan(display.difference(np.array([[np.inf]], np.float32), np.array([[np.inf]], np.float32))).all()


def test_warm_reports_and_can_be_cancelled():
    from detgui.errors import Cancelled

    seen = []
    kernels.warm(lambda fraction, message: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        kernels.warm(stop)
