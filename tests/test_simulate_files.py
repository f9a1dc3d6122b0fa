"""Files that the simulation writes: what stdatamodels sees in them, and what is left when it is stopped."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tracemalloc
import warnings
from collections import namedtuple
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.simulate import cli
from detgui.simulate.bots import digitise, simulate_integration
from detgui.simulate.expose import write_exposure
from detgui.simulate.keywords import split
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import make_scene
from detgui.simulate.truth import truth_size

SMALL = BotsParams(integrations=5, groups=6, columns=512, jumps=5e-4)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bots")
    return folder, write_exposure(SMALL, folder, ("uncal", "ramp", "rateints"), segments=2)


def opened(path):
    from stdatamodels.jwst import datamodels

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = datamodels.open(path)
        model.validate()
    return model


def test_names(written):
    folder, files = written
    root = "jw99999001001_04101_00001"
    assert [path.name for path in files] == [
        f"{root}-seg00{number}_nrs1_{level}.fits" for level in ("uncal", "ramp", "rateints") for number in (1, 2)
    ] + [f"{root}_nrs1_truth.fits"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in files)


def test_one_file_has_no_segment_in_its_name(tmp_path):
    files = write_exposure(BotsParams(integrations=1, groups=2, columns=64), tmp_path / "new" / "folder")
    assert files[0].name == "jw99999001001_04101_00001_nrs1_ramp.fits"


@pytest.mark.parametrize(
    ("index", "kind", "shape", "dtype"),
    [
        (1, "Level1bModel", (3, 6, 32, 512), "u2"),
        (3, "RampModel", (3, 6, 32, 512), "f4"),
        (5, "CubeModel", (3, 32, 512), "f4"),
    ],
)
def test_stdatamodels_opens_it(written, index, kind, shape, dtype):
    with opened(written[1][index]) as model:
        assert type(model).__name__ == kind
        assert model.data.shape == shape
        assert model.data.dtype.kind + str(model.data.dtype.itemsize) == dtype
        exposure, subarray = model.meta.exposure, model.meta.subarray
        assert (exposure.type, exposure.readpatt, exposure.noutputs) == ("NRS_BRIGHTOBJ", "NRSRAPID", 1)
        assert (exposure.nints, exposure.ngroups, exposure.nframes, exposure.groupgap) == (5, 6, 1, 0)
        assert (exposure.segment_number, exposure.segment_total) == (2, 2)
        assert (exposure.integration_start, exposure.integration_end) == (3, 5)
        assert (subarray.name, subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize) == ("SUB512", 1025, 963, 512, 32)
        assert (subarray.fastaxis, subarray.slowaxis) == (2, 1)
        assert (model.meta.instrument.grating, model.meta.instrument.filter) == ("G395H", "F290LP")
        assert model.meta.filename == written[1][index].name
        assert exposure.group_time == pytest.approx(0.22572)  # JDox: frame time of SUB512
        np.testing.assert_array_equal(model.int_times["integration_number"], [3, 4, 5])
        assert (np.diff(model.int_times["int_mid_MJD_UTC"]) * 86400).tolist() == pytest.approx([7 * 0.22572] * 2, rel=1e-4)


def test_sub2048():
    for detector, ystart, axes in (("NRS1", 963, (2, 1)), ("NRS2", 1055, (-2, -1))):
        params = BotsParams(detector=detector)
        assert params.subarray == ("SUB2048", 1, ystart)
        assert (params.geometry.fastaxis, params.geometry.slowaxis) == axes
        assert params.tframe == pytest.approx(0.90156)  # JDox: frame time of SUB2048


def test_arrays_are_the_models(written):
    scene = make_scene(SMALL)
    with fits.open(written[1][3]) as ramp, fits.open(written[1][1]) as raw:
        assert [hdu.name for hdu in ramp] == ["PRIMARY", "SCI", "PIXELDQ", "GROUPDQ", "INT_TIMES", "ASDF"]
        ramp.verify("exception")
        raw.verify("exception")
        for step in range(3):
            integration = simulate_integration(SMALL, scene, step + 2)
            np.testing.assert_array_equal(ramp["SCI"].data[step], integration.signal)
            np.testing.assert_array_equal(ramp["GROUPDQ"].data[step], integration.groupdq)
            np.testing.assert_array_equal(raw["SCI"].data[step], digitise(integration, scene))
        np.testing.assert_array_equal(ramp["PIXELDQ"].data, scene.pixeldq)
        header = ramp[0].header
        assert header["SIMULATR"].startswith("detgui")
        assert "SIMULATED" in header["TITLE"]
        assert header["PROGRAM"] == "99999"
        assert header["S_JUMP"] == "COMPLETE"
        assert "S_JUMP" not in raw[0].header
        assert raw["SCI"].header["BZERO"] == 32768


def test_the_asdf_extension_tells_the_true_shape(written):
    import io

    import asdf

    with fits.open(written[1][3]) as hdus:
        data = hdus["ASDF"].data["ASDF_METADATA"].tobytes()
    assert b"_fits_hash" not in data
    assert b"[3, 6, 32, 512]" in data
    assert b"[1, 6, 32, 512]" not in data
    with asdf.open(io.BytesIO(data), lazy_load=True) as tree:
        assert tree["meta"]["exposure"]["integration_start"] == 3


def test_the_same_seed_gives_the_same_numbers_whatever_the_segments_and_workers(written, tmp_path):
    one = write_exposure(SMALL, tmp_path / "one", segments=1)
    with fits.open(one[0]) as whole:
        joined = np.concatenate([fits.getdata(path, "SCI") for path in written[1][2:4]])
        np.testing.assert_array_equal(whole["SCI"].data, joined)
    again = write_exposure(SMALL, tmp_path / "two", segments=1, workers=1)
    for first, second in zip(one[:1], again[:1], strict=True):
        assert digests(first) == digests(second)
    other = write_exposure(replace(SMALL, seed=1), tmp_path / "three")
    assert digests(other[0])["SCI"] != digests(one[0])["SCI"]


def digests(path):
    with fits.open(path) as hdus:
        return {hdu.name: hashlib.sha256(hdu.data.tobytes()).hexdigest() for hdu in hdus if hdu.data is not None and hdu.name != "ASDF"}


def test_truth(written):
    scene = make_scene(SMALL)
    with fits.open(written[1][-1]) as truth:
        np.testing.assert_allclose(truth["RATE"].data, scene.rate, rtol=1e-6)
        np.testing.assert_allclose(truth["LIGHT"].data["flux"], scene.light)
        np.testing.assert_allclose(truth["TRACE"].data["y"], scene.centre)
        assert truth[0].header["GAIN"] == 1.43
        hits = truth["JUMPS"].data
        assert set(hits["integration"]) <= set(range(1, 6))
        assert hits["group"].min() >= 1
        assert len(hits) > 50
        flagged = [hit for hit in hits if hit["flagged"] and hit["integration"] >= 3]
        places = {(hit["integration"], hit["group"], hit["y"], hit["x"]) for hit in flagged}
    groupdq = fits.getdata(written[1][3], "GROUPDQ")
    assert (groupdq & 4 != 0).sum() == len(places)


def test_segments_cover_everything_once():
    for total, segments in ((3504, 10), (7, 3), (5, 5), (1, 1)):
        pieces = split(total, segments)
        assert [n for piece in pieces for n in range(piece.first, piece.last + 1)] == list(range(1, total + 1))
        assert {piece.total for piece in pieces} == {segments}
        assert [piece.number for piece in pieces] == list(range(1, segments + 1))


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt])
@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_stopped_it_leaves_nothing(tmp_path, stop, at):
    def progress(fraction, message):
        if fraction >= at:
            raise stop

    (tmp_path / "old.txt").write_text("kept")
    for folder in (tmp_path, tmp_path / "a" / "b"):
        with pytest.raises(stop):
            write_exposure(SMALL, folder, ("ramp", "uncal"), 2, progress)
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]


def test_stopped_it_keeps_the_exposure_that_was_there(tmp_path):
    files = write_exposure(SMALL, tmp_path)
    before = files[0].read_bytes()

    def progress(fraction, message):
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_exposure(replace(SMALL, seed=9), tmp_path, progress=progress)
    assert files[0].read_bytes() == before


def test_a_full_disk_is_said_before_the_work(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**9, 10**9))
    with pytest.raises(BadInput, match=r"needs 48,\d\d\d,\d\d\d,\d\d\d bytes and only 1,000,000,000 are free"):
        write_exposure(BotsParams(integrations=3504), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError("Not enough space on disk")])
def test_a_disk_that_fills_up_on_the_way(tmp_path, monkeypatch, error):
    def full(*_):
        raise error

    monkeypatch.setattr("detgui.simulate.expose.write_truth", full)
    with pytest.raises(DetguiError, match=r"new: writing failed: No.* space") as caught:
        write_exposure(SMALL, tmp_path / "new")
    assert caught.value.exit_status == 1
    assert list(tmp_path.iterdir()) == []


def test_room_is_needed_for_the_truth_too(tmp_path):
    params = BotsParams(integrations=50, groups=4, columns=512)
    *_, truth = write_exposure(params, tmp_path)
    assert truth.stat().st_size <= truth_size(params) <= 2 * truth.stat().st_size


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadInput, match="taken"):
        write_exposure(SMALL, tmp_path / "taken")


def test_memory_does_not_grow_with_the_integrations(tmp_path):
    peaks = []
    write_exposure(BotsParams(integrations=1, groups=6, columns=256), tmp_path)  # imports
    for integrations in (8, 40):
        tracemalloc.start()
        write_exposure(BotsParams(integrations=integrations, groups=6, columns=256), tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize("segments", [0, 6])
def test_too_many_segments(tmp_path, segments):
    with pytest.raises(BadInput, match=f"{segments} segments"):
        write_exposure(SMALL, tmp_path, segments=segments)


def command(text, folder):
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args([*text.split(), "-o", str(folder)]), lambda fraction, message: None)


def test_command_line(tmp_path):
    words = "bots --integrations 2 --groups 3 --columns 64 --detector nrs2 --level uncal --gain 2 --read-noise 5 --migration 0 --dq off"
    files = command(words, tmp_path)
    assert [path.name for path in files] == ["jw99999001001_04101_00001_nrs2_uncal.fits", "jw99999001001_04101_00001_nrs2_truth.fits"]
    with fits.open(files[0]) as hdus:
        assert hdus["SCI"].shape == (2, 3, 32, 64)
        assert hdus[0].header["DETECTOR"] == "NRS2"
        assert (hdus[0].header["SIMGAIN"], hdus[0].header["SIMRDNS"], hdus[0].header["SIMMIGR"]) == (2.0, 5.0, 0.0)


def test_the_truth_holds_the_late_slopes(tmp_path):
    files = write_exposure(BotsParams(integrations=1, columns=512, hot=0.0, dead=0.0), tmp_path)
    with fits.open(files[-1]) as truth:
        assert truth["LATESLOPE"].data.min() < -10
        quieter = np.abs(truth["LATE_TRANSIT"].data) <= np.abs(truth["LATESLOPE"].data) + 1e-3
    assert quieter.mean() > 0.95
