"""Makes memory for the next image ready while nothing else happens: the first use of fresh memory can take longer than reading."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from detgui.session.buffers import Buffers
from detgui.session.requests import ImageAnswer
from detgui.tasks.engine import Engine

PAUSE_MS = 250


class Reserve(QObject):
    """Keeps room for one more image such as that shown last, asked for when no other came for a while."""

    def __init__(self, buffers: Buffers, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._buffers, self._engine = buffers, engine
        self._sizes: tuple[int, ...] = ()
        self._task = 0
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._start)

    def expect(self, answer: ImageAnswer) -> None:
        """More images of this kind may be wanted."""
        self._sizes = (answer.values.nbytes, answer.indices.nbytes)
        self._pause.start()

    def stop(self) -> None:
        """Something else is wanted now."""
        self._pause.stop()
        if self._task:
            self._engine.cancel(self._task)
            self._task = 0

    def _start(self) -> None:
        if not self._buffers.has(self._sizes):
            self._task = self._engine.submit(self._buffers.reserve, self._sizes, lane="reserve", title="Making room", quick=True).id
