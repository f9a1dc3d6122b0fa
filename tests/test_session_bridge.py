"""The bridge: every final event, the newest progress, and a window that goes on living."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QCoreApplication, QThread, QTimer

from detgui.session.bridge import FINAL, Bridge
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent


@pytest.fixture
def engine(qapp):
    with Engine(workers=2) as made:
        yield made


def event(kind, task=1, fraction=0.0):
    return TaskEvent(kind=kind, task=task, lane="", generation=task, title="", fraction=fraction)


def test_events_arrive_in_the_thread_of_the_bridge_and_in_order(engine, qtbot):
    bridge, heard, threads = Bridge(engine), [], set()
    bridge.task_event.connect(lambda each: (heard.append(each.kind), threads.add(QThread.currentThread())))
    with qtbot.waitSignal(bridge.task_event, check_params_cb=lambda each: each.kind == "done"):
        engine.submit(lambda progress: progress(0.5, "half"))
    assert heard == ["queued", "started", "progress", "done"]
    assert threads == {QCoreApplication.instance().thread()}
    bridge.close()


def test_only_the_newest_progress_of_a_task_is_kept(engine, qtbot):
    bridge, heard = Bridge(engine), []
    bridge.task_event.connect(lambda each: heard.append((each.task, each.fraction)))
    for step in range(100):
        bridge.post(event("progress", 1, step / 100))
        bridge.post(event("progress", 2, step / 100))
    bridge.post(event("done", 1, 1.0))
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == [(1, 0.99), (2, 0.99), (1, 1.0)]
    bridge.close()


def test_answers_do_not_wait_for_the_rest_after_progress(engine, qtbot):
    bridge, heard = Bridge(engine), []
    bridge.task_event.connect(lambda each: heard.append(each.kind))
    bridge.post(event("progress"))
    QCoreApplication.sendPostedEvents()
    assert heard == ["progress"]
    bridge.post(event("progress"))
    QCoreApplication.sendPostedEvents()
    assert heard == ["progress"]  # it rests
    bridge.post(event("done"))
    QCoreApplication.sendPostedEvents()  # no timer runs in here
    assert heard == ["progress", "progress", "done"]
    bridge.close()


def test_a_slow_listener_gets_everything(engine, qtbot):
    bridge, heard = Bridge(engine), []

    def slow(each):
        time.sleep(0.002)
        heard.append(each.task)

    bridge.task_event.connect(slow)
    for number in range(100):
        bridge.post(event("done", number))
    qtbot.waitUntil(lambda: len(heard) == 100)
    assert heard == list(range(100))
    bridge.close()


def test_closed_bridge_is_silent(engine, qtbot):
    bridge, heard = Bridge(engine), []
    bridge.task_event.connect(heard.append)
    bridge.post(event("done"))
    bridge.close()
    engine.submit(lambda progress: 1).result(5)
    qtbot.wait(30)
    assert heard == []


def test_window_lives_while_two_workers_flood(engine, qtbot):
    """10 ms heartbeat over one second; two threads post all the time, and what listens takes a millisecond for each event."""
    bridge, beats, stop = Bridge(engine), [], threading.Event()
    finals, posted = [], [0, 0]

    def draw(each):
        time.sleep(0.001)
        if each.kind in FINAL:
            finals.append(each.task)

    def flood(worker):
        turn = 0
        while not stop.is_set():
            bridge.post(event("progress", worker, 0.5))
            turn += 1
            if turn % 50 == 0:
                posted[worker] += 1
                bridge.post(event("done", 10 * posted[worker] + worker))
            time.sleep(0.0002)

    bridge.task_event.connect(draw)
    heartbeat = QTimer()
    heartbeat.setInterval(10)
    heartbeat.timeout.connect(lambda: beats.append(time.perf_counter()))
    threads = [threading.Thread(target=flood, args=(worker,)) for worker in (0, 1)]
    for thread in threads:
        thread.start()
    starved = threading.Timer(5.0, stop.set)  # a window that starves would never come out of the wait
    starved.start()
    heartbeat.start()
    qtbot.wait(1000)
    heartbeat.stop()
    stop.set()
    starved.cancel()
    starved.join()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: not bridge.waiting)
    assert sorted(finals) == sorted(10 * number + worker for worker in (0, 1) for number in range(1, posted[worker] + 1))
    # About 95 on an idle machine; a handful where the events are handed over in one go.
    assert len(beats) > 60
    bridge.close()
