"""Steps that need exposures or references of their own: MIRI's, ipc, picture_frame; and references that come out of an offline cache."""

from __future__ import annotations

import shutil

import crds_cache
import numpy as np
import pytest
import step_rare
from astropy.io import fits
from noise_frames import rate_file
from step_help import offline_child, without_crds, write_bots

from detgui.analysis import steps
from detgui.analysis.steps import StepParams
from detgui.data.crds import CrdsSetup
from detgui.data.exposure import open_one
from detgui.errors import BadInput

STRAIGHT = 100.0 * np.arange(1, 13)[None, :, None, None]


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    return write_bots(tmp_path_factory.mktemp("bots"))


@pytest.fixture(scope="module")
def child(tmp_path_factory):
    with offline_child(tmp_path_factory.mktemp("home")) as one:
        yield one


@pytest.fixture(scope="module")
def miri(tmp_path_factory):
    folder = tmp_path_factory.mktemp("miri")
    return step_rare.miri_ramp(folder / "miri_ramp.fits"), step_rare.miri_references(folder / "references")


@pytest.fixture(autouse=True)
def no_cache_of_the_user(monkeypatch, tmp_path):
    without_crds(monkeypatch, tmp_path / "no crds cache")


def run(step, source, references, folder, child, settings=None):
    """Run a step that must be COMPLETE and must have used just these references; (SCI before, SCI after, the result's GROUPDQ)."""
    result = steps.run(StepParams(step, source, settings or {}, references), folder / "out", child=child)
    assert result.status == "COMPLETE", result.notes
    assert result.references == {name: str(path) for name, path in references.items()}
    with open_one([result.output]) as exposure:
        assert exposure.cal_step(step) == "COMPLETE"
    with fits.open(source) as before, fits.open(result.output) as after:
        flags = after["GROUPDQ"].data.copy() if "GROUPDQ" in after else None
        return before["SCI"].data.astype(np.float64), after["SCI"].data.astype(np.float64), flags


@pytest.mark.parametrize(
    ("step", "flagged"),
    [
        ("firstframe", {(0, 0), (1, 0)}),
        ("lastframe", {(0, 11), (1, 11)}),
        ("rscd", {(0, 0), *((1, group) for group in range(step_rare.SKIP))}),
    ],
)
def test_groups_that_miri_leaves_out(child, miri, tmp_path, step, flagged):
    ramp, references = miri
    given = {step: references[step]} if step in references else {}
    before, after, flags = run(step, ramp, given, tmp_path, child)
    np.testing.assert_array_equal(after, before)
    left_out = (flags & 1).astype(bool)
    assert {(i, g) for i, g in np.ndindex(2, 12) if left_out[i, g].all()} == flagged
    assert left_out.sum() == len(flagged) * 32 * 72


def test_the_reset_anomaly_of_miri(child, miri, tmp_path):
    ramp, references = miri
    before, after, _ = run("reset", ramp, {"reset": references["reset"]}, tmp_path, child)
    expected = np.zeros((2, 12, 32, 72))
    expected[:, :2] = step_rare.RESET
    np.testing.assert_allclose(before - after, expected, atol=1e-3)


def test_the_interference_of_miri(child, miri, tmp_path):
    ramp, references = miri
    before, after, _ = run("emicorr", ramp, {"emicorr": references["emicorr"]}, tmp_path, child)
    assert (before - STRAIGHT).std() == pytest.approx(40 / np.sqrt(2), rel=0.01)
    assert (after - STRAIGHT).std() < 0.5


def test_steps_of_miri_are_not_for_others(child, miri, tmp_path):
    result = steps.run(StepParams("reset", miri[0], {}, {"reset": "N/A"}), tmp_path, child=child)
    assert result.status == "SKIPPED"
    assert "reset step will be skipped" in " ".join(result.notes).lower()


def test_ipc_is_undone(child, bots, tmp_path):
    """Against the sum over the four neighbours, made with numpy; pixels of the edge are left alone by the step."""
    given = {"ipc": step_rare.ipc_reference(tmp_path / "ipc.fits")}
    before, after, _ = run("ipc", bots.ramp, given, tmp_path, child)
    inside = np.s_[..., 8:-8, 8:-8]
    around = sum(np.roll(before, shift, axis) for shift in (1, -1) for axis in (2, 3))
    expected = before * (1 + 4 * step_rare.IPC) - step_rare.IPC * around
    np.testing.assert_allclose(after[inside], expected[inside], atol=0.05)


def test_the_picture_frame_is_taken_away(child, tmp_path):
    """A full frame: the step knows its edges by their places."""
    y, x = np.ogrid[:2048, :2048]
    frame = np.hypot(x - 1023.5, y - 1023.5) / 1448
    image = np.random.default_rng(1).normal(5.0, 0.1, (2048, 2048)) + 3 * frame
    words = {"EXP_TYPE": "NRS_DARK", "READPATT": "NRSRAPID", "DATE-OBS": "2024-01-01", "TIME-OBS": "00:00:00"}
    source = rate_file(tmp_path / "full_rate.fits", "NRS1", image, np.zeros((2048, 2048), np.uint32), **words)
    given = {"pictureframe": step_rare.picture_frame_reference(tmp_path / "pictureframe.fits", frame)}
    before, after, _ = run("picture_frame", source, given, tmp_path, child, {"mask_science_regions": "false", "n_sigma": "50"})
    assert np.polyfit(frame.ravel()[::97], before.ravel()[::97], 1)[0] == pytest.approx(3.0, abs=0.01)
    assert np.polyfit(frame.ravel()[::97], after.ravel()[::97], 1)[0] == pytest.approx(
        0.0, abs=0.1
    )  # its mask keeps the brightest corners out


@pytest.fixture
def cached(bots, tmp_path, tmp_path_factory):
    """A child that knows a cache with rules for the mask of the simulated exposure, and its file; (child, the file in the cache)."""
    folder = tmp_path / "crds"
    with fits.open(bots.uncal) as hdus:
        chosen = {"simulated_mask.fits": ((hdus[0].header["DETECTOR"], hdus[0].header["SUBARRAY"]), "2020-01-01 00:00:00")}
    crds_cache.make_cache(folder, [("nirspec", "mask", chosen)])
    place = folder / "references" / "jwst" / "nirspec" / "simulated_mask.fits"
    shutil.copy(bots.references["mask"], place)
    setup = CrdsSetup(folder, crds_cache.CONTEXT, "", "user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRDS_IGNORE_MAPPING_CHECKSUM", "true")
        with offline_child(tmp_path_factory.mktemp("home"), setup) as one:
            yield one, place


def test_a_reference_comes_out_of_an_offline_cache(cached, bots, tmp_path):
    child, place = cached
    params = StepParams("dq_init", bots.uncal)
    (found,) = steps.references(params, child)
    assert (found.type, found.state, found.file) == ("mask", "cache", str(place))
    result = steps.run(params, tmp_path / "out", child=child)
    assert (result.status, result.references) == ("COMPLETE", {"mask": str(place)})
    with fits.open(result.output) as out, fits.open(place) as mask:
        np.testing.assert_array_equal(out["PIXELDQ"].data, mask["DQ"].data)
        assert out[0].header["R_MASK"].endswith("simulated_mask.fits")
    place.unlink()  # the rules name a file that is not there, and nobody can be asked for it
    (found,) = steps.references(params, child)
    assert found.state == "missing"
    with pytest.raises(BadInput, match="finds no mask reference"):
        steps.run(params, tmp_path / "again", child=child)
