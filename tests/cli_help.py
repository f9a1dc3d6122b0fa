"""The command line called from tests: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from detgui.cli import main


def run(capsys, *argv) -> tuple[int, str, list[str]]:
    """Exit status, stdout, and the lines of stderr."""
    capsys.readouterr()
    status = main([str(word) for word in argv])
    out, err = capsys.readouterr()
    return status, out, err.splitlines()


def child(*argv, **environment) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "detgui", *map(str, argv)], capture_output=True, text=True, timeout=120, env=env, check=False
    )
