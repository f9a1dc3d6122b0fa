"""jwst's own steps accept a simulated uncal with the references made for it, and find what went in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from detgui.science.dq import SATURATED
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams
from detgui.simulate.references import REFTYPES, write_references
from detgui.simulate.scene import make_scene

PARAMS = BotsParams(integrations=3, groups=8, columns=512, peak=7500.0, migration=0.0, jumps=1e-4)
"""The brightest pixels are full in the last group."""


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    files = write_exposure(PARAMS, folder, ("uncal", "ramp"))
    references = write_references(PARAMS, make_scene(PARAMS), folder / "references")
    assert set(references) == set(REFTYPES)
    script = Path(__file__).with_name("simulate_steps.py")
    words = [str(files[0]), str(files[1]), json.dumps({name: str(path) for name, path in references.items()}), str(folder)]
    done = subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, files


def test_every_step_ran(calibrated):
    status = json.loads((calibrated[0] / "status.json").read_text())
    assert set(status.values()) == {"COMPLETE"}
    assert len(status) == 8


@pytest.mark.parametrize("source", ["steps", "ramp"])
def test_the_rate_is_the_one_that_went_in(calibrated, source):
    """From the uncal by way of all steps, and by RampFitStep on the ramp file itself."""
    with fits.open(calibrated[0] / f"{source}_rateints.fits") as rates, fits.open(calibrated[1][-1]) as truth:
        expected = truth["RATE"].data * truth["LIGHT"].data["flux"][:, None, None] / PARAMS.tframe
        good = (rates["DQ"].data == 0) & (expected > 200)
        ratio = rates["SCI"].data[good].sum(dtype=float) / expected[good].sum(dtype=float)
        pull = ((rates["SCI"].data - expected) / rates["ERR"].data)[good]
    assert good.sum() > 5000
    assert abs(ratio - 1) < 5e-4  # without the linearity step it would be 1 % low
    assert abs(np.median(pull)) < 0.1
    assert abs(np.diff(np.percentile(pull, [15.87, 84.13]))[0] / 2 - 1) < 0.1


def test_the_steps_make_the_ramp_of_the_ramp_level(calibrated):
    """Superbias, linearity and dark undone: what is left is rounding to 1 DN and the dark current."""
    with fits.open(calibrated[0] / "steps_ramp.fits") as steps, fits.open(calibrated[1][1]) as ramp:
        good = ((steps["GROUPDQ"].data | ramp["GROUPDQ"].data) == 0) & ((steps["PIXELDQ"].data & 2049) == 0)
        difference = (steps["SCI"].data - ramp["SCI"].data)[good]
        saturated = (ramp["GROUPDQ"].data & SATURATED) != 0
        found = (steps["GROUPDQ"].data & SATURATED) != 0
        np.testing.assert_array_equal(steps["PIXELDQ"].data, ramp["PIXELDQ"].data)
    assert np.abs(difference).max() < 0.6
    assert saturated.sum() > 100
    assert found[saturated].all()
