"""Of which epoch an image is that is corrected: by its date, by what was said, and what speaks against it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from detgui.analysis import offset_correct
from detgui.analysis.offset_epochs import dates_of, doubt, epoch_by_date, epochs_of
from detgui.analysis.offset_factor import CorrectParams
from detgui.data.cal_images import CalImage, read_cal
from detgui.data.catalog_dates import dates_in, to_meta
from detgui.data.field_images import ImageFacts, read_facts
from detgui.data.offset_tables import OffsetRow, OffsetTable, published
from detgui.errors import BadInput
from detgui.science.offset_sky import LongAxis
from detgui.session import offsets_cals
from detgui.simulate.imaging import write_imaging
from detgui.simulate.imaging_params import ImagingParams

ROW = OffsetRow("long", "f444w", 0.05, 0.001, 0.05, 0.0, 0.004, 0.001)
META = {"epoch_dates": {"1": "2022-07-08/2022-07-10", "2": "2023-01-06"}}


def table(meta=META) -> OffsetTable:
    return OffsetTable((ROW,), "own.ecsv", None, LongAxis(72.0, 265.0, 69.0), ("1", "2"), "B", meta)


def cal(day: str, program: str = "") -> CalImage:
    when = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    return CalImage(Path("a_cal.fits"), (4, 4), "nrcalong", "f444w", (), None, None, when, program)


@pytest.fixture(scope="module")
def cals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cals")
    written = write_imaging(ImagingParams(epochs=2, sources=40, filters=("f444w",), images="cal", size=64), folder)
    return sorted(path for path in written if path.name.endswith("nrcalong_cal.fits"))


@pytest.mark.parametrize(
    ("day", "epoch"),
    [("2022-07-08", "1"), ("2022-07-20", "1"), ("2022-07-21", ""), ("2022-06-28", "1"), ("2023-01-01", "2"), ("2023-07-06", ""), ("", "")],
)
def test_own_tables_tell_epochs_by_date(day, epoch):
    assert epoch_by_date(cal(day), table()) == epoch


def test_dates_of_the_published_table_hold_for_its_programs_only():
    assert epoch_by_date(cal("2023-01-06", "2738"), published()) == "2"
    assert epoch_by_date(cal("2022-07-08", "1176"), published()) == "1"
    assert epoch_by_date(cal("2023-01-06", "1227"), published()) == ""


def test_dates_go_through_the_meta_of_a_table():
    days = [("1", "2022-07-08"), ("1", "2022-07-10"), ("2", "2023-01-06")]
    images = [ImageFacts(Path("a"), (1, 1), "nrca1", "f200w", 1.0, datetime.fromisoformat(day), epoch) for epoch, day in days]
    found = dates_of(images)
    assert found == {"1": (date(2022, 7, 8), date(2022, 7, 10)), "2": (date(2023, 1, 6),) * 2}
    assert dates_in({"epoch_dates": to_meta([(epoch, *both) for epoch, both in found.items()])}) == found
    assert dates_in({"epoch_dates": {"1": "long ago"}}) == {}
    assert dates_in({"epoch_dates": "nothing"}) == {}


def test_what_speaks_against_an_epoch():
    assert doubt(cal("2023-01-06"), table(), "1") == "a_cal.fits is of 2023-01-06, by its date of epoch 2, not 1"
    assert doubt(cal("2023-01-06"), table(), "2") == ""
    assert doubt(cal("2023-01-06"), table({}), "1") == ""


def test_epochs_of_the_command_line():
    paths = [Path("x/a.fits"), Path("x/b.fits")]
    assert epochs_of(["1", "2@b.fits"], paths) == ("1", {"b.fits": "2"})
    for words, why in (
        (["1", "2"], "cannot be of epoch 1 and 2"),
        (["1@c.fits"], "c.fits is not among"),
        (["@a.fits"], "the epoch is missing"),
    ):
        with pytest.raises(BadInput, match=why):
            epochs_of(words, paths)


def test_each_image_is_corrected_as_of_its_own_epoch(cals, tmp_path):
    first, second = (next(path for path in cals if f"jw9999900{n}" in path.name) for n in (1, 2))
    facts = {each.path: each for each in offsets_cals.look([first, second], table(), CorrectParams(), {})}
    assert [(facts[path].epoch, facts[path].by_date, facts[path].slope) for path in (first, second)] == [
        ("1", True, 0.0),
        ("2", True, 0.004),
    ]
    swapped = offsets_cals.look([first, second], table(), CorrectParams("2"), {second: "1"})
    assert [each.epoch for each in swapped] == ["2", "1"]
    assert "by its date of epoch 1, not 2" in swapped[0].doubt
    done = offset_correct.run([first, second], tmp_path, table(), epochs={first.name: "1", second.name: "2"})
    spans = {each.source: each.high - each.low for each in done.files}
    assert spans[first] == 0
    assert spans[second] > 0.005
    assert not any("by its date" in each for each in done.notes)
    wrong = offset_correct.run([first], tmp_path, table(), CorrectParams("2"))
    assert any("by its date of epoch 1, not 2" in each for each in wrong.notes)
    words = offsets_cals.command([first, second], tmp_path, None, CorrectParams(), {first: "1", second: "2"})
    assert f"--epoch 1@{first.name} --epoch 2@{second.name}" in words


def test_the_date_and_program_of_a_header(cals, tmp_path):
    path = tmp_path / cals[0].name
    with fits.open(cals[0]) as hdus:
        hdus[0].header["DATE-BEG"], hdus[0].header["PROGRAM"] = "2023-01-06T12:00:00.123", "02738"
        hdus.writeto(path)
    found = read_cal(path, sky=False)
    assert (found.date, found.program) == (datetime(2023, 1, 6, 12, 0, 0, 123000, UTC), "2738")


def test_pixels_of_mosaics_are_not_the_detectors(cals, tmp_path):
    assert not read_facts(cals[0]).mosaic
    named = tmp_path / "field_nrcalong_i2d.fits"
    named.write_bytes(cals[0].read_bytes())
    assert read_facts(named).mosaic
    resampled = tmp_path / "field.fits"
    with fits.open(cals[0]) as hdus:
        hdus[0].header["S_RESAMP"] = "COMPLETE"
        hdus.writeto(resampled)
    assert read_facts(resampled).mosaic


def test_sources_on_mosaics_have_no_place_on_a_detector(tmp_path):
    from detgui.analysis import offset_predict, offset_rows, offsets
    from detgui.analysis.offset_photometry import ImageParams, photometry

    written = write_imaging(ImagingParams(epochs=2, sources=160, filters=("f444w",), images="i2d", size=128, seed=4), tmp_path)
    found = photometry([path for path in written if path.suffix == ".fits"], ImageParams()).catalog
    assert np.isnan(found.x).all()
    assert [epoch for epoch, *_ in found.dates] == ["1", "2"]
    result = offsets.run(found)
    assert "epoch_dates" in offset_rows.meta(result)
    after = offset_predict.predict(result, published())
    assert any("shown without its gradient" in each for each in after.notes)
    k = result.pairs[0].fit.slope
    assert after.pairs[0].fit.slope == pytest.approx(k, abs=1e-3)
