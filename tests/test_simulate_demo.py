"""Example exposures: made once, whole or not at all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits

from detgui.errors import BadInput, Cancelled
from detgui.progress import no_progress
from detgui.simulate import demo, demo_image
from detgui.simulate.demo import demo_folder, ensure_demo


@pytest.fixture
def quick(monkeypatch):
    """A few bytes in place of the real set; counts how often they are made."""
    calls = []

    def make(folder, progress):
        calls.append(folder)
        for step in range(3):
            progress(step / 3, "making")
            (folder / f"part{step}.fits").write_bytes(b"x" * (step + 1))
        return [folder / f"part{step}.fits" for step in range(3)]

    monkeypatch.setattr(demo, "_make", make)
    return calls


def test_made_once(quick):
    first = ensure_demo(no_progress)
    assert [path.name for path in first] == ["part0.fits", "part1.fits", "part2.fits"]
    assert all(path.exists() for path in first)
    assert ensure_demo(no_progress) == first
    assert len(quick) == 1


def test_stopped_it_leaves_nothing_and_is_made_the_next_time(quick):
    def progress(fraction, message):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        ensure_demo(progress)
    assert list(demo_folder().parent.iterdir()) == []
    assert len(ensure_demo(no_progress)) == 3


@pytest.mark.parametrize("harm", ["missing", "short", "no marker", "bad marker"])
def test_what_is_not_whole_is_made_again(quick, harm):
    files = ensure_demo(no_progress)
    marker = demo_folder() / demo.MARKER
    if harm == "missing":
        files[1].unlink()
    elif harm == "short":
        files[2].write_bytes(b"")
    elif harm == "no marker":
        marker.unlink()
    else:
        marker.write_text("[")
    assert ensure_demo(no_progress) == files
    assert len(quick) == 2
    assert files[2].read_bytes() == b"xxx"
    assert json.loads(marker.read_text())["part2.fits"] == 3


def test_no_room(quick, monkeypatch):
    monkeypatch.setattr(demo, "SIZE", 10**18)
    with pytest.raises(BadInput, match="only"):
        ensure_demo(no_progress)


def test_the_real_set(monkeypatch):
    """Smaller than the set people see, made by the same code."""
    from detgui.simulate import params

    monkeypatch.setattr(demo, "DEMO_INTEGRATIONS", 2)
    small = params.BotsParams
    monkeypatch.setattr(params, "BotsParams", lambda **values: small(**values, columns=512, groups=12))
    monkeypatch.setattr(demo_image, "SIZE", 256)
    monkeypatch.setattr(demo_image, "GROUPS", 3)
    reports = []
    files = ensure_demo(lambda fraction, message: reports.append(fraction))
    assert [path.name for path in files] == [
        "jw99999001001_04101_00001-seg001_nrs1_ramp.fits",
        "jw99999001001_04101_00001-seg002_nrs1_ramp.fits",
        "jw99999001001_04101_00001-seg001_nrs1_rateints.fits",
        "jw99999001001_04101_00001-seg002_nrs1_rateints.fits",
        "jw99999001001_04101_00001_nrs2_ramp.fits",
        "jw99999002001_02101_00001_nrca1_uncal.fits",
    ]
    assert all(path.exists() for path in files)
    assert reports == sorted(reports)
    assert reports[-1] == 1.0
    with fits.open(files[-1]) as hdus:
        assert hdus["SCI"].shape == (1, 3, 256, 256)
        assert hdus[0].header["DETECTOR"] == "NRCA1"
        first = hdus["SCI"].data[0, 0].astype(float)
    assert np.median(first[:, 1::2]) - np.median(first[:, ::2]) == pytest.approx(160, abs=15)
