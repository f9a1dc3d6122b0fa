"""Asks on which exposures copies of regions go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from detgui.data.exposure import Exposure
from detgui.science.detector import DetectorGeometry
from detgui.session.state import SessionState


@dataclass(frozen=True, slots=True)
class Offer:
    """An array that copies can go to, by one exposure of it; ``same`` where it is on the same detector, ``known`` where on the detector."""

    key: str
    array: str
    text: str
    same: bool
    known: bool


def offers(state: SessionState, exposure: Callable[[str], Exposure | None]) -> list[Offer]:
    """One for each other array of the open exposures, those of the same detector first."""
    current = state.current
    shown = exposure(current.key) if current is not None else None
    if current is None or shown is None:
        return []
    found: dict[str, Offer] = {}
    for each in state.exposures:
        other = exposure(each.key)
        if each.array == current.array or each.array in found or other is None or not _can_carry(shown.geometry, other.geometry):
            continue
        same = other.geometry.detector == shown.geometry.detector
        found[each.array] = Offer(each.key, each.array, f"{each.name}  ({_place(other.geometry)})", same, other.geometry.known)
    return sorted(found.values(), key=lambda offer: not offer.same)


def _can_carry(one: DetectorGeometry, other: DetectorGeometry) -> bool:
    return one.known == other.known and not one.interleaved and not other.interleaved


def _place(geometry: DetectorGeometry) -> str:
    size = f"{geometry.nx} × {geometry.ny}"
    if not geometry.known:
        return size
    return f"{geometry.detector}, {size} from {geometry.xstart}, {geometry.ystart}"


class CopyDialog(QDialog):
    """A list to tick; those on the same detector are ticked."""

    chosen = Signal(object)  # list of (key, array)

    def __init__(self, found: list[Offer], count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Copy regions")
        what = "The region is" if count == 1 else f"The {count} regions are"
        where = "detector, whatever the subarray and the orientation" if all(offer.known for offer in found) else "image"
        said = QLabel(f"{what} put on the same pixels of the {where}.", self)
        said.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Exposures")
        for offer in found:
            item = QListWidgetItem(offer.text if offer.same else f"{offer.text}  another detector", self.list)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if offer.same else Qt.CheckState.Unchecked)
            item.setData(Qt.ItemDataRole.UserRole, offer)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        self.copy = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.copy.setText("Copy")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.list.itemChanged.connect(lambda _: self.copy.setEnabled(bool(self.ticked())))
        column = QVBoxLayout(self)
        for widget in (said, self.list, buttons):
            column.addWidget(widget)
        self.copy.setEnabled(bool(self.ticked()))
        self.resize(460, 260)

    def ticked(self) -> list[tuple[str, str]]:
        """(key, array) of what is ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        found = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]
        return [(offer.key, offer.array) for offer in found]

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.ticked())
