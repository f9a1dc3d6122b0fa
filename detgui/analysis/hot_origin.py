"""Where a study of hot pixels comes from: files, versions, parameters, and the command line and the Python that make it again."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from detgui.analysis.hot_types import Params
from detgui.analysis.provenance import file_record, iso_time, parameters, versions
from detgui.data.darks import DarkFile


def origin(darks: Sequence[DarkFile], params: Params) -> dict[str, object]:
    """``verb``, ``made`` (UTC), ``files``, ``versions``, ``parameters``, ``command`` and ``python`` of a result."""
    paths = [dark.path for dark in darks]
    return {
        "verb": "hotpixels",
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": [file_record(dark.record) for dark in darks],
        "versions": versions(),
        "parameters": parameters(params),
        "command": command(paths, params),
        "python": python(paths, params),
    }


def command(paths: Sequence[Path], params: Params, output: str = "trend.ecsv") -> str:
    """The command line that makes the trend again, quoted for the shell of the platform."""
    words = ["detgui", "hotpixels", *map(str, paths)]
    default = Params()
    if params.thresholds != default.thresholds:
        words += ["--thresholds", ",".join(f"{each:g}" for each in params.thresholds)]
    for name, value in (("--break", ",".join(params.breaks) or None), ("--unit", params.unit), ("--gain", params.gain)):
        words += [name, str(value)] if value is not None else []
    for name, unit in params.units:
        words += ["--unit", f"{name}={unit}"]
    for name, date in params.dates:
        words += ["--date", f"{name}={date}"]
    for name in ("hot_threshold", "centre", "sigma"):
        if getattr(params, name) != getattr(default, name):
            words += [f"--{name.replace('_', '-')}", f"{getattr(params, name):g}"]
    words += ["-o", output]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def python(paths: Sequence[Path], params: Params) -> str:
    """The Python that makes the result again."""
    default = Params()
    given = {name: value for name in Params.__slots__ if (value := getattr(params, name)) != getattr(default, name)}
    arguments = ", ".join(f"{name}={f'Path({str(value)!r})' if isinstance(value, Path) else repr(value)}" for name, value in given.items())
    files = ", ".join(repr(str(path)) for path in paths)
    lines = [
        "from pathlib import Path",
        "",
        "from detgui.analysis import hot_pixels",
        "",
        f"paths = [Path(each) for each in [{files}]]",
        f"result = hot_pixels.run(paths, hot_pixels.Params({arguments}))",
    ]
    return "\n".join(lines) + "\n"
