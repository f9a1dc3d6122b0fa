"""The bottom right of the window: what is being computed, how far it is, how long it will take, and Cancel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QVBoxLayout, QWidget

from detgui.gui.common.icons import icon
from detgui.progress import clock
from detgui.tasks.events import TaskEvent

QUIET_MS = 300  # work that ends sooner is not shown: it would only flicker
FAILURE_MS = 15_000
FINAL = ("done", "failed", "cancelled")


def describe(event: TaskEvent) -> str:
    """A task in one line: title, per cent, remaining time."""
    words = [event.title or event.message or "Working"]
    if event.kind == "queued":
        words.append("waiting")
    elif event.fraction > 0:
        words.append(f"{100 * event.fraction:.0f} %")
    if event.remaining is not None and event.kind == "progress":
        words.append(f"{clock(event.remaining)} left")
    return "  ".join(words)


class TaskRow(QWidget):
    """One running task with its bar and Cancel."""

    def __init__(self, cancel: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(90, 8)
        self.cancel_button = QToolButton(self)
        self.cancel_button.setText("Cancel")
        self.cancel_button.setAutoRaise(True)
        self.cancel_button.clicked.connect(cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.label, 1)
        row.addWidget(self.bar)
        row.addWidget(self.cancel_button)

    def show_event(self, event: TaskEvent) -> None:
        """Show how far the task is; a bar that only moves where that is not known."""
        self.label.setText(describe(event))
        self.label.setToolTip(event.message)
        known = event.fraction > 0
        self.bar.setRange(0, 1000 if known else 0)
        if known:
            self.bar.setValue(round(1000 * event.fraction))


class TaskBar(QWidget):
    """Shows the newest task that takes longer than a moment; the list of all of them pops up."""

    def __init__(self, cancel: Callable[[int], None], parent: QWidget | None = None) -> None:
        """``cancel(task)`` stops a task by its number."""
        super().__init__(parent)
        self._cancel = cancel
        self._running: dict[int, TaskEvent] = {}
        self._timers: dict[int, QTimer] = {}
        self._shown: list[int] = []
        self._rows: dict[int, TaskRow] = {}
        self.failure = FailureNote(self)
        self.main = TaskRow(self._cancel_main, self)
        self.more = QToolButton(self)
        self.more.setAutoRaise(True)
        self.more.setToolTip("List of running tasks")
        self.more.clicked.connect(self.toggle_list)
        self.list = QFrame(self, Qt.WindowType.Popup)
        self.list.setFrameShape(QFrame.Shape.StyledPanel)
        self._column = QVBoxLayout(self.list)
        self._column.setContentsMargins(8, 6, 6, 6)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(2)
        row.addWidget(self.failure)
        row.addWidget(self.main)
        row.addWidget(self.more)
        self._refresh()

    @property
    def running(self) -> tuple[TaskEvent, ...]:
        """The newest word of every unfinished task, oldest task first."""
        return tuple(self._running.values())

    def take(self, event: TaskEvent) -> None:
        """Take notice of a task's word; tasks without a title stay out of sight."""
        if event.kind in FINAL:
            self._forget(event)
        elif event.title:
            if event.task not in self._running:
                self._wait_a_moment(event.task)
            self._running[event.task] = event
        else:
            return
        self._refresh()

    def toggle_list(self) -> None:
        """Show or hide the list of running tasks above the bar."""
        if self.list.isVisible():
            self.list.hide()
            return
        self._fill_list()
        self.list.adjustSize()
        corner = self.mapToGlobal(QPoint(self.width() - self.list.width(), -self.list.height() - 2))
        self.list.move(corner)
        self.list.show()

    def cancel_newest(self) -> None:
        """Cancel the task that the bar shows, or the newest one."""
        if self._running:
            self._cancel(self._shown[-1] if self._shown else list(self._running)[-1])

    def _wait_a_moment(self, task: int) -> None:
        timer = QTimer(self, singleShot=True, interval=QUIET_MS)
        timer.timeout.connect(lambda: self._reveal(task))
        timer.start()
        self._timers[task] = timer

    def _reveal(self, task: int) -> None:
        if task in self._running:
            self._shown.append(task)
            self._refresh()

    def _forget(self, event: TaskEvent) -> None:
        self._running.pop(event.task, None)
        if event.task in self._shown:
            self._shown.remove(event.task)
        timer = self._timers.pop(event.task, None)
        if timer is not None:
            timer.stop()
            timer.deleteLater()

    def _cancel_main(self) -> None:
        if self._shown:
            self._cancel(self._shown[-1])

    def _refresh(self) -> None:
        self.main.setVisible(bool(self._shown))
        if self._shown:
            self.main.show_event(self._running[self._shown[-1]])
        others = len(self._shown) - 1
        self.more.setVisible(others > 0)
        self.more.setText(f"+{others}")
        if self.list.isVisible():
            self._fill_list()

    def _fill_list(self) -> None:
        for task in [task for task in self._rows if task not in self._running]:
            row = self._rows.pop(task)
            self._column.removeWidget(row)
            row.deleteLater()
        for task, event in self._running.items():
            if task not in self._rows:
                self._rows[task] = TaskRow(lambda task=task: self._cancel(task), self.list)
                self._column.addWidget(self._rows[task])
            self._rows[task].show_event(event)
        if not self._running:
            self.list.hide()


class FailureNote(QWidget):
    """The last failure in words, with its traceback behind Details; goes away by itself."""

    details_wanted = Signal(str, str)  # sentence, traceback

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.sign = QLabel(self)
        self.details_button = QToolButton(self)
        self.details_button.setText("Details")
        self.details_button.setAutoRaise(True)
        self.close_button = QToolButton(self)
        self.close_button.setText("×")
        self.close_button.setAutoRaise(True)
        self.close_button.setToolTip("Put the message away")
        self.close_button.clicked.connect(self.hide)
        self.details_button.clicked.connect(lambda: self.details_wanted.emit(self._sentence, self._details))
        self._sentence = self._details = ""
        self.label.setForegroundRole(QPalette.ColorRole.WindowText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.sign, self.label, self.details_button, self.close_button):
            row.addWidget(widget)
        self._timer = QTimer(self, singleShot=True, interval=FAILURE_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_failure(self, sentence: str, details: str = "") -> None:
        """Show one sentence for a while."""
        self._sentence, self._details = sentence, details
        self.details_button.setVisible(bool(details))
        self.sign.setPixmap(icon("error").pixmap(14, 14))
        self.label.setText(self.label.fontMetrics().elidedText(sentence, Qt.TextElideMode.ElideRight, 420))
        self.label.setToolTip(sentence)
        self.show()
        self._timer.start()
