"""Raw simulated flats through jwst's steps with the reference files beside them become the calibrated ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from detgui.simulate.flat_files import write_flats
from detgui.simulate.flat_params import FlatParams
from detgui.simulate.flat_references import RAW

SCRIPT = Path(__file__).with_name("flat_steps.py")
PARAMS = FlatParams("NRCB1", 1, 4, 48, 2048, ystart=1, nonlinearity=2e-6, rate=9000.0, saturation=30000.0, ipc=1.0, seed=2)


@pytest.fixture(scope="module")
def flats(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flats")
    paths = write_flats(PARAMS, folder, ("uncal", "ramp"))
    references = {path.stem.rsplit("_", 1)[1]: str(path) for path in paths if path.stem.endswith(RAW)}
    return folder, paths, references


def test_references_are_valid(flats):
    from stdatamodels.jwst import datamodels

    kinds = {
        "mask": "MaskModel", "saturation": "SaturationModel", "superbias": "SuperBiasModel", "linearity": "LinearityModel",
        "readnoise": "ReadnoiseModel", "gain": "GainModel",
    }  # fmt: skip
    for name, kind in kinds.items():
        with getattr(datamodels, kind)(flats[2][name], strict_validation=True) as model:
            model.validate()
            assert model.meta.instrument.detector == "NRCB1" and model.meta.reftype == name.upper()
    assert "ipc" not in flats[2]


def test_steps_make_the_calibrated_flat(flats):
    folder, paths, references = flats
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(paths[0]), json.dumps(references), str(folder)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    status = json.loads((folder / "status.json").read_text())
    assert set(status.values()) == {"COMPLETE"} and len(status) == 5
    with fits.open(folder / "steps_ramp.fits") as made, fits.open(paths[2]) as truth:
        inside = np.s_[4:, 4:-4]
        found = np.array(made["SCI"].data[0], np.float64)
        saturated = (made["GROUPDQ"].data[0] & 2) != 0
        expected = truth["SCI"].data[0].astype(np.float64)
        for group in range(3):
            difference = (found - expected)[group][inside]
            assert abs(np.median(difference)) < 1.5 and difference.std() < 2.0  # rounding, and the mean of few reference pixels
        assert not saturated[:2].any() and saturated[3][inside].all()
