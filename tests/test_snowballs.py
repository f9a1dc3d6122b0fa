"""Clusters of jumps: shape, size and what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.science.snowballs import SHOWER, SNOWBALL, TRACK, clusters, jumps_of

Y, X = np.mgrid[:200, :300]
NOTHING = np.zeros((200, 300), bool)


def disc(x, y, radius):
    return np.hypot(X - x, Y - y) <= radius


def test_a_snowball_has_its_place_area_core_and_halo():
    jumps, core = disc(120.3, 80.6, 10), disc(120.3, 80.6, 4)
    (found,) = clusters(jumps & ~core, core, 3, 7)
    assert (found.kind, found.integration, found.group) == (SNOWBALL, 3, 7)
    assert (found.area, found.core, found.halo) == (jumps.sum(), core.sum(), (jumps & ~core).sum())
    assert (found.x, found.y) == (pytest.approx(120.3, abs=0.4), pytest.approx(80.6, abs=0.4))
    assert found.radius == pytest.approx(10, abs=0.3)
    x0, y0, x1, y1 = found.box
    assert jumps[y0 : y1 + 1, x0 : x1 + 1].sum() == jumps.sum()


def test_tracks_and_showers_are_no_snowballs():
    track = (np.abs(Y - 50) <= 1) & (X > 40) & (X < 120)
    (found,) = clusters(track, NOTHING, 1, 2)
    assert found.kind == TRACK
    rng = np.random.default_rng(0)
    ragged = disc(200, 120, 40) & (rng.random(NOTHING.shape) < 0.5)
    assert clusters(ragged, NOTHING, 1, 2)[0].kind == SHOWER


def test_neighbours_at_a_corner_touch_and_small_clusters_are_left_out():
    jumps = disc(50, 50, 5) | disc(150, 50, 2)
    jumps[10, 10] = True
    found = clusters(jumps, NOTHING, 1, 2, least=10)
    assert [each.area for each in found] == sorted((disc(50, 50, 5).sum(), disc(150, 50, 2).sum()), reverse=True)
    diagonal = np.eye(60, dtype=bool)
    assert clusters(diagonal, np.zeros_like(diagonal), 1, 2)[0].area == 60


def test_several_are_sorted_by_area():
    found = clusters(disc(50, 50, 5) | disc(150, 100, 12), NOTHING, 1, 2)
    assert [each.x for each in found] == [pytest.approx(150, abs=0.1), pytest.approx(50, abs=0.1)]


def test_jumps_in_differences_and_none_in_noise():
    rng = np.random.default_rng(1)
    usable = ~NOTHING
    sigma = np.full((1, 300), 10, np.float32)
    usual = np.full(NOTHING.shape, 20, np.float32)
    for _ in range(20):
        noise = (20 + rng.normal(0, np.sqrt(120), NOTHING.shape)).astype(np.float32)
        assert not clusters(jumps_of(noise, usual, sigma, usable), NOTHING, 1, 2, least=4)
    noise[disc(100, 100, 9)] += 150
    (found,) = clusters(jumps_of(noise, usual, sigma, usable), NOTHING, 1, 2)
    assert found.area == pytest.approx(disc(100, 100, 9).sum(), rel=0.15)
