"""Where the details of unexpected failures go: a log in the state folder."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

from detgui.folders import state_folder

MAX_BYTES = 1_000_000


def log_traceback(error: BaseException) -> Path | None:
    """Add the traceback to the log and return the log's path; None where it cannot be written."""
    return log("".join(traceback.format_exception(error)))


def log(text: str) -> Path | None:
    """Add a dated entry to the log; started afresh when it grows beyond `MAX_BYTES`."""
    try:
        path = state_folder() / "log" / "detgui.log"
        path.parent.mkdir(exist_ok=True)
        mode = "w" if path.exists() and path.stat().st_size > MAX_BYTES else "a"
        with path.open(mode, encoding="utf-8") as file:
            file.write(f"--- {time.strftime('%Y-%m-%dT%H:%M:%S')}\n{text.rstrip()}\n")
    except OSError:
        return None
    return path
