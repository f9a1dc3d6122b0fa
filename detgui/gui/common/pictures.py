"""Pictures of the window on disk."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage


def save(picture: QImage, path: Path) -> None:
    """Write a picture, PNG or JPEG by its suffix, beside its place and then into it. Raises OSError."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    kind = "JPG" if path.suffix.lower() in (".jpg", ".jpeg") else "PNG"
    if not picture.save(buffer, kind):
        raise OSError(0, f"a picture of {picture.width()} x {picture.height()} could not be encoded", str(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(buffer.data().data())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def is_blank(picture: QImage, fewest: int = 12) -> bool:
    """Whether a picture has fewer than ``fewest`` colours, looked at on a grid of some 10,000 points."""
    step = max(1, min(picture.width(), picture.height()) // 100)
    seen = set()
    for y in range(0, picture.height(), step):
        for x in range(0, picture.width(), step):
            seen.add(picture.pixel(x, y))
            if len(seen) >= fewest:
                return False
    return True
