"""Frozen dataclasses to JSON and back, tolerant of files that an older or newer program wrote.

A shape names its class; a painted one has its pixels as bits, row by row, compressed, in base 64.
"""

from __future__ import annotations

import base64
import dataclasses
import types
import typing
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, cast

from detgui.errors import BadInput
from detgui.late import Late
from detgui.science.regions import Combined, Ellipse, Painted, Polygon, Rectangle, Shape

if TYPE_CHECKING:
    import numpy as np
else:
    np = Late("numpy")

T = TypeVar("T")

SHAPES: dict[str, type[Any]] = {each.__name__.lower(): each for each in (Rectangle, Ellipse, Polygon, Combined)}
PAINTED = "painted"
MOST_PIXELS = 2**28
"""Pixels of the largest painted shape that is read."""
MOST_DEEP = 50
"""Shapes inside shapes."""


def to_json(thing: Any) -> Any:
    """Dataclasses become objects, tuples lists, paths strings; the rest is left as it is."""
    if isinstance(thing, Painted):
        return _painted_json(thing)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        named = {"shape": type(thing).__name__.lower()} if type(thing) in SHAPES.values() else {}
        return named | {each.name: to_json(getattr(thing, each.name)) for each in dataclasses.fields(thing)}
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


def _painted_json(shape: Painted) -> dict[str, Any]:
    rows, columns = shape.pixels.shape
    bits = base64.b64encode(zlib.compress(np.packbits(shape.pixels).tobytes(), 6)).decode()
    return {"shape": PAINTED, "x0": int(shape.x0), "y0": int(shape.y0), "rows": rows, "columns": columns, "bits": bits}


def _read_shape(data: Any, depth: int = 0) -> Any:
    what = data.get("shape") if isinstance(data, dict) else None
    if what == PAINTED:
        return _read_painted(data)
    kind = SHAPES.get(what) if isinstance(what, str) else None
    if kind is None:
        raise ValueError(f"{what!r} is no shape")
    if kind is not Combined:
        return _read_dataclass(kind, {name: value for name, value in data.items() if name != "shape"})
    if depth >= MOST_DEEP:
        raise ValueError("too many shapes inside each other")
    try:
        return Combined(_read_shape(data.get("first"), depth + 1), _read_shape(data.get("second"), depth + 1), data.get("how"))
    except BadInput as error:
        raise ValueError(str(error)) from error


def _read_painted(data: dict[str, Any]) -> Painted:
    x0, y0, rows, columns = (_read(int, data.get(name)) for name in ("x0", "y0", "rows", "columns"))
    if not (rows > 0 and columns > 0 and rows * columns <= MOST_PIXELS):
        raise ValueError(f"{rows} x {columns} is no size of a painted shape")
    try:
        packed = base64.b64decode(_read(str, data.get("bits")), validate=True)
        size = -(-rows * columns // 8)
        bits = zlib.decompressobj().decompress(packed, size + 1)  # no more, whatever it claims to be
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(bits) != size:
        raise ValueError(f"{len(bits)} bytes are not the {size} of {rows} x {columns} pixels")
    pixels = np.unpackbits(np.frombuffer(bits, np.uint8), count=rows * columns).astype(bool).reshape(rows, columns)
    return Painted(x0, y0, pixels)


def _read(kind: Any, data: Any) -> Any:
    if kind is Shape:
        return _read_shape(data)
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
    except (TypeError, BadInput) as error:  # a field without default is missing, or numbers cannot be
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
