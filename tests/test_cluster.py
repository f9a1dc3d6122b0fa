"""Blocks on the workers of a Dask cluster: a real scheduler and worker processes on the loopback interface."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import cluster_processes
import numpy as np
import pytest
import slope_files
from cli_help import run

from detgui.analysis import slope_blocks, slope_cluster, slope_map
from detgui.data.exposure import open_one
from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.progress import no_progress
from detgui.tasks import cluster as cluster_module
from detgui.tasks.blocks import map_blocks
from detgui.tasks.cluster import Cluster, connected
from detgui.tasks.dask_client import check_address
from detgui.tasks.engine import Engine

SHAPE = (7, 14, 5, 9)
PARAMS = slope_map.Params(fit_groups=(1, 6), gain=1.0, read_noise=8.0)


@pytest.fixture(scope="session")
def scheduler(tmp_path_factory):
    """Address of a scheduler with two workers."""
    pytest.importorskip("distributed", reason="distributed is not installed (pip install 'detgui[cluster]')")
    with cluster_processes.processes(tmp_path_factory.mktemp("cluster")) as (address, _):
        yield address


@pytest.fixture
def cluster(scheduler):
    with connected(scheduler) as found:
        yield found


@pytest.fixture
def own_scheduler(tmp_path):
    """Starts a scheduler and workers of its own for a test."""
    pytest.importorskip("distributed", reason="distributed is not installed (pip install 'detgui[cluster]')")
    return lambda *preloads: cluster_processes.processes(tmp_path, preloads)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a row and an integration, so that small files make many."""
    for name in ("BLOCK_BYTES", "LEAST_BYTES", "READ_BYTES"):
        monkeypatch.setattr(slope_cluster, name, 1)


@pytest.fixture
def exposure(tmp_path):
    with open_one(slope_files.segments(tmp_path, slope_files.ramps(3, SHAPE))) as found:
        yield found


def test_knows_its_workers(cluster):
    assert (cluster.workers, cluster.threads) == (2, 2)
    assert str(cluster) == f"cluster {cluster.address} 2 workers"
    assert cluster.notes == ()


@pytest.mark.parametrize(
    "params",
    [
        PARAMS,
        slope_map.Params(fit_groups=(2, 8), integrations=(2, 5), roi=(1, 1, 7, 3), flags=("JUMP_DET",), gain=1.0, read_noise=8.0),
    ],
)
def test_the_map_is_the_local_one(cluster, exposure, small_blocks, params):
    local = slope_map.run(exposure, params)
    remote = slope_map.run(exposure, params, cluster)
    assert np.unique(local.count).size > 2  # flags exclude some pixels in some integrations
    np.testing.assert_array_equal(remote.count, local.count)
    np.testing.assert_array_equal(remote.dq, local.dq)
    np.testing.assert_allclose(remote.slope, local.slope, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(remote.err, local.err, rtol=2e-4)
    assert remote.error_method == local.error_method


def test_the_map_is_numpys(cluster, tmp_path, small_blocks):
    data = slope_files.ramps(4, SHAPE)
    with open_one(slope_files.segments(tmp_path, data)) as exposure:
        result = slope_map.run(exposure, PARAMS, cluster)
    slope, count = slope_files.mean_where(slope_files.all_slopes(data["sci"], PARAMS.fit_groups), slope_files.valid(data))
    np.testing.assert_array_equal(result.count, count)
    np.testing.assert_allclose(result.slope, slope, rtol=1e-4, atol=1e-3)


def test_both_workers_take_part(cluster):
    calls = [cluster.submit(os.getpid) for _ in range(20)]
    workers = {call.result(20) for call in calls}
    assert len(workers) == 2
    assert os.getpid() not in workers


def test_progress_comes_as_blocks_are_done(cluster, exposure, small_blocks):
    told = []
    slope_map.run(exposure, PARAMS, cluster, lambda fraction, message="": told.append((fraction, message)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert len({fraction for fraction in fractions if 0 < fraction < 0.97}) > 5
    assert any("block 20 of 35" in message for _, message in told)


def test_cancel_is_heard_within_a_second_and_frees_the_calls(cluster):
    begun = time.monotonic()

    def cancel(fraction, message=""):
        if time.monotonic() - begun > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        list(map_blocks(cluster, time.sleep, [2.0] * 30, cancel))
    assert time.monotonic() - begun < 1.3
    _wait_until_forgotten(cluster)


def test_cancel_of_a_task_of_the_window(cluster):
    with Engine() as engine:
        task = engine.submit(lambda progress: list(map_blocks(cluster, time.sleep, [2.0] * 30, progress)), title="slopes")
        time.sleep(0.3)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(Cancelled):
            task.result(5)
        assert time.monotonic() - begun < 1
    _wait_until_forgotten(cluster)


def _wait_until_forgotten(cluster: Cluster) -> None:
    """Until the scheduler knows no call any more; those that run on a worker end first."""
    client = cluster._client
    end = time.monotonic() + 10
    while left := client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):  # a lambda goes by value
        assert time.monotonic() < end, f"{left} calls are still known"
        time.sleep(0.05)
    assert not client.futures


def test_a_file_that_a_worker_does_not_have_is_named_with_the_worker(cluster, exposure, small_blocks):
    tasks = list(slope_cluster.cut(exposure, PARAMS, 2))
    gone = exposure.files[1].path
    gone.rename(gone.with_suffix(".moved"))
    with pytest.raises(BadInput) as error:
        list(map_blocks(cluster, slope_blocks.reduce_block, tasks, no_progress))
    words = str(error.value)
    assert words.startswith("worker tcp://127.0.0.1:")
    assert words.endswith(f"{gone} does not exist")


def test_a_file_that_changed_is_named_with_the_worker(cluster, exposure, small_blocks):
    tasks = list(slope_cluster.cut(exposure, PARAMS, 2))
    changed = exposure.files[0].path
    os.utime(changed, (1, 1))
    with pytest.raises(BadInput, match=rf"worker tcp://127.0.0.1:\d+: {changed.name} is not the file that was opened"):
        list(map_blocks(cluster, slope_blocks.reduce_block, tasks, no_progress))


def test_a_packed_file_is_refused_before_any_work(cluster, tmp_path):
    (path, *_) = slope_files.segments(tmp_path, slope_files.ramps(3, SHAPE))
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with open_one([packed], neighbours=False) as exposure, pytest.raises(BadInput, match=f"{packed.name} is packed with gzip: unpack it"):
        slope_map.run(exposure, PARAMS, cluster)


def test_what_fails_on_a_worker_fails_here(cluster):
    with pytest.raises(ValueError, match="negative"):
        list(map_blocks(cluster, time.sleep, [-1.0], no_progress))


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_will_do(pool, exposure, small_blocks):
    local = slope_map.run(exposure, PARAMS)
    context = {"mp_context": __import__("multiprocessing").get_context("spawn")} if pool is ProcessPoolExecutor else {}
    with pool(1, **context) as executor:
        other = slope_map.run(exposure, PARAMS, executor)
    np.testing.assert_array_equal(other.count, local.count)
    np.testing.assert_allclose(other.slope, local.slope, rtol=2e-5, atol=1e-5)


def test_blocks_are_bands_of_many_integrations(tmp_path):
    """What comes back is as large as the rows of all blocks: a full frame's rows come back once, not once for each integration."""
    from types import SimpleNamespace

    seen = []
    fake = SimpleNamespace(
        shape=(10, 20, 2048, 2048), dtype=np.dtype("float32"), files=(None,), integrations=np.arange(1, 11), name="full_frame"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slope_cluster.stream, "blocks", lambda exposure, numbers, rows, size: seen.append((rows, size)) or [])
        list(slope_cluster.cut(fake, PARAMS, 2))  # type: ignore[arg-type]
    total = 10 * 20 * 2048 * 2048 * 5
    assert [rows[0] for rows, _ in seen] == [0] + [rows[1] + 1 for rows, _ in seen[:-1]]
    assert seen[-1][0][1] == 2047
    for (first, last), size in seen:
        assert 64e6 < size <= 512e6
        assert (last - first + 1) * total // 2048 <= size
    assert len(seen) >= total // (512 << 20)


# The command line


def slopes(tmp_path: Path, address: str, *more: object) -> tuple[object, ...]:
    files = slope_files.segments(tmp_path, slope_files.ramps(3, SHAPE))
    return ("slopes", *files, "--fit-groups", "1-6", "--scheduler", address, "-o", tmp_path / "slopes.fits", *more)


def test_command_line(capsys, scheduler, tmp_path):
    status, out, err = run(capsys, *slopes(tmp_path, scheduler, "--json"))
    assert (status, err) == (0, [])
    assert json.loads(out)["output"] == str(tmp_path / "slopes.fits")
    assert (tmp_path / "slopes.fits").stat().st_size > 2880


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "tcp://127.0.0.1:0", "tcp://127.0.0.1:70000", "http://127.0.0.1:8786"])
def test_an_address_that_is_none(capsys, tmp_path, address):
    status, out, err = run(capsys, *slopes(tmp_path, address))
    assert (status, out, len(err)) == (2, "", 1)
    assert "is not the address of a Dask scheduler" in err[0]


def test_addresses():
    assert check_address("localhost:8786") == "tcp://localhost:8786"
    assert check_address("tls://[::1]:8786/") == "tls://[::1]:8786"


@pytest.mark.parametrize("kind", ["refused", "silent", "other"])
def test_a_scheduler_that_is_not_there(capsys, tmp_path, monkeypatch, kind):
    """One sentence and status 1, soon: nobody listens, somebody listens and is silent, something else answers."""
    pytest.importorskip("distributed", reason="distributed is not installed (pip install 'detgui[cluster]')")
    monkeypatch.setattr(cluster_module, "CONNECT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        if kind == "refused":
            server.close()
        answers = threading.Thread(target=_greet, args=(server,))
        if kind == "other":
            answers.start()
        begun = time.monotonic()
        status, out, err = run(capsys, *slopes(tmp_path, address))
        assert time.monotonic() - begun < 5
        if kind == "other":
            answers.join()
    assert (status, out, len(err)) == (1, "", 1)
    assert address in err[0]
    assert {"refused": "no Dask scheduler", "silent": "within 1 s", "other": "is no Dask scheduler"}[kind] in err[0]
    assert not (tmp_path / "slopes.fits").exists()


def _greet(server: socket.socket) -> None:
    line, _ = server.accept()
    with line:
        line.sendall(b"220 mail.example.org ESMTP\r\n")


def test_without_distributed(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, out, err = run(capsys, *slopes(tmp_path, "tcp://127.0.0.1:8786"))
    assert (status, out, len(err)) == (2, "", 1)
    assert "pip install 'detgui[cluster]'" in err[0]


def test_threads_of_this_computer_do_not_go_with_a_cluster(capsys, tmp_path):
    status, _, err = run(capsys, *slopes(tmp_path, "tcp://127.0.0.1:8786", "--workers", 2))
    assert (status, len(err)) == (2, 1)


def test_bad_parameters_are_said_before_anybody_is_asked(capsys, tmp_path):
    status, _, err = run(capsys, *slopes(tmp_path, "tcp://127.0.0.1:1", "--roi", "0,0,99,99"))
    assert (status, len(err)) == (2, 1)
    assert "reaches outside" in err[0]


# Clusters in trouble


def test_a_scheduler_that_dies_midway(own_scheduler):
    with own_scheduler("", "") as (address, running), connected(address) as cluster:
        killer = threading.Timer(0.5, running[0].kill)
        killer.start()
        begun = time.monotonic()
        with pytest.raises(DetguiError, match=f"connection to the Dask scheduler {address} was lost"):
            list(map_blocks(cluster, time.sleep, [1.0] * 20, no_progress))
        assert time.monotonic() - begun < 5
        killer.join()


def test_a_lost_worker_is_made_good_and_the_last_one_is_said(own_scheduler, monkeypatch):
    with own_scheduler("", "") as (address, running), connected(address) as cluster:
        killer = threading.Timer(0.5, running[1].kill)
        killer.start()
        assert len(list(map_blocks(cluster, time.sleep, [0.2] * 12, no_progress))) == 12
        killer.join()
        monkeypatch.setattr(cluster_module, "ALONE_S", 0.5)
        monkeypatch.setattr(cluster_module, "LOOK_S", 0.1)
        running[2].kill()
        told = []
        with pytest.raises(DetguiError, match=f"the Dask cluster {address} has no worker"):
            list(map_blocks(cluster, time.sleep, [0.2] * 12, lambda fraction, message="": told.append(message)))
        assert f"waiting for a worker of {address}" in told


def test_workers_with_other_versions(own_scheduler):
    with own_scheduler(cluster_processes.OTHER_NUMPY) as (address, _), connected(address) as cluster:
        assert list(map_blocks(cluster, abs, [-1], no_progress)) == [1]
        (note,) = cluster.notes
        assert f"numpy 1.99.0 (here {np.__version__})" in note


@pytest.mark.parametrize(
    ("code", "words"), [(cluster_processes.OTHER_DETGUI, "has detgui 0.0.0"), (cluster_processes.NO_DETGUI, "need detgui")]
)
def test_workers_that_cannot_do_it(own_scheduler, code, words):
    with own_scheduler(code) as (address, running), connected(address) as cluster:
        with pytest.raises(DetguiError, match=words):
            list(map_blocks(cluster, abs, [-1], no_progress))
        assert running[1].poll() is None  # somebody else's worker is not harmed


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a child")
def test_ctrl_c(own_scheduler, tmp_path):
    """A scheduler without workers: the command waits for one, is interrupted, and leaves nothing behind."""
    with own_scheduler() as (address, _):
        words = [str(word) for word in slopes(tmp_path, address)]
        child = subprocess.Popen([sys.executable, "-m", "detgui", *words], stderr=subprocess.PIPE, text=True)
        cluster_processes.wait_for(lambda: "Client-detgui" in (tmp_path / "scheduler.log").read_text())
        child.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, err = child.communicate(timeout=20)
        assert time.monotonic() - begun < 3
    assert child.returncode == 130
    assert err.splitlines() == ["detgui: interrupted"]
    assert not (tmp_path / "slopes.fits").exists()
