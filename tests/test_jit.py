"""Kernels: compiled at first use, callable from each other, cached where the user's settings say."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from detgui.science import jit
from detgui.science.jit import REDUCED_FASTMATH, kernel


@kernel
def _square(value: float) -> float:
    return value * value


@kernel(fastmath=REDUCED_FASTMATH)
def _sum_of_squares(values: np.ndarray) -> float:
    total = 0.0
    for i in range(values.size):
        total += _square(values[i])
    return total


def test_kernel_calls_kernel():
    values = np.array([1.0, 2.0, 3.0])
    assert _sum_of_squares(values) == 14.0


def test_nan_survives_reduced_fastmath():
    assert np.isnan(_sum_of_squares(np.array([1.0, np.nan])))


def test_decorating_does_not_import_numba(tmp_path):
    code = "import sys; from detgui.science import jit; jit.kernel(lambda x: x); assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "DETGUI_HOME": str(tmp_path)})


@pytest.fixture
def fresh_choice(monkeypatch):
    monkeypatch.setattr(jit.os, "environ", dict(jit.os.environ))
    jit.os.environ.pop("NUMBA_CACHE_DIR", None)


def test_cache_goes_to_the_programs_folder(fresh_choice, own_folders):
    # os.environ is replaced here, so the folder is asked of the function that reads DETGUI_HOME itself.
    assert jit._choose_cache_folder()
    assert jit.os.environ["NUMBA_CACHE_DIR"] == str(own_folders / "cache" / "numba")


def test_the_users_cache_folder_is_kept(fresh_choice, tmp_path):
    jit.os.environ["NUMBA_CACHE_DIR"] = str(tmp_path)
    assert jit._choose_cache_folder()
    assert jit.os.environ["NUMBA_CACHE_DIR"] == str(tmp_path)


def test_no_cache_where_nothing_can_be_written(fresh_choice, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(jit.folders, "cache_folder", lambda: blocked)
    assert not jit._choose_cache_folder()
    assert "NUMBA_CACHE_DIR" not in jit.os.environ


def test_without_numba_kernels_are_plain_python(monkeypatch):
    monkeypatch.setattr(jit, "numba_or_none", lambda: None)
    plain = kernel(lambda x: x + 1)
    assert plain(2) == 3
    plain.compile(int)
