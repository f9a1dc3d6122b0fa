"""Qt objects in a cycle of Python objects are destroyed in the window's thread, whoever allocates."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject

from detgui.gui.common.garbage import collect_here_only


class Loop(QObject):
    """An object that only the collector can destroy."""

    def __init__(self, died: list[int]) -> None:
        super().__init__()
        self.me = self
        weakref.finalize(self, lambda: died.append(threading.get_ident()))


@pytest.fixture
def collector_as_before():
    enabled, limits = gc.isenabled(), gc.get_threshold()
    yield
    gc.set_threshold(*limits)
    (gc.enable if enabled else gc.disable)()


def allocate() -> None:
    """More objects than any threshold of the collector."""
    for _ in range(50):
        assert len([[] for _ in range(1000)]) == 1000


def test_a_worker_does_not_destroy_the_windows_objects(qtbot, collector_as_before):
    died: list[int] = []
    gc.enable()
    gc.set_threshold(500, 1, 1)
    owner = QObject()
    timer = collect_here_only(owner)
    Loop(died)
    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert died == []
    timer.setInterval(1)
    kept: list[list[int]] = []

    def has_died() -> bool:
        kept.extend([] for _ in range(1000))  # makes a collection due
        return bool(died)

    qtbot.waitUntil(has_died, timeout=60_000)
    assert died == [threading.get_ident()]
    timer.stop()
