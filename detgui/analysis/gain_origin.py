"""Where a gain map comes from."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detgui.analysis.gain_types import Params
from detgui.analysis.provenance import file_record, iso_time, versions
from detgui.data.exposure import Exposure

OPTIONS = {
    "box": "--box",
    "limit": "--limit",
    "voids": "--voids",
    "exclude": "--exclude",
    "ipc_centre": "--ipc-centre",
    "ipc_kernel": "--ipc-kernel",
    "clip": "--clip",
}


def gain_provenance(flats: Sequence[Exposure], params: Params) -> dict[str, object]:
    """``verb``, ``made`` (UTC), ``files``, ``versions``, ``parameters`` (masks as their number of pixels) and ``command``."""
    return {
        "verb": "gain",
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": [file_record(record) for flat in flats for record in flat.files],
        "versions": versions(),
        "parameters": {field.name: _plain(getattr(params, field.name)) for field in fields(params)},
        "command": command(flats, params),
    }


def command(flats: Sequence[Exposure], params: Params) -> str:
    """The command line that makes the map again; masks drawn in the window have to be saved as a region file first."""
    words = ["detgui", "gain", *(str(record.path) for flat in flats for record in flat.files)]
    defaults = {field.name: field.default for field in fields(params)}
    for name, option in OPTIONS.items():
        value = getattr(params, name)
        if isinstance(value, int | float | Path) and value != defaults[name]:
            words += [option, str(_plain(value))]
    if params.pairs != "auto":
        words += ["--pairs", params.pairs if isinstance(params.pairs, str) else ",".join(map(str, params.pairs))]
    if params.ipc_measure:
        words.append("--ipc-measure")
    if not params.clip_correction:
        words.append("--no-clip-correction")
    return shlex.join([*words, "-o", "gain.fits"])


def _plain(value: Any) -> object:
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, tuple):
        return [f"mask of {int(each.sum())} pixels" if hasattr(each, "sum") else each for each in value]
    return value.tolist() if hasattr(value, "tolist") else value
