"""The description of an exposure."""

from __future__ import annotations

import json

from data_files import JWST, counts, segment, write

from detgui.analysis.info import as_text, describe
from detgui.data.exposure import open_one


def test_flight_ramp(flight_ramp):
    with open_one([flight_ramp]) as exposure:
        found = json.loads(json.dumps(describe(exposure)))
    assert found["kind"] == "uncal"
    assert found["instrument"] == "FGS"
    assert found["detector"] == "GUIDER2"
    assert found["shape"] == [6, 2, 128, 128]
    assert found["dtype"] == "uint16"
    assert found["unit"] == "DN"
    assert found["files"] == [str(flight_ramp)]
    assert found["bytes"] == flight_ramp.stat().st_size
    assert found["group_time"] == 0.364
    assert found["integrations"] == [1, 6]


def test_segments_and_warnings(tmp_path):
    segment(tmp_path, 1, 3, primary={"S_SUPERB": "COMPLETE"})
    path = segment(tmp_path, 3, 3, primary={"S_SUPERB": "COMPLETE"})
    with open_one([path]) as exposure:
        found = json.loads(json.dumps(describe(exposure)))
    assert found["integrations"] == [1, 12]
    assert found["integration_ranges"] == "1-4, 9-12"
    assert found["cal_steps"] == {"superbias": "COMPLETE"}
    assert "segment 2 of 3" in found["warnings"][0]
    assert len(found["files"]) == 2
    text = as_text(found)
    assert "8 integrations x 3 groups x 5 rows x 6 columns" in text
    assert "steps done     superbias" in text
    assert found["warnings"][0] in text
    assert all(each in text for each in found["files"])


def test_a_file_that_says_nothing(tmp_path):
    with open_one([write(tmp_path / "cube.fits", {}, primary_data=counts((4, 5, 6), "int16"))]) as exposure:
        found = json.loads(json.dumps(describe(exposure)))
    assert found["kind"] == "cube"
    assert found["group_time"] is found["fastaxis"] is found["detector"] is None
    text = as_text(found)
    assert "None" not in text
    assert "int16, unit not given" in text


def test_units_stand_beside_numbers(tmp_path):
    words = JWST | {"TGROUP": 10.0, "TFRAME": 2.0, "NFRAMES": 4, "GROUPGAP": 1}
    with open_one([write(tmp_path / "a_uncal.fits", words, ("SCI", counts((2, 3, 5, 6))))]) as exposure:
        assert "10 s (4 averaged, 1 dropped frames of 2 s)" in as_text(describe(exposure))
