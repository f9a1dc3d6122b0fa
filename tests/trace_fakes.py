"""Slope maps as the simulator expects them, with the noise that photons and reads give them."""

from __future__ import annotations

import numpy as np

from detgui.science.trace import Trace
from detgui.simulate.bots import late_slopes
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import Scene, make_scene

CLEAN = {"jumps": 0.0, "hot": 0.0, "dead": 0.0}


def slope_err(params: BotsParams, scene: Scene, integrations: int, early: int = 10) -> np.ndarray:
    """Error of the mean late slope, DN/group: the groups' covariance, summed out by hand."""
    n = params.groups
    number = np.arange(1, n + 1, dtype=float)
    weights = np.zeros(n)
    for part, sign in ((slice(0, early), -1), (slice(early, n), 1)):
        x = number[part] - number[part].mean()
        weights[part] += sign * x / (x @ x)
    photons = weights @ np.minimum.outer(number, number) @ weights
    return np.sqrt((photons * scene.rate / params.electrons_per_dn + params.read_noise**2 * (weights @ weights)) / integrations)


def true_trace(scene: Scene) -> Trace:
    """The simulated trace as if it had been found without error."""
    nx = scene.centre.size
    return Trace(scene.centre, np.zeros(nx), scene.centre, np.ones(nx, bool), 0.0)


class FakeMaps:
    """Noisy maps of a simulated exposure, many of them at no cost."""

    def __init__(self, integrations: int = 100, **values):
        self.params = BotsParams(**{**CLEAN, **values})
        self.scene = make_scene(self.params)
        self._truth: dict[tuple[float, float | None], np.ndarray] = {}
        self.err = slope_err(self.params, self.scene, integrations)
        self.err[~self.scene.active] = np.nan
        self.trace = true_trace(self.scene)
        self.rate = np.where(self.scene.active, self.scene.rate, np.nan)

    def truth(self, light: float = 1.0, coefficient: float | None = None) -> np.ndarray:
        key = (light, coefficient)
        if key not in self._truth:
            self._truth[key] = np.where(self.scene.active, late_slopes(self.params, self.scene, light, 10, coefficient), np.nan)
        return self._truth[key].copy()

    def noise(self, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal(self.err.shape) * self.err


def half_width(pulls: np.ndarray) -> float:
    """Half of the 15.87-84.13 % interval."""
    return float(np.diff(np.percentile(pulls, [15.87, 84.13]))[0] / 2)
