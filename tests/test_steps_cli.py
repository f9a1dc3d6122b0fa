"""``detgui step``."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from cli_help import run
from step_help import without_crds, write_bots

from detgui.analysis import step_forms
from detgui.analysis.step_forms import Form, FormField
from detgui.analysis.step_table import STEPS


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    return write_bots(tmp_path_factory.mktemp("bots"))


@pytest.fixture(autouse=True)
def no_cache_of_the_user(monkeypatch, tmp_path_factory):
    without_crds(monkeypatch, tmp_path_factory.mktemp("cache") / "none")


def test_a_step_writes_a_file_and_json(capsys, bots, tmp_path):
    mask = bots.references["mask"]
    status, out, err = run(capsys, "step", "dq_init", bots.uncal, "--reference", f"mask={mask}", "-o", tmp_path / "new", "--json")
    assert (status, err) == (0, [])
    found = json.loads(out)
    assert (found["step"], found["status"]) == ("dq_init", "COMPLETE")
    assert found["references"] == {"mask": str(mask)}
    assert found["seconds"] > 0
    assert Path(found["output"]).parent == tmp_path / "new"
    assert found["outputs"] == [found["output"]]
    assert shlex.split(found["command"])[-2:] == ["-o", str(tmp_path / "new")]
    with fits.open(found["output"]) as done, fits.open(mask) as given:
        np.testing.assert_array_equal(done["PIXELDQ"].data, given["DQ"].data)


def test_several_steps(capsys, bots, tmp_path):
    words = [word for name in ("mask", "superbias") for word in ("--reference", f"{name}={bots.references[name]}")]
    status, out, err = run(capsys, "step", "dq_init,superbias,group_scale", bots.uncal, *words, "-o", tmp_path, "--json")
    assert status == 0
    assert err
    assert all(line.startswith("detgui: warning: group_scale: ") for line in err)
    found = json.loads(out)
    assert [(each["step"], each["status"]) for each in found["steps"]] == [
        ("dq_init", "COMPLETE"),
        ("superbias", "COMPLETE"),
        ("group_scale", "SKIPPED"),
    ]
    assert found["output"] == found["steps"][-1]["output"]
    assert [str(path) for path in tmp_path.iterdir()] == [found["output"]]
    assert [each["output"] for each in found["steps"][:-1]] == [None, None]
    assert found["command"].startswith(f"detgui step dq_init,superbias,group_scale {bots.uncal} --reference mask=")
    assert shlex.split(found["command"])[-2:] == ["-o", str(tmp_path)]
    assert not any("command" in each for each in found["steps"])
    status, out, _ = run(capsys, "step", "dq_init,superbias", bots.uncal, *words, "--keep-all", "-o", tmp_path / "all")
    assert status == 0
    assert [line.split(",")[0] for line in out.splitlines() if ":" in line] == ["dq_init: COMPLETE", "superbias: COMPLETE"]
    assert len(list((tmp_path / "all").iterdir())) == 2


def test_what_there_is(capsys):
    status, out, err = run(capsys, "step", "--list")
    assert (status, err) == (0, [])
    assert [line.split()[0] for line in out.splitlines()] == list(STEPS)
    status, out, _ = run(capsys, "step", "--list", "--json")
    assert {each["step"] for each in json.loads(out)} == set(STEPS)


@pytest.fixture
def known_form():
    """Settings as if they had been asked for before: no child process is needed."""
    fields = (FormField("n_sigma", "float", 2.0, (), 0, None, "Clipping."), FormField("way", "option", None, ("a", None)))
    step_forms.keep(Form("jump", fields, ("gain",), "3.0.0"))


def test_settings_of_a_step(capsys, known_form):
    status, out, err = run(capsys, "step", "jump", "--settings")
    assert (status, err) == (0, [])
    assert out.splitlines() == [
        "--set n_sigma=2.0",
        "      float, at least 0. Clipping.",
        "--set way=None",
        "      one of a, None.",
        "--reference gain=FILE",
    ]
    status, out, _ = run(capsys, "step", "jump", "--settings", "--json")
    assert json.loads(out)["settings"][0] == {"name": "n_sigma", "type": "float", "default": 2.0, "choices": [], "help": "Clipping."}


def test_settings_say_which_references_there_are(capsys, bots):
    gain = bots.references["gain"]
    status, out, _ = run(capsys, "step", "jump", bots.ramp, "--settings", "--reference", f"gain={gain}")
    assert status == 0
    assert out.splitlines()[-2:] == [f"--reference gain=FILE: given {gain}", "--reference readnoise=FILE: missing"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "say which step"),
        (("jmp",), "say on which file"),
        (("jump", "FILE"), "say where the result is to be written"),
        (("jmp", "FILE", "-o", "OUT"), "no step jmp: do you mean jump"),
        (("jump", "FILE", "-o", "OUT", "--set", "n_sgma=3"), "no setting n_sgma: do you mean n_sigma"),
        (("jump", "FILE", "-o", "OUT", "--set", "n_sigma=x"), "n_sigma is a number"),
        (("jump", "FILE", "-o", "OUT", "--set", "n_sigma"), "is not a setting such as"),
        (("jump", "FILE", "-o", "OUT", "--reference", "gain"), "is not a reference such as"),
        (("jump", "FILE", "-o", "OUT", "--reference", "dark=x"), "dark reference does not exist"),
        (("jump", "/none.fits", "-o", "OUT"), "none.fits"),
    ],
)
def test_bad_use_is_one_line(capsys, bots, tmp_path, known_form, words, expected):
    places = {"FILE": bots.ramp, "OUT": tmp_path / "out"}
    status, out, err = run(capsys, "step", *(places.get(word, word) for word in words))
    assert (status, out, len(err)) == (2, "", 1)
    assert expected in err[0]
    assert not (tmp_path / "out").exists()


def test_a_missing_reference_is_one_line(capsys, bots, tmp_path):
    status, out, err = run(capsys, "step", "jump", bots.ramp, "-o", tmp_path)
    assert (status, out, len(err)) == (2, "", 1)
    assert "jump finds no gain, readnoise reference" in err[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes the Linux way")
def test_ctrl_c_ends_the_child_too(bots, tmp_path):
    given = [word for name in ("gain", "readnoise") for word in ("--reference", f"{name}={bots.references[name]}")]
    slow = ["--set", "fit_method=fft", "--set", "background_method=model", "--set", "background_box_size=1,1"]
    command = [sys.executable, "-m", "detgui", "step", "clean_flicker_noise", str(bots.ramp), *slow, *given, "-o", str(tmp_path / "out")]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not ((tmp_path / "out").exists() and any((tmp_path / "out").iterdir())):
        time.sleep(0.005)
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out, err) == (130, "", "detgui: interrupted\n")
    assert not (tmp_path / "out").exists()
    assert children
    assert not any(Path(f"/proc/{number}").exists() for number in children)
