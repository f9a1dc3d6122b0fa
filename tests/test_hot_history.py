"""Single pixels through time, changes between epochs, windows, lists and masks: on simulated darks with known births and deaths."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hot_fakes import cross_image, write_dark

from detgui.analysis import hot_changes, hot_history, hot_list, hot_meaning, hot_pixels, ta_risk
from detgui.errors import BadInput
from detgui.science.ta_risk import Draw
from detgui.simulate.dark_files import write_darks
from detgui.simulate.dark_params import DarkParams

PARAMS = DarkParams(size=256, epochs=8, hot=300, births=20, deaths=4, telegraph=30, seed=5)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """(files, PIXELS of the truth, TELEGRAPH)."""
    *files, truth = write_darks(PARAMS, tmp_path_factory.mktemp("darks"))
    pixels = Table.read(truth, "PIXELS")
    pixels.convert_bytestring_to_unicode()
    return files, pixels, fits.getdata(truth, "TELEGRAPH").astype(bool)


@pytest.fixture(scope="module")
def series(simulated):
    return hot_pixels.run(simulated[0]).series[0]


@pytest.fixture(scope="module")
def history(series):
    return hot_history.run(series, hot_history.Params())


def by_place(history):
    return {(int(y), int(x)): at for at, (y, x) in enumerate(zip(history.y, history.x, strict=True))}


def states(pixels):
    """Whether each pixel of the truth was hot at each epoch."""
    months = PARAMS.interval * np.arange(PARAMS.epochs)
    return (np.asarray(pixels["born"])[:, None] <= months) & (np.asarray(pixels["died"])[:, None] > months)


def test_births_deaths_and_telegraph_pixels_are_told_apart(simulated, history):
    _, pixels, telegraph = simulated
    hot = states(pixels)
    hot[np.asarray(pixels["kind"]) == "telegraph"] = telegraph
    places, names = by_place(history), hot_history.hot_classes.CLASSES
    wrong = 0
    for row, bits in zip(pixels, hot, strict=True):
        word = "".join("01"[int(bit)] for bit in bits)
        turns = sum(one != two for one, two in pairwise(word))
        tail = len(word) - len(word.rstrip(word[-1]))
        if "1" not in word:
            continue
        wanted = "always hot" if turns == 0 else "coming and going" if turns > 1 else "not confirmed" if tail < 2 else "newly hot"
        wanted = "recovered" if wanted == "newly hot" and word[-1] == "0" else wanted
        wrong += names[history.classes[places[int(row["y"]), int(row["x"])]]] != wanted
    assert wrong <= 0.02 * len(pixels)


def test_pixels_that_vary_are_found_among_all(simulated, history):
    _, pixels, _ = simulated
    varying = set(history.varying.tolist())
    changing = states(pixels)
    changing = changing.any(axis=1) & ~changing.all(axis=1)
    there = [int(y) * 256 + int(x) in varying for y, x in zip(pixels["y"][changing], pixels["x"][changing], strict=True)]
    assert np.mean(there) == 1.0
    quiet = len(varying) - 5 * (changing.sum() + PARAMS.telegraph)  # neighbours of pixels that change do so too
    assert quiet < 0.02 * len(varying)
    assert history.scale == pytest.approx(1.0, abs=0.02)


def test_neighbours_are_marked(simulated, history):
    _, pixels, _ = simulated
    truth = {(int(y), int(x)) for y, x in zip(pixels["y"], pixels["x"], strict=True)}
    centres = [(int(y), int(x)) in truth for y, x in zip(history.y[history.centre], history.x[history.centre], strict=True)]
    others = [(int(y), int(x)) in truth for y, x in zip(history.y[~history.centre], history.x[~history.centre], strict=True)]
    assert np.mean(centres) > 0.99
    assert np.mean(others) < 0.02


def test_one_pixel_against_date(series, history):
    at = int(history.newly_hot()[0])
    found = hot_history.pixel(series, int(history.x[at]), int(history.y[at]))
    np.testing.assert_allclose(found.rate, history.rate[at])
    np.testing.assert_allclose(found.err * history.scale, history.err[at], rtol=1e-6)
    assert found.days[1] - found.days[0] == pytest.approx(3 * 30.4375, abs=1e-3)
    with pytest.raises(BadInput, match="outside"):
        hot_history.pixel(series, 256, 0)


def test_errors_that_are_too_small_are_seen_and_files_without_are_used(tmp_path):
    rng = np.random.default_rng(1)
    files = []
    for k in range(4):
        rate = cross_image((128, 128), {(40, 40): 9.0 * (k > 1), (60, 60): 9.0}) + rng.normal(0, 0.02, (128, 128)).astype(np.float32)
        files.append(write_dark(tmp_path / f"{k}.fits", rate, f"2023-0{k + 1}-01T00:00:00", err=0.01))
    found = hot_history.run(hot_pixels.run(files).series[0], hot_history.Params())
    assert found.scale == pytest.approx(2.0, rel=0.05)
    assert any("2.0" in note for note in found.notes)
    assert found.numbers()["newly hot"] == 1
    bare = [write_dark(tmp_path / f"b{k}.fits", fits.getdata(path, "DRK"), f"2023-0{k + 1}-01", err=None) for k, path in enumerate(files)]
    found = hot_history.run(hot_pixels.run(bare).series[0], hot_history.Params())
    assert found.numbers()["newly hot"] == 1
    assert found.scale == pytest.approx(1.0, abs=0.05)
    assert any("no errors" in note for note in found.notes)


def test_a_zero_level_that_moves_is_no_change_of_pixels(tmp_path):
    rng = np.random.default_rng(2)
    files = []
    for k in range(4):
        rate = (0.3 * k + rng.normal(0, 0.01, (128, 128))).astype(np.float32)
        rate[64, 64] = 5 + 0.3 * k
        files.append(write_dark(tmp_path / f"{k}.fits", rate, f"2023-0{k + 1}-01T00:00:00"))
    found = hot_history.run(hot_pixels.run(files).series[0], hot_history.Params())
    assert found.varying.size <= 1


@pytest.mark.parametrize("bad", [{"threshold": 2.0}, {"persistence": 0}, {"discovery": 0.0}, {"discovery": 1.5}])
def test_bad_parameters(series, bad):
    with pytest.raises(BadInput):
        hot_history.run(series, hot_history.Params(**bad))


def test_changes_between_two_epochs(simulated, series):
    _, pixels, telegraph = simulated
    found = hot_changes.run(series, hot_changes.Params(0, 7))
    hot = states(pixels)
    hot[np.asarray(pixels["kind"]) == "telegraph"] = telegraph
    changed = {(int(y), int(x)) for y, x, bits in zip(pixels["y"], pixels["x"], hot, strict=True) if bits[0] != bits[7]}
    listed = {(int(y), int(x)): hot_changes.KINDS[kind] for y, x, kind in zip(found.y, found.x, found.kind, strict=True)}
    assert changed <= listed.keys()
    for y, x, bits in zip(pixels["y"], pixels["x"], hot, strict=True):
        if bits[0] != bits[7]:
            assert listed[int(y), int(x)] == ("became hot" if bits[7] else "recovered")
    assert (np.diff(np.abs(found.z)) <= 0).all()
    maps = [fits.getdata(path, "DRK") for path in (simulated[0][0], simulated[0][7])]
    np.testing.assert_allclose(found.difference, maps[1] - maps[0], atol=1e-6)


def test_false_changes_are_as_many_as_asked_for(tmp_path):
    rng = np.random.default_rng(3)
    rates = [rng.normal(0.01, 0.01, (300, 300)).astype(np.float32) for _ in range(2)]
    real = rng.choice(90_000, 500, replace=False)
    rates[1].reshape(-1)[real] += 0.09
    files = [write_dark(tmp_path / f"{k}.fits", rate, f"2023-0{k + 1}-01T00:00:00") for k, rate in enumerate(rates)]
    found = hot_changes.run(hot_pixels.run(files).series[0], hot_changes.Params(0, 1, discovery=0.2))
    false = ~np.isin(found.y * 300 + found.x, real)
    assert found.tested == 90_000
    assert false.mean() == pytest.approx(0.2, abs=0.05)


def test_changes_that_do_not_last_are_left_out(tmp_path):
    rng = np.random.default_rng(4)
    files = []
    for k in range(4):
        rate = cross_image((64, 64), {(20, 20): 9.0 * (k >= 1), (30, 30): 9.0 * (k == 1)}) + rng.normal(0, 0.01, (64, 64)).astype(
            np.float32
        )
        files.append(write_dark(tmp_path / f"{k}.fits", rate, f"2023-0{k + 1}-01T00:00:00"))
    series = hot_pixels.run(files).series[0]
    assert {(20, 20), (30, 30)} <= set(zip(*_places(hot_changes.run(series, hot_changes.Params(0, 1))), strict=True))
    lasting = set(zip(*_places(hot_changes.run(series, hot_changes.Params(0, 1, persistence=2))), strict=True))
    assert (20, 20) in lasting
    assert (30, 30) not in lasting
    with pytest.raises(BadInput, match="4 epochs"):
        hot_changes.run(series, hot_changes.Params(0, 4))
    with pytest.raises(BadInput, match="different"):
        hot_changes.run(series, hot_changes.Params(1, 1))


def _places(changes):
    return changes.y.tolist(), changes.x.tolist()


def test_unmasked_pixels_of_an_exposure():
    """The report: about 150 in the worst case, for 100 a month and masks every three months."""
    masks = [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)]
    worst = hot_meaning.worst_case(100.0, 5.0, 3.0)
    assert worst == (150.0, pytest.approx(np.hypot(np.sqrt(150), 7.5)))
    late = hot_meaning.unmasked_on(datetime(2024, 3, 31, tzinfo=UTC), masks, 100.0, 5.0, 3.0)
    assert late.mask_date == masks[0]
    assert late.expected == pytest.approx(100 * (90 / 30.4375 - 1.5))
    assert late.since_middle == pytest.approx(100 * 90 / 30.4375)
    early = hot_meaning.unmasked_on(datetime(2024, 4, 10, tzinfo=UTC), masks, 100.0, 5.0, 3.0)
    assert (early.mask_date, early.expected) == (masks[1], 0.0)
    with pytest.raises(BadInput, match="no mask is in force"):
        hot_meaning.unmasked_on(datetime(2023, 1, 1, tzinfo=UTC), masks, 100.0, 5.0, 3.0)


def test_new_hot_pixels_of_a_window(simulated, series, history, tmp_path):
    where = hot_meaning.window((64, 64, 191, 191), series)
    found = hot_meaning.in_window(history, where)
    new = history.newly_hot()
    inside = [at for at in new if 64 <= history.x[at] <= 191 and 64 <= history.y[at] <= 191]
    assert found.new.tolist() == inside
    growth = series.trend(1.0).growth
    assert found.expected == pytest.approx(12 * growth.rate / 4)
    primary = fits.PrimaryHDU()
    keys = {"TELESCOP": "JWST", "DETECTOR": "NRS1", "SUBARRAY": "SUB32", "SUBSTRT1": 961, "SUBSTRT2": 993, "SUBSIZE1": 32, "SUBSIZE2": 32}
    primary.header.update(keys)
    fits.HDUList([primary, fits.ImageHDU(np.zeros((32, 32), np.float32), name="SCI")]).writeto(tmp_path / "acq_rate.fits")
    place = series.files[0].geometry
    window = hot_meaning.window_of_file(tmp_path / "acq_rate.fits", series)
    assert (window.x0, window.y0, window.x1, window.y1) == (961 - place.xstart, 993 - place.ystart, 992 - place.xstart, 1024 - place.ystart)
    with pytest.raises(BadInput, match="does not lie"):
        hot_meaning.window((0, 0, 256, 10), series)


def test_the_map_of_risk(history):
    found = ta_risk.risk_from_history(history, ta_risk.MapParams(months=6.0, draw=Draw(trials=60, grid=16)))
    assert found.map.p_stamp.shape == (15, 15)
    assert 0 < found.map.mean < found.uniform[0] + 0.02  # crosses count once
    single = ta_risk.risk_from_history(history, ta_risk.MapParams(months=6.0, centres=True, draw=Draw(trials=200, grid=16)))
    assert single.map.mean == pytest.approx(single.uniform[0], rel=0.12)


def test_the_list_of_new_pixels(history, tmp_path):
    assert hot_list.write([history], tmp_path / "new.ecsv") == history.newly_hot().size
    table = Table.read(tmp_path / "new.ecsv")
    assert len(table) == history.newly_hot().size
    assert set(table["class"]) == {"newly hot"}
    assert table["rate"].unit == "DN / s"
    place = history.series.files[0].geometry
    assert (table["x_full"] == table["x"] + place.xstart).all()
    assert (table["first_after"] > table["last_before"]).all()


def test_masks_have_histories_too(tmp_path):
    files = []
    for k, places in enumerate(([(5, 5)], [(5, 5), (9, 9)], [(5, 5), (9, 9)])):
        image = np.zeros((64, 64), np.uint8)
        for place in places:
            image[place] = 1
        path = tmp_path / f"bad_2023010{k + 1}_NRCA1.fits"
        fits.PrimaryHDU(image).writeto(path)
        files.append(path)
    found = hot_history.run(hot_pixels.run(files).series[0], hot_history.Params(None))
    assert found.numbers()["always hot"] == 1
    assert found.numbers()["newly hot"] == 1


def test_a_change_across_the_break_is_one_of_the_definition_where_the_pixel_was_not_measured_between(tmp_path):
    """Measured before the break and long after it only: nobody knows whether the pixel or the criteria changed."""
    paths = []
    for month in range(1, 7):
        image = np.zeros((128, 128), np.int16)
        image[50, 60] = month >= 5  # became hot within the new criteria
        image[70, 80] = 0 if month < 3 else 1024 if month < 5 else 1
        path = tmp_path / f"badpix_230{month}01_NRCALONG.fits"
        fits.PrimaryHDU(image).writeto(path)
        paths.append(path)
    (series,) = hot_pixels.run(paths, hot_pixels.Params(breaks=("2023-03-01",))).series
    history = hot_history.run(series, hot_history.Params(None))
    assert list(zip(history.y.tolist(), history.x.tolist(), strict=True)) == [(50, 60), (70, 80)]
    assert history.before.tolist() == [3, 1]
    assert history.at_break().tolist() == [False, True]
    assert history.newly_hot().tolist() == [0]
    assert history.numbers()["changed at the break"] == 1
    listed = hot_list.columns(history, history.chosen("newly hot"))
    assert listed["last_before"][0].tolist() == ["2023-04-01", "2023-02-01"]
    assert listed["rate_before"][0].tolist() == [0.0, 0.0]
