"""Raw flats calibrated in the report's order: what comes out against what was simulated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from cli_help import run as run_cli
from crds_cache import environment, make_cache
from step_help import offline_child, without_crds

from detgui.analysis import flat_calibration, flat_checks
from detgui.analysis.flat_calibration import STAGES, Params, predicted_flat_memory
from detgui.data.crds import find_cache
from detgui.errors import BadInput, Cancelled
from detgui.science.detector import FULL_SIZE, DetectorGeometry
from detgui.simulate.flat_files import write_flats
from detgui.simulate.flat_params import FlatParams

FLATS = FlatParams(
    pairs=1, groups=4, rows=64, void=None, nonlinearity=2e-6, rate=8000.0, saturation=30000.0, warm_up=0.0, first_gradient=0.0
)
REFERENCES = ("mask", "superbias", "ipc", "saturation", "linearity")


@pytest.fixture(scope="module")
def flats(tmp_path_factory):
    """Paths by what they are: 'uncal', 'ramp' (each a list), 'truth' and the references."""
    written = write_flats(FLATS, tmp_path_factory.mktemp("flats"), ("uncal", "ramp"))
    found = {kind: [path for path in written if path.name.endswith(f"_{kind}.fits")] for kind in ("uncal", "ramp")}
    return found | {name: next(path for path in written if path.name.endswith(f"_{name}.fits")) for name in (*REFERENCES, "truth")}


@pytest.fixture(scope="module")
def child(tmp_path_factory):
    with offline_child(tmp_path_factory.mktemp("home")) as one:
        yield one


@pytest.fixture(autouse=True)
def no_cache_of_the_user(monkeypatch, tmp_path):
    without_crds(monkeypatch, tmp_path / "no crds cache")


@pytest.fixture(scope="module")
def done(flats, child, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETGUI_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CRDS_PATH", "/no crds cache")
        told = []
        result = flat_calibration.run(
            flats["uncal"],
            Params(references={name: flats[name] for name in REFERENCES}),
            tmp_path_factory.mktemp("out"),
            child=child,
            progress=lambda fraction, message="": told.append(fraction),
        )
    assert told == sorted(told)
    return result


def test_stages_in_the_reports_order_with_a_file_after_each(done, flats):
    assert [stage.name for stage in done.stages] == ["raw", *STAGES]
    assert [stage.status for stage in done.stages[1:]] == ["COMPLETE"] * len(STAGES)
    assert done.stages[0].path == flats["uncal"][0]
    assert all(stage.path is not None and stage.path.exists() for stage in done.stages)
    assert done.stages[-1].path == done.paths[0]
    folder = done.paths[0].parent
    assert {path.name for path in folder.iterdir()} == {stage.path.name for stage in done.stages[1:]} | {done.paths[1].name}
    assert all(stage.path is None for stage in done.by_flat[1])  # of the second flat only the result is kept
    with fits.open(done.paths[1]) as hdus:
        assert hdus[0].header["FILENAME"] == done.paths[1].name
        keys = ("S_DQINIT", "S_SUPERB", "S_IPC", "S_REFPIX", "S_SATURA", "S_LINEAR")
        assert [hdus[0].header[key] for key in keys] == ["COMPLETE"] * len(keys)
        assert "even and odd columns" in str(hdus[0].header["HISTORY"])


def test_the_ramp_is_the_one_that_was_simulated(done, flats):
    """The level 'ramp' of the simulator is linear, without zero levels and with IPC, so means are compared; noise is a few DN of 32,000."""
    for path, ramp in zip(done.paths, flats["ramp"], strict=True):
        with fits.open(path) as found, fits.open(ramp) as truth:
            good = (found["PIXELDQ"].data == 0) & (truth["PIXELDQ"].data == 0)
            good[[0, 4, -1]] = good[:, [4, -5]] = False  # next to the edge of the light: IPC makes a step there
            both = good & (((found["GROUPDQ"].data | truth["GROUPDQ"].data) & 3) == 0)[0]
            difference = found["SCI"].data[0] - truth["SCI"].data[0]
            for group in range(3):
                assert abs(difference[group][both[group]].mean()) < 2.0  # of 8,000 to 24,000 DN: without linearity 128 DN
                odd = difference[group][:, 0::2][both[group][:, 0::2]].mean() - difference[group][:, 1::2][both[group][:, 1::2]].mean()
                assert abs(odd) < 1.0  # of 1,000 DN between even and odd columns
                for sector in range(4):
                    columns = slice(sector * 512, (sector + 1) * 512)
                    assert abs(difference[group][:, columns][both[group][:, columns]].mean()) < 3.0


def test_saturation_is_judged_in_dn_as_read(done, flats):
    """What was full when simulated is flagged, though the superbias was subtracted before; noise below zero is not flagged."""
    for path, ramp in zip(done.paths, flats["ramp"], strict=True):
        with fits.open(path) as found, fits.open(ramp) as truth:
            active = truth["PIXELDQ"].data == 0
            full = ((truth["GROUPDQ"].data[0] & 2) != 0)[:, active]
            flagged = ((found["GROUPDQ"].data[0] & 2) != 0)[:, active]
            assert full.sum() > 1000
            assert flagged[full].all()
            assert flagged.sum() < 3 * full.sum() + 0.02 * flagged.size  # a margin, and the neighbours of full pixels
            assert not (found["GROUPDQ"].data & 64).any()  # AD_FLOOR


def test_even_and_odd_columns_before_and_after(done):
    spread = {}
    for stage in done.stages[1:]:
        with fits.open(stage.path) as hdus:
            image = hdus["SCI"].data[0, 0, 8:-8, 8:504]
            spread[stage.name] = abs(float(np.mean(image[:, 0::2]) - np.mean(image[:, 1::2])))
    assert spread["superbias"] > 900
    assert spread["even_odd"] < 2


def test_ipc_is_left_out_where_there_is_no_reference(flats, child, tmp_path):
    given = {name: flats[name] for name in REFERENCES if name != "ipc"}
    result = flat_calibration.run(flats["uncal"][:1], Params(references=given, keep="none"), tmp_path / "out", child=child)
    statuses = {stage.name: stage.status for stage in result.stages}
    assert statuses["ipc"] == "SKIPPED"
    assert [name for name in statuses if name != "raw"] == list(STAGES)
    assert any("ipc is left out" in note for note in result.notes)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [result.paths[0].name]
    with fits.open(result.paths[0]) as hdus:
        assert hdus[0].header.get("S_IPC") is None


def test_stages_are_optional(flats, child, tmp_path):
    result = flat_calibration.run(flats["uncal"][:1], Params(stages=("even_odd",), keep="all"), tmp_path / "out", child=child)
    assert [(stage.name, stage.status) for stage in result.stages] == [("raw", ""), ("even_odd", "COMPLETE")]
    with fits.open(result.paths[0]) as hdus, fits.open(flats["uncal"][0]) as raw:
        assert hdus["SCI"].data.dtype.kind == "f"
        assert hdus["SCI"].data.shape == raw["SCI"].data.shape


def test_the_second_flat_is_cancelled(flats, child, tmp_path):
    """The first is there, of the second nothing."""

    def progress(fraction, message=""):
        if "flat 2 of 2" in message and "linearity" in message:
            raise Cancelled("stop")

    params = Params(references={name: flats[name] for name in REFERENCES}, keep="none")
    with pytest.raises(Cancelled):
        flat_calibration.run(flats["uncal"], params, tmp_path / "out", child=child, progress=progress)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [flats["ramp"][0].name]


def test_bad_use_is_one_sentence(flats, child, tmp_path, monkeypatch):
    everything = Params(references={name: flats[name] for name in REFERENCES})
    for paths, params, words in (
        (flats["ramp"], everything, "is no raw flat"),
        ([], everything, "no flat was given"),
        (flats["uncal"], Params(), r"finds no mask, superbias, saturation, linearity reference .*--skip"),
        (flats["uncal"], replace(everything, stages=("dark",)), "no stage dark"),
        (flats["uncal"], replace(everything, stages=()), "no stage of the calibration is left"),
        (flats["uncal"], Params(references={"gain": "N/A"}), "uses no gain reference"),
        (flats["uncal"], Params(references={"mask": "/none.fits"}), r"none\.fits: this mask reference does not exist"),
    ):
        with pytest.raises(BadInput, match=words):
            flat_calibration.run(paths, params, tmp_path / "out", child=child)
    with pytest.raises(BadInput, match="choose another folder"):
        flat_calibration.run(flats["uncal"], everything, flats["uncal"][0].parent, child=child)
    monkeypatch.setattr(flat_checks, "available_bytes", lambda: 1_000_000)
    with pytest.raises(BadInput, match=r"its calibration would take about .* of memory, 1 MB are free"):
        flat_calibration.run(flats["uncal"], everything, tmp_path / "out", child=child)
    assert not (tmp_path / "out").exists()


def test_memory_of_the_reports_flats():
    """160 groups of 2048 x 2048: 2.7 GB of float32 once, and what the hungriest step makes of it."""
    assert 6e9 < predicted_flat_memory((1, 160, FULL_SIZE, FULL_SIZE)) < 12e9


def test_references_by_crds(flats, tmp_path, monkeypatch):
    """Best references out of a tiny cache, and nothing chosen by hand."""
    keys = {"mask": ("NRCB1", "GENERIC"), "superbias": ("NRCB1", "RAPID", "GENERIC")}
    rules = [("nircam", name, {flats[name].name: (keys.get(name, ("NRCB1",)), "2020-01-01 00:00:00")}) for name in REFERENCES]
    cache = tmp_path / "crds"
    make_cache(cache, rules)
    for name in REFERENCES:
        (cache / "references" / "jwst" / "nircam" / flats[name].name).write_bytes(flats[name].read_bytes())
    for name, value in environment(cache).items():
        if name.startswith(("CRDS_", "STPIPE_")):
            monkeypatch.setenv(name, value)
    setup = find_cache()
    assert (setup.kind, setup.path) == ("user", cache)
    with offline_child(tmp_path / "home", setup) as child:
        result = flat_calibration.run(flats["uncal"][:1], Params(keep="none"), tmp_path / "out", child=child)
    assert [stage.status for stage in result.stages[1:]] == ["COMPLETE"] * len(STAGES)
    with fits.open(result.paths[0]) as hdus:
        assert hdus[0].header["R_SUPERB"] == f"crds://{flats['superbias'].name}"


def test_gain_calibrates_first(flats, tmp_path, capsys):
    words = [word for name in REFERENCES for word in ("--reference", f"{name}={flats[name]}")]
    output = tmp_path / "gain.fits"
    status, _, err = run_cli(capsys, "gain", *flats["uncal"], "--calibrate", *words, "--limit", 26000, "-o", output)
    assert status == 0, err
    assert [path.name for path in tmp_path.iterdir()] == ["gain.fits"]
    with fits.open(output) as hdus:
        assert np.nanmedian(hdus["SCI"].data) == pytest.approx(FLATS.gains[0], rel=0.15)


def test_what_gives_no_map_is_said_before_the_calibration(flats, tmp_path, capsys, monkeypatch):
    """Which takes minutes for real flats."""

    def never(*_, **__):
        raise AssertionError("calibrated first")

    monkeypatch.setattr(flat_calibration, "run", never)
    raw, output = flats["uncal"], tmp_path / "gain.fits"
    for files, words, expected in (
        (raw, ("--voids", tmp_path / "none.reg"), "none.reg"),
        (raw, ("--ipc-centre", "0.976"), "inverse"),
        (raw, ("--limit", "900"), "fewer than three groups"),
        (raw, ("--pairs", "7"), "no pair 7"),
        (raw, ("--compare", flats["mask"]), flats["mask"].name),
        (raw[:1], (), "in pairs"),
    ):
        status, out, err = run_cli(capsys, "gain", *files, "--calibrate", "--limit", "26000", "-o", output, *words)
        assert (status, out, len(err)) == (2, "", 1)
        assert expected in err[0]


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (DetectorGeometry(3200, 2048, "NRS1", 2, 1, irs2=True, known=True), "is a raw IRS2 frame"),
        (DetectorGeometry(1024, 1032, "MIRIMAGE", known=True), "is of MIRI"),
        (DetectorGeometry(64, 64), "does not say where it lies"),
        (DetectorGeometry(64, 64, "NRCB1", 1, -2, known=True), ""),
    ],
)
def test_read_outs_of_other_kinds_are_told_apart(geometry, words):
    assert words in flat_checks.other_read_out(geometry) and bool(words) == bool(flat_checks.other_read_out(geometry))


def test_gain_says_what_raw_flats_need(flats, tmp_path, capsys):
    output = tmp_path / "gain.fits"
    status, out, err = run_cli(capsys, "gain", *flats["uncal"], "-o", output)
    assert (status, out, len(err)) == (2, "", 1)
    assert "raw" in err[0]
    for words, expected in (
        (("--skip", "ipc"), "--skip goes with --calibrate"),
        (("--calibrate", "--skip", "dark"), "--skip dark: the stages are"),
        (("--calibrate",), "finds no mask"),
    ):
        status, out, err = run_cli(capsys, "gain", *flats["uncal"], "--limit", "26000", "-o", output, *words)
        assert (status, out, len(err)) == (2, "", 1)
        assert expected in err[0]
    assert list(tmp_path.iterdir()) == []
