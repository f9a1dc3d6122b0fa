"""Rows of the window, drawn off screen: opening, clicking, stepping, and answering while workers compute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from detgui.bench.measure import milliseconds, peak_mb, ramp_file, reset_peak, resident_mb

KEYS = (
    "open_ms",
    "open_peak_mb",
    "click_warm_ms",
    "frame_ms",
    "frame_vs_pyqtgraph",
    "frame_jump_ms",
    "heartbeat_p99_ms",
    "heartbeat_max_ms",
)
SHAPE = (1, 20, 2048, 2048)
PATIENCE = 60.0  # s
KEY_REPEAT = 1 / 30  # s between two steps of a key that is held down
ROUNDS = 3  # through all groups
BEAT_MS = 10
BEATS = 500


def measure(folder: Path) -> dict[str, float]:
    """All rows, in one window of 1600 x 1000 pixels."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["DETGUI_HOME"] = str(folder / "home")
    path = ramp_file(folder / "window_ramp.fits", SHAPE, "float32")
    small = ramp_file(folder / "small_ramp.fits", (1, 3, 64, 64), "float32")
    from detgui import app

    program = app.application()
    window = app.build_window(app.Start(size=(1600, 1000)))
    try:
        window.show()
        window.build_panels()
        bench = Bench(program, window)
        warm = window.parts.engine.submit(app.warm_kernels, lane="warm")
        bench.wait(lambda: warm.ended)
        bench.open(small)  # what is imported at the first opening is not the file's cost
        return bench.opening(path) | bench.stepping(path) | bench.clicking() | bench.heartbeat()
    finally:
        window.shut()
        path.unlink()
        small.unlink()


class Bench:
    """A window and the ways to make it do something and wait until that is on its surface."""

    def __init__(self, program: Any, window: Any) -> None:
        self.program, self.window = program, window
        self.parts = window.parts
        self.session = self.parts.session
        self.view = window.image_panel.view
        self.images = self.ramps = 0
        self.answered = 0.0  # when the last answer had been handed to the widgets
        self.paints = _paints()
        self.parts.loader.image.connect(self._image)
        self.parts.loader.ramps.connect(self._ramps)

    def _image(self, answer: object) -> None:
        self.images += answer is not None
        self.answered = time.perf_counter()

    def _ramps(self, answers: tuple[object, ...]) -> None:
        self.ramps += bool(answers)
        self.answered = time.perf_counter()

    def wait(self, ready: Callable[[], bool]) -> None:
        """Let the window work, asleep between events as it is in life, until something is true."""
        from PySide6.QtCore import QEventLoop

        end = time.perf_counter() + PATIENCE
        while not ready():
            self.program.processEvents(QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            if time.perf_counter() > end:
                raise RuntimeError("the window did not answer")

    def painted(self, *widgets: Any) -> None:
        """Paint what waits to be painted, and wait until that was so for these widgets since the last answer; nothing twice."""
        paints = self.paints
        for widget in widgets:
            paints.follow(widget)
        self.program.processEvents()
        for widget in widgets:
            if paints.last(widget) < self.answered:
                widget.repaint()

    def open(self, path: Path) -> None:
        """Open a file, choose its middle pixel, wait until image and ramp are drawn."""
        images, ramps = self.images, self.ramps
        self.window.commands.open_paths([path])
        self.wait(lambda: self.images > images)
        self.session.choose_pixel(*(n // 2 for n in (self.session.state.current.shape[3], self.session.state.current.shape[2])))
        self.wait(lambda: self.ramps > ramps)
        self.painted(self.window)

    def opening(self, path: Path) -> dict[str, float]:
        """From the file's name to its image and a ramp on the window."""

        def close() -> None:
            self.parts.exposures.close_exposure(self.session.state.frame.exposure)
            self.program.processEvents()

        close()
        reset_peak()
        idle = resident_mb()
        self.open(path)
        growth = peak_mb() - idle
        return {"open_ms": milliseconds(lambda: self.open(path), before=close), "open_peak_mb": growth}

    def stepping(self, path: Path) -> dict[str, float]:
        """From a key to the next group on the window, read ahead; and, in turn, that group read and drawn in a plot alone of the image's
        size, pyqtgraph's way and ours.

        Steps follow each other as those of a key that is held down. Jumps go where no image was made ready.
        """
        plots = [self._plain(path), self._indexed()]
        ours: list[float] = []
        alone: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for group in range(1, SHAPE[1] + 1):
                self._idle(KEY_REPEAT)
                step = milliseconds(partial(self._go_to, group), runs=1) if group != self.session.state.frame.group else 0.0
                if group > 2:  # the direction is known from the second one on
                    ours.append(step)
                    for times, (_, plot_step) in zip(alone, plots, strict=True):
                        self._idle(KEY_REPEAT)
                        times.append(milliseconds(partial(plot_step, group), runs=1))
        for plot, _ in plots:
            plot.close()
            plot.deleteLater()
        jumps = []
        half = SHAPE[1] // 2
        for group in [each for low in range(2, half + 1) for each in (low + half - 1, low)]:  # never as far as the jump before
            self._idle(KEY_REPEAT)
            jumps.append(milliseconds(partial(self._go_to, group), runs=1))
        return {
            "frame_ms": float(np.median(ours)),
            "frame_vs_pyqtgraph": float(np.median(alone[0]) / np.median(alone[1])),
            "frame_jump_ms": float(np.median(jumps)),
        }

    def _plain(self, path: Path) -> tuple[Any, Callable[[int], None]]:
        """A plot of the view's size with an image item as it comes, and what shows a group in it."""
        import pyqtgraph as pg
        from astropy.io import fits

        with fits.open(path) as hdus:
            offset = hdus["SCI"].fileinfo()["datLoc"]
        data = np.memmap(path, ">f4", "r", offset, SHAPE)[0]
        levels = (float(data[0].min()), float(data[0].max()))
        plain, item = pg.PlotWidget(), pg.ImageItem()
        plain.addItem(item)
        plain.resize(self.view.size())
        plain.show()

        def step(group: int) -> None:
            item.setImage(np.asarray(data[group - 1], dtype=np.float32), levels=levels)
            self.answered = time.perf_counter()
            self.painted(plain.viewport())

        step(1)
        return plain, step

    def _indexed(self) -> tuple[Any, Callable[[int], None]]:
        """A plot of the view's size with the program's own image item, and what reads a group and shows it there."""
        import pyqtgraph as pg

        from detgui.gui.image.image_item import IndexedImageItem
        from detgui.science import display

        exposure = self.parts.exposures.exposure(self.session.state.frame.exposure)
        values = exposure.read_image("SCI", 1, 1)
        low, high = display.limits_minmax(values)
        room = [np.empty_like(values), np.empty(values.size, np.uint8)]
        plot, item = pg.PlotWidget(), IndexedImageItem()
        plot.addItem(item)
        plot.resize(self.view.size())
        plot.show()

        def step(group: int) -> None:
            read = exposure.read_image("SCI", 1, group, empty=lambda *_: room[0])
            item.set_indices(display.to_indices(read, low, high, "linear", empty=lambda *_: room[1]))
            self.answered = time.perf_counter()
            self.painted(plot.viewport())

        step(1)
        return plot, step

    def _go_to(self, group: int) -> None:
        images = self.images
        self.session.go_to(group=group)
        self.wait(lambda: self.images > images)
        self.painted(self.view.viewport())

    def clicking(self) -> dict[str, float]:
        """From a mouse click on a pixel to its ramp on the window; every click another pixel."""
        from PySide6.QtCore import QPointF, Qt
        from PySide6.QtTest import QTest

        plot = self.window.tabs.currentWidget().ui.plot.viewport()
        pixels = iter(np.random.default_rng(3).integers(300, 1700, (100, 2)).tolist())

        def click() -> None:
            x, y = next(pixels)
            place = self.view.mapFromScene(self.view.box.mapViewToScene(QPointF(x, y)))
            ramps = self.ramps
            QTest.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
            self.wait(lambda: self.ramps > ramps)
            self.painted(plot)

        click()
        # Clicks closer than the double-click time would be one double click: they are apart as a person's are.
        pause = self.program.doubleClickInterval() / 1e3 + 0.05
        return {"click_warm_ms": milliseconds(click, before=lambda: self._idle(pause))}

    def _idle(self, seconds: float) -> None:
        """Let the window and its workers be; QTest's own wait would keep the workers from running."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1e3 * seconds), loop.quit)
        loop.exec()

    def heartbeat(self) -> dict[str, float]:
        """How late a 10 ms timer of the window is while two workers fit and make pictures."""
        from detgui.bench.load import busy_work

        tasks = [self.parts.engine.submit(busy_work, i, lane=f"bench {i}", title="Load") for i in range(2)]
        late = self.beats(lambda late: len(late) >= BEATS)
        for task in tasks:
            task.cancel()
        self.wait(lambda: all(task.ended for task in tasks))
        return {"heartbeat_p99_ms": float(np.percentile(late, 99)), "heartbeat_max_ms": max(late)}

    def beats(self, enough: Callable[[list[float]], bool]) -> list[float]:
        """By how much a 10 ms timer of the window is late, ms, each time until these are ``enough``."""
        from PySide6.QtCore import Qt, QTimer

        late: list[float] = []
        last = time.perf_counter()

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            late.append(1e3 * (now - last) - BEAT_MS)
            last = now

        timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=BEAT_MS)
        timer.timeout.connect(beat)
        last = time.perf_counter()
        timer.start()
        self.wait(lambda: enough(late))
        timer.stop()
        return late


def _paints() -> Any:
    """Remembers when widgets were last painted; Qt is imported here, when the rows run."""
    from PySide6.QtCore import QEvent, QObject

    class Paints(QObject):
        def __init__(self) -> None:
            super().__init__()
            self._times: dict[Any, float] = {}

        def follow(self, widget: Any) -> None:
            if widget not in self._times:
                self._times[widget] = 0.0
                widget.installEventFilter(self)

        def last(self, widget: Any) -> float:
            return self._times[widget]

        def eventFilter(self, widget: Any, event: Any) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Paint:
                self._times[widget] = time.perf_counter()
            return False

    return Paints()
