"""A warm child process: answers, log, cancel, death of either side."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.tasks import child_main
from detgui.tasks.child import Child, Work
from detgui.tasks.engine import Engine

HERE = str(Path(__file__).parent)
posix = pytest.mark.skipif(os.name == "nt", reason="looks at processes the POSIX way")


def runs(pid: int) -> bool:
    """Whether a process is there and not only waited for by nobody."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return True


def gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not runs(pid)


def stop_at(wanted: str, error: BaseException):
    """A progress that raises when it is told so."""

    def progress(fraction, message=""):
        if message == wanted:
            raise error

    return progress


@pytest.fixture(scope="module", autouse=True)
def jobs_can_be_imported():
    sys.path.insert(0, HERE)
    yield
    sys.path.remove(HERE)


@pytest.fixture(scope="module")
def child(jobs_can_be_imported):
    work = Work("the helper", warm="child_jobs:warm_up", loggers=("pipeline", "py.warnings"), environment={"DETGUI_OWN": "7", "HOME": None})
    with Child(work) as one:
        yield one


def test_a_warm_process_answers_again_and_again(child):
    told = []
    facts = child.call("child_jobs:facts", progress=lambda fraction, message="": told.append((fraction, message)))
    again = child.call("child_jobs:facts")
    assert facts["pid"] == again["pid"] == child.pid != os.getpid()
    assert facts["warm"]
    assert facts["own"] == "7"
    assert facts["home"] is None
    assert Path(facts["folder"]).resolve() != Path.cwd()
    assert (0.5, "half") in told
    assert child.call("child_jobs:add", [1], [2]) == [1, 2]


@posix
def test_the_window_goes_first(child):
    assert child.call("child_jobs:facts")["nice"] == min(19, os.nice(0) + child_main.NICE)


def test_lines_of_the_log_are_messages(child):
    lines, told = [], []
    child.call("child_jobs:talk", progress=lambda fraction, message="": told.append(message), log=lines.append)
    assert lines[0] == "step A runs"
    assert "careful" in lines[1]
    assert len(lines) == 2
    assert "step A runs" in told


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("bad", BadInput, "^the file is no ramp$"),
        ("exit", DetguiError, "ended the program .*-1"),
        ("memory", DetguiError, "^not enough memory: Unable to allocate 8 TiB$"),
        ("missing", DetguiError, "nowhere.x: No such file"),
        ("other", DetguiError, "^ValueError: two lines$"),
    ],
)
def test_failures_are_one_sentence_and_the_child_lives(child, kind, error, words):
    child.start()  # this may be the first job
    pid = child.pid
    with pytest.raises(error, match=words) as caught:
        child.call("child_jobs:fail", kind)
    assert isinstance(caught.value, BadInput) == (error is BadInput)
    assert caught.value.exit_status == (2 if error is BadInput else 1)
    assert child.call("child_jobs:add", 1, 2) == 3
    assert child.pid == pid


def test_a_function_that_is_not_there(child):
    with pytest.raises(DetguiError, match="nothing_like_it"):
        child.call("child_jobs:nothing_like_it")
    with pytest.raises(DetguiError, match="pickle"):
        child.call("child_jobs:no_answer")


@pytest.mark.parametrize(("kind", "words"), [("crash", "the helper died with exit status 3"), ("killed", "SIGKILL.*memory")])
def test_a_child_that_dies_is_said_and_replaced(child, kind, words):
    if kind == "killed" and os.name == "nt":
        pytest.skip("there are no signals here")
    with pytest.raises(DetguiError, match=words):
        child.call("child_jobs:fail", kind)
    assert child.call("child_jobs:add", 1, 2) == 3


@pytest.mark.parametrize("job", ["write_slowly", "lock"])
def test_cancel_kills_at_once(child, tmp_path, job):
    half = tmp_path / "half.fits"
    args = (str(half),) if job == "write_slowly" else ()
    child.call("child_jobs:add", 1, 2)
    pid = child.pid
    word = "busy" if job == "lock" else "half is written"
    with pytest.raises(Cancelled):
        child.call(f"child_jobs:{job}", *args, progress=stop_at(word, Cancelled("stop")), discard=[half])
    assert gone(pid, 0) if os.name != "nt" else child.pid is None
    assert not half.exists()
    assert child.call("child_jobs:add", 1, 2) == 3


@posix
def test_what_the_child_started_goes_with_it(child, tmp_path):
    note = tmp_path / "pid"
    with pytest.raises(Cancelled):
        child.call("child_jobs:with_grandchild", str(note), progress=stop_at("started", Cancelled("stop")))
    assert gone(int(note.read_text()))


def test_kill_from_another_thread_ends_the_job(child):
    timer = threading.Timer(0.3, child.kill)
    child.start()
    timer.start()
    with pytest.raises(DetguiError, match="the helper was stopped"):
        child.call("child_jobs:lock")
    timer.join()
    assert child.call("child_jobs:add", 1, 2) == 3


def test_jobs_of_several_threads_take_turns(child):
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(child.call("child_jobs:add", n, n))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 2, 4, 6]


def test_a_task_of_the_engine_is_cancelled_with_its_child(child):
    """A listener of the engine sees the job begin and the one final word."""
    begun, words = threading.Event(), []

    def listen(event):
        words.append(event.kind)
        if event.message == "busy":
            begun.set()

    with Engine(workers=1) as engine:
        engine.listen(listen)
        task = engine.submit(child.call, "child_jobs:lock", lane="step")
        assert begun.wait(20)
        pid = child.pid
        engine.cancel(task.id)
        with pytest.raises(Cancelled):
            task.result(10)
    assert words[-1] == "cancelled"
    assert child.pid is None
    if os.name != "nt":
        assert gone(pid)


def test_close_leaves_no_process_and_no_folder():
    with Child(Work(warm="child_jobs:broken_warm_up")) as one:
        facts = one.call("child_jobs:facts")
        assert Path(facts["folder"]).exists()
    assert one.pid is None
    assert not Path(facts["folder"]).exists()
    if os.name != "nt":
        assert gone(facts["pid"])


@posix
def test_the_child_dies_with_a_parent_that_is_killed(tmp_path):
    half, note = tmp_path / "half.fits", tmp_path / "pid"
    code = (
        f"import sys; sys.path.insert(0, {HERE!r})\nfrom pathlib import Path\nfrom detgui.tasks.child import Child\n"
        "child = Child()\nchild.start()\n"
        f"Path({str(note)!r}).write_text(str(child.pid))\n"
        f"child.call('child_jobs:write_slowly', {str(half)!r}, discard=[Path({str(half)!r})])\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 30
    while not half.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert half.exists()
    parent.kill()
    parent.wait()
    assert gone(int(note.read_text()))
    assert not half.exists()
