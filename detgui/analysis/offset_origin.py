"""Where a table of offsets comes from: files, versions, parameters, and the command line and the Python that make it again."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detgui.analysis.offset_image_params import ImageParams
from detgui.analysis.offset_types import Params
from detgui.analysis.provenance import file_record, iso_time, versions
from detgui.data.catalogs import Catalog, Columns
from detgui.data.files import FileRecord

OPTIONS = ("match", "radius", "mag_limit", "snr_limit", "slope", "reference", "replicates", "seed")
"""Parameters that are options of the same name with a value."""


IMAGE_OPTIONS = ("threshold", "compact", "magnitude")
"""Parameters of the photometry that are options of the same name."""


def origin(catalog: Catalog, params: Params, pair: tuple[str, str]) -> dict[str, Any]:
    """``verb``, ``made`` (UTC), ``files``, ``versions``, ``parameters``, ``command`` and ``python``."""
    values = {each.name: getattr(params, each.name) for each in fields(params) if each.name != "columns"}
    values |= {"columns": dict(params.columns.names), "values": [list(each) for each in params.columns.values], "pair_epochs": list(pair)}
    return {
        "verb": "offsets",
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": records(catalog.files),
        "versions": versions(),
        "parameters": values | ({"photometry": dict(catalog.photometry)} if catalog.photometry else {}),
        "command": command(catalog, params),
        "python": python(catalog, params),
    }


def records(paths: Sequence[Path]) -> list[dict[str, object]]:
    """Path, size and time of the files that are there."""
    found = []
    for path in paths:
        if path.exists():
            status = path.stat()
            found.append(file_record(FileRecord(_absolute(path), status.st_size, status.st_mtime)))
    return found


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (links keep the name that was given)


def command(catalog: Catalog, params: Params, output: str = "offsets.ecsv") -> str:
    """The command line that makes the table again, quoted for the shell of the platform."""
    words = [*options(params), *image_options(catalog)]
    return quoted(["detgui", "offsets", *(str(_absolute(path)) for path in catalog.files), *words, "-o", output])


def image_options(catalog: Catalog) -> list[str]:
    """Options of the photometry that are not at their defaults."""
    given, default = dict(catalog.photometry), ImageParams()
    words = []
    for name in IMAGE_OPTIONS:
        if given.get(name, getattr(default, name)) != getattr(default, name):
            words += [f"--{name}", f"{given[name]}"]
    return words


def quoted(words: Sequence[str]) -> str:
    """A command line for the shell of the platform."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def options(params: Params) -> list[str]:
    """Options of the parameters that are not at their defaults."""
    default = Params()
    words = ["--pair-epochs", ",".join(params.pair_epochs)] if params.pair_epochs else []
    for name in OPTIONS:
        value = getattr(params, name)
        if value != getattr(default, name):
            words += [f"--{name.replace('_', '-')}", f"{value}"]
    if params.free_time:
        words.append("--free-time")
    if params.long_axis_pa is not None:
        words += ["--long-axis-pa", f"{params.long_axis_pa!r}"]
    for role, column in params.columns.names:
        words += ["--column", f"{role}={column}"]
    for role, value, file in params.columns.values:
        words += ["--value", f"{role}={value}" + (f"@{file}" if file else "")]
    return words


def python(catalog: Catalog, params: Params) -> str:
    """The Python that makes the table again."""
    values = f"offsets.Params({_given(params, Params())})"
    files = ", ".join(repr(str(_absolute(path))) for path in catalog.files)
    lines = ["from detgui.data.catalogs import Columns"] if params.columns != Columns() else []
    if not catalog.photometry:
        return "\n".join(["from detgui.analysis import offsets", *lines, "", f"result = offsets.run_files([{files}], {values})"]) + "\n"
    how = _given(ImageParams(**dict(catalog.photometry)), ImageParams())
    lines = [
        "from detgui.analysis import offset_photometry, offsets",
        *lines,
        "",
        f"catalog = offset_photometry.run([{files}], offset_photometry.ImageParams({how}))",
        f"result = offsets.run(catalog, {values})",
    ]
    return "\n".join(lines) + "\n"


def _given(params: Params | ImageParams, default: Params | ImageParams) -> str:
    """The values that are not the defaults, as arguments."""
    values = [(each.name, getattr(params, each.name)) for each in fields(params)]
    return ", ".join(f"{name}={value!r}" for name, value in values if value != getattr(default, name))
