"""The line that says everything about the pixel under the mouse."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget


class ReadoutBar(QLabel):
    """Pixel, value, unit, flags, amplifier, and sky or wavelength of the pixel under the mouse, else of the chosen one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
