"""Options of simulated flats."""

from __future__ import annotations

import argparse
import json

import pytest
from astropy.io import fits

from detgui.errors import BadInput
from detgui.progress import no_progress
from detgui.simulate.flat_cli import add_flat_arguments, run_flats, void_of
from detgui.simulate.options import frame_size


def options(folder, *argv, **shared):
    parser = argparse.ArgumentParser()
    add_flat_arguments(parser)
    given = {
        "output": folder,
        "detector": None,
        "level": None,
        "groups": None,
        "gain": None,
        "read_noise": None,
        "saturation": None,
        "seed": 0,
    }
    return argparse.Namespace(**vars(parser.parse_args(argv)), **{**given, **shared})


def parameters(path):
    with fits.open(path) as truth:
        return json.loads(truth["PARAMS"].data["json"][0])


def test_options_reach_the_simulation(tmp_path):
    argv = (
        "--pairs",
        "1",
        "--size",
        "64x32",
        "--rate",
        "900",
        "--void",
        "33,17,6",
        "--ipc",
        "1.02",
        "--first-gradient",
        "0",
        "--void-gain",
        "0.9",
        "--even-odd",
        "500",
        "--bias-drift",
        "1",
        "--ktc",
        "9",
    )
    shown = []
    args = options(tmp_path, *argv, detector=["NRCA1", "NRCBLONG"], groups=2, gain=(2.0,), read_noise=7.0, seed=9)
    paths = run_flats(args, lambda fraction, message: shown.append(fraction))
    assert [path.name for path in paths][:2] == [f"jw99999003001_02101_0000{n}_nrca1_uncal.fits" for n in (1, 2)]
    assert len(paths) == 22 and all(path.exists() for path in paths)
    stated = parameters(paths[2])
    expected = {
        "even_odd": 500.0,
        "bias_drift": 1.0,
        "ktc": 9.0,
        "pairs": 1,
        "columns": 64,
        "rows": 32,
        "rate": 900.0,
        "void": [32.0, 16.0, 6.0],
        "ipc": 1.02,
        "groups": 2,
        "gain": [2.0] * 4,
    }
    assert (
        stated.items() >= {**expected, "read_noise": 7.0, "seed": 9, "first_gradient": 0.0, "void_gain": 0.9, "saturation": 45000.0}.items()
    )
    assert shown == sorted(shown) and shown[-1] == 1.0


def test_what_is_not_given_is_the_detectors(tmp_path):
    stated = parameters(run_flats(options(tmp_path, "--pairs", "1", "--size", "64", "--void", "none", groups=1), no_progress)[2])
    assert (stated["detector"], stated["gain"], stated["void"]) == ("NRCB1", [2.34] * 4, None)


def test_one_bad_detector_writes_nothing(tmp_path):
    with pytest.raises(BadInput, match="no NIRCam detector NRS1"):
        run_flats(options(tmp_path / "new", detector=["NRCA1", "NRS1"]), no_progress)
    assert not (tmp_path / "new").exists()


def test_sizes_and_places():
    assert frame_size(None) == frame_size("2048") == (2048, 2048)
    assert frame_size("2048x64") == (2048, 64)
    assert void_of("10,20,5", 2048, 2048) == (9.0, 19.0, 5.0)
    assert void_of(None, 2048, 2048)[0] == 1024  # on the boundary of sectors 2 and 3
    for text in ("big", "2048x", "-5", "1x2x3"):
        with pytest.raises(BadInput, match="--size"):
            frame_size(text)
    for text in ("1,2", "a,b,c", ""):
        with pytest.raises(BadInput, match="--void"):
            void_of(text, 2048, 2048)
