"""Colour tables for 8-bit images: perceptually even maps that survive colour blindness."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DIVERGING = "blue-red"
NAMES = ("gray", "inverted gray", "viridis", "cividis", "inferno", "magma", DIVERGING)
TOP_INDEX, NAN_INDEX = 253, 255  # as in science.display, which is not imported here to start quickly; a test holds them together
_NAN_COLOURS = {"gray": (94, 28, 110), "inverted gray": (168, 120, 190)}  # a tint that the map itself does not have
_NAN_COLOUR = (110, 110, 116)

# ColorBrewer (Brewer 2003) RdBu, 11 classes, blue to red; rated safe for colour-blind readers.
_BLUE_RED = (
    (5, 48, 97), (33, 102, 172), (67, 147, 195), (146, 197, 222), (209, 229, 240), (247, 247, 247),
    (253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43), (103, 0, 31),
)  # fmt: skip


@lru_cache(maxsize=16)
def colours(name: str) -> NDArray[np.float64]:
    """Colours of a map at even steps from index 0 to `TOP_INDEX`, shape (254, 3), 0 to 255. Raises KeyError for a name not in `NAMES`."""
    steps = np.linspace(0.0, 1.0, TOP_INDEX + 1)
    if name == "gray":
        return np.repeat(steps[:, None] * 255.0, 3, axis=1)
    if name == "inverted gray":
        return np.repeat((1.0 - steps[:, None]) * 255.0, 3, axis=1)
    if name == DIVERGING:
        knots = np.linspace(0.0, 1.0, len(_BLUE_RED))
        return np.stack([np.interp(steps, knots, [c[i] for c in _BLUE_RED]) for i in range(3)], axis=1)
    if name not in NAMES:
        raise KeyError(name)
    import pyqtgraph

    return pyqtgraph.colormap.get(name).map(steps, mode="byte")[:, :3].astype(np.float64)


def table(name: str, centre: float | None = None) -> list[int]:
    """Colour table of 256 0xAARRGGBB numbers, the last one for pixels without a value.

    ``centre``: where zero is along the table, 0 at its first and 1 at its last colour; the diverging map is moved so that its white
    is there and equal distances from zero are equally strong. Other maps ignore it.
    """
    rgb = colours(name if name in NAMES else "viridis")
    if name == DIVERGING and centre is not None:
        rgb = _centred(rgb, centre)
    whole = np.rint(rgb).astype(np.int64)
    packed = (0xFF << 24) | (whole[:, 0] << 16) | (whole[:, 1] << 8) | whole[:, 2]
    red, green, blue = _NAN_COLOURS.get(name, _NAN_COLOUR)
    return [*packed.tolist(), int(packed[-1]), (0xFF << 24) | (red << 16) | (green << 8) | blue]


def _centred(rgb: NDArray[np.float64], centre: float) -> NDArray[np.float64]:
    steps = np.linspace(0.0, 1.0, len(rgb))
    reach = max(abs(1.0 - centre), abs(centre))
    place = 0.5 + 0.5 * (steps - centre) / reach
    return np.stack([np.interp(place, steps, rgb[:, i]) for i in range(3)], axis=1)
