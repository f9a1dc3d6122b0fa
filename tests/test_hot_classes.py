"""Classes of single pixels, false discoveries, clusters: against hand-made cases, scipy and statsmodels-like loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from detgui.science import hot_classes as classes
from detgui.science import hot_clusters


def bits(*words):
    return np.array([[letter == "1" for letter in word] for word in words])


WORDS = ("111111", "000111", "000001", "111000", "010100", "000000", "111110", "001111", "011111")
WANTED = (
    "always hot",
    "newly hot",
    "not confirmed",
    "recovered",
    "coming and going",
    "never hot",
    "not confirmed",
    "newly hot",
    "newly hot",
)


def test_classes_by_hand():
    hot = bits(*WORDS)
    found = classes.classify(hot, np.ones_like(hot), 2, np.ones(len(WORDS), bool))
    assert [classes.CLASSES[each] for each in found] == list(WANTED)


def test_persistence_and_significance_decide():
    hot = bits("000111", "000111", "000011")
    measured = np.ones_like(hot)
    found = classes.classify(hot, measured, 3, np.array([True, False, True]))
    assert [classes.CLASSES[each] for each in found] == ["newly hot", "not confirmed", "not confirmed"]


def test_epochs_that_are_not_measured_say_nothing():
    hot = bits("000111", "101111")
    measured = bits("110011", "001111")
    found = classes.classify(hot, measured, 2, np.ones(2, bool))
    assert [classes.CLASSES[each] for each in found] == ["newly hot", "always hot"]
    assert classes.change_epoch(hot, measured).tolist() == [4, -1]


def test_benjamini_hochberg_by_its_definition():
    p = np.random.default_rng(1).uniform(0, 1, 500) ** 3
    limit = classes.benjamini_hochberg(p, 0.05)
    ordered = np.sort(p)
    passed = [k for k in range(1, 501) if ordered[k - 1] <= 0.05 * k / 500]
    assert limit == ordered[max(passed) - 1]
    assert (p <= limit).sum() == max(passed)
    reject = stats.false_discovery_control(p) <= 0.05
    assert (p <= limit).tolist() == reject.tolist()


def test_the_share_of_false_discoveries_is_kept():
    rng = np.random.default_rng(2)
    false, found = 0, 0
    for _ in range(100):
        z = rng.standard_normal(20_000)
        z[:200] += 6.0
        p = classes.two_sided(z)
        hits = p <= classes.benjamini_hochberg(p, 0.1)
        false += hits[200:].sum()
        found += hits.sum()
    assert false / found == pytest.approx(0.1, abs=0.015)


def test_nothing_is_significant_in_noise_most_of_the_time():
    rng = np.random.default_rng(3)
    hits = [classes.benjamini_hochberg(classes.two_sided(rng.standard_normal(5000)), 0.01) >= 0 for _ in range(200)]
    assert sum(hits) <= 8


def test_probabilities_against_scipy():
    z = np.array([0.0, 1.0, -2.5, 8.0])
    np.testing.assert_allclose(classes.two_sided(z), 2 * stats.norm.sf(np.abs(z)))
    np.testing.assert_allclose(classes.constancy(np.array([3.0, 30.0]), np.array([4, 4])), stats.chi2.sf([3.0, 30.0], 4))
    assert np.isnan(classes.constancy(np.array([3.0]), np.array([0]))[0])


def test_a_jump_has_z_of_width_one():
    rng = np.random.default_rng(4)
    err = rng.uniform(0.5, 2.0, (4000, 7))
    rate = rng.normal(0, err) + 5.0 * (np.arange(7) >= 3)
    z = classes.jump_significance(rate, err, np.full(4000, 3))
    weight = 1 / err**2
    wanted = 5.0 / np.sqrt(1 / weight[:, 3:].sum(axis=1) + 1 / weight[:, :3].sum(axis=1))
    assert np.std(z - wanted) == pytest.approx(1.0, abs=0.04)
    assert np.isnan(classes.jump_significance(rate, err, np.full(4000, -1))).all()


def test_errors_that_are_too_small_are_seen():
    z = 1.7 * np.random.default_rng(5).standard_normal(200_000)
    z[:2000] = 50.0
    assert classes.error_scale(z) == pytest.approx(1.7, rel=0.03)


def test_clusters_are_those_of_scipy():
    rng = np.random.default_rng(6)
    image = rng.random((80, 90)) < 0.15
    flat = np.flatnonzero(image)
    labels = hot_clusters.touching(flat, 90)
    wanted = ndimage.label(image, np.ones((3, 3)))[0].reshape(-1)[flat]
    assert len(set(zip(labels.tolist(), wanted.tolist(), strict=True))) == labels.max() + 1 == wanted.max()


def test_presence_and_members():
    union = hot_clusters.union_of([np.array([3, 4]), np.array([4, 50])])
    present = hot_clusters.presence(union, [np.array([3, 4]), np.array([4, 50])])
    assert present.tolist() == [[True, False], [True, True], [False, True]]
    assert hot_clusters.members(hot_clusters.touching(union, 10), present).tolist() == [[2.0, 1.0], [0.0, 1.0]]


def test_rows_do_not_touch_across_the_edge():
    assert hot_clusters.touching(np.array([9, 10, 20]), 10).tolist() == [0, 1, 1]
