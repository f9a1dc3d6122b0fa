"""Engine: one final word per task, newest in a lane wins, cancel and close."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from engine_help import FINAL, Ear, add
from hypothesis import given, settings
from hypothesis import strategies as st

from detgui.errors import BadInput, Cancelled
from detgui.tasks.engine import Engine


@pytest.fixture
def engine():
    with Engine(workers=2) as made:
        yield made


def until_cancelled(started: threading.Event, progress):
    started.set()
    while True:
        progress(0.5, "working")
        time.sleep(0.005)


def test_result_and_events(engine):
    ear = Ear(engine)
    task = engine.submit(add, 2, b=3, title="sum", lane="a")
    assert task.result(5) == 5
    engine.close()
    assert ear.kinds(task) == ["queued", "started", "done"]
    last = ear.events[task.id][-1]
    assert (last.result, last.title, last.lane, last.generation) == (5, "sum", "a", 1)


def test_needs_is_told_before_it_starts(engine):
    ear = Ear(engine)
    engine.submit(add, 1, 1, needs="2 GB of memory").result(5)
    assert next(iter(ear.events.values()))[0].message == "2 GB of memory"


@pytest.mark.parametrize("error", [BadInput("no such pixel"), SystemExit(-1), KeyboardInterrupt(), MemoryError()])
def test_any_error_is_one_failed_event(engine, error):
    ear = Ear(engine)

    def fail(progress):
        raise error

    task = engine.submit(fail)
    with pytest.raises(type(error)):
        task.result(5)
    engine.close()
    assert ear.kinds(task) == ["queued", "started", "failed"]
    assert ear.events[task.id][-1].error is error
    assert "in fail" in ear.events[task.id][-1].details


def test_cancel_while_running_stops_within_a_second(engine):
    ear, started = Ear(engine), threading.Event()
    task = engine.submit(until_cancelled, started)
    assert started.wait(5)
    task.cancel()
    with pytest.raises(Cancelled):
        task.result(1.0)
    engine.close()
    assert ear.kinds(task)[-1] == "cancelled"
    assert ear.finals() == [1]


def test_cancelled_call_that_returns_or_fails_is_still_cancelled(engine):
    ear, started, go = Ear(engine), threading.Event(), threading.Event()

    def slow(fail, progress):
        started.set()
        go.wait(5)
        if fail:
            raise ValueError("cut off")
        return 1

    for fail in (False, True):
        started.clear()
        go.clear()
        task = engine.submit(slow, fail)
        assert started.wait(5)
        task.cancel()
        go.set()
        with pytest.raises(Cancelled):
            task.result(5)
        assert ear.kinds(task) == ["queued", "started", "cancelled"]


def test_newer_task_cancels_the_older_in_its_lane_only():
    with Engine(workers=1) as engine:
        ear, started = Ear(engine), threading.Event()
        running = engine.submit(until_cancelled, started, lane="image")
        other = engine.submit(add, 1, 1, lane="ramps")
        assert started.wait(5)
        waiting = engine.submit(add, 1, 2, lane="image")
        newest = engine.submit(add, 1, 3, lane="image")
        assert newest.result(5) == 4
        assert other.result(5) == 2
        assert engine.newest("image") == newest.generation == 3
        assert engine.newest("nothing") == 0
    assert ear.kinds(waiting) == ["queued", "cancelled"]  # it never started
    assert ear.kinds(running)[-1] == "cancelled"
    assert set(ear.finals()) == {1}


def test_cancelled_in_a_full_queue_ends_at_once():
    with Engine(workers=1) as engine:
        started = threading.Event()
        engine.submit(until_cancelled, started)
        waiting = engine.submit(add, 1, 1)
        waiting.cancel()
        with pytest.raises(Cancelled):
            waiting.result(0)


def test_quick_tasks_do_not_wait_for_long_ones():
    with Engine(workers=1) as engine:
        started = threading.Event()
        engine.submit(until_cancelled, started)
        assert started.wait(5)
        assert engine.submit(add, 1, 1, quick=True).result(5) == 2


def test_quick_tasks_speak_only_where_they_take_a_while(engine, monkeypatch):
    ear = Ear(engine)
    go_on = threading.Event()

    def work(progress):
        progress(0.1, "begun")
        assert go_on.wait(5)
        progress(0.2, "going on")

    monkeypatch.setattr("detgui.tasks.engine.QUICK_QUIET", 3600.0)
    silent = engine.submit(work, quick=True)
    go_on.set()
    silent.result(5)
    assert ear.kinds(silent) == ["done"]
    go_on.clear()
    monkeypatch.setattr("detgui.tasks.engine.QUICK_QUIET", 0.05)
    slow = engine.submit(work, quick=True)
    time.sleep(0.1)
    go_on.set()
    slow.result(5)
    assert [kind for kind in ear.kinds(slow) if kind != "progress"] == ["queued", "started", "done"]
    assert ear.events[slow.id][-2].message == "going on"


def test_last_progress_always_comes_and_a_flood_is_thinned(engine):
    ear = Ear(engine)

    def chatter(progress):
        for i in range(5000):
            progress(i / 5000, f"block {i}")
        progress(1.0, "last")

    task = engine.submit(chatter)
    task.result(20)
    engine.close()
    progress = [each for each in ear.events[task.id] if each.kind == "progress"]
    assert progress[-1].message == "last"
    assert progress[0].message == "block 0"
    assert len(progress) < 2500
    assert [each.fraction for each in progress] == sorted(each.fraction for each in progress)


def test_cancel_by_number(engine):
    ear = Ear(engine)
    started = threading.Event()
    task = engine.submit(until_cancelled, started, lane="a")
    assert started.wait(5)
    engine.cancel(task.id)
    with pytest.raises(Cancelled):
        task.result(1)
    assert ear.finals() == [1]


def test_a_listener_that_fails_or_leaves_harms_nobody(engine, caplog):
    def broken(event):
        raise RuntimeError("broken ear")

    remove = engine.listen(broken)
    ear = Ear(engine)
    assert engine.submit(add, 1, 1).result(5) == 2
    assert "broken ear" in caplog.text
    remove()
    caplog.clear()
    assert engine.submit(add, 1, 1).result(5) == 2
    engine.close()
    assert not caplog.text
    assert ear.finals() == [1, 1]


def test_a_listener_may_submit_and_cancel(engine):
    done = threading.Event()

    def follow(event):
        if event.kind == "done" and event.title == "first":
            engine.submit(add, 1, 1, title="second", lane="a")
        elif event.kind == "done":
            done.set()

    engine.listen(follow)
    engine.submit(add, 1, 1, title="first", lane="a")
    assert done.wait(5)


def test_close_joins_and_may_be_repeated():
    engine = Engine(workers=2)
    ear, started = Ear(engine), threading.Event()
    engine.submit(until_cancelled, started)
    queued = [engine.submit(add, 1, 1) for _ in range(20)]
    assert started.wait(5)
    assert engine.close()
    assert engine.close()
    assert set(ear.finals()) == {1}
    assert len(ear.events) == 1 + len(queued)
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit(add, 1, 1)
    assert not engine.busy


def test_close_says_when_something_is_stuck():
    engine = Engine(workers=1)
    go = threading.Event()

    def deaf(progress):
        go.wait(20)

    task = engine.submit(deaf)
    assert not engine.close(timeout=0.05)
    go.set()
    with pytest.raises(Cancelled):
        task.result(5)
    assert engine.close()


@settings(max_examples=15, deadline=None)
@given(
    plans=st.lists(
        st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(["quick", "steps", "fail", "cancel"])), max_size=12),
        min_size=1,
        max_size=4,
    )
)
def test_every_task_has_exactly_one_final_event(plans):
    """Many submits from several threads, same lanes, some cancelled by hand."""

    def job(kind, progress):
        if kind == "fail":
            raise ValueError("no")
        for step in range(20 if kind in ("steps", "cancel") else 1):
            progress(step / 20, "")
        return kind

    engine = Engine(workers=2)
    ear = Ear(engine)
    tasks = []

    def submit_all(plan):
        for lane, kind in plan:
            task = engine.submit(job, kind, lane=lane)
            tasks.append(task)
            if kind == "cancel":
                task.cancel()

    threads = [threading.Thread(target=submit_all, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for lane in ("a", "b"):  # the newest of a lane was superseded by nobody
        newest = [task for task in tasks if task.lane == lane and task.generation == engine.newest(lane)]
        for task in newest:
            try:
                task.result(10)
            except Cancelled:
                assert task.cancelled
            except ValueError:
                pass
    assert engine.close()
    assert len(ear.events) == sum(len(plan) for plan in plans) == len({task.id for task in tasks})
    for events in ear.events.values():
        kinds = [each.kind for each in events]
        assert kinds[0] == "queued"
        assert kinds[-1] in FINAL
        assert sum(kind in FINAL for kind in kinds) == 1


def test_close_while_others_submit():
    engine = Engine(workers=2)
    ear = Ear(engine)
    refused = threading.Event()

    def submit_until_refused():
        while True:
            try:
                engine.submit(add, 1, 1, lane="a")
            except RuntimeError:
                refused.set()
                return

    thread = threading.Thread(target=submit_until_refused)
    thread.start()
    time.sleep(0.02)
    assert engine.close()
    thread.join(5)
    assert refused.is_set()
    assert set(ear.finals()) == {1}


def test_default_workers_are_bounded(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    with Engine() as engine:
        assert engine._own is not None
        assert engine._own._max_workers == 8
    assert sys.version_info >= (3, 11)
