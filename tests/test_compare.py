"""Two exposures compared, and a setting swept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from noise_frames import order_of, ramp_file, rate_file, striped
from step_help import offline_child

from detgui.analysis import compare, noise, step_sweep, steps
from detgui.analysis.step_types import StepResult
from detgui.data.exposure import open_one
from detgui.errors import BadInput, DetguiError
from detgui.science.correlated import mean_with_error

QUICK = compare.Params(noise=noise.Params(spectra=False, telegraph=False))


def compared(before, after, params=QUICK):
    with open_one([before], neighbours=False) as one, open_one([after], neighbours=False) as two:
        return compare.run(one, two, params)


def change(found, key):
    return next(each for each in found.changes if each.key == key)


@pytest.fixture
def image():
    return striped(np.random.default_rng(1), "NRS1", (256, 256), 2.0, 5.0)


def test_cleaning_is_better_and_leaves_the_background(tmp_path, image):
    stripes, level = image
    before = rate_file(tmp_path / "before_rate.fits", "NRS1", stripes + 3)
    after = rate_file(tmp_path / "after_rate.fits", "NRS1", stripes + 3 - level[None, :])
    found = compared(before, after)
    assert any("1/f noise:" in words for words in found.better)
    assert found.worse == ()
    one = change(found, "one_over_f")
    assert one.before == pytest.approx(2.0, abs=5 * one.before_err)
    assert one.after == pytest.approx(0.0, abs=3 * one.after_err)
    background = change(found, "background")
    assert background.change == pytest.approx(0.0, abs=2e-3)
    assert background.better is None
    assert background.before == pytest.approx(3.0, abs=0.1)
    back = compared(after, before)
    assert any("1/f noise:" in words for words in back.worse)
    assert not any("1/f noise:" in words for words in back.better)


@pytest.fixture
def moved(tmp_path):
    """Two rates: lines of independent levels of 1 DN/s rms, and without them and 0.8 DN/s lower; how the second is made is the caller's."""
    rng = np.random.default_rng(4)
    level = rng.normal(0, 1, 256)
    image = rng.normal(0, 5, (256, 256)).astype(np.float32)

    def files(**keywords):
        before = rate_file(tmp_path / "before_rate.fits", "NRS1", image + level[None, :])
        return before, rate_file(tmp_path / "after_rate.fits", "NRS1", image - 0.8, **keywords)

    return files, level.mean()


def test_a_background_that_moves_is_worse(moved):
    files, mean = moved
    found = compared(*files(S_CLNFNS="COMPLETE"))
    background = change(found, "background")
    assert background.change == pytest.approx(-0.8 - mean, abs=1e-3)
    assert background.change_err == pytest.approx(1 / 16, rel=0.4)
    assert background.before_err == pytest.approx(1 / 16, rel=0.4)
    assert background.after_err == pytest.approx(5 / 256, rel=0.4)
    assert background.better is False
    assert any("the background moved" in words for words in found.worse)


def test_a_step_that_sets_the_level_may_move_the_background(moved):
    files, _ = moved
    found = compared(*files(S_DARK="COMPLETE"))
    assert change(found, "background").better is None
    assert change(found, "background").words.endswith("DN/s, as dark_sub may do")


def test_removed_noise_that_is_correlated_is_no_moved_background(tmp_path):
    """Noise of a power law 1/f, its slowest part two frames long: taking it away moves the mean of one frame of 256 lines, by chance."""
    rng = np.random.default_rng(5)
    shape = np.append(0, np.arange(1.0, 257.0) ** -0.5)
    alarms = naive = 0
    for _ in range(200):
        level = np.fft.irfft((rng.normal(size=257) + 1j * rng.normal(size=257)) * shape, 512)[:256]
        mean, err = mean_with_error(level)
        alarms += abs(mean) > 3 * err
        naive += abs(mean) > 3 * level.std(ddof=1) / 16
    assert naive > 80
    assert alarms < 20


def test_the_error_of_a_mean_of_independent_values():
    rng = np.random.default_rng(6)
    found = np.array([mean_with_error(rng.normal(3, 2, 500)) for _ in range(400)])
    pulls = (found[:, 0] - 3) / found[:, 1]
    assert 0.75 < pulls.std() < 1.05
    assert np.isnan(mean_with_error(np.array([1.0]))[1])
    assert mean_with_error(np.array([1.0, 3.0])) == (2.0, pytest.approx(1.0))


def test_a_line_that_steps_over_the_limit_by_chance_is_nothing(tmp_path):
    """The noise of one line is at the limit of what is excessive: a little more is no worse, much more is."""
    rng = np.random.default_rng(7)
    image = rng.normal(0, 5, (256, 256))
    line = image[100].copy()

    def file(name, factor):
        image[100] = factor * line
        return rate_file(tmp_path / f"{name}_rate.fits", "NRS1", image)

    quiet, edge, over, loud = (file(name, factor) for name, factor in (("a", 1), ("b", 1.2), ("c", 1.3), ("d", 3)))
    little, much = compared(edge, over), compared(quiet, loud)
    assert [(change(each, "noisy_rows").before, change(each, "noisy_rows").after) for each in (little, much)] == [(0, 1), (0, 1)]
    assert change(little, "noisy_rows").better is None
    assert change(much, "noisy_rows").better is False
    assert change(compared(loud, quiet), "noisy_rows").better is True


def test_the_script_makes_the_comparison_again(tmp_path, image):
    stripes, level = image
    before = rate_file(tmp_path / "before_rate.fits", "NRS1", stripes)
    after = rate_file(tmp_path / "after_rate.fits", "NRS1", stripes - level[None, :])
    found = compared(before, after)
    assert [Path(each["path"]).name for each in found.provenance["files"]] == ["before_rate.fits", "after_rate.fits"]
    made = {}
    exec(found.provenance["python"], made)
    assert made["result"].changes == found.changes
    assert made["result"].names == found.names


def test_alternating_columns_and_noisy_lines_by_output(tmp_path, image):
    stripes, _ = image
    place = order_of("NRS1").column % 2 * 2 - 1
    before = stripes + 1.5 * place[:, None]
    before[100] += np.random.default_rng(2).normal(0, 30, 256)
    found = compared(rate_file(tmp_path / "a_rate.fits", "NRS1", before), rate_file(tmp_path / "b_rate.fits", "NRS1", stripes))
    columns = change(found, "alternating_columns_A")
    assert columns.better is True
    assert columns.before == pytest.approx(1.5, abs=4 * columns.before_err)
    assert change(found, "noisy_rows").better is True
    assert (change(found, "noisy_rows").before, change(found, "noisy_rows").after) == (1, 0)


def test_the_same_file_twice_says_nothing(tmp_path, image):
    path = rate_file(tmp_path / "one_rate.fits", "NRS1", image[0])
    found = compared(path, path)
    assert (found.better, found.worse, found.flags) == ((), (), ())
    assert (found.difference.changed, found.difference.std) == (0, 0.0)


def test_the_difference_and_flags_by_name(tmp_path, image):
    stripes, _ = image
    other, dq, dq2 = stripes.copy(), np.zeros(stripes.shape, np.uint32), np.zeros(stripes.shape, np.uint32)
    other[:2] += 10
    other[5, 5], dq[7, 7:10], dq2[7, 9:20] = np.nan, 4, 4 | 1
    before = rate_file(tmp_path / "a_rate.fits", "NRS1", stripes, dq)
    found = compared(before, rate_file(tmp_path / "b_rate.fits", "NRS1", other, dq2))
    assert (found.difference.changed, found.difference.lost, found.difference.gained) == (512, 1, 0)
    assert found.difference.most == pytest.approx(10, abs=1e-3)
    by_name = {each.flag: each for each in found.flags}
    assert set(by_name) == {"DO_NOT_USE", "JUMP_DET"}
    jump = by_name["JUMP_DET"]
    assert (jump.plane, jump.before, jump.after, jump.gained, jump.lost) == ("DQ", 3, 11, 10, 2)
    assert change(found, "do_not_use").change == 11


def test_ramps_are_compared_group_by_group(tmp_path):
    rng = np.random.default_rng(3)
    data = rng.normal(0, 5, (2, 6, 96, 96))
    flags = np.zeros(data.shape, np.uint8)
    louder = data + rng.normal(0, 5, data.shape)
    flags2 = flags.copy()
    flags2[1, 3, 10, 10:14] = 4
    found = compared(ramp_file(tmp_path / "a_ramp.fits", "NRS1", data, flags), ramp_file(tmp_path / "b_ramp.fits", "NRS1", louder, flags2))
    noise_ = change(found, "cds_noise_A")
    assert noise_.better is False
    assert noise_.after / noise_.before == pytest.approx(np.sqrt(2), rel=0.03)
    assert [(each.plane, each.flag, each.gained) for each in found.flags] == [("GROUPDQ", "JUMP_DET", 4)]


def test_what_cannot_be_compared_is_one_sentence(tmp_path):
    small = rate_file(tmp_path / "a_rate.fits", "NRS1", np.zeros((32, 32)))
    wide = rate_file(tmp_path / "b_rate.fits", "NRS1", np.zeros((32, 64)))
    counts = rate_file(tmp_path / "c_rate.fits", "NRS1", np.zeros((32, 32)), unit="MJy/sr")
    ramp = ramp_file(tmp_path / "d_ramp.fits", "NRS1", np.zeros((1, 3, 32, 32)))
    for other, says in ((wide, "32 x 32 and 64 x 32"), (counts, "DN/s and"), (ramp, "1 and 3 groups")):
        with pytest.raises(BadInput, match=says) as caught:
            compared(small, other)
        assert "\n" not in str(caught.value)


@pytest.fixture
def fake_steps(monkeypatch, tmp_path, image):
    """A step that takes a part of the stripes away, and fails for a part of 9."""
    _, level = image

    def run(params, folder, *, root="", child=None, progress=None, log=None, **_):
        part = float(params.settings["part"])
        if part == 9:
            raise DetguiError("the step failed: too much")
        with open_one([params.input], neighbours=False) as exposure:
            made = rate_file(Path(folder) / f"{root}_clean.fits", "NRS1", exposure.read_image("SCI") - part * level[None, :])
        return StepResult(params, (made,), (), "COMPLETE", {}, (), (), 0.1, 0)

    monkeypatch.setattr(steps, "run", run)
    monkeypatch.setattr(steps, "check", lambda *_: None)


def test_a_sweep_shows_the_best_value_and_goes_on_after_a_failure(tmp_path, image, fake_steps):
    path = rate_file(tmp_path / "one_rate.fits", "NRS1", image[0])
    params = step_sweep.Params("clean_flicker_noise", path, "part", (0.0, 0.5, 9, 1.0))
    seen = []
    found = step_sweep.run(params, tmp_path, progress=lambda fraction, message: seen.append(fraction))
    rms = [row.numbers.get("one_over_f_rms") for row in found.rows]
    assert rms[0] == pytest.approx(2.0, abs=0.1)
    assert rms[1] == pytest.approx(1.0, abs=0.1)
    assert rms[3] < 0.2
    assert found.rows[2].trouble == "the step failed: too much"
    assert found.rows[3].output.exists()
    assert found.rows[3].better
    assert found.input["one_over_f_rms"] == pytest.approx(2.0, abs=0.1)
    assert {"background_change", "background_change_err", "acn_A", "noisy_rows"} <= set(found.columns())
    assert seen == sorted(seen)
    assert found.unit == "DN/s"
    with pytest.raises(BadInput, match="1 to 50 values"):
        step_sweep.run(step_sweep.Params("clean_flicker_noise", path, "part", ()), tmp_path)


def test_the_step_that_cleans_flicker_noise_is_swept(tmp_path, tmp_path_factory, monkeypatch):
    for name in list(os.environ):
        if name.startswith("CRDS_"):
            monkeypatch.delenv(name)
    from detgui.simulate.noise_files import write_noise
    from detgui.simulate.noise_params import NoiseParams

    values = {"rows": 256, "columns": 256, "noisy_rows": 0, "columns_half": (0.0,), "one_over_f": 4.0, "sources": 5}
    path, _ = write_noise(NoiseParams(detector="NRS1", **values), tmp_path)
    params = step_sweep.Params("clean_flicker_noise", path, "n_sigma", (2.0, 5.0), {"fit_method": "median", "mask_science_regions": False})
    with offline_child(tmp_path_factory.mktemp("home")) as child:
        found = step_sweep.run(params, tmp_path, child=child)
    assert [row.status for row in found.rows] == ["COMPLETE", "COMPLETE"], found.rows
    assert found.input["one_over_f_rms"] == pytest.approx(4.0, abs=0.2)
    for row in found.rows:
        assert row.numbers["one_over_f_rms"] < 1.0
        assert abs(row.numbers["background_change"]) < 0.5
        assert row.better
