"""Where a result comes from: input files, versions, parameters, and the command line and the Python that make it again."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from detgui import __version__
from detgui.data.exposure import Exposure, FileRecord
from detgui.data.segments import segment_name

_IMAGE = re.compile(r"\[SCI,(\d+)\]$")  # what the name of an exposure says where the file has several

PACKAGES = ("numpy", "scipy", "astropy", "jwst")
OUTPUTS = {"slopes": "slopes.fits"}
"""What a verb writes by default, where it is not ``VERB.ecsv``."""

MODULES = {"slopes": "slope_map"}
"""The analysis behind a verb, where it is not called the same."""

EXACT_FILES = ("slopes",)
"""Verbs that use exactly the files that are named."""


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of detgui, Python and the packages that numbers depend on; nothing is imported for it."""
    found = {"detgui": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def iso_time(seconds: float) -> str:
    """UTC in ISO 8601, to the second, of a time in s since 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def file_record(record: FileRecord) -> dict[str, object]:
    """Path, size in bytes and modification time of an input file."""
    return {"path": str(record.path), "bytes": record.size, "modified": iso_time(record.mtime)}


def parameters(params: Any) -> dict[str, object]:
    """Fields of a ``Params`` dataclass by name, paths as text."""
    values = {field.name: getattr(params, field.name) for field in fields(params)}
    return {name: str(_absolute(value)) if isinstance(value, Path) else value for name, value in values.items()}


def provenance(exposures: Sequence[Exposure], params: Any, verb: str) -> dict[str, object]:
    """What a result carries: ``verb``, ``made`` (UTC), ``files``, ``references``, ``versions``, ``parameters``, ``command`` and
    ``python``."""
    references = [value for field in fields(params) if isinstance(value := getattr(params, field.name), Path)]
    return {
        "verb": verb,
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": [file_record(record) for exposure in exposures for record in exposure.files],
        "references": [file_record(_record(path)) for path in references if path.exists()],
        "versions": versions(),
        **for_params([record.path for exposure in exposures for record in exposure.files], exposures[0].name, params, verb),
    }


def for_params(paths: Sequence[Path], name: str, params: Any, verb: str) -> dict[str, object]:
    """The part of `provenance` that changes with the parameters: ``parameters``, ``command`` and ``python``."""
    return {"parameters": parameters(params), "command": _command(paths, name, params, verb), "python": _python(paths, name, params, verb)}


def _record(path: Path) -> FileRecord:
    status = path.stat()
    return FileRecord(path.resolve(), status.st_size, status.st_mtime)


def _command(paths: Sequence[Path], name: str, params: Any, verb: str) -> str:
    which = ["--no-join"] if len(paths) == 1 and segment_name(paths[0].name) and verb not in EXACT_FILES else []
    if verb == "ramp" and (image := _IMAGE.search(name)):
        which += ["--extver", image[1]]
    words = ["detgui", verb, *map(str, paths), *which, *_options(params), "-o", OUTPUTS.get(verb, f"{verb}.ecsv")]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _options(params: Any) -> list[str]:
    """Options of a Params: a field's name with dashes; x and y are ``--pixel``, pairs are ranges, defaults are left out."""
    words: list[str] = []
    for field in fields(params):
        value = getattr(params, field.name)
        if field.name == "x":
            words += ["--pixel", str(value), str(params.y)]
        elif field.name != "y" and value != field.default:
            words += [f"--{field.name.replace('_', '-')}", _text(value)]
    return words


def _text(value: object) -> str:
    """An option's value: two numbers are a range, other lists have commas."""
    if not isinstance(value, tuple):
        return str(_absolute(value))
    return ("-" if len(value) == 2 and isinstance(value[0], int) else ",").join(map(str, value))


def _python(paths: Sequence[Path], name: str, params: Any, verb: str) -> str:
    given = {field.name: getattr(params, field.name) for field in fields(params) if getattr(params, field.name) != field.default}
    arguments = ", ".join(f"{key}={_literal(value)}" for key, value in given.items())
    module = MODULES.get(verb, verb)
    lines = [
        f"from detgui.analysis import {module}",
        "from detgui.data.exposure import open_exposures",
        "",
        f"exposures = open_exposures([{', '.join(repr(str(path)) for path in paths)}], neighbours=False)",
        f"exposure = next(each for each in exposures if each.name == {name!r})",
        f"result = {module}.run(exposure, {module}.Params({arguments}))",
    ]
    if any(isinstance(value, Path) for value in given.values()):
        lines.insert(0, "from pathlib import Path\n")
    return "\n".join(lines) + "\n"


def _literal(value: object) -> str:
    return f"Path({str(_absolute(value))!r})" if isinstance(value, Path) else repr(value)


def _absolute(value: object) -> object:
    """A path that means the same in every folder; anything else as it is."""
    return Path(os.path.abspath(value)) if isinstance(value, Path) else value  # noqa: PTH100  (links keep the name that was given)
