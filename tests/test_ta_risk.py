"""Risk for target acquisition: the report's arithmetic, closed forms against simulation, the map, and ``detgui ta-risk``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.table import Table
from cli_help import run
from scipy import stats

from detgui.analysis import ta_risk
from detgui.errors import BadInput
from detgui.science.ta_risk import Draw, acquisition_risk, risk_map, unmasked

REPORT = {6: (0.10, 0.57), 12: (0.19, 0.81), 24: (0.34, 0.96)}
"""Age in months: a stamp is hit, any of eight is (JWST-STScI-009188 section 4.3, about 70 pixels a month)."""


@pytest.mark.parametrize("months", REPORT)
def test_the_reports_numbers(months):
    stamp, any_star = REPORT[months]
    risk = acquisition_risk(70.0, months)
    assert round(float(risk.p_stamp), 2) == stamp
    assert float(risk.p_any) == pytest.approx(any_star, abs=0.008)
    assert round(float(risk.p_any_rounded), 2) == any_star


def test_the_reports_pixel():
    """0.02 % of all pixels a year."""
    assert round(100 * float(acquisition_risk(70.0, 12).p_pixel), 2) == 0.02
    assert float(acquisition_risk(70.0, 12, pixels=2048**2).p_pixel) == 70 * 12 / 2048**2


def test_worst_case_of_a_science_exposure():
    """About 150 for 100 a month and masks every three months (section 3)."""
    expected, error = unmasked(100.0, 4.0, 1.5)
    assert expected == 150.0
    assert error == pytest.approx(np.hypot(np.sqrt(150), 6.0))


def test_fewer_clean_stars_is_binomial():
    risk = acquisition_risk(70.0, [6, 12, 24], stars=8, needed=5)
    np.testing.assert_allclose(risk.p_fewer, stats.binom.cdf(4, 8, 1 - risk.p_stamp))
    assert acquisition_risk(70.0, 12, stars=4, needed=5).p_fewer == 1.0


def test_against_drawn_pixels():
    rng = np.random.default_rng(1)
    hits = [np.unique(rng.integers(0, 2040**2, rng.poisson(70 * 24)) // 1024).size for _ in range(300)]
    stamps = 2040**2 / 1024
    assert float(acquisition_risk(70.0, 24).p_stamp) == pytest.approx(np.mean(hits) / stamps, rel=0.01)


@pytest.mark.parametrize(
    "bad", [{"rate": -1.0}, {"rate": float("nan")}, {"months": -1.0}, {"months": float("inf")}, {"stamp": 0}, {"stars": 0}, {"rate": 1e9}]
)
def test_what_cannot_be_is_refused(bad):
    with pytest.raises(BadInput):
        acquisition_risk(**{"rate": 70.0, "months": 12.0, **bad})


def test_nothing_happens_at_once_and_everything_in_the_end():
    assert float(acquisition_risk(70.0, 0.0).p_any) == 0.0
    assert float(acquisition_risk(2040.0 * 2040, 1.0).p_stamp) == pytest.approx(1.0)


def places(rng, count, shape):
    return rng.integers(0, shape[0], count), rng.integers(0, shape[1], count)


def test_the_map_of_pixels_anywhere_is_the_closed_form():
    rng = np.random.default_rng(2)
    shape = (512, 512)
    y, x = places(rng, 400, shape)
    draw = Draw(trials=300, jitter=1000.0, seed=3)
    found = risk_map(y, x, np.arange(400), 60.0, shape, draw)
    wanted = acquisition_risk(60.0, 1.0, pixels=512**2)
    assert found.mean == pytest.approx(float(wanted.p_stamp), abs=4 * found.mean_err)
    assert found.p_any == pytest.approx(float(wanted.p_any), abs=0.02)
    assert found.p_stamp.shape == (61, 61)


def test_pixels_in_one_corner_make_risk_there_and_less_elsewhere():
    rng = np.random.default_rng(4)
    y, x = places(rng, 300, (128, 128))
    found = risk_map(y, x, np.arange(300), 60.0, (512, 512), Draw(trials=100, jitter=8.0))
    assert found.p_stamp[:8, :8].mean() > 0.9
    assert found.p_stamp[40:, 40:].max() == 0.0
    assert found.mean < float(acquisition_risk(60.0, 1.0, pixels=512**2).p_stamp)


def test_crosses_hit_fewer_stamps_than_as_many_single_pixels():
    rng = np.random.default_rng(5)
    y, x = places(rng, 60, (500, 500))
    cross_y = np.concatenate([y + dy for dy, _ in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))]) + 5
    cross_x = np.concatenate([x + dx for _, dx in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))]) + 5
    draw = Draw(trials=100)
    crosses = risk_map(cross_y, cross_x, np.tile(np.arange(60), 5), 100.0, (512, 512), draw)
    single = risk_map(cross_y, cross_x, np.arange(300), 100.0, (512, 512), draw)
    assert crosses.mean < 0.5 * single.mean


def test_errors_of_the_map_are_what_other_masks_scatter_by():
    rng = np.random.default_rng(6)
    y, x = places(rng, 40, (128, 128))
    found = [risk_map(y, x, np.arange(40), 4.0, (128, 128), Draw(trials=50, grid=16, seed=seed)) for seed in range(60)]
    for name in ("mean", "p_any", "p_fewer"):
        values, errors = (np.array([getattr(each, key) for each in found]) for key in (name, f"{name}_err"))
        assert np.median(errors) > 0
        assert values.std(ddof=1) / np.sqrt(np.mean(errors**2)) == pytest.approx(1.0, abs=0.25)


def test_no_pixels_no_map():
    nothing = np.empty(0, np.int64)
    with pytest.raises(BadInput, match="none"):
        risk_map(nothing, nothing, nothing, 10.0, (64, 64), Draw())


def test_the_error_of_the_rate_goes_through():
    result = ta_risk.run(ta_risk.Params(rate=70.0, rate_err=7.0, months=12.0))
    said = ta_risk.summary(result)
    slope = (acquisition_risk(70.01, 12).p_stamp - acquisition_risk(69.99, 12).p_stamp) / 0.02
    assert said["p_stamp_err"] == pytest.approx(float(slope) * 7.0, rel=0.01)
    assert said["p_any_err"] > 0 and said["p_fewer_than_5_err"] > 0
    assert f"{100 * said['p_any']:.1f} ± {100 * said['p_any_err']:.1f} %" in ta_risk.as_text(result)


def test_json_of_the_command_line(capsys):
    status, out, err = run(capsys, "ta-risk", "--rate", 70, "--months", 12, "--json")
    said = json.loads(out)
    assert (status, err) == (0, [])
    assert said["p_stamp"] == pytest.approx(0.187, abs=0.002)
    assert {"p_pixel", "p_stamp", "p_any", "p_fewer_than_5"} <= said.keys()


def test_the_text_has_the_reports_probability_where_rounding_made_another(capsys):
    """At 6 months the report's 57 % follow from its rounded 10 %; without rounding they are 56 %. At 12 months both are 81 %."""
    said = [run(capsys, "ta-risk", "--rate", 70, "--months", months)[1] for months in (6, 12)]
    assert "56.3 %" in said[0] and "57 % for at least one of 8" in said[0]
    assert "80.9 %" in said[1] and "at least one of 8" in said[1] and "full per cent" not in said[1]


def test_text_and_table_of_the_command_line(capsys, tmp_path):
    status, out, _ = run(capsys, "ta-risk", "--rate", 70, "--months", 12, "-o", tmp_path / "risk.ecsv")
    assert status == 0
    assert "18.7 %" in out
    table = Table.read(tmp_path / "risk.ecsv")
    row = table[np.argmin(abs(table["months"] - 12))]
    assert row["p_any"] == pytest.approx(0.809, abs=0.002)


@pytest.mark.parametrize(
    "options",
    [
        ("--rate", -1, "--months", 3), ("--rate", "nan", "--months", 3), ("--rate", 70), ("--months", 3),
        ("--rate", 70, "--months", -3), ("--rate", 70, "--months", 3, "--stamp", 0), ("--rate", 1e9, "--months", 3),
        ("--rate", 70, "--months", 3, "-o", "x.txt"), ("--rate", 70, "--months", 3, "--stars", 100000),
    ],
)  # fmt: skip
def test_bad_use_is_one_line(capsys, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "ta-risk", *options)
    assert (status, out, len(err)) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []
