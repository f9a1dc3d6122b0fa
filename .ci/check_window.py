"""Start the installed program on a virtual screen, wait until it shows an image, close it; fail if it dies or stays blank.

python .ci/check_window.py .venv/bin/detgui
"""

from __future__ import annotations

import importlib.util
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 1280, 800


def screen(folder: str) -> np.ndarray:
    """Pixels of the virtual screen, shape (height, width) uint32, out of Xvfb's frame buffer file (XWD format)."""
    raw = (Path(folder) / "Xvfb_screen0").read_bytes()
    header_size, *_ = struct.unpack(">I", raw[:4])
    ncolors = struct.unpack(">I", raw[76:80])[0]
    pixels = np.frombuffer(raw, "<u4", WIDTH * HEIGHT, header_size + ncolors * 12)
    return pixels.reshape(HEIGHT, WIDTH)


def vivid_colours(pixels: np.ndarray) -> int:
    """How many different saturated colours there are: an image in its colour map has over a hundred, text and icons a few."""
    channels = np.stack([pixels >> shift & 0xFF for shift in (16, 8, 0)]).astype(int)
    return len(np.unique(pixels[channels.max(axis=0) - channels.min(axis=0) > 60]))


def started_display(folder: str) -> tuple[subprocess.Popen, str]:
    """A virtual screen and its display name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", folder, "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        return server, ":" + answer.readline().strip()


def flight_ramp() -> str:
    """The real ramp that ships inside the installed jwst package."""
    spec = importlib.util.find_spec("jwst")
    return str(Path(spec.origin).parent / "lib" / "tests" / "data" / "add_wcs_default_acq1.fits")


def check(program: str, folder: str, display: str) -> str:
    """Run the program; returns what is wrong, '' where all is well."""
    with_screen = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "DETGUI_HOME": str(Path(folder) / "home")}
    app = subprocess.Popen([program, flight_ramp()], env=with_screen)
    started = time.monotonic()
    colours = 0
    while time.monotonic() - started < 120:
        time.sleep(0.5)
        if app.poll() is not None:
            return f"the program ended by itself with exit status {app.returncode}"
        colours = vivid_colours(screen(folder)[HEIGHT // 4 : 3 * HEIGHT // 4, WIDTH // 5 : WIDTH // 2])
        if colours > 100:
            break
    else:
        return f"the image stayed blank ({colours} colours)"
    print(f"an image was shown after {time.monotonic() - started:.1f} s ({colours} colours)")
    app.send_signal(signal.SIGINT)
    try:
        status = app.wait(20)
    except subprocess.TimeoutExpired:
        app.kill()
        return "the program did not close when asked to"
    return "" if status in (0, 130) else f"the program closed with exit status {status}"


with tempfile.TemporaryDirectory() as place:
    xvfb, name = started_display(place)
    try:
        wrong = check(sys.argv[1], place, name)
    finally:
        xvfb.terminate()
        xvfb.wait()
if wrong:
    sys.exit(f"window check: {wrong}")
print("window check: passed")
