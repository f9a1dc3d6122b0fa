"""Modules that are imported when they are first used: what a window needs before its first paint does not wait for numpy."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Late:
    """Stands for a module, which is imported when one of its names is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
