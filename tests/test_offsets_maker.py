"""What the offsets panel computes: files, offsets, prediction, correction and images, without a window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from offsets_help import ANGLE, DEC, OFFSETS, RA, K, write_catalogs

from detgui.analysis import offset_rows
from detgui.analysis.offset_factor import CorrectParams
from detgui.analysis.offset_trends import trend
from detgui.errors import BadInput
from detgui.session import offsets_cals, offsets_images, offsets_options, offsets_work
from detgui.session.codec import from_json, to_json
from detgui.session.offsets_options import OffsetFile, OffsetsOptions
from detgui.session.offsets_work import Wish
from detgui.session.session import Session


def wish(files, **fields) -> Wish:
    return Wish.of(OffsetsOptions(files=tuple(OffsetFile(path) for path in files), **fields))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    files = write_catalogs(tmp_path_factory.mktemp("found"))
    return offsets_work.measure(wish(files), offsets_work.look([OffsetFile(path) for path in files], ()), None)


def test_facts_of_files(tmp_path):
    files = write_catalogs(tmp_path, epochs=2, count=20)
    other = tmp_path / "words.csv"
    other.write_text("a,b\n1,2\n")
    facts = offsets_work.look([OffsetFile(path) for path in (*files, other, tmp_path / "gone.ecsv")], ())
    assert [each.kind for each in facts[:4]] == ["catalog"] * 4
    assert [each.epochs for each in facts[:4]] == [("1",), ("2",)] * 2
    assert facts[0].filters == ("f444w",)
    assert facts[0].detectors == ("nrcalong", "nrcblong")
    assert facts[0].rows == 20
    assert "no exposures" in facts[0].lacks
    assert facts[4].why.startswith("words.csv has no column for ra")
    assert "--column" not in facts[4].why  # options of the command line are of no use in the window
    assert facts[4].columns == (("a", ""), ("b", ""))  # so that they can be mapped
    assert "gone.ecsv is not in" in facts[5].why


def test_named_columns_and_typed_values(tmp_path):
    files = write_catalogs(tmp_path, count=40, names={"mag": "brightness", "detector": "chip"})
    names = (("mag", "brightness"), ("detector", "chip"), ("mag_err", "mag_err"))
    typed = [OffsetFile(path, epoch="7", filter="F356W") for path in files[:1]]
    facts = offsets_work.look([*typed, OffsetFile(files[1])], names)
    assert (facts[0].epochs, facts[0].filters, facts[0].why) == (("7",), ("f356w",), "")
    assert facts[1].epochs == ("2",)
    measured = offsets_work.measure(wish(files, columns=names), facts, None)
    assert abs(measured.result.rows[0].dmag_ab) > 0.02


def test_offsets_are_those_of_the_simulation(found):
    result = found.result
    assert result.axis.angle == pytest.approx(ANGLE, abs=3.0)
    for row in result.rows:
        assert abs(row.dmag_ab - OFFSETS[row.det]) < 4 * row.dmag_ab_err
    long = next(row for row in result.rows if row.det == "long")
    assert abs(long.slope - K) < 4 * long.slope_err
    assert found.refused == ()


def test_files_that_fail_do_not_hide_the_others(tmp_path):
    files = write_catalogs(tmp_path, epochs=2, count=60)
    bad = tmp_path / "bad.ecsv"
    bad.write_text("no table")
    measured = offsets_work.measure(wish([*files, bad]), (), None)
    assert len(measured.result.pairs) == 2
    assert len(measured.refused) == 1
    assert measured.refused[0].startswith("bad.ecsv cannot be read")
    with pytest.raises(BadInput, match="bad"):
        offsets_work.measure(wish([bad]), (), None)


def test_the_catalog_is_read_once(found, monkeypatch):
    def not_again(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(offsets_work, "_read", not_again)
    files = [path for path, *_ in found.wish.files]
    fainter = offsets_work.measure(wish(files, mag_limit=20.0), (), found)
    assert fainter.catalog is found.catalog
    assert sum(len(each.sources) for each in fainter.result.pairs) < sum(len(each.sources) for each in found.result.pairs)


def test_prediction_takes_the_offsets_away(found):
    after = offsets_cals.predict(found, offset_rows.table_of(found.result), "", "later")
    assert max(abs(row.dmag_ab) for row in found.result.rows) > 0.03
    assert max(abs(row.dmag_ab) for row in after.rows) < 1e-4  # as far as a robust fit repeats itself
    half = offsets_cals.predict(found, offset_rows.table_of(found.result), "A", "half")
    assert max(abs(row.dmag_ab) for row in half.rows) < 1e-4
    assert np.mean(half.catalog.mag) != pytest.approx(np.mean(after.catalog.mag), abs=1e-3)  # B was moved instead of A


def test_the_published_table_is_read():
    table = offsets_cals.read_table("published", None)
    assert not table.own
    assert table.row("long", "f444w").slope == pytest.approx(0.00433, abs=1e-5)
    with pytest.raises(BadInput, match="choose the file"):
        offsets_cals.read_table("file", None)


def test_trends():
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 2048, 200)
    err = np.full(200, 0.01)
    straight = trend(x, 0.02 + 1e-5 * x + rng.normal(0, 0.01, 200), err)
    expected, covariance = np.polyfit(x, 0.02 + 1e-5 * x, 1), np.polyfit(x, rng.normal(0, 0.01, 200), 1, cov="unscaled")[1]
    assert straight.slope == pytest.approx(expected[0], abs=4 * straight.slope_err)
    assert straight.slope_err == pytest.approx(0.01 * np.sqrt(covariance[0, 0]), rel=0.15)
    assert abs(straight.bend) < 3
    bent = trend(x, 0.05 * (x / 1024 - 1) ** 2 + rng.normal(0, 0.01, 200), err)
    assert bent.bend > 5
    assert trend(np.full(20, 3.0), np.zeros(20), np.ones(20)) is None
    assert trend(np.arange(4.0), np.zeros(4), np.ones(4)) is None


def test_errors_of_trends_are_honest():
    rng = np.random.default_rng(11)
    pulls = []
    for _ in range(200):
        x = rng.uniform(-1, 1, 60)
        made = trend(x, 0.3 * x + rng.normal(0, 0.02, 60), np.full(60, 0.01))  # scatter beyond the errors
        pulls.append((made.slope - 0.3) / made.slope_err)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.15)


def test_options_survive_a_session_and_undo():
    options = OffsetsOptions(files=(OffsetFile(Path("/a.ecsv"), epoch="2"),), columns=(("mag", "MAG_AUTO"),), pair_epochs=("1", "2"))
    assert from_json(OffsetsOptions, to_json(options)) == options
    session = Session()
    session.set_offsets(text="Magnitude limit", mag_limit=20.0)
    session.set_offsets(page="Step", step="f444w long 1,2")
    assert session.undo_text == "Magnitude limit"  # pages are not undone
    session.undo()
    assert session.state.offsets == OffsetsOptions(page="Step", step="f444w long 1,2")
    assert offsets_options.with_files(options, options.files[0:1] and [options.files[0].path]) == options.files


# Images


@pytest.fixture(scope="module")
def mosaics(tmp_path_factory):
    from detgui.simulate.imaging import write_imaging
    from detgui.simulate.imaging_params import ImagingParams

    folder = tmp_path_factory.mktemp("mosaics")
    params = ImagingParams(epochs=2, sources=160, filters=("f444w",), images="i2d", size=128, seed=4)
    return [path for path in write_imaging(params, folder) if "i2d" in path.name or path.suffix == ".ecsv"]


def test_images_beside_catalogs_are_for_differences(mosaics):
    facts = offsets_work.look([OffsetFile(path) for path in mosaics], ())
    assert {each.kind for each in facts} == {"catalog", "image"}
    assert not any(each.why for each in facts)
    measured = offsets_work.measure(wish(mosaics), facts, None)
    assert not measured.images
    pair = measured.result.pairs[0]
    couples = offsets_images.images_of(facts, pair)
    assert [(one.detector, two.detector) for one, two in couples] == [("nrcblong", "nrcalong"), ("nrcalong", "nrcblong")]
    assert all(one.epoch == "1" and two.epoch == "2" for one, two in couples)
    made = offsets_images.difference(couples, "step")
    assert made.unit == "MJy/sr"
    assert set(made.planes) in ({"DIFFERENCE"}, {"P", "Q"})
    assert np.isfinite(made.read_image(made.planes[0])).mean() > 0.5


def test_sources_are_found_in_images(mosaics):
    from detgui.data.wcs import celestial_wcs

    path = next(path for path in mosaics if "nrcalong" in path.name)
    with celestial_wcs(path, 128, 128) as wcs:
        ra, dec = (float(each) for each in wcs.pixel_to_world_values(40.0, 90.0))
    assert offsets_images.find([("e1", path, 128, 128)], ra, dec) == ("e1", 40, 90)
    assert offsets_images.find([("e1", path, 128, 128)], RA + 90, -DEC) is None


# The correction


@pytest.fixture
def cals(tmp_path):
    from detgui.simulate.imaging import write_imaging
    from detgui.simulate.imaging_params import ImagingParams

    written = write_imaging(ImagingParams(epochs=2, sources=40, filters=("f444w",), images="cal", size=64), tmp_path)
    return sorted(path for path in written if path.name.endswith("_cal.fits"))


def test_images_are_corrected_and_the_correction_taken_off(cals, tmp_path, found):
    from astropy.io import fits

    table = offset_rows.table_of(found.result)
    facts = offsets_cals.look(cals, table, CorrectParams(), {})
    assert all("has a gradient in F444W" in each.why for each in facts)
    assert all("--epoch" not in each.why for each in facts)
    params = CorrectParams(epoch="1")
    facts = offsets_cals.look(cals, table, CorrectParams(), dict.fromkeys(cals, "1"))
    assert all(each.usable for each in facts)
    by_detector = {each.detector: each.dmag for each in facts}
    assert by_detector["nrcblong"] == 0.0
    assert by_detector["nrcalong"] == found.result.rows[1].dmag_a
    folder = tmp_path / "out"
    done = offsets_cals.correct(cals, folder, table, found.result, CorrectParams(), dict.fromkeys(cals, "1"))
    assert len(done.done.files) == 4
    assert (folder / offsets_cals.TABLE).is_file()  # the provenance names it
    a = next(each for each in facts if each.detector == "nrcalong").path
    before, after = (fits.getdata(path, "SCI") for path in (a, folder / a.name))
    assert np.nanmedian(after / before) == pytest.approx(10 ** (by_detector["nrcalong"] / 2.5), rel=1e-5)
    again = offsets_cals.look([folder / a.name], table, params, {})[0]
    assert again.corrected
    assert not again.usable
    back = offsets_cals.undo([folder / a.name], tmp_path / "back")
    assert back.undone
    assert fits.getdata(tmp_path / "back" / a.name, "SCI") == pytest.approx(before, rel=1e-6, nan_ok=True)
    with pytest.raises(BadInput, match="corrected already"):
        offsets_cals.correct([folder / a.name], tmp_path / "twice", table, None, params, {})


def test_nothing_is_left_where_no_image_could_be_corrected(cals, found, tmp_path):
    table = offset_rows.table_of(found.result)
    with pytest.raises(BadInput, match="has a gradient"):
        offsets_cals.correct(cals, tmp_path / "new", table, found.result, CorrectParams(), {})
    assert not (tmp_path / "new").exists()
    old = tmp_path / "old"
    old.mkdir()
    (old / offsets_cals.TABLE).write_text("another table")
    with pytest.raises(BadInput, match=f"none of the {len(cals)} images could be corrected"):
        offsets_cals.correct(cals, old, table, found.result, CorrectParams(), {})
    assert [each.name for each in old.iterdir()] == [offsets_cals.TABLE]
    assert (old / offsets_cals.TABLE).read_text() == "another table"


def test_the_factor_is_an_image(cals):
    table = offsets_cals.read_table("published", None)
    a = next(path for path in cals if "nrcalong" in path.name)
    made = offsets_cals.factor_map(a, table, CorrectParams(epoch="1"), None)
    assert made.read_image("FACTOR") == pytest.approx(np.full((64, 64), 10 ** (-0.016536067 / 2.5)), rel=1e-6)
