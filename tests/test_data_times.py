"""INT_TIMES."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from data_files import segment

from detgui.data.exposure import open_one

COLUMNS = [f"int_{when}_{scale}" for scale in ("MJD_UTC", "BJD_TDB") for when in ("start", "mid", "end")]


def add_table(path, numbers, *, columns=COLUMNS, name="INT_TIMES") -> None:
    table = np.zeros(len(numbers), [("integration_number", "i4")] + [(each, "f8") for each in columns])
    table["integration_number"] = numbers
    for index, each in enumerate(columns):
        table[each] = 59000 + index + np.asarray(numbers) / 1000
    with fits.open(path, mode="append") as hdus:
        hdus.append(fits.BinTableHDU(table, name=name))


def test_joined_across_segments(tmp_path):
    paths = [segment(tmp_path, number, 3) for number in (1, 2, 3)]
    for path, numbers in zip(paths, ([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]), strict=True):
        add_table(path, numbers)
    with open_one([paths[0]]) as exposure:
        times = exposure.int_times()
        assert times["integration_number"].tolist() == list(range(1, 13))
        assert times["int_mid_MJD_UTC"] == pytest.approx(59001 + np.arange(1, 13) / 1000, abs=1e-9)
        assert times["int_mid_BJD_TDB"] == pytest.approx(59004 + np.arange(1, 13) / 1000, abs=1e-9)
        assert all(each.dtype.isnative for each in times.values())
        assert exposure.int_times() is times


def test_a_table_of_the_whole_exposure_in_one_segment(tmp_path):
    path = segment(tmp_path, 2, 3)
    add_table(path, range(1, 13))
    with open_one([path]) as exposure:
        assert exposure.int_times()["int_start_MJD_UTC"] == pytest.approx(59000 + np.arange(5, 9) / 1000, abs=1e-9)


def test_numbers_that_are_missing(tmp_path):
    path = segment(tmp_path, 1, 1)
    add_table(path, [2, 3, 99], columns=COLUMNS[:3])
    with open_one([path]) as exposure:
        times = exposure.int_times()
        assert np.isnan(times["int_mid_MJD_UTC"]).tolist() == [True, False, False, True]
        assert np.isnan(times["int_mid_BJD_TDB"]).all()


def test_no_table_and_an_empty_one(tmp_path):
    path = segment(tmp_path, 1, 1)
    with open_one([path]) as exposure:
        assert exposure.int_times() is None
    add_table(path, [])
    with open_one([path]) as exposure:
        assert exposure.int_times() is None


def test_a_table_with_other_columns(tmp_path):
    path = segment(tmp_path, 1, 1)
    with fits.open(path, mode="append") as hdus:
        hdus.append(fits.BinTableHDU(np.zeros(4, [("a", "f8")]), name="INT_TIMES"))
    with open_one([path]) as exposure:
        assert exposure.int_times() is None
