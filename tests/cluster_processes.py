"""A Dask scheduler and its workers as processes on the loopback interface."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60.0  # s
NO_DETGUI = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "detgui":
            raise ModuleNotFoundError("No module named 'detgui'", name="detgui")
sys.meta_path.insert(0, Hide())
"""
OTHER_DETGUI = "import detgui\ndetgui.__version__ = '0.0.0'\n"
OTHER_NUMPY = "import numpy\nnumpy.__version__ = '1.99.0'\n"


@contextmanager
def processes(folder: Path, preloads: tuple[str, ...] = ("", "")) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler, and its process followed by a worker's, of one thread, for each of ``preloads``: code that it runs first."""
    found = folder / "scheduler.json"
    place = ("--host", "127.0.0.1", "--no-dashboard")
    running = [_start(folder, "scheduler", *place, "--port", "0", "--scheduler-file", str(found))]
    try:
        address = wait_for(lambda: json.loads(found.read_text())["address"] if found.exists() else None)
        for number, code in enumerate(preloads):
            first = folder / f"preload{number}.py"
            first.write_text(code)
            options = ("--nthreads", "1", "--no-nanny", "--preload", str(first), "--local-directory", str(folder))
            running.append(_start(folder, "worker", address, *place, *options))
        if preloads:
            wait_for(lambda: _count(address) == len(preloads))
        yield address, running
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def _start(folder: Path, what: str, *options: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DETGUI_HOME": str(folder), "DASK_CONFIG": str(folder), "PYTHONWARNINGS": "ignore"}
    with (folder / f"{what}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *options], stdout=log, stderr=log, env=environment, cwd=folder
        )


def _count(address: str) -> int:
    from detgui.tasks.cluster import connected

    with connected(address) as cluster:
        assert cluster is not None
        return cluster.workers


def wait_for(look):
    """The first true value of ``look()``."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found = look()
        except json.JSONDecodeError:  # half written
            found = None
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError("the scheduler or its workers did not start")
