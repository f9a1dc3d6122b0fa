"""What runs steps for the noise panel: what is known before, the run, its log, Cancel, and the exposure that comes of it."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from noise_window_help import PATIENCE, by_hand, front, open_file, step_child
from step_help import write_bots

from detgui.cli.parser import parse
from detgui.gui.window.parts import Parts
from detgui.session import noise_options, step_work
from detgui.session.noise import NoiseMaker, source_of
from detgui.session.noise_options import NoiseOptions, StepReference, StepSetting
from detgui.session.state import SessionState
from detgui.session.step_work import Needed, Plan
from detgui.session.undo import Made


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    return write_bots(tmp_path_factory.mktemp("bots"))


@pytest.fixture(scope="module")
def child(tmp_path_factory):
    with step_child(tmp_path_factory.mktemp("child")) as one:
        yield one


@pytest.fixture
def bench(qtbot, bots, child):
    """Parts with an open ramp and a maker."""
    parts = Parts(workers=2)
    maker = NoiseMaker(parts.session, parts.exposures, parts.engine, parts.bridge)
    open_file(qtbot, parts, bots.ramp)
    yield parts, maker
    qtbot.waitUntil(lambda: not maker._tasks, timeout=PATIENCE)  # a child that is killed has to be started again
    parts.close()


def known(maker) -> bool:
    return maker.outlook is not None and (maker.outlook.references is not None or bool(maker.outlook.trouble))


def wait_until_known(qtbot, maker) -> None:
    qtbot.waitUntil(lambda: known(maker), timeout=PATIENCE)


def run(qtbot, maker) -> None:
    maker.compute()
    assert maker.busy
    qtbot.waitUntil(lambda: not maker.busy, timeout=PATIENCE)


def test_nothing_is_asked_before_the_tab_is_in_front(qtbot, bench):
    parts, maker = bench
    parts.session.set_noise(steps=("jump",), step="jump")
    qtbot.wait(400)
    assert maker.form("jump") is None
    assert maker.outlook is None
    front(parts)
    qtbot.waitUntil(lambda: maker.form("jump") is not None, timeout=PATIENCE)
    assert maker.form("jump").field("rejection_threshold").default == 4.0


def test_memory_and_references_are_known_before_a_run(qtbot, bench, bots):
    parts, maker = bench
    front(parts, steps=("jump",), step="jump")
    wait_until_known(qtbot, maker)
    assert maker.outlook.peak > 300e6
    assert {(each.type, each.state) for each in maker.outlook.references} == {("gain", "missing"), ("readnoise", "missing")}
    assert "jump finds no gain, readnoise reference" in maker.outlook.trouble
    parts.session.set_noise(references=by_hand(bots.references, "gain", "readnoise"))
    wait_until_known(qtbot, maker)
    assert maker.outlook.trouble == ""
    assert {each.state for each in maker.outlook.references} == {"given"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": ("pixel_replace",)}, "pixel_replace takes rates"),
        ({"steps": ("reset",)}, "reset is for MIRI"),
        ({"steps": ("jump",), "settings": (StepSetting("jump", "rejection_threshold", "-1"),)}, "rejection_threshold is at least 0"),
        ({"steps": ("jump",), "references": (StepReference("gain", "/no/gain.fits"),)}, "this gain reference does not exist"),
    ],
)
def test_what_cannot_run_is_one_sentence(qtbot, bench, options, words):
    parts, maker = bench
    front(parts, **options)
    wait_until_known(qtbot, maker)
    assert words in maker.outlook.trouble
    assert "\n" not in maker.outlook.trouble


def test_a_run_writes_a_file_that_opens_and_leaves_the_input_alone(qtbot, bench, bots, tmp_path):
    parts, maker = bench
    before = bots.ramp.read_bytes()
    lines, opened = [], []
    maker.logged.connect(lines.extend)
    maker.opened.connect(lambda *keys: opened.append(keys))
    source = maker.source.key
    front(parts, steps=("jump",), step="jump", references=by_hand(bots.references, "gain", "readnoise"), folder=tmp_path)
    run(qtbot, maker)
    assert maker.ended == "done"
    (result,) = maker.result.results[0]
    assert (result.status, result.output.parent) == ("COMPLETE", tmp_path)
    assert any("instance created" in line for line in lines)
    qtbot.waitUntil(lambda: bool(opened), timeout=PATIENCE)
    state = parts.session.state
    assert opened == [(source, state.current.key)]
    assert (state.noise.before, state.noise.after, state.noise.source) == (source, state.current.key, source)
    assert state.current.paths == (result.output,)
    assert bots.ramp.read_bytes() == before


def test_a_chain_runs_in_order_and_its_settings_reach_their_steps(qtbot, bench, bots, tmp_path):
    parts, maker = bench
    options = noise_options.with_steps(NoiseOptions(), ("jump", "ramp_fit"))
    options = noise_options.with_setting(options, "jump", "rejection_threshold", "1e6")
    options = noise_options.with_setting(options, "jump", "flag_4_neighbors", "false")
    given = by_hand(bots.references, "gain", "readnoise")
    front(parts, steps=options.steps, settings=options.settings, references=given, folder=tmp_path, keep_all=True)
    run(qtbot, maker)
    names = {path.name.rsplit("_", 1)[1] for path in tmp_path.iterdir()}
    assert names == {"jump.fits", "rate.fits", "rateints.fits"}
    with fits.open(next(tmp_path.glob("*_jump.fits"))) as hdus, fits.open(bots.ramp) as given:
        np.testing.assert_array_equal(hdus["GROUPDQ"].data & 4, given["GROUPDQ"].data & 4)  # nothing is a million sigma
    qtbot.waitUntil(lambda: len(parts.session.state.exposures) == 3, timeout=PATIENCE)


def test_cancel_kills_at_once_and_leaves_nothing(qtbot, bench, bots, tmp_path):
    parts, maker = bench
    given = by_hand(bots.references, "gain", "readnoise")
    front(parts, steps=("clean_flicker_noise",), references=given, folder=tmp_path)
    maker.compute()
    qtbot.waitUntil(lambda: maker.running is not None, timeout=PATIENCE)
    maker.cancel()
    qtbot.waitUntil(lambda: not maker.busy, timeout=2000)
    assert (maker.ended, maker.trouble, maker.result) == ("cancelled", "", None)
    assert list(tmp_path.iterdir()) == []
    assert len(parts.session.state.exposures) == 1
    parts.session.set_noise(steps=("group_scale",))  # a child that was killed is started again
    run(qtbot, maker)
    assert maker.result.results[0][0].status == "SKIPPED"
    assert maker.result.results[0][0].notes


def test_what_went_wrong_in_a_run_is_said(qtbot, bench, bots, tmp_path):
    parts, maker = bench
    blocked = tmp_path / "file"
    blocked.write_text("")
    front(parts, steps=("group_scale",), folder=blocked)
    run(qtbot, maker)
    assert maker.ended == "failed"
    assert "cannot be used as a folder" in maker.trouble


def test_the_command_is_one_that_the_program_takes(tmp_path):
    plan = Plan.of(
        (Path("/data/a b_ramp.fits"),),
        NoiseOptions(
            steps=("jump", "ramp_fit"),
            settings=(StepSetting("jump", "rejection_threshold", "5.0"), StepSetting("refpix", "odd_even_columns", "false")),
            references=(StepReference("gain", "/data/gain.fits"),),
            folder=tmp_path,
        ),
    )
    args = parse(shlex.split(plan.command)[1:])
    assert (args.step, args.file, args.output) == ("jump,ramp_fit", plan.inputs[0], tmp_path)
    assert args.set == [("jump.rejection_threshold", "5.0")]  # refpix does not run
    assert args.reference == [("gain", "/data/gain.fits")]
    compile(plan.python, "python", "exec")
    single = Plan.of(plan.inputs, NoiseOptions(steps=("jump",), settings=plan.settings))
    assert "--set rejection_threshold=5.0" in single.command
    assert single.folder == Path("/data")


def test_the_most_serious_state_of_a_reference_is_said():
    one, other = Needed("gain", ("jump",), "", "missing"), Needed("gain", ("gain_scale",), "", "not needed")
    for pair in ((one, other), (other, one)):
        joined = step_work._joined(*pair)
        assert joined.state == "missing"
        assert set(joined.steps) == {"jump", "gain_scale"}


def test_recipes_replace_the_settings_of_their_steps_only():
    options = noise_options.with_setting(NoiseOptions(), "jump", "expand_factor", "3")
    options = noise_options.with_setting(options, "refpix", "sigreject", "5")
    options = noise_options.with_recipe(options, {"jump": {"expand_large_events": "true"}})
    assert options.steps == ("jump",)
    assert noise_options.settings_of(options, "jump") == {"expand_large_events": "true"}
    assert noise_options.settings_of(options, "refpix") == {"sigreject": "5"}


def test_undo_brings_settings_back_and_leaves_the_page_alone():
    old = SessionState(noise=NoiseOptions(settings=(StepSetting("jump", "expand_factor", "3"),), page="Run", source="e1"))
    now = SessionState(noise=NoiseOptions(page="Guide", source="e2"))
    back = Made.of(old).put_into(now).noise
    assert back.settings == old.noise.settings
    assert back.page == "Guide"


def test_exposures_that_are_closed_are_forgotten(qtbot, bench):
    parts, maker = bench
    key = maker.source.key
    parts.session.set_noise(source=key, before=key, after=key)
    parts.exposures.close_exposure(key)
    noise = parts.session.state.noise
    assert (noise.source, noise.before, noise.after) == ("", "", "")
    assert source_of(parts.session.state) is None
    assert maker.plan is None


def test_free_names_and_masks(qtbot, bench, tmp_path):
    from detgui.science.regions import Rectangle, Region
    from detgui.session import noise_work

    parts, maker = bench
    drawn = (Region(Rectangle(14.5, 7.0, 10.0, 5.0), "sky", "background"), Region(Rectangle(10.0, 7.0, 1.0, 5.0), "star", "source"))
    shelf = parts.exposures.shelf
    path, part = noise_work.user_mask(shelf, maker.source.key, drawn, tmp_path)
    again, _ = noise_work.user_mask(shelf, maker.source.key, drawn[:1], tmp_path)
    assert path.name != again.name
    expected = np.zeros((32, 128))
    expected[5:10, 11:20] = 1
    np.testing.assert_array_equal(fits.getdata(path, "SCI"), expected)
    assert part == pytest.approx(45 / 4096)
