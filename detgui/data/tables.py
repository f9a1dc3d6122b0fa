"""Tables on disk: ECSV with units and metadata, and CSV with the same in leading comment lines."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput

if TYPE_CHECKING:
    from astropy.table import Table

Columns = Mapping[str, tuple[NDArray[Any], str]]
"""Column name to values, shape (nrows,), and unit ('' for none)."""

FORMATS = (".ecsv", ".csv")


def write_table(path: Path, columns: Columns, meta: Mapping[str, object], overwrite: bool = True) -> None:
    """Write a table, its format chosen by the extension: ``.ecsv`` or ``.csv``.

    CSV begins with one ``# name: value`` line (JSON value) for each entry of ``meta`` and ``# unit of column: unit`` lines; readers skip
    them with ``comment="#"``. The file appears complete or not at all. Raises `BadInput` for another extension, or a place that cannot be
    written to.
    """
    path = Path(path)
    kind = check_extension(path)
    if path.exists() and not overwrite:
        raise BadInput(f"{path} is already there")
    text = _ecsv(columns, meta) if kind == ".ecsv" else _csv(columns, meta)
    write_whole(path, text.encode("utf-8", "surrogateescape"))  # names of files need not be UTF-8


def check_extension(path: Path) -> str:
    """The extension in small letters. Raises `BadInput` where it is none of `FORMATS`."""
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise BadInput(f"{path.name}: a table is written as .ecsv or .csv, not as {kind or 'a file without extension'}")
    return kind


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there; a link is followed. Raises `BadInput` naming the file and the cause."""
    try:
        path = path.resolve() if path.is_symlink() else path
        if path.is_file() and not os.access(path, os.W_OK):
            raise BadInput(f"{path} cannot be written: it is there already and write-protected")
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            _permissions_of_a_new_file(Path(name))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}") from error


def _permissions_of_a_new_file(path: Path) -> None:
    """Temporary files are private to the user; a result is as readable as any file the user makes."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def as_astropy(columns: Columns, meta: Mapping[str, object]) -> Table:
    """The columns as an `astropy.table.Table` with units and plain metadata."""
    from astropy.table import Column, Table

    table = Table(meta={name: plain(value) for name, value in meta.items()})
    for name, (values, unit) in columns.items():
        table[name] = Column(np.asarray(values), unit=unit or None)
    return table


def plain(value: object) -> object:
    """``value`` made of what YAML and JSON know: numbers, texts, lists, dictionaries, None."""
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


class _Lines(str):
    """Text of several lines."""


def _ecsv(columns: Columns, meta: Mapping[str, object]) -> str:
    import io

    from astropy.io.misc.yaml import AstropyDumper

    # YAML writes line breaks as empty lines, which readers of ECSV leave out; in double quotes it escapes them.
    AstropyDumper.add_representer(_Lines, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"'))
    text = io.StringIO()
    table = as_astropy(columns, meta)
    table.meta = {name: _marked(value) for name, value in table.meta.items()}
    table.write(text, format="ascii.ecsv")
    return text.getvalue()


def _marked(value: object) -> object:
    """``value`` with its texts of several lines as `_Lines`."""
    if isinstance(value, str):
        return _Lines(value) if len(value.splitlines()) > 1 or value != value.strip() else value
    if isinstance(value, dict):
        return {_marked(name): _marked(item) for name, item in value.items()}
    return [_marked(item) for item in value] if isinstance(value, list) else value


def _csv(columns: Columns, meta: Mapping[str, object]) -> str:
    lines = [f"# {name}: {json.dumps(_json(plain(value)), ensure_ascii=False)}" for name, value in meta.items()]
    lines += [f"# unit of {name}: {unit}" for name, (_, unit) in columns.items() if unit]
    lines.append(",".join(columns))
    values = [np.asarray(column).tolist() for column, _ in columns.values()]
    lines += [",".join(_cell(cell) for cell in row) for row in zip(*values, strict=True)]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    text = repr(value) if isinstance(value, float) else str(value)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(mark in text for mark in ',"\n') else text


def _json(value: object) -> object:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, list) else value
