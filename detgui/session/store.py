"""Small JSON files in the state folder: settings, recent files. Written beside and moved into place."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detgui.folders import state_folder

RECENT = 15

_log = logging.getLogger(__name__)


def write_json(path: Path, data: Any) -> None:
    """Write a file whole or not at all; raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
            file.flush()
            os.fsync(file.fileno())  # a crash of the machine must not leave an empty file behind
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """The content of a file, None where there is none; raises ValueError where it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, RecursionError) as error:
        raise ValueError(str(error)) from error


def set_aside(path: Path) -> Path | None:
    """Rename a file that cannot be used, so that it is neither read nor lost; None where that failed."""
    aside = path.with_name(path.name + ".unreadable")
    try:
        path.replace(aside)
    except OSError:
        return None
    return aside


class Settings:
    """Values by name, kept across runs; str, int, float, bool, bytes, and lists of them.

    A settings file that cannot be read is set aside and counts as empty; one that cannot be written is logged, never raised.
    """

    def __init__(self, name: str = "settings") -> None:
        self._path = state_folder() / f"{name}.json"
        try:
            data = read_json(self._path)
        except ValueError:
            set_aside(self._path)
            data = None
        self._values: dict[str, Any] = data if isinstance(data, dict) else {}

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key."""
        value = self._values.get(key, default)
        if isinstance(value, dict) and isinstance(value.get("bytes"), str):
            try:
                return base64.b64decode(value["bytes"], validate=True)
            except ValueError:
                return default
        return value

    def set(self, key: str, value: Any) -> None:
        """Keep a value; None takes it away."""
        stored = {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes | bytearray) else value
        if key in self._values and self._values[key] == stored:
            return
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = stored
        try:
            write_json(self._path, self._values)
        except OSError as error:
            _log.warning("settings were not kept: %s", error)


class RecentFiles:
    """Files opened last, most recent first; those that are not there any more are left out."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def paths(self) -> list[Path]:
        """At most `RECENT` files that exist."""
        return [path for path in self._all() if path.exists()]

    def add(self, paths: Iterable[Path]) -> None:
        """Put files at the front."""
        names = [str(each) for each in [*paths, *self._all()]]
        self._settings.set("recent", list(dict.fromkeys(names))[:RECENT])

    def clear(self) -> None:
        """Forget them."""
        self._settings.set("recent", [])

    def _all(self) -> list[Path]:
        names = self._settings.get("recent", [])
        return [Path(each) for each in names if isinstance(each, str)] if isinstance(names, list) else []
