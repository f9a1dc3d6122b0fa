"""A tiny CRDS cache for tests: rules of a few types, and ``crds certify`` in a process of its own, without the network."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from detgui.data.crds import EMPTY_CONTEXT as CONTEXT
from detgui.data.crds import server_config

PARKEYS = {
    "nircam": {
        "gain": ("META.INSTRUMENT.DETECTOR",),
        "mask": ("META.INSTRUMENT.DETECTOR", "META.SUBARRAY.NAME"),
        "ipc": ("META.INSTRUMENT.DETECTOR",),
        "superbias": ("META.INSTRUMENT.DETECTOR", "META.EXPOSURE.READPATT", "META.SUBARRAY.NAME"),
        "linearity": ("META.INSTRUMENT.DETECTOR",),
        "saturation": ("META.INSTRUMENT.DETECTOR",),
        "readnoise": ("META.INSTRUMENT.DETECTOR", "META.EXPOSURE.READPATT"),
        "dark": ("META.INSTRUMENT.DETECTOR", "META.EXPOSURE.READPATT", "META.SUBARRAY.NAME"),
        "flat": ("META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER", "META.INSTRUMENT.PUPIL"),
    },
    "nirspec": {
        "gain": ("META.INSTRUMENT.DETECTOR", "META.SUBARRAY.NAME"),
        "mask": ("META.INSTRUMENT.DETECTOR", "META.SUBARRAY.NAME"),
        "ipc": ("META.INSTRUMENT.DETECTOR", "META.EXPOSURE.READPATT"),
    },
    "niriss": {"gain": ("META.INSTRUMENT.DETECTOR",), "mask": ("META.INSTRUMENT.DETECTOR",)},
}
"""Keywords by which files of a type are chosen, next to the date."""

TIME = ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")


def make_cache(folder: Path, references: Iterable[tuple[str, str, Mapping[str, object]]] = ()) -> dict[str, str]:
    """Write the rules into ``folder``; returns the environment in which crds and jwst use them and nothing else.

    ``references`` are (instrument, type, {file name: (values of the keywords, USEAFTER)}): best references, whose files the caller puts
    into ``folder/references/jwst/INSTRUMENT``.
    """
    mappings = folder / "mappings" / "jwst"
    mappings.mkdir(parents=True)
    write_config(folder)
    chosen = {(instrument, reftype): files for instrument, reftype, files in references}
    for instrument, types in PARKEYS.items():
        (folder / "references" / "jwst" / instrument).mkdir(parents=True)
        for reftype, keys in types.items():
            _rmap(mappings, instrument, reftype, keys, chosen.get((instrument, reftype), {}))
        rules = {reftype.upper(): f"jwst_{instrument}_{reftype}_0000.rmap" for reftype in types}
        _mapping(mappings / f"jwst_{instrument}_0000.imap", "INSTRUMENT", ("REFTYPE",), rules, instrument=instrument.upper())
    instruments = {instrument.upper(): f"jwst_{instrument}_0000.imap" for instrument in PARKEYS}
    _mapping(mappings / CONTEXT, "PIPELINE", ("META.INSTRUMENT.NAME",), instruments)
    return environment(folder)


def write_config(folder: Path) -> None:
    """Make ``folder`` a cache: what crds wants to find where it asks no server."""
    config = folder / "config" / "jwst"
    config.mkdir(parents=True)
    (config / "server_config").write_text(repr(server_config(CONTEXT)))


def environment(folder: Path) -> dict[str, str]:
    """The environment of a process that uses the cache in ``folder`` and no server."""
    return os.environ | {
        "CRDS_PATH": str(folder),
        "CRDS_CONTEXT": CONTEXT,
        "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",  # crds knows this name and asks nobody
        "CRDS_OBSERVATORY": "jwst",
        "CRDS_IGNORE_MAPPING_CHECKSUM": "true",
        "CRDS_CLIENT_TIMEOUT_SECONDS": "5",
        "CRDS_CLIENT_RETRY_COUNT": "1",
        "STPIPE_DISABLE_CRDS_STEPPARS": "true",
        "CRDS_READONLY_CACHE": "1",
    }


def certify(paths: Iterable[Path], environ: Mapping[str, str], timeout: float = 120.0) -> tuple[int, list[str]]:
    """Exit status of ``crds certify`` on reference files of one folder, and the lines it printed; skips where crds is not installed."""
    if importlib.util.find_spec("crds") is None:
        pytest.skip("crds is not installed")
    several = list(paths)
    words = [sys.executable, "-m", "crds.certify", "--dont-check-rmap-updates", "--comparison-context", "none"]
    words += [f"./{path.name}" for path in several]
    done = subprocess.run(
        words,
        cwd=several[0].parent,
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def _rmap(mappings: Path, instrument: str, reftype: str, keys: tuple[str, ...], files: Mapping[str, object]) -> None:
    by_match: dict[object, dict[str, str]] = {}
    for name, (values, useafter) in files.items():  # type: ignore[misc]
        by_match.setdefault(tuple(values), {})[useafter] = name
    lines = ["Match({"]
    for match, dates in by_match.items():
        lines.append(f"    {match!r} : UseAfter({{")
        lines += [f"        {date!r} : {name!r}," for date, name in sorted(dates.items())]
        lines.append("    }),")
    lines.append("})")
    path = mappings / f"jwst_{instrument}_{reftype}_0000.rmap"
    _write(
        path,
        {
            "derived_from": "made for a test",
            "file_ext": ".fits",
            "filekind": reftype.upper(),
            "filetype": reftype.upper(),
            "instrument": instrument.upper(),
            "mapping": "REFERENCE",
            "name": path.name,
            "observatory": "JWST",
            "parkey": (keys, TIME),
            "suffix": reftype,
            "text_descr": reftype,
        },
        "\n".join(lines),
    )


def _mapping(path: Path, kind: str, parkey: tuple[str, ...], selector: Mapping[str, str], **more: str) -> None:
    header = {"mapping": kind, "name": path.name, "observatory": "JWST", "parkey": parkey, "derived_from": "made for a test"} | more
    _write(path, header, repr(dict(selector)))


def _write(path: Path, header: Mapping[str, object], selector: str) -> None:
    """The check sum is that of the text without the line that holds it."""
    checked = hashlib.sha1(_text(header, selector).encode()).hexdigest()
    path.write_text(_text({**header, "sha1sum": checked}, selector))


def _text(header: Mapping[str, object], selector: str) -> str:
    lines = "\n".join(f"    {name!r} : {value!r}," for name, value in header.items())
    return f"header = {{\n{lines}\n}}\n\nselector = {selector}\n"
