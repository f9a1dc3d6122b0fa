"""Steps of jwst, really run, in a child process, without a network."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from step_help import offline_child, without_crds, write_bots

from detgui.analysis import step_chain, step_checks, step_child, steps
from detgui.analysis.step_table import STEPS
from detgui.analysis.steps import StepParams
from detgui.data.exposure import open_one
from detgui.errors import BadInput, Cancelled, DetguiError


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    return write_bots(tmp_path_factory.mktemp("bots"))


@pytest.fixture(scope="module")
def child(tmp_path_factory):
    with offline_child(tmp_path_factory.mktemp("home")) as one:
        yield one


@pytest.fixture(autouse=True)
def no_cache_of_the_user(monkeypatch, tmp_path):
    without_crds(monkeypatch, tmp_path / "no crds cache")


def own(bots, step, child):
    """References of the simulated exposure that a step uses."""
    types = steps.form(step, child).references
    return {name: path for name, path in bots.references.items() if name in types}


DONE = {
    "group_scale": "SKIPPED",
    "dq_init": "COMPLETE",
    "saturation": "COMPLETE",
    "superbias": "COMPLETE",
    "refpix": "COMPLETE",
    "linearity": "COMPLETE",
    "dark_current": "COMPLETE",
    "charge_migration": "COMPLETE",
    "jump": "COMPLETE",
    "persistence": "FAILED",
    "ramp_fit": "COMPLETE",
    "gain_scale": "COMPLETE",
    "clean_flicker_noise": "COMPLETE",
    "pixel_replace": "COMPLETE",
}


@pytest.mark.parametrize("step", DONE)
def test_every_step_runs_and_says_how_it_went(child, bots, tmp_path, step):
    source = bots.rateints if step in ("gain_scale", "pixel_replace") else bots.ramp
    if step in ("group_scale", "dq_init"):
        source = bots.uncal
    before = source.read_bytes()
    lines = []
    result = steps.run(StepParams(step, source, {}, own(bots, step, child)), tmp_path / "out", child=child, log=lines.append)
    assert result.status == DONE[step]
    assert (result.notes == ()) == (result.status == "COMPLETE")
    assert source.read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in result.outputs)
    assert tuple(lines) == result.log
    assert any("instance created" in line for line in lines)
    assert result.seconds > 0
    if step != "ramp_fit":
        assert result.output.name == f"{steps.root_name(source)}_{step}.fits"
    with open_one([result.output]) as exposure:
        if step != "pixel_replace":  # has no keyword
            assert exposure.cal_step(step) == result.status
        assert exposure.shape[2:] == (32, 128)
        header = exposure.header()
    assert header["FILENAME"] == result.output.name


def test_dq_init_puts_the_mask_in(child, bots, tmp_path):
    """Against the mask itself: what a hand-chosen reference says is what is in the product."""
    result = steps.run(StepParams("dq_init", bots.uncal, {}, {"mask": bots.references["mask"]}), tmp_path, child=child)
    assert result.references == {"mask": str(bots.references["mask"])}
    with fits.open(result.output) as out, fits.open(bots.references["mask"]) as mask, fits.open(bots.uncal) as raw:
        np.testing.assert_array_equal(out["PIXELDQ"].data, mask["DQ"].data)
        np.testing.assert_array_equal(out["SCI"].data, raw["SCI"].data.astype(np.float32))


def test_settings_reach_the_step(child, bots, tmp_path):
    """Every saturated pixel takes its neighbours along as far as it was told to."""
    low = tmp_path / "low.fits"
    with fits.open(bots.references["saturation"]) as hdus:
        hdus["SCI"].data[:] = 1e6
        hdus["SCI"].data[10, 60] = 1.0
        hdus.writeto(low)
    given = {"saturation": low, "superbias": "N/A"}
    flagged = []
    for pixels in ("0", "3"):
        result = steps.run(StepParams("saturation", bots.uncal, {"n_pix_grow_sat": pixels}, given), tmp_path, child=child)
        with fits.open(result.output) as out:
            flagged.append(int(((out["GROUPDQ"].data[0, 0] & 2) != 0).sum()))
    assert flagged == [1, 49]
    assert result.output.name.endswith("_saturation_2.fits")  # the first one was there
    assert "--set n_pix_grow_sat=3" in result.params.command(tmp_path)


def test_ramp_fit_writes_two_products(child, bots, tmp_path):
    result = steps.run(StepParams("ramp_fit", bots.ramp, {}, own(bots, "ramp_fit", child)), tmp_path, child=child)
    assert [path.name.rsplit("_", 1)[1] for path in result.outputs] == ["rate.fits", "rateints.fits"]
    kinds = []
    for path in result.outputs:
        with open_one([path]) as exposure:
            kinds.append((exposure.kind, exposure.shape))
    assert kinds == [("rate", (1, 1, 32, 128)), ("rateints", (2, 1, 32, 128))]
    assert set(result.references) == {"gain", "readnoise"}


def test_masks_and_backgrounds_come_along(child, bots, tmp_path):
    settings = {"save_mask": True, "save_noise": "true"}
    result = steps.run(StepParams("clean_flicker_noise", bots.rateints, settings), tmp_path, child=child)
    assert sorted(path.name.rsplit("_", 1)[1] for path in result.extras) == ["mask.fits", "noise.fits"]
    assert all(path.exists() for path in result.extras)
    again = steps.run(StepParams("clean_flicker_noise", bots.rateints, {"user_mask": str(result.extras[0])}), tmp_path, child=child)
    assert again.status == "COMPLETE"


def test_cleaning_a_ramp_uses_the_gain_and_the_read_noise_given_by_hand(child, bots, tmp_path):
    given = {name: bots.references[name] for name in ("gain", "readnoise")}
    result = steps.run(StepParams("clean_flicker_noise", bots.ramp, {}, given), tmp_path, child=child)
    assert result.status == "COMPLETE"
    assert result.references == {name: str(path) for name, path in given.items()}
    with pytest.raises(BadInput, match="finds no gain, readnoise reference"):
        steps.run(StepParams("clean_flicker_noise", bots.ramp), tmp_path, child=child)


def test_a_file_without_an_asdf_extension(child, bots, tmp_path):
    plain = tmp_path / "plain_uncal.fits"
    with fits.open(bots.uncal) as hdus:
        del hdus["ASDF"]
        hdus.writeto(plain)
    result = steps.run(StepParams("dq_init", plain, {}, {"mask": bots.references["mask"]}), tmp_path / "out", child=child)
    assert result.status == "COMPLETE"
    with fits.open(result.output) as out, fits.open(bots.uncal) as raw:
        np.testing.assert_array_equal(out["SCI"].data, raw["SCI"].data)


def test_the_flight_ramp(child, flight_ramp, tmp_path):
    result = steps.run(StepParams("dq_init", flight_ramp, {}, {"mask": "N/A"}), tmp_path, child=child)
    assert result.status == "SKIPPED"
    assert result.references == {"mask": "N/A"}
    assert "skipped" in " ".join(result.notes)
    with fits.open(result.output) as out, fits.open(flight_ramp) as raw:
        np.testing.assert_array_equal(out["SCI"].data, raw["SCI"].data)


def test_references_there_and_not_there(child, bots):
    given = {"gain": bots.references["gain"]}
    steps.form("jump", child)
    start = time.monotonic()
    found = steps.references(StepParams("jump", bots.ramp, {}, given), child)
    assert time.monotonic() - start < 20  # never a hang
    assert [(each.type, each.state) for each in found] == [("gain", "given"), ("readnoise", "missing")]
    found = steps.references(StepParams("clean_flicker_noise", bots.ramp, {"apply_flat_field": True}), child)
    states = {each.type: each.state for each in found}
    assert states == {"flat": "missing", "pastasoss": "not needed", "gain": "missing", "readnoise": "missing"}
    found = steps.references(StepParams("refpix", bots.ramp, {"refpix_algorithm": "sirs"}), child)
    assert {each.type: each.state for each in found} == {"refpix": "not needed", "sirskernel": "missing"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"step": "superbis"}, "no step superbis: do you mean superbias"),
        ({"settings": {"bias": 1}}, "the step superbias has no setting bias"),
        ({"references": {"dark": "N/A"}}, "uses no dark reference: it uses superbias"),
        ({"references": {"superbias": "/no/such.fits"}}, r"such\.fits: this superbias reference does not exist"),
        ({}, r"uncal\.fits: superbias finds no superbias reference .*--reference superbias=FILE"),
        ({"step": "reset"}, "reset is for MIRI, this is NIRSPEC"),
        ({"step": "gain_scale"}, "gain_scale takes rates .* this is a uncal product"),
        ({"step": "ramp_fit", "references": {"gain": "n/a"}}, "ramp_fit cannot do without a gain reference"),
        ({"input": Path("/no/such_uncal.fits")}, r"such_uncal\.fits"),
    ],
)
def test_bad_use_is_one_sentence_before_work_begins(child, bots, tmp_path, change, words):
    with pytest.raises(BadInput, match=words) as caught:
        steps.run(replace(StepParams("superbias", bots.uncal), **change), tmp_path, child=child)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_step_on_the_wrong_product(child, bots, tmp_path):
    with pytest.raises(BadInput, match=r"jump takes ramps .* this is a rateints product"):
        steps.run(StepParams("jump", bots.rateints), tmp_path, child=child)


def test_too_little_memory_or_disk(child, bots, tmp_path, monkeypatch):
    params = StepParams("group_scale", bots.uncal)
    with monkeypatch.context() as patch:
        patch.setattr(step_checks, "available_bytes", lambda: 1_000_000)
        with pytest.raises(BadInput, match=r"group_scale would take about .* of memory, 1 MB are free"):
            steps.run(params, tmp_path, child=child)
    with monkeypatch.context() as patch:
        patch.setattr(step_checks.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
        with pytest.raises(BadInput, match=r"would write about .*, 0 MB are free"):
            steps.run(params, tmp_path, child=child)
    text = tmp_path / "text"
    text.write_text("")
    with pytest.raises(BadInput, match="text cannot be used as a folder"):
        steps.run(params, text, child=child)


def test_a_step_that_fails_is_one_sentence_and_leaves_nothing(child, bots, tmp_path):
    """A superbias of another size than the exposure."""
    wrong = tmp_path / "wrong.fits"
    with fits.open(bots.references["superbias"]) as hdus:
        for name in ("SCI", "ERR", "DQ"):
            hdus[name].data = hdus[name].data[:8, :8]
        hdus.writeto(wrong)
    with pytest.raises(DetguiError) as caught:
        steps.run(StepParams("superbias", bots.uncal, {}, {"superbias": wrong}), tmp_path / "out", child=child)
    assert str(caught.value).startswith(f"{bots.uncal.name}: superbias failed: ")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []
    assert steps.run(StepParams("group_scale", bots.uncal), tmp_path / "out", child=child).status == "SKIPPED"


def test_a_file_that_changes_while_a_step_runs(monkeypatch, tmp_path):
    """What the step makes of it is a failure with that reason, or a result with a note."""
    path = tmp_path / "one_rate.fits"
    path.write_bytes(b"before")
    job = step_child.Job("clean_flicker_noise", str(path), str(tmp_path), "one", {}, {}, False)
    monkeypatch.setattr(step_child, "step_class", lambda info: None)
    monkeypatch.setattr(step_child, "references", lambda *_: ())

    def outcome(act):
        monkeypatch.setattr(step_child, "_run", act)
        try:
            return step_child.run(job, lambda *_: None)
        except DetguiError as error:
            return str(error)

    def cut_short(*_):
        path.write_bytes(b"")
        raise ValueError("cannot reshape array of size 0")

    def replaced(*_):
        other = tmp_path / "other"
        other.write_bytes(b"after!")
        other.replace(path)
        return step_child.Answer(("one.fits",), (), "COMPLETE", {}, (), 0)

    def fails(*_):
        raise ValueError("no such thing")

    assert outcome(cut_short) == "one_rate.fits: the file changed while clean_flicker_noise read it"
    assert outcome(fails) == "one_rate.fits: clean_flicker_noise failed: ValueError: no such thing"
    (note,) = outcome(replaced).notes
    assert note.startswith("one_rate.fits changed while clean_flicker_noise ran")
    assert outcome(lambda *_: step_child.Answer(("one.fits",), (), "COMPLETE", {}, (), 0)).notes == ()


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_cancel_leaves_nothing(child, bots, tmp_path, moment):
    def progress(fraction, message=""):
        if moment in message:
            raise Cancelled("stop")

    params = StepParams("superbias", bots.uncal, {}, {"superbias": bots.references["superbias"]})
    with pytest.raises(Cancelled):
        steps.run(params, tmp_path / "out", child=child, progress=progress)
    assert list((tmp_path / "out").iterdir()) == []
    assert child.pid is None


def test_names_of_results(child, bots, tmp_path):
    params = StepParams("group_scale", bots.uncal)
    first = steps.run(params, tmp_path, child=child)
    again = steps.run(params, tmp_path, child=child, replace=True)
    assert first.output == again.output
    onto_itself = steps.run(StepParams("group_scale", first.output), tmp_path, child=child, replace=True)
    assert onto_itself.output.name.endswith("_group_scale_2.fits")
    assert first.output.exists()


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("jw1_nrs1_uncal.fits", "jw1_nrs1"),
        ("jw1_clean_flicker_noise.fits", "jw1"),
        ("a.fits.gz", "a"),
        ("jw1_RATE.FITS", "jw1"),
        ("x", "x"),
    ],
)
def test_root_names(name, root):
    assert steps.root_name(Path(name)) == root


def test_a_chain_gives_each_step_what_the_last_one_made(child, bots, tmp_path):
    chain = step_chain.ChainParams(
        ("dq_init", "saturation", "superbias", "linearity", "dark_current", "ramp_fit", "gain_scale"),
        bots.uncal,
        {"gain_scale": {}},
        bots.references,
    )
    told = []
    results = step_chain.run(chain, tmp_path, keep_all=False, child=child, progress=lambda fraction, message="": told.append(fraction))
    assert [result.status for result in results[:-1]] == ["COMPLETE"] * 6
    assert told == sorted(told)
    root = steps.root_name(bots.uncal)
    assert [path.name for path in results[-1].outputs] == [f"{root}_{each}_gain_scale.fits" for each in ("rate", "rateints")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in results[-1].outputs)
    with open_one([results[-1].outputs[1]]) as exposure:
        done = {name: exposure.cal_step(name) for name in ("dq_init", "superbias", "linearity", "dark_current", "ramp_fit")}
    assert set(done.values()) == {"COMPLETE"}
    assert step_chain.summary(results[0], tmp_path)["outputs"] == []


def test_a_chain_is_checked_before_it_runs(child, bots, tmp_path):
    chain = step_chain.ChainParams(("dq_init", "linearity"), bots.uncal, {}, bots.references)
    for change, words in (
        ({"references": {"gain": bots.references["gain"]}}, "no gain reference"),
        ({"settings": {"linearity": {"x": 1}}}, "linearity has no setting x"),
        ({"steps": ()}, "no step was named"),
        ({"steps": ("dq_init", "lineraity")}, "do you mean linearity"),
    ):
        with pytest.raises(BadInput, match=words):
            step_chain.run(replace(chain, **change), tmp_path, child=child)
    assert list(tmp_path.iterdir()) == []


def test_a_chain_says_before_it_runs_what_references_its_last_steps_miss(child, bots, tmp_path):
    chain = step_chain.ChainParams(("dq_init", "jump", "ramp_fit"), bots.uncal, {}, {"mask": bots.references["mask"]})
    told = []
    with pytest.raises(BadInput, match=r"jump finds no gain, readnoise reference .*--reference gain=FILE --reference readnoise=FILE$"):
        step_chain.run(chain, tmp_path, child=child, progress=lambda fraction, message="": told.append(message))
    assert not any("dq_init: reading" in message for message in told)
    assert list(tmp_path.iterdir()) == []


def test_settings_of_several_steps():
    given = [("jump.n", "1"), ("ramp-fit.m", "2")]
    assert step_chain.settings_by_step(("jump", "ramp_fit"), given) == {"jump": {"n": "1"}, "ramp_fit": {"m": "2"}}
    assert step_chain.settings_by_step(("jump",), [("n", "1")]) == {"jump": {"n": "1"}}
    with pytest.raises(BadInput, match=r"--set jump\.n=1"):
        step_chain.settings_by_step(("jump", "ramp_fit"), [("n", "1")])
    with pytest.raises(BadInput, match="step that does not run"):
        step_chain.settings_by_step(("jump",), [("ipc.n", "1")])


def test_the_command_of_a_chain_has_the_settings_however_its_steps_were_spelled():
    names, given = ("DQ-init", "Ramp-Fit"), [("ramp-fit.algorithm", "LIKELY")]
    chain = step_chain.ChainParams(names, Path("a_uncal.fits"), step_chain.settings_by_step(names, given))
    assert chain.command(Path("out")) == "detgui step dq_init,ramp_fit a_uncal.fits --set ramp_fit.algorithm=LIKELY -o out"


def test_what_an_instrument_never_needs_is_not_in_the_table():
    assert {name for name in STEPS if not STEPS[name].nir and "MIRI" not in STEPS[name].instruments} == {"pixel_replace"}
