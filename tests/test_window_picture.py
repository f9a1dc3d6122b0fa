"""``detgui --screenshot``: a picture of what was asked for, or one line why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from detgui.gui.common.pictures import is_blank, save


def take(*argv, **environment) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "detgui", *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, env=env | environment, check=False)


def test_picture_without_a_display(flight_ramp, tmp_path):
    out = tmp_path / "window.png"
    done = take(
        "--screenshot", out, flight_ramp, "--size", "1280x800", "--theme", "dark", "--pixel", 65, 94, "--integration", 3, "--group", 2
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    picture = QImage(str(out))
    assert (picture.width(), picture.height()) == (1280, 800)
    assert picture.pixelColor(640, 790).lightnessF() < 0.4  # the ground is dark
    assert not is_blank(picture.copy(300, 150, 400, 400))
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--pixel", 400, 3), "pixel 400"), (("--integration", 77), "integration 77"), (("--group", 9), "group 9")],
)
def test_no_picture_of_something_else(flight_ramp, tmp_path, options, said):
    done = take("--screenshot", tmp_path / "x.png", flight_ramp, *options)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_picture_of_a_bad_file(tmp_path):
    bad = tmp_path / "bad.fits"
    bad.write_bytes(b"no")
    done = take("--screenshot", tmp_path / "x.png", bad)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "bad.fits" in done.stderr
    assert not (tmp_path / "x.png").exists()


def test_a_picture_waits_for_regions(flight_ramp, tmp_path):
    regions = tmp_path / "v.reg"
    regions.write_text("image\nbox(64,64,80,80,0) # color=#ff00ff\n", "utf-8")
    done = take("--screenshot", tmp_path / "x.png", flight_ramp, "--size", "1280x800", "--regions", regions)
    assert (done.returncode, done.stderr) == (0, "")
    picture = QImage(str(tmp_path / "x.png"))
    colours = {picture.pixelColor(x, y).name() for y in range(100, 700) for x in range(260, 840)}
    assert "#ff00ff" in colours


def test_no_picture_without_the_regions_that_were_asked_for(flight_ramp, tmp_path):
    (tmp_path / "v.reg").write_text("nothing of the kind", "utf-8")
    for name in ("v.reg", "nowhere.reg"):
        done = take("--screenshot", tmp_path / "x.png", flight_ramp, "--regions", tmp_path / name)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert name in done.stderr
        assert not (tmp_path / "x.png").exists()


def test_blank_pictures_are_noticed():
    blank = QImage(300, 200, QImage.Format.Format_RGB32)
    blank.fill(QColor("white"))
    assert is_blank(blank)
    for number in range(40):
        blank.setPixelColor(number * 2, number * 2, QColor(number * 6, 0, 0))
    assert not is_blank(blank)


def test_picture_that_cannot_be_written_leaves_nothing(tmp_path):
    picture = QImage(10, 10, QImage.Format.Format_RGB32)
    picture.fill(QColor("red"))
    with pytest.raises(OSError):
        save(picture, tmp_path / "nowhere" / "x.png")
    save(picture, tmp_path / "x.png")
    assert [path.name for path in Path(tmp_path).iterdir()] == ["x.png"]
