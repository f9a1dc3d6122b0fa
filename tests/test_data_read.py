"""What the readers return against the same bytes read by astropy and by struct."""

from __future__ import annotations

import struct
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from data_files import JWST, counts, write
from hypothesis import given, settings
from hypothesis import strategies as st

from detgui.data import blocks, piece_kernels
from detgui.data.exposure import open_one
from detgui.data.files import OpenFile
from detgui.data.pixels import pixel_format
from detgui.errors import BadInput, Cancelled
from detgui.science import kernels

FORMATS = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
SCALES = [(1.0, 0.0), (0.5, 0.0), (1.0, 7.0), (2.5, -3.25)]


@st.composite
def images(draw):
    """(array, BSCALE, BZERO, BLANK) with values over the whole range of the type."""
    dims = tuple(draw(st.lists(st.integers(1, 7), min_size=2, max_size=4)))
    dtype = np.dtype(draw(st.sampled_from(FORMATS)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    if dtype.kind == "f":
        array = rng.normal(0, 1e3, dims).astype(dtype)
        array.flat[0] = draw(st.sampled_from([np.nan, np.inf, 0.0, -0.0]))
    else:
        array = np.frombuffer(rng.bytes(int(np.prod(dims)) * dtype.itemsize), dtype).reshape(dims)
    scale, zero = draw(st.sampled_from(SCALES)) if dtype.name in ("uint8", "int16", "int32", "float32", "float64") else (1.0, 0.0)
    blank = int(array.flat[0]) if dtype.name in ("int16", "int32") and draw(st.booleans()) else None
    return array, scale, zero, blank


def write_raw(path: Path, array: np.ndarray, scale: float, zero: float, blank: int | None) -> None:
    """The array as it is on disk, with scaling keywords put in afterwards so that astropy does not undo them."""
    write(path, JWST, ("SCI", array))
    words = {} if (scale, zero) == (1.0, 0.0) else {"BSCALE": scale, "BZERO": zero}
    words |= {} if blank is None else {"BLANK": blank}
    if words:
        with fits.open(path, mode="update", do_not_scale_image_data=True) as hdus:
            hdus["SCI"].header.update(words)


@settings(max_examples=120, deadline=None)
@given(images(), st.data())
def test_round_trip(image, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a_uncal.fits"
        write_raw(path, *image)
        with fits.open(path, memmap=False, uint=True) as hdus:
            truth = hdus["SCI"].data
        with open_one([path]) as exposure:
            nints, ngroups, ny, nx = exposure.shape
            truth = truth.reshape(exposure.shape)
            assert exposure.dtype == truth.dtype.newbyteorder("=")
            assert exposure.dtype.isnative
            i, g = data.draw(st.integers(1, nints)), data.draw(st.integers(1, ngroups))
            x, y = data.draw(st.integers(0, nx - 1)), data.draw(st.integers(0, ny - 1))
            one = exposure.read_image("SCI", i, g)
            same(one, truth[i - 1, g - 1])
            assert one.flags.c_contiguous
            assert one.flags.writeable
            same(exposure.read_pixel(x, y), truth[:, :, y, x])
            x1, y1 = data.draw(st.integers(x, nx - 1)), data.draw(st.integers(y, ny - 1))
            same(exposure.read_box(x, y, x1, y1, "SCI", i), truth[i - 1, :, y : y1 + 1, x : x1 + 1])
            i1, g1 = data.draw(st.integers(i, nints)), data.draw(st.integers(g, ngroups))
            same(exposure.read_block("SCI", (i, i1), (g, g1), (y, y1)), truth[i - 1 : i1, g - 1 : g1, y : y1 + 1])


def same(ours: np.ndarray, truth: np.ndarray) -> None:
    assert ours.shape == truth.shape
    assert ours.dtype == truth.dtype.newbyteorder("=")
    np.testing.assert_array_equal(ours, truth)


def test_flight_ramp_against_its_bytes(flight_ramp):
    with fits.open(flight_ramp) as hdus:
        offset = hdus["SCI"].fileinfo()["datLoc"]
    raw = flight_ramp.read_bytes()
    with open_one([flight_ramp]) as exposure:
        assert exposure.shape == (6, 2, 128, 128)
        assert exposure.dtype == np.uint16
        x, y = 37, 101
        for integration in (1, 4, 6):
            for group in (1, 2):
                place = offset + 2 * (((integration - 1) * 2 + group - 1) * 128 * 128 + y * 128 + x)
                expected = struct.unpack(">h", raw[place : place + 2])[0] + 32768
                assert exposure.read_image("SCI", integration, group)[y, x] == expected
                assert exposure.read_pixel(x, y)[integration - 1, group - 1] == expected
                assert exposure.read_box(x, y, x, y, "SCI", integration)[group - 1, 0, 0] == expected


def test_runs_say_where_the_bytes_are(flight_ramp):
    with open_one([flight_ramp]) as exposure, exposure.hold() as descriptors:
        import os

        (third,) = (run for run in exposure.runs() if run.integration == 3)
        raw = os.pread(descriptors[third.path], third.nbytes, third.offset) if hasattr(os, "pread") else b""
        if not raw:
            pytest.skip("no positioned reads on this system")
        bits = np.frombuffer(raw, third.form.raw).astype("i2").view("u2") ^ third.form.xor
        assert np.array_equal(bits.reshape(third.shape), exposure.read_block("SCI", (3, 3))[0])


@pytest.fixture
def ramp(tmp_path):
    """A ramp with every plane, and the arrays in it."""
    shape = (4, 3, 5, 8)
    arrays = {
        "SCI": counts(shape, "float32"),
        "GROUPDQ": (counts(shape, "uint8", 3) % 7).astype("uint8"),
        "PIXELDQ": counts((5, 8), "uint32", 1_000) * np.uint32(65_536),
        "ERR": counts(shape, "float32", 11),
        "ZEROFRAME": counts((4, 5, 8), "uint16", 500),
        "REFOUT": counts((4, 3, 5, 2), "uint16", 900),
        "BROKEN": counts((8, 5), "float32"),
    }
    path = write(tmp_path / "a_ramp.fits", JWST | {"DATAMODL": "RampModel"}, *arrays.items())
    with open_one([path]) as exposure:
        yield exposure, arrays


def test_planes(ramp):
    exposure, arrays = ramp
    assert exposure.planes == ("SCI", "ERR", "PIXELDQ", "GROUPDQ", "ZEROFRAME", "REFOUT")
    assert any("BROKEN (8 x 5) does not fit" in sentence for sentence in exposure.warnings)
    assert np.array_equal(exposure.read_image("PIXELDQ", 3, 2), arrays["PIXELDQ"])
    assert np.array_equal(exposure.read_image("ZEROFRAME", 3, 2), arrays["ZEROFRAME"][2])
    assert np.array_equal(exposure.read_image("REFOUT", 3, 2), arrays["REFOUT"][2, 1])
    assert exposure.plane_shape("REFOUT") == (4, 3, 5, 2)
    assert exposure.plane_shape("ZEROFRAME") == (4, 1, 5, 8)
    assert exposure.plane_dtype("PIXELDQ") == np.uint32
    assert np.array_equal(exposure.read_pixel(6, 4, "ZEROFRAME"), arrays["ZEROFRAME"][:, 4, 6][:, None])
    assert np.array_equal(exposure.read_pixel(6, 4, "PIXELDQ"), np.full((4, 1), arrays["PIXELDQ"][4, 6]))
    assert np.array_equal(exposure.read_pixel(6, 4, "GROUPDQ", [4, 2]), arrays["GROUPDQ"][[3, 1], :, 4, 6])
    assert np.array_equal(exposure.read_box(2, 1, 4, 3, "ZEROFRAME", 2), arrays["ZEROFRAME"][1:2, 1:4, 2:5])


def test_flags_of_a_ramp_are_those_of_pixel_and_group(ramp):
    exposure, arrays = ramp
    expected = arrays["PIXELDQ"] | arrays["GROUPDQ"][2, 1]
    flags = exposure.read_dq(3, 2)
    assert flags.dtype == np.uint32
    assert np.array_equal(flags, expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "float64"])
def test_flags_of_any_width(tmp_path, dtype):
    flags = counts((5, 6), dtype) + (200 if dtype == "uint8" else 3000)
    with open_one([write(tmp_path / "a_rate.fits", JWST, ("SCI", counts((5, 6), "float32")), ("DQ", flags.astype(dtype)))]) as exposure:
        read = exposure.read_dq()
        assert read.dtype == np.uint32
        assert np.array_equal(read, flags.astype(dtype).astype(np.uint32))


def test_no_flags(flight_ramp):
    with open_one([flight_ramp]) as exposure:
        assert exposure.read_dq() is None


def test_several_sci_are_one_exposure_each(tmp_path):
    from detgui.data.exposure import open_exposures

    hdus = []
    for ver, shape in ((1, (5, 6)), (2, (3, 9))):
        hdus += [(f"SCI,{ver}", counts(shape, "float32", ver)), (f"DQ,{ver}", counts(shape, "uint32", 10 * ver))]
    path = write(tmp_path / "a_cal.fits", JWST | {"DATAMODL": "MultiSlitModel"}, *hdus)
    one, two = open_exposures([path])
    assert (one.name, two.name) == ("a_cal[SCI,1]", "a_cal[SCI,2]")
    assert (one.shape, two.shape) == ((1, 1, 5, 6), (1, 1, 3, 9))
    one.close()
    with pytest.raises(BadInput, match="was closed"):
        one.read_image()
    assert np.array_equal(two.read_image(), hdus[2][1])  # the file is shared: the other one still reads
    assert np.array_equal(two.read_dq(), hdus[3][1])
    assert two.header("SCI")["EXTVER"] == 2
    two.close()


def test_headers(ramp):
    exposure, _ = ramp
    names = [name for name, _ in exposure.headers()]
    assert names[:3] == ["PRIMARY", "SCI", "GROUPDQ"]
    assert exposure.header()["TELESCOP"] == "JWST"
    assert exposure.header("NOTHING") is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda e: e.read_image("WHT"), "has no WHT plane: it has SCI"),
        (lambda e: e.read_image("SCI", 5), "has no integration 5: it has 1-4"),
        (lambda e: e.read_image("SCI", 0), "has no integration 0"),
        (lambda e: e.read_image("SCI", 1, 4), "has no group 4: it has groups 1-3"),
        (lambda e: e.read_image("SCI", 1, 0), "has no group 0"),
        (lambda e: e.read_pixel(8, 0), "pixel 8, 0 is outside SCI of a_ramp: x is 0-7 and y 0-4"),
        (lambda e: e.read_pixel(0, -1), "pixel 0, -1 is outside"),
        (lambda e: e.read_pixel(0, 0, "SCI", [1, 9]), "has no integration 9"),
        (lambda e: e.read_box(3, 3, 2, 4), "is empty"),
        (lambda e: e.read_block("SCI", (2, 1)), "is an empty block"),
        (lambda e: e.read_block("SCI", rows=(0, 5)), "outside SCI"),
    ],
)
def test_what_is_not_there(ramp, call, words):
    with pytest.raises(BadInput, match="a_ramp") as caught:
        call(ramp[0])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture(params=[False, True], ids=["python", "compiled"])
def pieces(request, monkeypatch):
    """Scattered reads with and without the compiled loops."""
    if request.param:
        piece_kernels.warm()
        if not piece_kernels.ready():
            pytest.skip("no numba, or no positioned reads")
    monkeypatch.setitem(piece_kernels._state, "ready", request.param)


@pytest.mark.parametrize("advice", [True, False])
def test_scattered_reads_with_and_without_advice(pieces, ramp, monkeypatch, advice):
    if advice and not blocks._CAN_ADVISE:
        pytest.skip("this system takes no advice")
    monkeypatch.setattr(blocks, "_CAN_ADVISE", advice)
    monkeypatch.setattr(blocks, "BATCH", 3)
    exposure, arrays = ramp
    assert np.array_equal(exposure.read_pixel(5, 2), arrays["SCI"][:, :, 2, 5])
    assert np.array_equal(exposure.read_box(1, 1, 4, 2), arrays["SCI"][0, :, 1:3, 1:5])


def test_a_piece_that_is_not_there_is_one_sentence(pieces, tmp_path):
    path = tmp_path / "short_ramp.fits"
    path.write_bytes(bytes(100))
    file = OpenFile(path)
    out = np.empty((3, 2), np.int16)
    with file.in_use() as fd, pytest.raises(BadInput, match=r"short_ramp\.fits was cut short"):
        blocks.read_scattered(file, fd, [0, 98, 40], pixel_format(16), out)
    file.close()


def test_reads_where_the_system_has_no_positioned_reads(ramp, monkeypatch):
    from detgui.data import files

    monkeypatch.setattr(files, "_read_once", files._seek_and_read)
    exposure, arrays = ramp
    assert np.array_equal(exposure.read_block(), arrays["SCI"])
    assert np.array_equal(exposure.read_pixel(5, 2), arrays["SCI"][:, :, 2, 5])


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_large_images_with_and_without_the_compiled_swap(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(blocks, "KERNEL_CHUNK", 1 << 16)  # several chunks, the last one short
    numbers = np.random.default_rng(3).integers(0, 200, (2, 150, 301)).astype(dtype)
    path = write(tmp_path / "a_rateints.fits", JWST, ("SCI", numbers))
    kernels.warm()
    for compiled in (False, kernels.ready()):
        monkeypatch.setitem(kernels._state, "ready", compiled)
        with open_one([path]) as exposure:
            image = exposure.read_image("SCI", 2)
        assert image.dtype == dtype and np.array_equal(image, fits.getdata(path, "SCI")[1])


def test_long_pixel_reads_report_and_can_be_cancelled(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BATCH", 10)
    data = counts((20, 5, 2, 3))
    with open_one([write(tmp_path / "a_uncal.fits", JWST, ("SCI", data))]) as exposure:
        seen: list[float] = []
        exposure.read_pixel(1, 1, progress=lambda fraction, message="": seen.append(fraction))
        assert seen == sorted(seen)
        assert len(seen) == 11
        assert seen[-1] == 1.0

        def stop(fraction: float, message: str = "") -> None:
            if fraction > 0.3:
                raise Cancelled

        with pytest.raises(Cancelled):
            exposure.read_pixel(1, 1, progress=stop)
        assert np.array_equal(exposure.read_pixel(1, 1), data[:, :, 1, 1])


def test_several_threads_read_the_same_exposure(ramp):
    exposure, arrays = ramp
    wrong: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(60):
            i, g, y, x = (int(rng.integers(0, n)) for n in exposure.shape)
            if not np.array_equal(exposure.read_image("SCI", i + 1, g + 1), arrays["SCI"][i, g]):
                wrong.append("image")
            if not np.array_equal(exposure.read_pixel(x, y), arrays["SCI"][:, :, y, x]):
                wrong.append("pixel")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
