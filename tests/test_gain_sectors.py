"""Noise of reads and of the reset by sector, and disagreement of the estimators, against what was simulated."""

import numpy as np
import pytest
from gain_fakes import moments, pairs, width

from detgui.science import boxes
from detgui.science.detector import DetectorGeometry
from detgui.science.gain_differences import measure_pair
from detgui.science.gain_sectors import has_reset_noise, sector_figures, significant

READ, RESET = 10.0, 20.0


def figures(rng, side=128, reset=RESET, count=1, bend=0.0):
    """Sectors of 16 boxes of 16 pixels each, from ``count`` pairs; ``bend`` takes that part of the signal at 4500 DN away."""
    cut = boxes.cut(DetectorGeometry(side, side), 16)
    sector, several = np.arange(len(cut)) // 16 + 1, []
    for _ in range(count):
        flats = pairs(rng, (side, side), noise=0.0)
        flats = flats * (1.0 - bend * flats / 4500.0)
        flats += rng.normal(0.0, READ, flats.shape) + reset * rng.standard_normal((2, 1, side, side))
        several.append(measure_pair(*moments(*flats.astype(np.float32), cut), 5000.0, sector * 2))
    return sector_figures(several, sector, np.zeros(len(cut), int), cut.pixels.astype(float), 1.0)


@pytest.fixture(scope="module")
def many():
    """64 sectors, simulated eight times."""
    rng = np.random.default_rng(18)
    return [each for _ in range(8) for each in figures(rng, 512)]


@pytest.mark.parametrize(("name", "truth"), [("read_noise", np.hypot(READ, RESET)), ("single_read_noise", READ), ("reset_noise", RESET)])
def test_noise_of_reads_and_of_the_reset_within_their_errors(many, name, truth):
    values, errors = (np.array([getattr(each, name + end) for each in many]) for end in ("", "_err"))
    pulls = (values - truth) / errors
    assert 0.9 < width(pulls) < 1.1
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(pulls.size)
    assert np.median(errors) < 0.15 * truth


@pytest.mark.parametrize("which", ["adjacent", "lag1", "lag2"])
def test_differences_of_estimators_have_width_one(many, which):
    pulls = np.array([each.differences[which].value / each.differences[which].err for each in many])
    assert 0.9 < width(pulls) < 1.1
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(pulls.size)


def test_sector_means_of_other_estimators_have_width_one():
    """The noise of reads that is taken off is that of the whole sector: errors of its boxes do not average out as if independent."""
    rng = np.random.default_rng(22)
    cut = boxes.cut(DetectorGeometry(256, 256), 16)
    sector, pixels = np.arange(len(cut)) // 16 + 1, cut.pixels.astype(float)
    pulls: dict[str, list[float]] = {}
    apart: list[float] = []
    for _ in range(16):
        pair = measure_pair(*moments(*pairs(rng, (256, 256), noise=READ), cut), 5000.0, sector * 2)
        for each in sector_figures([pair], sector, np.zeros(len(cut), int), pixels, 1.0):
            here = sector == each.sector
            for which, difference in each.differences.items():
                other = pair.others[which]
                pulls.setdefault(which, []).append((1.0 / other.value[here].mean() - 2.0) / difference.own_err)
                apart.append(difference.own_err / np.sqrt((other.gain_err[here] ** 2).mean() / here.sum()))
    assert set(pulls) == {"adjacent", "lag1", "lag2"}
    assert all(0.9 < np.std(found) < 1.1 for found in pulls.values())  # of 256 sectors each
    assert np.median(apart) > 1.1


def test_estimators_that_agree_show_nothing(many):
    """However many are compared, chance makes one of them disagree in 1 % of maps."""
    assert np.mean([each.systematic > 0 for each in many]) < 0.02
    assert significant(1) == pytest.approx(2.5758, abs=1e-4)
    assert significant(20) == pytest.approx(3.4808, abs=1e-4)


def test_estimators_that_disagree_show_it():
    """A signal that bends takes variance away from reads and from later differences: the estimators weigh that differently."""
    rng = np.random.default_rng(20)
    found = [each for _ in range(4) for each in figures(rng, bend=0.07, count=3)]
    worst = [max(each.differences.values(), key=lambda item: abs(item.value / item.err)) for each in found]
    assert np.mean([each.systematic > 0 for each in found]) > 0.7
    for each, most in zip(found, worst, strict=True):
        if each.systematic > 0:
            assert each.systematic == pytest.approx(max(item.systematic for item in each.differences.values()))
            assert most.systematic**2 == pytest.approx(most.value**2 - most.err**2)


def test_without_noise_of_the_reset_none_is_claimed():
    found = figures(np.random.default_rng(21), reset=0.0, count=2)
    assert not has_reset_noise(found)
    assert all(each.reset_noise < 3.0 * each.reset_noise_err + 3.0 for each in found)
    assert has_reset_noise(figures(np.random.default_rng(22), count=2))


def test_sectors_and_kinds_are_apart():
    cut = boxes.cut(DetectorGeometry(128, 128), 16)
    sector, kind = np.arange(len(cut)) // 16 + 1, np.arange(len(cut)) % 2
    pair = measure_pair(*moments(*pairs(np.random.default_rng(23), (128, 128)), cut), 5000.0, sector * 2 + kind)
    found = sector_figures([pair], sector, kind, cut.pixels.astype(float), 1.0)
    assert [(each.sector, each.kind) for each in found] == [(number, each) for number in (1, 2, 3, 4) for each in (0, 1)]
    here = (sector == 3) & (kind == 1)
    assert found[5].read_noise == pytest.approx(np.sqrt(pair.line.noise[here].mean() / 2.0))
    mean = (pair.others["lag1"].value - pair.line.inverse)[here].mean() / pair.line.inverse[here].mean() ** 2
    assert found[5].differences["lag1"].value == pytest.approx(-mean)
