"""What test_child.py lets a child process do."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

from detgui.errors import BadInput

WARM = False


def warm_up() -> None:
    global WARM
    WARM = True
    print("printed while it warms up")


def broken_warm_up() -> None:
    raise RuntimeError("not today")


def facts(progress) -> dict[str, object]:
    progress(0.5, "half")
    print("printed by a library")
    return {
        "pid": os.getpid(),
        "nice": os.nice(0) if hasattr(os, "nice") else None,
        "folder": str(Path.cwd()),
        "warm": WARM,
        "own": os.environ.get("DETGUI_OWN"),
        "home": os.environ.get("HOME"),
    }


def add(one, two, progress):
    return one + two


def no_answer(progress):
    return lambda: None


def talk(progress) -> None:
    logging.getLogger("pipeline.step").info("step %s\nruns", "A")
    logging.getLogger("pipeline.step").debug("not this")
    logging.getLogger("other").warning("nor this")
    warnings.warn("careful", stacklevel=1)


def fail(kind: str, progress) -> None:
    if kind == "bad":
        raise BadInput("the file is no ramp")
    if kind == "exit":
        sys.exit(-1)
    if kind == "memory":
        raise MemoryError("Unable to allocate 8 TiB")
    if kind == "missing":
        Path("nowhere/x").read_text()
    if kind == "crash":
        os._exit(3)
    if kind == "killed":
        os.kill(os.getpid(), 9)
    raise ValueError("two\nlines")


def write_slowly(path: str, progress) -> None:
    """Half a file, then nothing for long, without the interpreter's lock being free for others in between."""
    with open(path, "w") as file:  # noqa: PTH123
        file.write("half")
        file.flush()
        progress(0.1, "half is written")
        time.sleep(60)


def with_grandchild(path: str, progress) -> None:
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(path).write_text(str(grandchild.pid))
    progress(0.1, "started")
    time.sleep(60)


def lock(progress) -> None:
    """Never returns, never lets another thread run for long."""
    progress(0.1, "busy")
    while True:
        sum(range(1000))
