"""A Dask cluster chosen in the window: which one is used is shown, slope maps are made there, and it can be left again."""

from __future__ import annotations

import cluster_processes
import numpy as np
import pytest
import slope_files

from detgui import app
from detgui.session import slope_work
from detgui.session.scheduler import Scheduler
from detgui.session.store import Settings
from detgui.start import Start

PATIENCE = 60_000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    pytest.importorskip("distributed", reason="distributed is not installed (pip install 'detgui[cluster]')")
    with cluster_processes.processes(tmp_path_factory.mktemp("cluster"), ("",)) as (found, _):
        yield found


@pytest.fixture
def window(qtbot):
    app.application()
    made = app.build_window(Start(size=(1280, 800)))
    yield made
    made.close()
    made.deleteLater()


def test_choosing_a_cluster_and_leaving_it(qtbot, window, address):
    chooser = window.cluster_chooser
    window.menus.actions["cluster"].trigger()
    assert chooser.label.text() == ""
    chooser.dialog.setTextValue(address.removeprefix("tcp://"))
    chooser.dialog.accept()
    qtbot.waitUntil(lambda: chooser.label.text() == f"cluster {address} 1 worker", timeout=PATIENCE)
    assert Scheduler(Settings()).address == address  # the next start knows it
    window.menus.actions["cluster"].trigger()
    chooser.dialog.setTextValue("")
    chooser.dialog.accept()
    assert chooser.label.isHidden()
    assert window.parts.scheduler.executor() is None


@pytest.mark.parametrize("wrong", ["nonsense", "tcp://127.0.0.1:1"])
def test_what_cannot_be_used_is_said(qtbot, window, wrong):
    pytest.importorskip("distributed", reason="distributed is not installed (pip install 'detgui[cluster]')")
    window.cluster_chooser.choose(wrong)
    note = window.task_bar.failure
    qtbot.waitUntil(lambda: wrong in note.label.toolTip(), timeout=PATIENCE)
    assert not note.isHidden()


def test_the_exact_pass_runs_on_the_cluster(tmp_path, address, monkeypatch):
    from detgui.analysis import slope_blocks, slope_map
    from detgui.data.exposure import open_one

    params = slope_map.Params(fit_groups=(1, 6), gain=1.0, read_noise=8.0)
    scheduler = Scheduler(Settings("other"))
    scheduler.choose(address)
    with open_one(slope_files.segments(tmp_path, slope_files.ramps(3))) as exposure:
        local = slope_map.run(exposure, params)
        monkeypatch.setattr(slope_work, "reading", lambda shelf, key: exposure)
        monkeypatch.setattr(slope_blocks, "moments", None)  # what threads here would call
        result = slope_work.exact_map(None, "", params, scheduler.executor)
        scheduler.close()
    np.testing.assert_array_equal(result.count, local.count)
    np.testing.assert_allclose(result.slope, local.slope, rtol=2e-5, atol=1e-5)
