"""Exposures and references for tests that run steps of jwst, and the child process that runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from detgui.analysis.steps import make_child
from detgui.data.crds import CrdsSetup, find_cache
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams
from detgui.simulate.references import write_references
from detgui.simulate.scene import make_scene
from detgui.tasks.child import Child

PARAMS = BotsParams(integrations=2, groups=6, columns=128, peak=7500.0, migration=0.0, jumps=1e-3)


@dataclass(frozen=True)
class Bots:
    """A small NIRSpec exposure and its references."""

    uncal: Path
    ramp: Path
    rateints: Path
    references: dict[str, Path]


def write_bots(folder: Path) -> Bots:
    uncal, ramp, rateints, _ = write_exposure(PARAMS, folder, ("uncal", "ramp", "rateints"))
    return Bots(uncal, ramp, rateints, write_references(PARAMS, make_scene(PARAMS), folder / "references"))


def without_crds(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """No setting of CRDS is the user's, and its cache, at ``cache``, is not there."""
    for name in list(os.environ):
        if name.startswith("CRDS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CRDS_PATH", str(cache))


@contextmanager
def offline_child(home: Path, setup: CrdsSetup | None = None) -> Iterator[Child]:
    """A child process that knows an empty cache, whatever the environment is; its own files go below ``home``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETGUI_HOME", str(home))
        child = make_child(warm=False, setup=setup or find_cache({}))
    with child:
        yield child
