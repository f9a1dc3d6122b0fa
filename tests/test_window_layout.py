"""The window's theme, its layout, and the tasks at its bottom."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QSplitter
from window_help import PATIENCE, opened

from detgui.tasks.events import TaskEvent


@pytest.mark.parametrize(("theme", "dark"), [("dark", True), ("light", False)])
def test_theme_switches_and_is_remembered(qtbot, make_window, theme, dark):
    window = make_window(panels=True)
    window.menus.actions["light" if dark else "dark"].trigger()
    window.menus.actions[theme].trigger()
    ground = QApplication.palette().color(QPalette.ColorRole.Window).lightnessF()
    assert (ground < 0.5) is dark
    assert window.menus.actions[theme].isChecked()
    window.close()
    again = make_window()
    assert again.parts.session.state.theme == theme


@pytest.mark.parametrize("dark", [True, False])
def test_text_is_readable_on_its_ground(dark):
    from detgui.gui.window.theme import palette

    def luminance(colour) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (colour.redF(), colour.greenF(), colour.blueF())]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    role = QPalette.ColorRole
    pairs = [(role.WindowText, role.Window), (role.Text, role.Base), (role.Text, role.AlternateBase), (role.ButtonText, role.Button)]
    pairs += [
        (role.HighlightedText, role.Highlight),
        (role.ToolTipText, role.ToolTipBase),
        (role.PlaceholderText, role.Base),
        (role.Link, role.Base),
    ]
    for front, back in pairs:
        one, other = (luminance(palette(dark).color(each)) for each in (front, back))
        contrast = (max(one, other) + 0.05) / (min(one, other) + 0.05)
        assert contrast >= 4.5, (front, back, contrast)  # WCAG 2.1, 1.4.3


def test_while_the_example_is_made_the_window_says_so_and_cancel_goes_back(qtbot, make_window, monkeypatch):
    entered = threading.Event()

    def slow(progress):
        for step in range(2000):
            entered.set()
            progress(step / 2000, "simulating")
            time.sleep(0.01)
        return []

    monkeypatch.setattr("detgui.gui.window.commands.make_demo", slow)
    window = make_window()
    window.menus.actions["example"].trigger()
    assert entered.wait(10)
    assert window.centre.currentWidget() is window.waiting
    assert "Making the example exposures" in window.waiting.text()
    qtbot.waitUntil(lambda: "Making example" in window.task_bar.main.label.text() and window.task_bar.main.isVisible(), timeout=PATIENCE)
    window.menus.actions["cancel"].trigger()
    qtbot.waitUntil(lambda: window.centre.currentWidget() is window.welcome, timeout=PATIENCE)


@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440)])
def test_layout_fits_small_and_large(qtbot, make_window, size):
    window = make_window(panels=True, size=size)
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    assert 150 <= window.exposures_dock.width() <= 360
    rest = window.width() - window.exposures_dock.width()
    assert 0.3 <= window.panel_dock.width() / rest <= 0.5


def test_docks_are_remembered(qtbot, make_window):
    window = make_window(panels=True)
    window.header_dock.close()
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, window.panel_dock)
    window.close()
    again = make_window()
    again.layout_keeper.recall()
    assert not again.header_dock.isVisible()
    assert again.dockWidgetArea(again.panel_dock) == Qt.DockWidgetArea.LeftDockWidgetArea
    again.menus.actions["layout"].trigger()
    assert again.header_dock.isVisible()
    assert again.dockWidgetArea(again.panel_dock) == Qt.DockWidgetArea.RightDockWidgetArea


def test_the_share_of_plots_and_numbers_is_remembered(qtbot, make_window, flight_ramp):
    def splitter(window):
        (found,) = [each for each in window.findChildren(QSplitter) if each.objectName() == "ramp plots and numbers"]
        return found

    window = make_window(flight_ramp, panels=True)
    opened(qtbot, window)
    window.parts.session.choose_pixel(5, 5)
    qtbot.waitUntil(splitter(window).isVisible, timeout=PATIENCE)
    before, handle = splitter(window).sizes(), splitter(window).handle(1)
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton)
    qtbot.mouseMove(handle, QPoint(10, -40))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    moved = splitter(window).sizes()
    assert moved[1] > before[1] + 20
    window.close()
    again = make_window(flight_ramp, panels=True)
    again.layout_keeper.recall_splitters()
    opened(qtbot, again)
    again.parts.session.choose_pixel(5, 5)
    qtbot.waitUntil(splitter(again).isVisible, timeout=PATIENCE)
    assert splitter(again).sizes()[1] == pytest.approx(moved[1], abs=8)


# Tasks


def event(kind: str, task: int = 901, **more) -> TaskEvent:
    return TaskEvent(kind, task, "", 1, more.pop("title", "slope map"), **more)


def test_task_bar_shows_progress_and_cancels(qtbot, make_window):
    window = make_window()
    bar = window.task_bar
    cancelled = []
    bar._cancel = cancelled.append
    bar.take(event("started"))
    assert not bar.main.isVisible()  # quick work would only flicker
    qtbot.waitUntil(bar.main.isVisible)
    bar.take(event("progress", fraction=0.42, remaining=12.0))
    assert bar.main.label.text() == "slope map  42 %  0:12 left"
    bar.take(event("started", task=902, title="example exposures"))
    qtbot.waitUntil(bar.more.isVisible)
    assert "example exposures" in bar.main.label.text()
    qtbot.mouseClick(bar.main.cancel_button, Qt.MouseButton.LeftButton)
    assert cancelled == [902]
    bar.toggle_list()
    assert set(bar._rows) == {901, 902}
    bar.take(event("cancelled", task=902))
    bar.take(event("done"))
    assert not bar.main.isVisible()
    assert not bar.list.isVisible()


def test_tasks_without_a_title_stay_out_of_sight(qtbot, make_window):
    window = make_window()
    window.task_bar.take(event("started", title=""))
    assert window.task_bar.running == ()


def test_closing_while_work_runs(qtbot, make_window):
    window = make_window(panels=True)
    begun = threading.Event()
    ended = []

    def work(progress):
        try:
            for step in range(10_000):
                begun.set()
                progress(step / 10_000, "working")
                time.sleep(0.005)
        finally:
            ended.append(True)

    task = window.parts.engine.submit(work, title="long work")
    assert begun.wait(30)
    window.close()
    assert ended == [True]
    assert not window.isVisible()
    with pytest.raises(Exception):  # noqa: B017
        task.result(0)
    with pytest.raises(RuntimeError):
        window.parts.engine.submit(work)
