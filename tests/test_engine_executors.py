"""The engine on executors that are not its own, that lose calls, or that refuse them."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from engine_help import Ear, add

from detgui.tasks.engine import Engine


def test_a_foreign_executor_is_used_and_left_open():
    with ThreadPoolExecutor(1, thread_name_prefix="theirs") as pool:
        engine = Engine(executor=pool)
        names = [engine.submit(lambda progress: threading.current_thread().name).result(5)]
        assert names[0].startswith("theirs")
        assert engine.close()
        assert pool.submit(int, "3").result(5) == 3


class BrokenExecutor(ThreadPoolExecutor):
    """Loses every call, as a cluster whose worker died."""

    def submit(self, fn, /, *args, **kwargs):
        future: Future = Future()
        future.set_running_or_notify_cancel()
        future.set_exception(ConnectionError("worker lost"))
        return future


def test_an_executor_that_loses_a_call_is_a_failure():
    with BrokenExecutor(1) as pool:
        engine = Engine(executor=pool)
        ear = Ear(engine)
        with pytest.raises(ConnectionError, match="worker lost"):
            engine.submit(add, 1, 1).result(5)
        engine.close()
    assert ear.finals() == [1]


def test_a_pool_that_was_shut_down_is_a_failure():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with Engine(executor=pool) as engine:
        ear = Ear(engine)
        with pytest.raises(RuntimeError):
            engine.submit(add, 1, 1)
        assert ear.finals() == [1]


class RacingExecutor(ThreadPoolExecutor):
    """Refuses a call that was cancelled while it was handed over."""

    engine: Engine

    def submit(self, fn, /, *args, **kwargs):
        self.engine.cancel_all()
        raise RuntimeError("shut down")


def test_cancelled_and_refused_at_once_is_one_final_event():
    with RacingExecutor(1) as pool:
        pool.engine = Engine(executor=pool)
        ear = Ear(pool.engine)
        with pytest.raises(RuntimeError, match="shut down"):
            pool.engine.submit(add, 1, 1)
        pool.engine.close()
    assert ear.finals() == [1]
