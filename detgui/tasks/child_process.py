"""The process behind `detgui.tasks.child` and the pipes to it."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

END_S = 5.0
"""How long a killed process may take to be gone, s."""

BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from detgui.tasks.child_main import main; main()"


def spawn(folder: Path, environment: Mapping[str, str | None], first: Any) -> subprocess.Popen[bytes]:
    """Start Python in ``folder``, with ``stderr.txt`` there; ``environment`` differs from that here, ``first`` is sent to it.

    Raises `OSError` where that fails.
    """
    taken_away = {name for name, value in environment.items() if value is None}
    given = {name: value for name, value in environment.items() if value is not None}
    env = {name: value for name, value in os.environ.items() if name not in taken_away} | given
    search = [str(Path(each).resolve()) for each in sys.path]
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        options = {"creationflags": flags}
    with (folder / "stderr.txt").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", BOOT, json.dumps(search)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=env,
            **options,
        )
    with contextlib.suppress(OSError):  # one that died already is found out by the first job
        send(process.stdin, first)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it started, and wait until it is gone."""
    if process.poll() is None:
        killpg = getattr(os, "killpg", None)
        with contextlib.suppress(OSError):
            if killpg is not None:
                killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_S)


def send(pipe: IO[bytes] | None, value: Any) -> None:
    """Write one pickle."""
    assert pipe is not None
    pipe.write(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    pipe.flush()


def read(pipe: IO[bytes], messages: queue.SimpleQueue[tuple[Any, ...]]) -> None:
    """Pass messages on until a job has ended or the pipe has."""
    kind = ""
    while kind not in ("result", "error", "gone"):
        try:
            message = pickle.load(pipe)
        except Exception:  # cut short at any place
            message = ("gone",)
        kind = message[0]
        messages.put(message)


def remove(path: Path) -> None:
    """Remove a file or a folder if it is there; Windows lets go of a killed process's files a little later."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            return
        time.sleep(0.05)
