"""What makes the hot-pixel panel's counts, histories, changes and images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hot_fakes import write_dark
from hot_window_help import PATIENCE, darks, write  # noqa: F401

from detgui.analysis import hot_changes, hot_history, hot_pixels
from detgui.gui.common.jobs import Jobs
from detgui.gui.window.parts import Parts
from detgui.session.codec import from_json, to_json
from detgui.session.hot import HotMaker
from detgui.session.hot_options import HotFile, HotOptions, HotWindow
from detgui.session.hot_work import Wish, files_of, look
from detgui.simulate.dark_params import DarkParams


@pytest.fixture
def bench(qtbot):
    """Parts and a maker without files."""
    parts = Parts(workers=2)
    maker = HotMaker(parts.session, parts.exposures, Jobs(parts.engine, parts.bridge))
    yield parts, maker
    parts.close()


@pytest.fixture
def counted(qtbot, bench, darks):  # noqa: F811
    """The same with the small darks counted and their image shown."""
    parts, maker = bench
    maker.add(darks)
    qtbot.waitUntil(lambda: len(maker.facts) == len(darks), timeout=PATIENCE)
    maker.compute()
    qtbot.waitUntil(lambda: maker.is_current and parts.session.state.current is not None, timeout=PATIENCE)
    return parts, maker


def test_counts_are_those_of_the_analysis(counted, darks):  # noqa: F811
    parts, maker = counted
    directly = hot_pixels.run(darks)
    np.testing.assert_array_equal(maker.series.trends[0].counts, directly.series[0].trends[0].counts)
    assert maker.names == ["NRS1 TRAD 128 x 128 from 961, 961"]
    assert parts.session.state.current.label == "dark rate"
    image = parts.exposures.exposure(maker.source.key).read_image("RATE")
    with fits.open(darks[-1]) as file:
        np.testing.assert_allclose(image[8:-8, 8:-8], file["DRK"].data[8:-8, 8:-8])


def test_another_break_reads_no_file_again(qtbot, counted, monkeypatch):
    parts, maker = counted
    monkeypatch.setattr(hot_pixels, "read_maps", lambda *_: pytest.fail("a file was read again"))
    before = maker.result
    parts.session.set_hot(breaks=("2023-03-01",))
    assert not maker.is_current
    qtbot.waitUntil(lambda: maker.is_current, timeout=PATIENCE)
    assert maker.result is not before
    assert maker.series.part.tolist() == [0] * 3 + [1] * 3
    parts.session.undo()
    qtbot.waitUntil(lambda: maker.is_current and maker.series.part is None, timeout=PATIENCE)


def test_other_thresholds_follow_by_themselves(qtbot, counted, darks):  # noqa: F811
    parts, maker = counted
    parts.session.set_hot(thresholds=(2.0,))
    qtbot.waitUntil(lambda: maker.is_current, timeout=PATIENCE)
    assert [each.threshold for each in maker.series.trends] == [2.0]
    assert maker.threshold == 2.0


def test_history_changes_and_pixels_are_those_of_the_analysis(qtbot, counted):
    parts, maker = counted
    maker.want_history()
    maker.want_changes()
    qtbot.waitUntil(lambda: maker.history is not None and maker.changes is not None, timeout=PATIENCE)
    history = hot_history.run(maker.series, hot_history.Params(1.0))
    np.testing.assert_array_equal(maker.history.classes, history.classes)
    changes = hot_changes.run(maker.series, hot_changes.Params(0, -1, 1.0, 0.01, 2))
    np.testing.assert_array_equal(maker.changes.x, changes.x)
    assert maker.pixel(40, 50) is None
    qtbot.waitUntil(lambda: maker.pixel(40, 50) is not None, timeout=PATIENCE)
    np.testing.assert_array_equal(maker.pixel(40, 50).rate, hot_history.pixel(maker.series, 40, 50).rate)
    assert maker.pixel(4000, 50) is None
    parts.session.set_hot(persistence=1)
    assert maker.history is None
    maker.want_history()
    qtbot.waitUntil(lambda: maker.history is not None, timeout=PATIENCE)


def test_images_of_classes_changes_and_risk(qtbot, counted):
    from detgui.analysis.ta_risk import MapParams
    from detgui.science.ta_risk import Draw

    parts, maker = counted
    state = lambda: parts.session.state  # noqa: E731
    maker.want_history()
    maker.want_changes()
    qtbot.waitUntil(lambda: maker.history is not None and maker.changes is not None, timeout=PATIENCE)
    limits = state().display.limits
    maker.show_picture("classes")
    qtbot.waitUntil(lambda: maker.pictures.shows("classes"), timeout=PATIENCE)
    assert state().display.limits == "minmax"
    image = parts.exposures.exposure(state().current.key).read_image("CLASS")
    assert np.count_nonzero(image) == maker.history.x.size
    maker.show_picture("changes", "FIRST")
    qtbot.waitUntil(lambda: maker.pictures.shows("changes"), timeout=PATIENCE)
    assert (state().frame.plane, state().display.limits) == ("FIRST", limits)
    assert maker.make_risk_map(MapParams(6.0, draw=Draw(stamp=16, trials=20)))
    qtbot.waitUntil(lambda: maker.newest_risk_map is not None, timeout=PATIENCE)
    maker.show_picture("risk")
    qtbot.waitUntil(lambda: maker.pictures.shows("risk"), timeout=PATIENCE)
    risk = parts.exposures.exposure(state().current.key).read_image("RISK")
    assert np.isnan(risk[0]).all()
    assert np.nanmean(risk) == pytest.approx(100 * maker.newest_risk_map.map.mean, rel=0.1)
    assert [each.label for each in state().exposures] == ["dark rate", "classes", "changes", "risk"]


def test_pixel_is_chosen_once_an_image_of_the_series_is_shown(qtbot, counted, flight_ramp):
    parts, maker = counted
    parts.exposures.close_exposure(maker.source.key)
    assert parts.session.state.current is None
    maker.go_to(30, 31)
    qtbot.waitUntil(lambda: parts.session.state.pixel == (30, 31), timeout=PATIENCE)
    assert parts.session.state.current.label == "dark rate"


def test_each_bad_file_has_its_own_sentence(tmp_path, darks):  # noqa: F811
    rate = np.full((128, 128), 0.01, np.float32)
    dateless = write_dark(tmp_path / "dateless.fits", rate, date=None)
    unknown = write_dark(tmp_path / "unknown.fits", rate, unit=None)
    flat = write_dark(tmp_path / "flat.fits", rate, reftype="FLAT")
    junk = tmp_path / "junk.fits"
    junk.write_bytes(b"no FITS file at all")
    gone = tmp_path / "gone.fits"
    paths = (darks[0], dateless, unknown, flat, junk, gone)
    options = HotOptions(files=tuple(HotFile(path) for path in paths))
    facts = {each.path.name: each for each in look(options, {})}
    assert "no date" in facts["dateless.fits"].why
    assert facts["unknown.fits"].why == "" and facts["unknown.fits"].dark.unit_from == "assumed"
    assert "FLAT" in facts["flat.fits"].why
    assert facts["junk.fits"].why and facts["gone.fits"].why
    assert all(name in each.why for name, each in facts.items() if each.why)
    assert facts[darks[0].name].series.startswith("NRS1 TRAD")
    dated = HotOptions(files=(HotFile(dateless, date="2023-05-01"),))
    (found,) = look(dated, {})
    assert found.why == "" and f"{found.dark.date:%Y-%m-%d}" == "2023-05-01"


def test_series_are_never_mixed(qtbot, bench, tmp_path, darks):  # noqa: F811
    parts, maker = bench
    other = write(tmp_path, DarkParams(size=128, readout="IRS2", epochs=2, hot=50, births=5.0, telegraph=0))
    maker.add([*darks, tmp_path])
    qtbot.waitUntil(lambda: len(maker.facts) == len(darks) + len(other) + 1, timeout=PATIENCE)
    truth = next(each for each in maker.facts if "truth" in each.path.name)
    assert truth.dark is None and truth.why
    maker.compute()
    qtbot.waitUntil(lambda: maker.is_current, timeout=PATIENCE)
    assert [len(each.files) for each in maker.result.series] == [2, 6]
    assert maker.name.startswith("NRS1 TRAD")  # the longest
    parts.session.set_hot(series=maker.names[0])
    assert len(maker.series.files) == 2


def test_counting_that_fails_says_why(qtbot, bench, tmp_path):
    _, maker = bench
    maker.add([write_dark(tmp_path / "flat.fits", np.ones((64, 64), np.float32), reftype="FLAT")])
    qtbot.waitUntil(lambda: len(maker.facts) == 1, timeout=PATIENCE)
    maker.compute()
    qtbot.waitUntil(lambda: "flat.fits is no dark" in maker.trouble, timeout=PATIENCE)
    maker.add([tmp_path / "empty"])
    (tmp_path / "none").mkdir()
    maker.add([tmp_path / "none"])
    qtbot.waitUntil(lambda: "no FITS file" in maker.trouble, timeout=PATIENCE)


def test_nothing_to_count(bench):
    _, maker = bench
    maker.compute()
    assert "no darks" in maker.trouble


def test_files_of_a_folder(tmp_path):
    for name in ("b.fits", "a.fits.gz", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [each.name for each in files_of(tmp_path)] == ["a.fits.gz", "b.fits"]


def test_options_are_kept_across_runs():
    options = HotOptions(
        files=(HotFile(Path("/data/a.fits"), False, "2023-01-01", "e-/s"),),
        gain=1.5,
        breaks=("2023-06-01",),
        windows=(HotWindow("SUB32", 1, 2, 32, 33),),
        threshold=3.0,
    )
    assert from_json(HotOptions, to_json(options)) == options
    assert Wish.of(options).files == ()
