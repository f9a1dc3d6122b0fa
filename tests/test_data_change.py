"""Files that change while they are open, packed files, and how little an opened exposure costs."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from data_files import JWST, counts, segment, sparse, write

from detgui.data import unpack
from detgui.data.exposure import open_exposures, open_one
from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.folders import cache_folder

DATA = counts((2, 3, 40, 60))


@pytest.fixture
def path(tmp_path) -> Path:
    return write(tmp_path / "a_uncal.fits", JWST, ("SCI", DATA))


READS = [
    lambda e: e.read_image("SCI", 2, 3),
    lambda e: e.read_pixel(5, 6),
    lambda e: e.read_box(1, 1, 3, 3),
    lambda e: e.read_block(),
    lambda e: e.headers(),
    lambda e: e.check(),
]


@pytest.mark.parametrize("read", READS)
def test_cut_short(path, read):
    with open_one([path]) as exposure:
        size = path.stat().st_size
        os.truncate(path, 9000)
        with pytest.raises(BadInput, match=f"a_uncal.fits was cut short while open: it had {size:,} bytes and now has 9,000"):
            read(exposure)


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let an open file be removed")
@pytest.mark.parametrize("read", READS)
def test_removed(path, read):
    with open_one([path]) as exposure:
        path.unlink()
        with pytest.raises(BadInput, match=r"a_uncal\.fits disappeared while open"):
            read(exposure)


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let an open file be replaced")
def test_replaced_by_another_of_the_same_size(path):
    with open_one([path]) as exposure:
        other = path.with_name("new")
        shutil.copy(path, other)
        other.replace(path)
        with pytest.raises(BadInput, match="changed on disk while open"):
            exposure.read_image()


def test_written_to(path):
    with open_one([path]) as exposure:
        with path.open("r+b") as file:
            file.seek(6000)
            file.write(b"xx")
        os.utime(path, ns=(1, 1))
        with pytest.raises(BadInput, match="changed on disk while open"):
            exposure.read_pixel(0, 0)


def test_grown(path):
    with open_one([path]) as exposure:
        with path.open("ab") as file:
            file.write(bytes(2880))
        with pytest.raises(BadInput, match="changed on disk while open"):
            exposure.read_image()


def test_cut_short_between_the_check_and_the_read(path, monkeypatch):
    from detgui.data.files import OpenFile

    with open_one([path]) as exposure:
        monkeypatch.setattr(OpenFile, "check", lambda self: None)
        os.truncate(path, 9000)
        with pytest.raises(BadInput, match="was cut short while open"):
            exposure.read_image("SCI", 2, 3)
        with pytest.raises(BadInput, match="was cut short while open"):
            exposure.read_pixel(0, 0)


def test_others_go_on(path, tmp_path):
    other = write(tmp_path / "b_uncal.fits", JWST, ("SCI", DATA))
    one, two = open_exposures([path, other])
    os.truncate(path, 9000)
    with pytest.raises(BadInput):
        one.read_image()
    assert np.array_equal(two.read_image(), DATA[0, 0])
    one.close()
    two.close()


def test_closing_waits_for_a_running_read(path):
    exposure = open_one([path])
    with exposure.hold() as descriptors:
        exposure.close()
        os.fstat(descriptors[path])
        with pytest.raises(BadInput, match="was closed"):
            exposure.read_image()
    with pytest.raises(OSError):
        os.fstat(descriptors[path])


def test_closing_while_threads_read(path):
    exposure = open_one([path])
    wrong: list[object] = []

    def work() -> None:
        try:
            while True:
                if not np.array_equal(exposure.read_image("SCI", 2, 2), DATA[1, 1]):
                    wrong.append("other data")
                    return
        except BadInput:
            return
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    exposure.close()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.fixture
def packed(path) -> Path:
    target = path.with_name("a_uncal.fits.gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


def test_packed_file(packed):
    with open_one([packed]) as exposure:
        assert exposure.name == "a_uncal"
        assert exposure.files[0].path == packed
        assert exposure.nbytes == packed.stat().st_size
        assert np.array_equal(exposure.read_block(), DATA)
        assert np.array_equal(exposure.read_pixel(7, 8), DATA[:, :, 8, 7])
        if os.name != "nt":
            assert list(cache_folder().iterdir()) == []  # the unpacked copy has no name


def test_packed_by_content_not_by_name(packed, path):
    wrong = path.with_name("b_uncal.fits")
    packed.rename(wrong)
    plain = path.with_name("c_uncal.fits.gz")
    path.rename(plain)
    for each in (wrong, plain):
        with open_one([each]) as exposure:
            assert np.array_equal(exposure.read_block(), DATA)


@pytest.mark.parametrize("keep", [5, 18, 100, -1, -9])
def test_packed_and_cut_short(packed, keep):
    packed.write_bytes(packed.read_bytes()[:keep])
    with pytest.raises(BadInput, match=r"a_uncal.fits.gz is damaged") as caught:
        open_one([packed])
    assert "\n" not in str(caught.value)


def test_packed_and_damaged(packed):
    raw = bytearray(packed.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 40] = bytes(40)
    packed.write_bytes(raw)
    with pytest.raises(BadInput, match=r"a_uncal.fits.gz"):
        open_one([packed])


@pytest.mark.parametrize(("content", "words"), [(b"", "empty once unpacked"), (b"notes" * 1000, "is not FITS once unpacked")])
def test_packed_something_else(tmp_path, content, words):
    (tmp_path / "n.fits.gz").write_bytes(gzip.compress(content))
    with pytest.raises(BadInput, match=words):
        open_one([tmp_path / "n.fits.gz"])


def test_packed_and_larger_than_the_disk(packed, monkeypatch):
    monkeypatch.setattr(unpack, "SPARE", 1 << 62)
    monkeypatch.setattr(unpack, "SHARE", 1.0)
    with pytest.raises(BadInput, match="too large to unpack"):
        open_one([packed])


def test_a_small_disk_is_room_enough_for_a_small_file(packed, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 9 * 10**8, 10**8))
    with open_one([packed]) as exposure:
        assert exposure.read_image().shape == exposure.shape[2:]


def test_packed_where_the_cache_cannot_be_written_to(packed, tmp_path, monkeypatch):
    """The system's folder for temporary files will do; where that fails too, both are named."""

    def closed() -> Path:
        raise PermissionError(13, "Permission denied", "/closed/cache")

    monkeypatch.setattr(unpack, "cache_folder", closed)
    with open_one([packed]) as exposure:
        assert exposure.read_image().shape == exposure.shape[2:]
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "missing"))
    with pytest.raises(DetguiError, match=r"/closed/cache: Permission denied.*temporary folder"):
        open_one([packed])


def test_packed_far_too_well(tmp_path, path, monkeypatch):
    bomb = tmp_path / "bomb.fits.gz"
    bomb.write_bytes(gzip.compress(path.read_bytes() + bytes(30_000_000)))
    monkeypatch.setattr(unpack, "LARGE", 1 << 20)
    with pytest.raises(BadInput, match="is no packed exposure"):
        open_one([bomb])


def test_unpacking_can_be_cancelled(packed):
    def stop(fraction: float, message: str = "") -> None:
        if message.startswith("unpacking"):
            raise Cancelled

    with pytest.raises(Cancelled):
        open_one([packed], progress=stop)


MANY = """
import sys, glob
import numpy, astropy.io.fits
from detgui.data.exposure import open_one
with open_one([sorted(glob.glob(sys.argv[1] + "/*.fits"))[0]]) as exposure:
    print(len(exposure.files), exposure.read_pixel(0, 0).shape, len(exposure.warnings))
"""


@pytest.mark.skipif(os.name == "nt", reason="no such limit")
def test_more_segments_than_the_system_lets_open_at_first(tmp_path):
    for number in range(1, 41):
        segment(tmp_path, number, 40, nints=1, shape=(2, 2, 3))
    limited = f'ulimit -Sn 30; exec "{sys.executable}" -c "$0" "$1"'  # set from outside: nothing is imported for it in the program
    out = subprocess.run(["/bin/sh", "-c", limited, MANY, str(tmp_path)], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["40", "(40,", "2)", "0"]


COST = """
import resource, sys
import numpy, astropy.io.fits
from detgui.data.exposure import open_one
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_one([sys.argv[1]]) as exposure:
    image = exposure.read_image("SCI", 30, 20)
    ramp = exposure.read_pixel(1000, 1000)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(exposure.shape, int(image[2, 3]), ramp.shape, growth * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.skipif(os.name == "nt", reason="no resource module, no sparse files without more ado")
def test_twenty_gigabytes_cost_megabytes(tmp_path):
    path, shape = tmp_path / "a_uncal.fits", (60, 40, 2048, 2048)
    offset = sparse(path, JWST, shape)
    with path.open("r+b") as file:
        file.seek(offset + (((29 * 40) + 19) * 2048 * 2048 + 2 * 2048 + 3) * 2)
        file.write((1234 - 32768).to_bytes(2, "big", signed=True))
    assert path.stat().st_size > 20e9
    out = subprocess.run([sys.executable, "-c", COST, str(path)], capture_output=True, text=True, check=True).stdout
    *words, growth = out.rsplit(maxsplit=1)
    assert words == [f"{shape} 1234 (60, 40)"]
    assert int(growth) < 100e6
