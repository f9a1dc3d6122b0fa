"""Frozen dataclasses to JSON and back, tolerant of files that an older or newer program wrote."""

from __future__ import annotations

import dataclasses
import types
import typing
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast

T = TypeVar("T")


def to_json(thing: Any) -> Any:
    """Dataclasses become objects, tuples lists, paths strings; the rest is left as it is."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {each.name: to_json(getattr(thing, each.name)) for each in dataclasses.fields(thing)}
    if isinstance(thing, list | tuple):
        return [to_json(each) for each in thing]
    if isinstance(thing, Path):
        return {"path": str(thing)}
    return thing


def from_json(kind: type[T], data: Any) -> T:
    """Make a dataclass from what `to_json` made of it.

    Fields that are missing take their default, unknown ones are left out; raises ValueError where a value is of another type.
    """
    return cast(T, _read(kind, data))


def _read(kind: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _read_dataclass(kind, data)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        if data in parts:
            return data
    elif origin in (Union, types.UnionType):
        return _read_union(parts, data)
    elif origin is tuple:
        return _read_tuple(parts, data)
    elif kind is Path:
        if isinstance(data, dict) and isinstance(data.get("path"), str):
            return Path(data["path"])
    elif kind is float and isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    elif kind is Any or (type(data) is kind):
        return data
    elif kind is type(None) and data is None:
        return None
    raise ValueError(f"{data!r} is not {kind}")


def _read_dataclass(kind: type[Any], data: Any) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{data!r} is not {kind.__name__}")
    hints = typing.get_type_hints(kind)
    known = {each.name: _read(hints[each.name], data[each.name]) for each in dataclasses.fields(kind) if each.name in data}
    try:
        return kind(**known)
    except TypeError as error:  # a field without default is missing
        raise ValueError(str(error)) from error


def _read_union(parts: tuple[Any, ...], data: Any) -> Any:
    for part in parts:
        try:
            return _read(part, data)
        except ValueError:
            continue
    raise ValueError(f"{data!r} is none of {parts}")


def _read_tuple(parts: tuple[Any, ...], data: Any) -> Any:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is not a list")
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_read(parts[0], each) for each in data)
    if len(parts) != len(data):
        raise ValueError(f"{data!r} has not {len(parts)} items")
    return tuple(_read(part, each) for part, each in zip(parts, data, strict=True))
