"""Read order, levels of lines, alternating columns, noisy lines and power spectra, on frames made with plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from noise_frames import geometry, order_of, striped, stripes_axis

from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.noise_columns import changed_lines, columns
from detgui.science.noise_lines import output_levels, rms_of, split
from detgui.science.noise_rows import RowSums, rows
from detgui.science.noise_shared import pooled_parts, shared
from detgui.science.noise_spectrum import PowerSum, power, time_series
from detgui.science.read_order import PIXEL_TIME, clock, irs2_neighbours, read_order

DETECTORS = ("NRS1", "NRS2", "NRCA1", "NRCA2", "NIS", "GUIDER2")


def taken_apart(image, order, **more):
    lines = np.ascontiguousarray(order.lines(image), np.float32)
    return split(lines, ~order.reference & np.isfinite(lines), order, **more)


@pytest.mark.parametrize("detector", DETECTORS)
def test_lines_run_across_the_slow_axis(detector):
    order = order_of(detector, 64, 96)
    slow = {0: 64, 1: 96}[stripes_axis(detector)]
    assert order.shape == (slow, 64 * 96 // slow)
    image = np.arange(64 * 96).reshape(64, 96)
    np.testing.assert_array_equal(order.lines(order.lines(image)), image)


def test_columns_count_from_one_on_the_full_frame():
    # NRS1 reads along +y, NRS2 along -y: row 0 of a frame that begins at y = 201 is column 201 of one, 1848 of the other.
    assert (order_of("NRS1").column[0], order_of("NRS2").column[0]) == (201, 1848)
    assert (order_of("NRS1").parity[0], order_of("NRS2").parity[0]) == (1, 0)
    assert order_of("NRCA1").column[0] == 1948  # along -x, frame begins at x = 101
    full = order_of("NRCA1", 2048, 2048)
    assert full.names == ("A", "B", "C", "D")
    assert full.names[full.output[0]] == "D"
    assert order_of("NRS1", 2048, 2048, noutputs=1).names == ("A",)


def test_every_other_output_reads_backwards():
    order = order_of("NRS1", 2048, 2048)
    lines = np.broadcast_to(np.arange(2048.0), (2048, 2048))
    starts = [order.in_time(lines, number)[0, 0] for number in range(4)]
    assert starts == [0, 1023, 1024, 2047]


def test_the_clock_is_that_of_the_frame_time():
    full = clock(order_of("NRS1", 2048, 2048), 10.73677)
    assert (full.line, full.frame, full.exact) == (524, 2049, True)
    sub2048 = read_order(DetectorGeometry(32, 2048, "NRS1", 2, 1, 1, 1041, 1, known=True))
    assert clock(sub2048, 0.90156) == type(full)(44, 2049, True)
    sub64 = read_order(DetectorGeometry(64, 64, "NRCB1", 1, -2, 1, 1, 1, known=True))
    assert clock(sub64, 0.05016).frame == 66
    assert not clock(sub64, np.nan).exact


def test_reference_samples_beside_a_column_are_where_the_pipeline_has_them():
    irs2 = pytest.importorskip("jwst.refpix.irs2_subtract_reference")
    science = np.asarray(irs2.make_irs2_mask(3200, 2048, 16, 4), bool)
    assert science.sum() == 2048
    places = np.flatnonzero(science)
    for column in (1, 8, 9, 500, 512, 513, 1024, 2048):
        for first, last in irs2_neighbours(column):
            assert not science[first : last + 1].any()
            assert science[first - 1]
            assert science[last + 1]
            assert min(abs(places[column - 1] - first), abs(places[column - 1] - last)) <= 16


def test_other_detectors_are_refused():
    with pytest.raises(BadInput, match="near-infrared"):
        read_order(DetectorGeometry(1024, 1032, "MIRIMAGE", 1, 2, known=True))
    with pytest.raises(BadInput, match="near-infrared"):
        read_order(DetectorGeometry(10, 10))


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_rms_of_the_lines_is_free_of_white_noise(detector):
    pulls = []
    for seed in range(12):
        image, level = striped(np.random.default_rng([7, seed]), detector, (128, 160), 0.5, 8.0)
        found = taken_apart(image, order_of(detector, 128, 160))
        rms = rms_of(found.level, found.level_var)
        pulls.append((rms.variance - level.var(ddof=1)) / rms.variance_err)
    assert abs(np.mean(pulls)) < 1.0
    assert 0.5 < np.std(pulls) < 1.7


def test_white_noise_alone_has_no_lines_and_the_error_says_how_well():
    order = order_of("NRS1")
    variances = []
    for seed in range(40):
        image = np.random.default_rng([8, seed]).normal(0, 5, (256, 256)).astype(np.float32)
        found = taken_apart(image, order)
        rms = rms_of(found.level, found.level_var)
        variances.append(rms.variance / rms.variance_err)
    assert abs(np.mean(variances)) < 4 / np.sqrt(40)
    assert 0.75 < np.std(variances) < 1.3


def test_sources_do_not_become_lines():
    rng = np.random.default_rng(3)
    image, level = striped(rng, "NRS1", (512, 512), 1.0, 6.0)
    y, x = np.mgrid[:512, :512]
    for _ in range(60):
        image += (rng.uniform(30, 3000) * np.exp(-((x - rng.uniform(0, 511)) ** 2 + (y - rng.uniform(0, 511)) ** 2) / 8)).astype(np.float32)
    image[rng.random((512, 512)) < 0.001] += 5000
    found = taken_apart(image, order_of("NRS1", 512, 512))
    rms = rms_of(found.level, found.level_var)
    assert rms.rms == pytest.approx(level.std(ddof=1), abs=0.04)
    plain = (image.mean(axis=0)).std()
    assert plain > 5  # what the sources do to lines that are not masked


def test_a_gradient_counts_only_without_detrending():
    rng = np.random.default_rng(4)
    image = rng.normal(0, 3, (256, 256)) + np.linspace(-10, 10, 256)[None, :]
    found = taken_apart(image, order_of("NRS1"))
    assert rms_of(found.level, found.level_var).rms == pytest.approx(np.linspace(-10, 10, 256).std(ddof=1), rel=0.01)
    assert rms_of(found.level, found.level_var, 3).variance < 5 * rms_of(found.level, found.level_var, 3).variance_err


def test_common_and_private_parts_of_four_outputs():
    rng = np.random.default_rng(5)
    common, own = rng.normal(0, 2.0, 2048), rng.normal(0, 1.0, (4, 2048))
    image = rng.normal(0, 8, (2048, 2048)).astype(np.float32)
    for number in range(4):  # NRS1: outputs along y, lines along x
        image[512 * number : 512 * (number + 1)] += (common + own[number])[None, :].astype(np.float32)
    order = order_of("NRS1", 2048, 2048)
    found = shared(output_levels(taken_apart(image, order), order))
    assert found.common == pytest.approx(2.0, abs=0.12)
    assert found.private == pytest.approx(1.0, abs=0.06)
    assert found.correlation == pytest.approx(0.8, abs=0.03)


def test_parts_of_several_images_are_the_quadratic_means_of_them():
    rng = np.random.default_rng(6)
    order = order_of("NRS1", 2048, 2048)
    each = []
    for size in (1.0, 3.0):
        image = rng.normal(0, 2, (2048, 2048)).astype(np.float32) + rng.normal(0, size, 2048).astype(np.float32)[None, :]
        each.append(shared(output_levels(taken_apart(image, order), order)))
    found = pooled_parts(each)
    assert found.common == pytest.approx(np.sqrt(np.mean([one.common**2 for one in each])), rel=1e-6)
    assert found.common_variance_err == pytest.approx(np.hypot(*(one.common_variance_err for one in each)) / 2, rel=1e-6)
    assert found.correlation == pytest.approx(1, abs=3 * found.correlation_err + 0.02)
    assert pooled_parts(each[:1]) is each[0]


@pytest.mark.parametrize("detector", DETECTORS)
def test_alternating_columns_are_found_at_their_size_and_sign(detector):
    order = order_of(detector, 200, 200)
    pulls = []
    for seed in range(10):
        rng = np.random.default_rng([9, seed])
        image = rng.normal(0, 6, (200, 200))
        place = order.column % 2 * 2 - 1  # +1 odd, -1 even, by the detector's own count
        along = 0.7 * place + 0.3 * np.arange(200)  # and a steep gradient
        image += along[None, :] if order.fast_is_x else along[:, None]
        found = columns(taken_apart(image, order), order)
        pulls.append((found.half[0] - 0.7) / found.err[0])
        assert found.err[0] < 0.06
    assert abs(np.mean(pulls)) < 1.3
    assert np.std(pulls) < 1.8


def test_each_output_has_its_own_columns():
    rng = np.random.default_rng(11)
    order = order_of("NRCA1", 2048, 2048)
    truth = np.array([1.0, -0.5, 0.0, 0.2])
    image = rng.normal(0, 8, (2048, 2048)).astype(np.float32)
    image += (truth[order.output] * (order.column % 2 * 2 - 1)).astype(np.float32)[None, :]
    found = columns(taken_apart(image, order), order)
    np.testing.assert_allclose(found.half, truth, atol=5 * found.err.max())
    assert found.err.max() < 0.02


def test_columns_that_change_within_the_frame():
    rng = np.random.default_rng(12)
    order = order_of("NRS1", 512, 512)
    image = rng.normal(0, 3, (512, 512))
    image[:, 300:320] += (order.column % 2 * 2 - 1)[:, None] * 4.0
    found = columns(taken_apart(image, order), order)
    changed = np.flatnonzero(changed_lines(found, 0))
    assert set(range(300, 320)) <= set(changed.tolist())
    assert changed.size < 25
    assert found.line[0, 305] == pytest.approx(4.0, abs=5 * found.line_err[0, 305])


def noisy_of(image, order):
    sums = RowSums.empty(order.shape[1])
    sums.add(taken_apart(image, order))
    return rows(sums, order)


@pytest.mark.parametrize("detector", ("NRS1", "NRCA1"))
def test_noisy_lines_are_found_with_their_noise(detector):
    rng = np.random.default_rng(13)
    order = order_of(detector, 300, 300)
    image = rng.normal(0, 5, (300, 300))
    for place, factor in ((17, 2.0), (18, 8.0), (200, 3.0)):
        line = rng.normal(0, 5 * factor, 300)
        if order.fast_is_x:
            image[:, place] = line
        else:
            image[place] = line
    found = noisy_of(image, order)
    assert found.noisy.tolist() == [17, 18, 200]
    for place, factor in ((17, 2.0), (18, 8.0), (200, 3.0)):
        assert found.noise[place] == pytest.approx(5 * factor, abs=4 * found.err[place])
        assert found.usual[place] == pytest.approx(5.0, rel=0.05)


def test_clean_frames_have_no_noisy_lines():
    order = order_of("NRS1", 300, 300)
    images = (np.random.default_rng([14, seed]).normal(0, 5, (300, 300)) for seed in range(60))
    assert sum(noisy_of(image, order).noisy.size > 0 for image in images) <= 3  # 0.6 expected at 1 %


def test_the_power_of_a_sine_and_of_white_noise():
    rng = np.random.default_rng(15)
    frequency, found = power(rng.normal(0, 3, 200_000).astype(np.float32))
    assert found.mean() == pytest.approx(9 * 2 * PIXEL_TIME, rel=0.02)
    time = np.arange(200_000) * PIXEL_TIME
    _, sine = power((5 * np.sin(2 * np.pi * 1234.0 * time)).astype(np.float32))
    step = frequency[1] - frequency[0]
    assert frequency[np.argmax(sine)] == pytest.approx(1234.0, abs=step)
    assert sine.sum() * step == pytest.approx(12.5, rel=0.01)


def flickering(rng, n: int, knee: float, slope: float, sigma: float) -> np.ndarray:
    """Noise whose power is 2 sigma^2 dt (1 + (knee / f)^slope)."""
    frequency = np.fft.rfftfreq(n, PIXEL_TIME)
    frequency[0] = frequency[1]
    shape = np.sqrt(1 + (knee / frequency) ** slope)
    return np.fft.irfft(np.fft.rfft(rng.normal(0, sigma, n)) * shape, n)


def test_knee_and_slope_through_overheads_and_masked_pixels():
    rng = np.random.default_rng(16)
    order = order_of("NRS1", 256, 512, noutputs=1)
    ticks = clock(order, np.nan)
    total = PowerSum()
    for _ in range(6):
        series = flickering(rng, ticks.line * ticks.frame, 2000.0, 1.2, 8.0)
        lines = series.reshape(ticks.frame, ticks.line)[:512, :256]
        image = lines.T.copy()
        for x, y in zip(rng.integers(0, 500, 20), rng.integers(0, 245, 20), strict=True):
            image[y : y + 6, x : x + 6] += 500
        total.add(time_series(taken_apart(image, order), order, 0, ticks))
    found = total.spectrum()
    assert found.white == pytest.approx(2 * 64 * PIXEL_TIME, rel=0.03)
    assert found.knee == pytest.approx(2000.0, rel=0.12)
    assert found.slope == pytest.approx(1.2, abs=0.1)
    assert 0 < found.knee_err < 200
    assert (np.abs(found.power / found.model() - 1) < 4.5 / np.sqrt(found.count)).all()


def test_white_noise_has_no_knee():
    order = order_of("NRCA1", 256, 256, noutputs=1)
    for seed in range(10):
        total = PowerSum()
        total.add(
            time_series(taken_apart(np.random.default_rng([17, seed]).normal(0, 4, (256, 256)), order), order, 0, clock(order, np.nan))
        )
        assert np.isnan(total.spectrum().knee)


def test_a_frame_of_one_value_and_one_of_few_pixels_are_no_trouble():
    order = order_of("NRS1", 64, 64)
    found = taken_apart(np.full((64, 64), 3.0), order)
    assert rms_of(found.level, found.level_var).rms == 0
    image = np.full((64, 64), np.nan)
    image[:3, :3] = 1.0
    found = taken_apart(image, order)
    assert np.isnan(rms_of(found.level, found.level_var).rms)
    assert geometry("NRS1", 64, 64).known


def test_a_frame_full_of_spectra_has_no_noisy_lines_and_keeps_its_stripes():
    order = order_of("NRS1", 512, 1024, noutputs=1)
    y, x = np.mgrid[:512, :1024]
    for seed in range(4):
        rng = np.random.default_rng([18, seed])
        image, level = striped(rng, "NRS1", (512, 1024), 0.02, 0.0)
        light = np.full((512, 1024), 0.01)
        for _ in range(15):
            at, begin, length = rng.uniform(10, 500), rng.uniform(0, 600), rng.uniform(200, 400)
            middle = at + 0.01 * (x - begin)
            trace = np.exp(-((y - middle) ** 2) / 2.9) * rng.lognormal(0, 1) + (np.abs(y - middle) < 6) * 0.05
            light += trace * ((x > begin) & (x < begin + length))
        image = image + light + rng.normal(size=light.shape) * np.hypot(0.03, np.sqrt(light / 500))
        image[rng.random(image.shape) < 0.002] += 5
        assert noisy_of(image, order).noisy.size == 0
        found = taken_apart(image, order)
        rms = rms_of(found.level, found.level_var)
        assert rms.rms == pytest.approx(level.std(ddof=1), rel=0.03)
        assert 0.05 < found.sources.mean() < 0.3
