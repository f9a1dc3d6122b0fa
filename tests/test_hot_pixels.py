"""Hot pixels through time from files: counts, growth, breaks, bad inputs, ``detgui hotpixels``; simulated and real series."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from cli_help import run
from hot_fakes import cross_image, write_dark

from detgui.analysis import hot_history, hot_pixels, hot_tables
from detgui.errors import BadInput
from detgui.simulate.dark_files import write_darks
from detgui.simulate.dark_params import DarkParams

SIDE = 320
CHANGE = "2023-06-15"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Ten darks with a change of definition: (files, EPOCHS, GROWTH)."""
    folder = tmp_path_factory.mktemp("darks")
    params = DarkParams(size=SIDE, epochs=10, hot=700, births=30, deaths=4, telegraph=40, change=CHANGE, seed=3)
    *files, truth = write_darks(params, folder)
    return files, Table.read(truth, "EPOCHS"), Table.read(truth, "GROWTH")


@pytest.fixture(scope="module")
def result(simulated):
    return hot_pixels.run(simulated[0], hot_pixels.Params(breaks=(CHANGE,)))


def test_counts_are_those_of_the_truth(simulated, result):
    _, epochs, _ = simulated
    (series,) = result.series
    assert (series.detector, series.readout, series.unit) == ("NRS1", "TRAD", "DN/s")
    for trend in series.trends:
        np.testing.assert_allclose(trend.counts, epochs[f"count_{trend.threshold:g}"], atol=8)
        np.testing.assert_allclose(trend.centres, epochs[f"centres_{trend.threshold:g}"], atol=8)


def test_growth_is_that_of_the_truth(simulated, result):
    growth = simulated[2]
    for trend, rate in zip(result.series[0].trends, growth["rate_pix_per_month"], strict=True):
        assert trend.growth_centres.rate == pytest.approx(rate, abs=3.5 * trend.growth_centres.rate_err)
        assert trend.growth_centres.rate_err < 0.35 * rate


def test_the_step_is_neighbours(simulated, result):
    """All of the step is the change of definition; what is not explained is within its error of nothing."""
    _, epochs, _ = simulated
    trend = result.series[0].trend(1.0)
    extra = float((epochs["count_1"] - epochs["centres_1"])[4])
    assert trend.growth.step > 5 * trend.growth.step_err
    assert trend.shares[0].explained == pytest.approx(extra, rel=0.25)
    assert abs(trend.shares[0].rest) < 3 * trend.shares[0].rest_err
    assert trend.shares[0].share == pytest.approx(1.0, abs=3 * trend.shares[0].share_err)


def test_the_coupling_before_and_after(result):
    series = result.series[0]
    assert series.cross.coupling == pytest.approx(0.007, rel=0.03)
    assert abs(series.part_crosses[0].coupling) < 4e-4


def test_hot_flags_agree_and_disagree(tmp_path):
    rate = cross_image((60, 60), {(10, 10): 5.0, (20, 20): 5.0, (30, 30): 0.5})
    dq = np.zeros(rate.shape, np.uint32)
    dq[10, 10] = dq[30, 30] = dq[40, 40] = 2048 | 1
    found = hot_pixels.run([write_dark(tmp_path / "d.fits", rate, dq=dq)])
    series = found.series[0]
    assert series.hot_dq.tolist() == [3]
    (check,) = series.dq_checks
    assert (check.source, check.flagged, check.above) == ("DQ", 3, 2)
    assert check.flagged_only.tolist() == [30 * 60 + 30, 40 * 60 + 40]
    assert check.hot_only.tolist() == [20 * 60 + 20]


def test_reference_pixels_and_nan_are_not_counted(tmp_path):
    rate = np.zeros((2048, 2048), np.float32)
    rate[2, 500], rate[700, 2046], rate[100, 100], rate[300, 300], rate[301, 300] = 9, 9, 9, np.nan, 1.0
    trend = hot_pixels.run([write_dark(tmp_path / "d.fits", rate)]).series[0].trend(1.0)
    assert trend.counts.tolist() == [1]


def small(tmp_path, name, date="2023-01-01T00:00:00", hot=30, **keywords):
    rng = np.random.default_rng(len(name))
    rate = cross_image((64, 64), {(int(y), int(x)): 20.0 for y, x in rng.integers(5, 59, (hot, 2))})
    return write_dark(tmp_path / name, rate, date, **keywords)


def test_detectors_readouts_and_subarrays_are_series_of_their_own(tmp_path):
    files = [
        small(tmp_path, "a1.fits"), small(tmp_path, "a2.fits", "2023-04-01T00:00:00"),
        small(tmp_path, "b.fits", DETECTOR="NRS2"), small(tmp_path, "c.fits", READPATT="NRSIRS2RAPID"),
        small(tmp_path, "d.fits", SUBSTRT1=501),
    ]  # fmt: skip
    found = hot_pixels.run(files)
    assert [len(series.files) for series in found.series] == [1, 2, 1, 1]
    assert {(series.detector, series.readout) for series in found.series} == {("NRS1", "TRAD"), ("NRS1", "IRS2"), ("NRS2", "TRAD")}


def test_bad_files_are_named_and_the_rest_goes_on(tmp_path):
    full = write_dark(tmp_path / "full.fits", np.zeros((2048, 2048), np.float32))
    junk = tmp_path / "junk.fits"
    junk.write_bytes(b"nothing" * 1000)
    files = [
        full, small(tmp_path, "sub.fits"), small(tmp_path, "undated.fits", None), small(tmp_path, "gain.fits", reftype="GAIN"), junk,
        tmp_path / "missing.fits",
    ]  # fmt: skip
    found = hot_pixels.run(files)
    assert len(found.series) == 1
    for word in (
        "sub.fits is a subarray",
        "undated.fits has no date",
        "gain.fits is no dark",
        "junk.fits is not a FITS",
        "missing.fits does not",
    ):
        assert sum(word in sentence for sentence in found.refused) == 1
    assert any("one file only" in note for note in found.notes)


def test_a_dark_without_a_number_is_no_count_of_nothing(tmp_path):
    empty = write_dark(tmp_path / "nan.fits", np.full((64, 64), np.nan, np.float32), "2023-04-01T00:00:00")
    found = hot_pixels.run([small(tmp_path, "a.fits"), empty])
    assert [dark.name for dark in found.series[0].files] == ["a.fits"]
    assert found.refused == ("nan.fits has no pixel with a number in it and is left out",)
    with pytest.raises(BadInput, match=r"nan.fits has no pixel"):
        hot_pixels.run([empty])


def test_mixed_units_without_a_gain(tmp_path):
    files = [small(tmp_path, "dn.fits"), small(tmp_path, "e.fits", "2023-03-01T00:00:00", unit="e-/s")]
    found = hot_pixels.run(files)
    assert len(found.series[0].files) == 1
    assert "e.fits is in e-/s, the others are in DN/s, and there is no gain" in found.refused[0]
    with_gain = hot_pixels.run(files, hot_pixels.Params(gain=25.0))
    assert with_gain.series[0].trend(1.0).counts[1] == 0
    assert not with_gain.refused
    typed = hot_pixels.run(files, hot_pixels.Params(unit="DN/s"))
    assert typed.series[0].trend(1.0).counts[1] > 20
    one = hot_pixels.run(files, hot_pixels.Params(unit="e-/s", units=(("e.fits", "DN/s"), ("dn.fits", "DN/s"))))
    assert [dark.unit_from for dark in one.series[0].files] == ["typed", "typed"]
    assert one.series[0].unit == "DN/s" and one.series[0].trend(1.0).counts.tolist() == typed.series[0].trend(1.0).counts.tolist()


def test_rates_in_electrons_are_counted_in_dn_with_a_gain(tmp_path):
    """Thresholds are in DN/s wherever that can be had, and it is said where it cannot."""
    files = [small(tmp_path, f"e{k}.fits", f"2023-0{k}-01T00:00:00", unit="e-/s") for k in (1, 2)]
    found = hot_pixels.run(files, hot_pixels.Params(gain=25.0))
    assert (found.series[0].unit, found.series[0].trend(1.0).counts[0]) == ("DN/s", 0)
    assert "e1.fits: converted from e-/s to DN/s with 25 e-/DN" in found.notes[0]
    without = hot_pixels.run(files, hot_pixels.Params())
    assert without.series[0].unit == "e-/s" and without.series[0].trend(1.0).counts[0] > 0
    assert any("so are the thresholds" in note for note in without.notes)


def test_mixed_units_without_a_gain_keep_the_greater_part(tmp_path):
    files = [small(tmp_path, f"e{k}.fits", f"2023-0{k}-01T00:00:00", unit="e-/s") for k in (1, 2, 3)]
    found = hot_pixels.run([*files, small(tmp_path, "dn.fits")])
    assert (found.series[0].unit, len(found.series[0].files)) == ("e-/s", 3)
    assert found.refused[0].startswith("dn.fits is in DN/s, the others are in e-/s")


def test_a_gain_reference(tmp_path):
    primary = fits.PrimaryHDU()
    primary.header.update({"TELESCOP": "JWST", "REFTYPE": "GAIN", "DETECTOR": "NRS1"})
    fits.HDUList([primary, fits.ImageHDU(np.full((64, 64), 25.0, np.float32), name="SCI")]).writeto(tmp_path / "gain.fits")
    files = [small(tmp_path, "dn.fits"), small(tmp_path, "e.fits", "2023-03-01T00:00:00", unit="e-/s")]
    found = hot_pixels.run(files, hot_pixels.Params(gain=tmp_path / "gain.fits"))
    assert found.series[0].trend(1.0).counts[1] == 0


def test_a_unit_that_is_missing_is_said_and_not_refused(tmp_path):
    found = hot_pixels.run([small(tmp_path, "d.fits", unit=None)])
    assert found.series[0].unit == "DN/s"
    assert any("d.fits does not state its unit" in note for note in found.notes)
    assert hot_tables.rows(found)[0]["unit_assumed"]
    assert hot_pixels.run([tmp_path / "d.fits"], hot_pixels.Params(unit="e-/s")).series[0].unit == "e-/s"


def test_a_break_on_the_day_of_a_file_is_at_that_file(tmp_path):
    files = [small(tmp_path, f"{k}.fits", f"2023-0{k}-01T00:00:00") for k in range(1, 6)]
    found = hot_pixels.run(files, hot_pixels.Params(breaks=("2023-03-01",)))
    assert found.series[0].part.tolist() == [0, 0, 1, 1, 1]
    late = hot_pixels.run(files, hot_pixels.Params(breaks=("2025-01-01",)))
    assert late.series[0].part is None
    assert any("before the break" in note for note in late.notes)


def test_breaks_without_files_between_them_are_one(tmp_path):
    files = [small(tmp_path, f"d{k}.fits", f"2023-0{k}-01T00:00:00") for k in range(1, 7)]
    breaks = ("2023-05-15", "2023-02-15", "2023-02-20", "2024-01-01")
    (series,) = hot_pixels.run(files, hot_pixels.Params(breaks=breaks)).series
    assert [f"{each:%m-%d}" for each in series.breaks] == ["02-15", "05-15"]
    assert series.part.tolist() == [0, 0, 1, 1, 1, 2]
    assert series.first_after.tolist() == [2, 5]
    assert sum("no file is between the breaks at 2023-02-15 and 2023-02-20" in note for note in series.notes) == 1
    assert sum("before the break at 2024-01-01" in note for note in series.notes) == 1
    (few,) = hot_pixels.run(files[1:4], hot_pixels.Params(breaks=("2023-02-15", "2023-03-15"))).series
    assert few.trends[0].growth is None
    assert any("2 steps beside a trend: darks of at least 4 dates are needed" in note for note in few.notes)


@pytest.mark.parametrize("bad", [{"thresholds": ()}, {"thresholds": (0.0,)}, {"breaks": ("soon",)}, {"gain": -1.0}, {"unit": "Jy"}])
def test_bad_parameters(tmp_path, bad):
    with pytest.raises(BadInput):
        hot_pixels.run([small(tmp_path, "d.fits")], hot_pixels.Params(**bad))


def test_nothing_left_is_an_error(tmp_path):
    with pytest.raises(BadInput, match=r"x.fits"):
        hot_pixels.run([tmp_path / "x.fits"])
    with pytest.raises(BadInput, match="no dark"):
        hot_pixels.run([])


def test_json_and_table_of_the_command_line(capsys, tmp_path, simulated, result):
    output = tmp_path / "trend.ecsv"
    status, out, _ = run(capsys, "hotpixels", *simulated[0], "--break", CHANGE, "--thresholds", "1,10", "-o", output, "--json")
    said = json.loads(out)
    assert status == 0
    assert {"detector", "readout", "date", "threshold", "count", "count_centres", "hot_dq"} <= said["rows"][0].keys()
    growth = said["growth"][0]
    assert (growth["detector"], growth["readout"], growth["threshold"]) == ("NRS1", "TRAD", 1.0)
    fit = result.series[0].trend(1.0).growth
    assert (growth["rate_pix_per_month"], growth["rate_err"]) == (pytest.approx(fit.rate), pytest.approx(fit.rate_err))
    assert (growth["step_pix"], growth["step_err"]) == (pytest.approx(fit.step), pytest.approx(fit.step_err))
    assert len(said["growth_centres"]) == 2
    table = Table.read(output)
    assert len(table) == 20
    assert table.colnames[:7] == ["detector", "readout", "date", "threshold", "count", "count_centres", "hot_dq"]
    assert table.meta["growth"][0]["rate_pix_per_month"] == pytest.approx(fit.rate)
    assert "detgui hotpixels" in table.meta["provenance"]["command"]


def test_without_a_break_json_has_no_step(capsys, simulated):
    _, out, _ = run(capsys, "hotpixels", *simulated[0][4:], "--json")
    assert json.loads(out)["growth"][0]["step_pix"] is None


def test_one_file_counts_and_says_that_there_is_no_trend(capsys, tmp_path):
    status, out, err = run(capsys, "hotpixels", small(tmp_path, "d.fits"), "--json")
    assert status == 0
    assert json.loads(out)["growth"] == []
    assert len([line for line in err if "one file only" in line]) == 1


@pytest.mark.parametrize(
    "options",
    [
        (), ("-o", "t.txt"), ("--json", "--thresholds", "1,x"), ("--json", "--break", "soon"), ("--json", "--unit", "Jy"),
        ("--json", "--unit", "d.fits=Jy"), ("--json", "--break", "2023-01-01,"),
        ("--json", "--date", "d.fits"), ("--json", "--gain", "0"), ("--mask", "m.txt"), ("--json", "--former-mask", "d.fits"),
        ("--json", "--threshold", "7"), ("--list", "n.ecsv", "--persistence", "0"), ("--json", "--pedigree", "GUESS"),
    ],
)  # fmt: skip
def test_bad_use_is_one_line(capsys, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    small(tmp_path, "d.fits")
    status, out, err = run(capsys, "hotpixels", "d.fits", *options)
    assert (status, out, len(err)) == (2, "", 1), err
    assert [each.name for each in tmp_path.iterdir()] == ["d.fits"]


def test_the_unit_of_one_file_is_typed(capsys, tmp_path):
    """The other stays what its header says, and is converted."""
    stated = small(tmp_path, "a.fits", unit="e-/s")
    silent = small(tmp_path, "b.fits", "2023-04-01T00:00:00", unit=None)
    status, out, err = run(capsys, "hotpixels", stated, silent, "--unit", "b.fits=e-/s", "--unit", "c.fits=DN/s", "--gain", 2, "--json")
    said = json.loads(out)
    assert status == 0
    assert [(each["unit"], each["unit_from"]) for each in said["files"]] == [("e-/s", "header"), ("e-/s", "typed")]
    assert not any(row["unit_assumed"] for row in said["rows"])
    assert sum("c.fits, which is not among the files" in line for line in err) == 1


def test_a_typed_date_makes_a_file_usable(capsys, tmp_path):
    path = small(tmp_path, "d.fits", None)
    status, out, _ = run(capsys, "hotpixels", path, "--date", "d.fits=2024-05-06", "--json")
    assert status == 0
    assert json.loads(out)["rows"][0]["date"].startswith("2024-05-06")


def test_the_real_masks_changed_their_criteria(shared_file):
    """NRCALONG and NRCBLONG 2023-01 to 2026-06: at 2024-06 every pixel leaves, which is a step and no healing."""
    names = [f"nrc_badpix_{date}_NRC{module}LONG.fits.gz" for module in "AB" for date in (230120, 230701, 240627, 251016, 260627)]
    found = hot_pixels.run([shared_file(name) for name in names], hot_pixels.Params(breaks=("2024-06-27",)))
    first, second = found.series
    assert (first.detector, second.detector) == ("NRCALONG", "NRCBLONG")
    assert first.trends[0].counts.tolist() == [21104, 21677, 2051, 3103, 21893]
    assert first.trends[0].turnover[1].tolist() == [0, 2051, 20981, 696]
    assert any("nrc_badpix_240627_NRCALONG.fits.gz: 32,576 pixels hold 1024, neither 0 nor bad" in note for note in first.notes)
    assert first.trends[0].growth.step < -2 * first.trends[0].growth.step_err
    classes = hot_history.run(first, hot_history.Params(None)).numbers()
    assert classes["recovered"] == 0
    assert classes["changed at the break"] > 15_000
    for series in found.series:
        said = [note for note in series.notes if "criteria changed" in note]
        assert any("2023-07-01 to 2024-06-27" in note and "step, not healing" in note for note in said)
        assert any("2025-10-16 to 2026-06-27" in note and "not damage" in note for note in said)


def test_every_change_of_criteria_of_the_real_masks_has_its_own_step(shared_file):
    """With steps at 2024-06 and 2026-06 the growth is that between the changes: 573 pixels in 162 days and 1,052 in 476."""
    names = [f"nrc_badpix_{date}_NRCALONG.fits.gz" for date in (230120, 230701, 240627, 251016, 260627)]
    (series,) = hot_pixels.run([shared_file(name) for name in names], hot_pixels.Params(breaks=("2024-06-27", "2026-06-27"))).series
    assert series.part.tolist() == [0, 0, 1, 1, 2]
    assert series.changed.tolist() == [2, 4]
    assert not any("can be fitted" in note for note in series.notes)
    growth = series.trends[0].growth
    early, late = 573 / (162 / 30.4375), 1052 / (476 / 30.4375)
    assert late < growth.rate < early
    assert (early - late) / 4 < growth.rate_err < 60  # the two rates differ, which pixels one by one do not explain
    assert "residuals" in growth.noise.source
    assert growth.steps[0] < -20_000 < 18_000 < growth.steps[1]


def test_the_real_dark_is_left_out_among_full_frames_only(shared_file, tmp_path):
    dark = shared_file("jwst_nirspec_dark_0046.fits")
    alone = hot_pixels.run([dark])
    assert alone.series[0].subarray == "SUB512"
    assert alone.series[0].hot_dq[0] == 8196
    mixed = hot_pixels.run([dark, write_dark(tmp_path / "full.fits", np.zeros((2048, 2048), np.float32))])
    assert "SUB512" in mixed.refused[0]
