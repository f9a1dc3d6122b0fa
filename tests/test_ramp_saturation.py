"""A saturation reference ends ramps that GROUPDQ does not end."""

from __future__ import annotations

import numpy as np
import pytest
from ramp_fakes import MemoryExposure, simulate_groups
from test_ramp_references import write_reference

from detgui.analysis import ramp
from detgui.errors import BadInput
from detgui.science.ramp_groups import DO_NOT_USE, JUMP_DET, SATURATED, saturated_from
from detgui.science.timing import GroupTiming

TIMING = GroupTiming(20, 0.9, 0.9)
FULL_WELL = 9000.0
STEP = 900.0  # DN/group


def exposure(flags=None, nints=6, steps=None, rate=STEP / 0.9):
    """Pixel (1, 0) of a 2 x 3 array fills up to `FULL_WELL` DN above its zero level of 2000 DN and stays there."""
    signal = np.zeros((nints, 20, 2, 3), dtype=np.float32)
    signal[:, :, 0, 1] = 2000.0 + np.minimum(simulate_groups(np.random.default_rng(5), TIMING, rate, 1.5, 8.0, nints), FULL_WELL)
    planes = {"SCI": signal}
    if flags is not None:
        planes["GROUPDQ"] = np.zeros(signal.shape, dtype=np.uint8)
        planes["GROUPDQ"][:, :, 0, 1] = flags
    return MemoryExposure(planes, TIMING, detector="NRS1", steps=steps or {})


@pytest.fixture
def level(tmp_path):
    return write_reference(tmp_path / "saturation.fits", np.full((2, 3), 2000.0 + FULL_WELL - 100.0), "SATURATION")


def pixel(**more):
    return ramp.Params(x=1, y=0, **{"gain": 1.5, "read_noise": 8.0, **more})


def test_only_groups_at_or_above_the_level_get_the_flag():
    signal = np.array([[1.0, 5.0, 4.9, np.nan], [5.1, 0.0, 0.0, 0.0]])
    flags = np.array([[0, JUMP_DET, 0, DO_NOT_USE], [0, 0, 0, 0]], dtype=np.uint8)
    marked = saturated_from(signal, flags, 5.0)
    assert marked.tolist() == [[0, JUMP_DET | SATURATED, 0, DO_NOT_USE], [SATURATED, 0, 0, 0]]
    assert saturated_from(signal, flags, np.nan).tolist() == flags.tolist()


def test_the_level_does_what_the_flag_does(level):
    """The tenth group would hold 9000 DN: nine are left, with or without flags."""
    found = ramp.run(exposure(), pixel(saturation=level))
    flags = np.where(np.arange(20) >= 9, SATURATED, 0)
    flagged = ramp.run(exposure(flags), pixel())
    assert found.used.tolist() == flagged.used.tolist() == [True] * 9 + [False] * 11
    for name in ("slope", "slope_err", "intercept", "chi2", "dof", "zero_level"):
        assert getattr(found, name) == getattr(flagged, name)
    assert found.slope == pytest.approx(np.polyfit(np.arange(9), found.signal[:9], 1)[0])
    assert found.slope == pytest.approx(STEP, abs=5 * found.slope_err)
    assert not found.late.any()
    assert found.groupdq.tolist() == [0] * 20  # what the file says
    assert any("before group 10" in note and "10900 DN" in note for note in found.notes)
    assert ramp.run(exposure(), pixel()).slope < 0.8 * STEP


def test_a_flag_that_comes_first_needs_no_note(level):
    found = ramp.run(exposure(np.where(np.arange(20) >= 5, SATURATED, 0)), pixel(saturation=level))
    assert found.used.sum() == 5
    assert [note for note in found.notes if "saturat" in note] == ["saturated from group 6"]


def test_the_level_ends_the_ramps_of_the_overview_and_of_the_scatter(level):
    """A full pixel has no noise: taken for a good one it would look quieter than it is."""
    memory = exposure(nints=30)
    many = ramp.overview(memory, pixel(saturation=level))
    singles = [ramp.run(memory, pixel(saturation=level, integration=n)) for n in (1, 7, 30)]
    assert [many.slope[n - 1] for n in (1, 7, 30)] == pytest.approx([one.slope for one in singles])
    assert [many.slope_err[n - 1] for n in (1, 7, 30)] == pytest.approx([one.slope_err for one in singles])
    measured = ramp.run(memory, pixel(saturation=level, read_noise=None))
    assert measured.read_noise_source.startswith("scatter")
    assert measured.read_noise == pytest.approx(8.0, abs=6.0)
    flags = np.where(memory.arrays["SCI"][:, :, 0, 1] >= measured.saturation, SATURATED, 0)
    assert measured.read_noise == ramp.run(exposure(flags, nints=30), pixel(read_noise=None)).read_noise


def test_a_level_of_raw_counts_loses_the_superbias(tmp_path, level):
    memory = exposure(steps={"superbias": "COMPLETE"})
    memory.arrays["SCI"][:, :, 0, 1] -= 2000.0
    bias = write_reference(tmp_path / "bias.fits", np.full((2, 3), 2000.0), "SUPERBIAS")
    found = ramp.run(memory, pixel(saturation=level, superbias=bias))
    assert found.saturation == FULL_WELL - 100.0
    assert found.used.sum() == 9
    without = ramp.run(memory, pixel(saturation=level))
    assert without.saturation == 2000.0 + FULL_WELL - 100.0
    assert any("raw counts" in note for note in without.notes)


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_a_pixel_without_a_level(tmp_path, nothing):
    level = write_reference(tmp_path / "saturation.fits", np.full((2, 3), nothing), "SATURATION")
    found = ramp.run(exposure(), pixel(saturation=level))
    assert np.isnan(found.saturation)
    assert found.used[:9].all()
    assert "saturation.fits has no saturation level at this pixel" in found.notes


def test_references_that_are_not_needed_have_to_be_right_too(tmp_path, level):
    removed = exposure(steps={"superbias": "COMPLETE"})
    with pytest.raises(BadInput, match=r"missing\.fits cannot be read"):
        ramp.run(removed, pixel(superbias=tmp_path / "missing.fits"))
    with pytest.raises(BadInput, match="is a SATURATION reference, not SUPERBIAS"):
        ramp.overview(removed, pixel(superbias=level))
    bias = write_reference(tmp_path / "bias.fits", np.full((2, 3), 2000.0), "SUPERBIAS")
    assert any("bias.fits is not needed" in note for note in ramp.run(removed, pixel(superbias=bias)).notes)
