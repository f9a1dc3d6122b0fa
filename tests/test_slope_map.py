"""Maps of residual late slopes against plain numpy, on segmented files with flags."""

from __future__ import annotations

import gzip
import pickle
import shutil

import numpy as np
import pytest
from data_files import JWST, write
from slope_files import all_slopes, mean_where, ramps, segments, valid

from detgui.analysis import slope_blocks, slope_map
from detgui.analysis.slope_map import Params
from detgui.data import stream, stream_kernels
from detgui.data.exposure import open_one
from detgui.errors import BadInput, Cancelled

TOLERANCE = {"float32": 2e-3, "uint16": 2e-3, "float64": 1e-9}
"""DN/group; slopes of float32 and 16-bit ramps are added up in float32."""


def check_map(result, data, params, good=None):
    slopes = all_slopes(data["sci"], params.fit_groups)
    good = valid(data) if good is None else good
    mean, count = mean_where(slopes, good)
    np.testing.assert_array_equal(result.count, count)
    np.testing.assert_array_equal(np.isnan(result.slope), count == 0)
    np.testing.assert_allclose(result.slope, mean, rtol=1e-6, atol=2e-3)


@pytest.mark.parametrize("dtype", ["float32", "uint16", "float64", "int16", "int32"])
def test_flags_exclude_as_in_numpy(tmp_path, dtype):
    data = ramps(1, dtype=dtype)
    if dtype == "int16":
        data["sci"] //= 2
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        check_map(slope_map.run(exposure, Params()), data, Params())


@pytest.mark.parametrize("fit_groups", [(1, 3), (1, 12), (4, 9)])
def test_any_early_groups(tmp_path, fit_groups):
    data = ramps(2)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        check_map(slope_map.run(exposure, Params(fit_groups)), data, Params(fit_groups))


def test_segments_in_any_order_and_one_more_packed(tmp_path):
    data = ramps(3)
    paths = segments(tmp_path, data)
    packed = paths[1].with_name(paths[1].name + ".gz")
    with paths[1].open("rb") as source, gzip.open(packed, "wb") as target:
        shutil.copyfileobj(source, target)
    with open_one([paths[2], packed, paths[0]], neighbours=False) as exposure:
        check_map(slope_map.run(exposure, Params()), data, Params())
        task = next(t for t in slope_blocks.block_tasks(exposure, Params()) if t.block.packed)
        with pytest.raises(BadInput, match="packed with gzip"):
            slope_blocks.reduce_block(task)


def test_chosen_flags_only(tmp_path):
    data = ramps(4)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        for flags, mask in ((("JUMP_DET",), 4), (("DEAD", "SATURATED"), 1026), (("REFERENCE_PIXEL",), 1 << 31)):
            params = Params(flags=flags)
            check_map(slope_map.run(exposure, params), data, params, valid(data, mask))


def test_values_that_are_not_finite_do_not_count(tmp_path):
    data = ramps(5)
    data["sci"][2, 6, 1, 1] = np.nan
    data["sci"][3, 13, 2, 2] = np.inf
    good = valid(data)
    good[2, 1, 1] = good[3, 2, 2] = False
    with open_one(segments(tmp_path, data), neighbours=False) as exposure, np.errstate(all="ignore"):
        result = slope_map.run(exposure, Params())
        np.testing.assert_array_equal(result.count, good.sum(axis=0))
        assert np.isfinite(result.slope[result.count > 0]).all()


def test_range_of_integrations_and_region(tmp_path):
    data = ramps(6)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        params = Params(integrations=(2, 5), roi=(2, 1, 6, 3))
        result = slope_map.run(exposure, params)
        assert all(task.block.rows == (1, 3) for task in slope_blocks.block_tasks(exposure, params))
    good = valid(data)
    good[0] = good[5:] = False
    mean, count = mean_where(all_slopes(data["sci"], (1, 10)), good)
    inside = np.zeros(count.shape, bool)
    inside[1:4, 2:7] = True
    np.testing.assert_array_equal(result.count, np.where(inside, count, 0))
    np.testing.assert_allclose(result.slope, np.where(inside, mean, np.nan), atol=2e-3)
    assert (result.integrations, result.n_integrations) == ((2, 5), 4)
    assert not np.isnan(result.err[result.count > 0]).any()


def test_without_flags_in_the_file(tmp_path):
    data = ramps(7, dtype="uint16")
    path = write(tmp_path / "plain_uncal.fits", JWST, ("SCI", data["sci"]))
    with open_one([path]) as exposure:
        result = slope_map.run(exposure, Params())
    check_map(result, data, Params(), np.ones((7, 5, 9), bool))
    assert any("no GROUPDQ" in note for note in result.notes)


def test_large_frames_in_pieces_and_bands(tmp_path, monkeypatch):
    data = ramps(8, (4, 13, 12, 30))
    monkeypatch.setattr(slope_blocks, "PIECE", 64)
    monkeypatch.setattr(slope_blocks, "BUFFER", 1000)
    monkeypatch.setattr(slope_blocks, "BAND_BYTES", 20 * 2 * 30 * 5)
    with open_one(segments(tmp_path, data, (1, 3)), neighbours=False) as exposure:
        assert len({task.block.rows for task in slope_blocks.block_tasks(exposure, Params(), 2)}) == 3
        result = slope_map.run(exposure, Params(), workers=2)
    check_map(result, data, Params(), valid(data, cuts=(1, 3)))


def test_workers_elsewhere_find_the_same(tmp_path):
    data = ramps(9)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        here = slope_blocks.moments(exposure, Params())
        tasks = pickle.loads(pickle.dumps(slope_blocks.block_tasks(exposure, Params(), block_bytes=5000)))
    assert len(tasks) > 3
    there = slope_map.combine([slope_map.reduce_block(task) for task in reversed(tasks)], (5, 9))
    np.testing.assert_array_equal(here.count, there.count)
    np.testing.assert_allclose(here.total, there.total, rtol=1e-12)
    np.testing.assert_allclose(here.squares, there.squares, rtol=1e-12)


def test_plain_numpy_path_agrees_with_the_compiled_one(tmp_path, monkeypatch):
    data = ramps(10)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        fast = slope_blocks.moments(exposure, Params())
        monkeypatch.setattr(stream_kernels, "prepare", lambda: False)
        slow = slope_blocks.moments(exposure, Params())
    np.testing.assert_array_equal(fast.count, slow.count)
    np.testing.assert_allclose(fast.mean, slow.mean, atol=2e-3)


def test_cancel_stops_the_pass(tmp_path):
    data = ramps(11)
    calls = []

    def progress(fraction, message=""):
        calls.append(fraction)
        if len(calls) == 2:
            raise Cancelled("stop")

    with open_one(segments(tmp_path, data), neighbours=False) as exposure, pytest.raises(Cancelled):
        slope_map.run(exposure, Params(), progress=progress)


def test_stop_is_heard_within_a_block():
    stop = np.ones(1, np.uint8)
    assert stream_kernels.prepare()
    room = (np.empty(64, np.uint8), np.empty(4, np.float32), np.empty(4, np.uint8), np.zeros(4), np.zeros(4), np.zeros(4, np.int32))
    places = np.zeros(1, np.int64)
    weights = np.ones(3, np.float32)
    found = stream_kernels.reduce_slopes(
        -1, places, places[:0], 4, 4, 0, weights, 0, np.uint8(255), np.zeros(4, np.uint8), *room, stop, np.zeros(1, np.int64)
    )
    assert found == stream_kernels.STOPPED


@pytest.mark.parametrize("compiled", [True, False])
def test_a_file_cut_short_while_it_is_read_is_named(tmp_path, monkeypatch, compiled):
    data = ramps(12)
    paths = segments(tmp_path, data)
    if not compiled:
        monkeypatch.setattr(stream_kernels, "prepare", lambda: False)
    original = stream.blocks

    def blocks(*args):
        made = original(*args)
        with paths[2].open("r+b") as file:
            file.truncate(int(made[-1].sci[-1]) + 100)
        return made

    monkeypatch.setattr(stream, "blocks", blocks)
    with open_one(paths, neighbours=False) as exposure, pytest.raises(BadInput, match=r"seg003.*cut short"):
        slope_map.run(exposure, Params())


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (Params((1, 2)), "at least 3 groups"),
        (Params((1, 13)), "at least 2 groups"),
        (Params((1, 14)), "none is left"),
        (Params((1, 15)), "groups 1-15 are not there"),
        (Params((0, 5)), "groups 0-5 are not there"),
        (Params(integrations=(5, 9)), "integrations 5-9 are not there"),
        (Params(integrations=(5, 4)), "empty range"),
        (Params(roi=(0, 0, 9, 4)), "reaches outside"),
        (Params(roi=(3, 0, 2, 4)), "is empty"),
        (Params(flags=("JUMP",)), "no DQ flag 'JUMP'"),
        (Params(gain=-1.0), "gain of -1"),
        (Params(read_noise=float("nan")), "read noise of nan"),
    ],
)
def test_bad_parameters_before_any_work(tmp_path, monkeypatch, params, words):
    monkeypatch.setattr(slope_blocks, "moments", lambda *_: pytest.fail("the work started"))
    with open_one(segments(tmp_path, ramps()), neighbours=False) as exposure, pytest.raises(BadInput, match=words):
        slope_map.run(exposure, params)


def test_missing_segment(tmp_path):
    data = ramps(13)
    paths = segments(tmp_path, data)
    with open_one([paths[0], paths[2]], neighbours=False) as exposure:
        with pytest.raises(BadInput, match="integration 4 of 2-6 missing"):
            slope_map.check(exposure, Params(integrations=(2, 6)))
        result = slope_map.run(exposure, Params())
    good = valid(data)
    good[3] = False
    check_map(result, data, Params(), good)
    assert result.n_integrations == 6
    assert "integration 4 missing" in result.notes


def test_no_valid_pixel(tmp_path):
    data = ramps(14)
    data["dq"][:, 3] |= 2
    with open_one(segments(tmp_path, data), neighbours=False) as exposure, pytest.raises(BadInput, match="no valid pixel"):
        slope_map.run(exposure, Params())


def test_rates_have_no_ramp(tmp_path):
    path = write(tmp_path / "a_rateints.fits", JWST | {"DATAMODL": "CubeModel"}, ("SCI", np.ones((3, 4, 5), "f4")))
    with open_one([path]) as exposure, pytest.raises(BadInput, match="no ramp in it"):
        slope_map.check(exposure, Params())


def test_the_file_opens_again(tmp_path):
    data = ramps(15)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        result = slope_map.run(exposure, Params((1, 9), (1, 6), (1, 0, 7, 4), ("JUMP_DET",), gain=1.4, read_noise=8.0))
    target = tmp_path / "slopes.fits"
    slope_map.write(result, target)
    assert sorted(path.name for path in tmp_path.glob("*slopes*")) == ["slopes.fits"]
    with open_one([target]) as again:
        assert (again.kind, again.unit, again.shape) == ("slopes", "DN/group", (1, 1, 5, 9))
        assert {"SCI", "SLOPE", "ERR", "COUNT", "DQ"} <= set(again.planes)
        assert again.warnings == ()
        for plane, image in (("SCI", result.slope), ("ERR", result.err), ("COUNT", result.count), ("DQ", result.dq)):
            np.testing.assert_array_equal(again.read_image(plane), image)
        header = again.header()
    words = ("FITGRP1", "FITGRP2", "INTFIRST", "INTLAST", "INTUSED", "ROIX0", "ROIY1", "DQFLAGS", "DETECTOR")
    assert [header[key] for key in words] == [1, 9, 1, 6, 6, 1, 4, "JUMP_DET", "NRS1"]
    command = "".join(str(header["HISTORY"]).split())
    assert "--fit-groups1-9--integrations1-6--roi1,0,7,4--flagsJUMP_DET--gain1.4--read-noise8.0-oslopes.fits" in command
    np.testing.assert_array_equal(result.dq, np.bitwise_or.reduce(data["marks"], axis=0))


def test_provenance_python_makes_it_again(tmp_path):
    data = ramps(16)
    with open_one(segments(tmp_path, data), neighbours=False) as exposure:
        result = slope_map.run(exposure, Params((1, 8)))
    names: dict = {}
    exec(str(result.provenance["python"]), names)
    names["exposure"].close()
    np.testing.assert_array_equal(names["result"].slope, result.slope)
