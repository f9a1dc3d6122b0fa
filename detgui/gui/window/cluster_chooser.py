"""Asks for a Dask scheduler, connects to it in a worker, and shows beside the tasks which one is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QInputDialog, QLabel, QWidget

from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.session.bridge import FINAL
from detgui.session.scheduler import Scheduler
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.gui.window.parts import Parts

LANE = "connect to cluster"
QUESTION = """Address of a running Dask scheduler; empty: compute on this computer.
Its workers need the same detgui and the files under the same paths."""


class ClusterChooser:
    """Slope maps are made on the chosen cluster from the next pass on."""

    def __init__(self, window: QWidget, parts: Parts, show_failure: Callable[[str, str], object]) -> None:
        """``show_failure(sentence, details)`` says why there is no cluster."""
        self._window, self._parts, self._show_failure = window, parts, show_failure
        self.dialog: QInputDialog | None = None
        self.label = QLabel(window)
        self.label.setToolTip("Passes over whole exposures run there (Analysis > Dask cluster)")
        self._parts.bridge.task_event.connect(self._hear)
        self._refresh()

    def ask(self) -> None:
        """Ask for an address."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Dask cluster")
        dialog.setLabelText(QUESTION)
        dialog.setTextValue(self._parts.scheduler.address or "tcp://127.0.0.1:8786")
        dialog.textValueSelected.connect(self.choose)
        self.dialog = dialog
        dialog.open()

    def choose(self, address: str) -> None:
        """Use the scheduler at an address, '' for none, and connect to it."""
        from detgui.tasks.dask_client import check_address

        try:
            address = check_address(address) if address.strip() else ""
        except BadInput as error:
            self._show_failure(str(error), "")
            return
        self._parts.scheduler.choose(address)
        self._refresh()
        if address:
            self._parts.engine.submit(_connect, self._parts.scheduler, lane=LANE, title=f"Connecting to {address}")

    def _hear(self, event: TaskEvent) -> None:
        if event.lane == LANE and event.kind == "failed":
            self._show_failure(str(event.error), "" if isinstance(event.error, BadInput) else event.details)
        if event.kind in FINAL:
            self._refresh()

    def _refresh(self) -> None:
        words = self._parts.scheduler.words
        self.label.setText(words)
        self.label.setVisible(bool(words))


def _connect(scheduler: Scheduler, progress: Progress) -> None:
    """Runs in a worker."""
    scheduler.executor(progress)
