"""Regions on the clipboard, for other exposures and other windows of this program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QGuiApplication

from detgui.science.detector import DetectorGeometry
from detgui.science.regions import Region
from detgui.session.codec import from_json, to_json

KIND = "application/x-detgui-regions+json"
LARGEST = 50_000_000
"""Bytes of the longest text that is read."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Regions of an array and where it is on its detector."""

    array: str
    geometry: DetectorGeometry | None
    regions: tuple[Region, ...]


def put(regions: Sequence[Region], array: str, geometry: DetectorGeometry | None) -> None:
    """Put regions on the clipboard; as text it has their names."""
    mime = QMimeData()
    content = json.dumps(to_json(Clip(array, geometry, tuple(regions))))
    mime.setData(KIND, QByteArray(content.encode()))
    mime.setText("\n".join(each.name for each in regions))
    QGuiApplication.clipboard().setMimeData(mime)


def take() -> Clip | None:
    """What is on the clipboard, None where that is no regions."""
    mime = QGuiApplication.clipboard().mimeData()
    if mime is None or not mime.hasFormat(KIND):
        return None
    content = mime.data(KIND)
    try:
        return from_json(Clip, json.loads(bytes(content.data()))) if content.size() <= LARGEST else None
    except (ValueError, RecursionError):
        return None


def fitted(clip: Clip, array: str, geometry: DetectorGeometry | None) -> tuple[Region, ...]:
    """The regions for another array, unlocked; raises BadInput where they cannot be carried there."""
    from detgui.science.region_frames import carry

    regions = tuple(replace(each, locked=False) for each in clip.regions)
    if clip.array == array or clip.geometry is None or geometry is None:
        return regions
    return tuple(replace(each, shape=carry(each.shape, clip.geometry, geometry)) for each in regions)
