"""Segments of one exposure: joined, missing, damaged, mixed up."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from data_files import JWST, counts, segment, write
from hypothesis import given
from hypothesis import strategies as st

from detgui.data.exposure import open_exposures, open_many, open_one
from detgui.data.segments import ranges, segment_name, siblings
from detgui.errors import BadInput

NAME = "jw00001001001_04101_00001_nrs1_uncal"


def test_names():
    parsed = segment_name("jw01366003001_04101_00001-seg001_nrs1_uncal.fits.gz")
    assert (parsed.root, parsed.number, parsed.rest) == ("jw01366003001_04101_00001", 1, "_nrs1_uncal")
    assert parsed.exposure == "jw01366003001_04101_00001_nrs1_uncal"
    assert segment_name("jw01366003001_04101_00001_nrs1_uncal.fits") is None


@given(st.sets(st.integers(1, 60)))
def test_ranges_name_every_number_once(numbers):
    back: list[int] = []
    for piece in filter(None, ranges(sorted(numbers)).split(", ")):
        first, _, last = piece.partition("-")
        back += range(int(first), int(last or first) + 1)
    assert back == sorted(numbers)


def test_neighbours_are_joined_in_order(tmp_path):
    paths = [segment(tmp_path, number, 3) for number in (1, 2, 3)]
    segment(tmp_path, 1, 3, detector="nrs2")
    segment(tmp_path, 1, 3, suffix="ramp", dtype="float32")
    (tmp_path / "jw00001001001_04101_00001-seg002_nrs1_uncal.txt").write_text("notes")
    truth = counts((12, 3, 5, 6))
    with open_one([paths[1]]) as exposure:
        assert exposure.name == NAME
        assert exposure.shape == (12, 3, 5, 6)
        assert [record.path for record in exposure.files] == paths
        assert exposure.nbytes == sum(path.stat().st_size for path in paths)
        assert exposure.integrations.tolist() == list(range(1, 13))
        assert exposure.warnings == ()
        assert np.array_equal(exposure.read_block(), truth)
        assert np.array_equal(exposure.read_block("SCI", (4, 9), (2, 2), (1, 3)), truth[3:9, 1:2, 1:4])
        assert np.array_equal(exposure.read_pixel(3, 2), truth[:, :, 2, 3])
        assert np.array_equal(exposure.read_pixel(3, 2, "SCI", [11, 2, 5]), truth[[10, 1, 4], :, 2, 3])
        assert np.array_equal(exposure.read_image("SCI", 5, 3), truth[4, 2])
        assert np.array_equal(exposure.read_box(1, 1, 3, 3, "SCI", 9), truth[8, :, 1:4, 1:4])
        assert [run.integration for run in exposure.runs()] == list(range(1, 13))
        assert exposure.headers()[2][0] == f"{paths[1].name}: PRIMARY"


def test_a_segment_alone_keeps_its_numbers(tmp_path):
    segment(tmp_path, 1, 3)
    path = segment(tmp_path, 2, 3)
    for options in ({"join": False}, {"neighbours": False}):
        with open_one([path], **options) as exposure:
            assert exposure.name == path.stem
            assert exposure.integrations.tolist() == [5, 6, 7, 8]
            said = (f"{NAME}: segments 1, 3 of 3 (integrations 1-4, 9-12) not among the files given",)
            assert exposure.warnings == (said if "neighbours" in options else ())
            assert np.array_equal(exposure.read_image("SCI", 5), counts((12, 3, 5, 6))[4, 0])
            with pytest.raises(BadInput, match=r"has no integration 4: it has 5-8"):
                exposure.read_image("SCI", 4)


def test_missing_segments_are_named(tmp_path):
    paths = [segment(tmp_path, number, 6) for number in (1, 2, 5)]
    with open_one([paths[0]]) as exposure:
        assert exposure.integrations.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20]
        assert exposure.warnings == (f"{NAME}: segments 3-4, 6 of 6 (integrations 9-16, 21-24) missing",)
        with pytest.raises(BadInput, match=r"has no integration 9: it has 1-8, 17-20"):
            exposure.read_pixel(0, 0, "SCI", [9])
        assert np.array_equal(exposure.read_image("SCI", 18), counts((24, 3, 5, 6))[17, 0])
        assert exposure.read_block("SCI", (7, 17)).shape[0] == 3


def test_a_damaged_neighbour_is_a_warning_a_damaged_named_file_is_not(tmp_path):
    paths = [segment(tmp_path, number, 3) for number in (1, 2, 3)]
    paths[1].write_bytes(paths[1].read_bytes()[:3000])
    with open_one([paths[0]]) as exposure:
        assert len(exposure.files) == 2
        assert "seg002" in exposure.warnings[0]
        assert "cut short" in exposure.warnings[0]
        assert "segment 2 of 3 (integrations 5-8) missing" in exposure.warnings[1]
    with pytest.raises(BadInput, match="seg002"):
        open_one([paths[1]])
    exposures, troubles = open_many(paths)
    assert len(exposures) == len(troubles) == 1
    assert exposures[0].shape[0] == 8
    exposures[0].close()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"root": "jw00001001001_04101_00002"}, "its exposure is jw00001001001_04101_00002, not jw00001001001_04101_00001"),
        ({"detector": "nrs2"}, "its detector is nrs2, not nrs1"),
        ({"suffix": "ramp"}, "its suffix is ramp, not uncal"),
        ({"shape": (3, 5, 7)}, r"its shape \(groups, rows, columns\) is \(3, 5, 7\), not \(3, 5, 6\)"),
        ({"dtype": "float32"}, "its pixel type is float32, not uint16"),
        ({"primary": {"DETECTOR": "NRS2"}}, "its detector is NRS2, not NRS1"),
        ({"primary": {"OBS_ID": "V2"}}, "its observation is V2, not V1"),
        ({"primary": {"EXSEGTOT": 3}}, "its number of segments is 3, not 2"),
        ({"primary": {"NINTS": 12}}, "its number of integrations is 12, not 8"),
    ],
)
def test_segments_of_different_exposures_given_as_one(tmp_path, other, words):
    one = segment(tmp_path, 1, 2, primary={"OBS_ID": "V1"})
    two = segment(tmp_path, 2, 2, **({"primary": {"OBS_ID": "V1"}} | other))
    with pytest.raises(BadInput, match=words) as caught:
        open_one([one, two])
    assert two.stem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_neighbour_that_does_not_fit_is_left_out(tmp_path):
    one = segment(tmp_path, 1, 2)
    segment(tmp_path, 2, 2, shape=(3, 5, 7))
    with open_one([one]) as exposure:
        assert exposure.shape == (4, 3, 5, 6)
        assert "it was left out" in exposure.warnings[0]


def test_files_that_are_no_segments_of_each_other(tmp_path):
    one = write(tmp_path / "a_uncal.fits", JWST, ("SCI", counts((2, 3, 5, 6))))
    two = write(tmp_path / "b_uncal.fits", JWST, ("SCI", counts((2, 3, 5, 6))))
    exposures = open_exposures([one, two])
    assert [each.name for each in exposures] == ["a_uncal", "b_uncal"]
    for each in exposures:
        each.close()
    with pytest.raises(BadInput, match=r"b_uncal does not belong to the exposure of a_uncal: a_uncal\.fits is not a segment"):
        open_one([one, two])


def test_the_same_segment_twice(tmp_path):
    one, two = segment(tmp_path, 1, 2), segment(tmp_path, 2, 2)
    (tmp_path / "copy").mkdir()
    copy = Path(shutil.copy(two, tmp_path / "copy"))
    with pytest.raises(BadInput, match=r"is segment 2 of the exposure, as is"):
        open_one([one, two, copy])
    with open_one([one, two, one]) as exposure:  # the same file twice is one file
        assert exposure.shape[0] == 8


def test_segments_that_overlap(tmp_path):
    one, two = segment(tmp_path, 1, 2), segment(tmp_path, 2, 2, first=3)
    with pytest.raises(BadInput, match=r"has integrations 3-6, of which .* has 1-4"):
        open_one([one, two])


def test_segments_in_different_folders_given_together(tmp_path):
    (tmp_path / "b").mkdir()
    one, two = segment(tmp_path, 1, 2), segment(tmp_path / "b", 2, 2)
    with open_one([two, one]) as exposure:
        assert np.array_equal(exposure.read_block(), counts((8, 3, 5, 6)))


def test_packed_neighbour_stands_in_for_a_missing_one(tmp_path):
    import gzip

    one, two = segment(tmp_path, 1, 2), segment(tmp_path, 2, 2)
    packed = two.with_name(two.name + ".gz")
    packed.write_bytes(gzip.compress(two.read_bytes()))
    assert siblings(one) == [two]
    two.unlink()
    assert siblings(one) == [packed]
    with open_one([one]) as exposure:
        assert np.array_equal(exposure.read_block(), counts((8, 3, 5, 6)))


def test_segments_without_intstart_are_counted_on(tmp_path):
    from astropy.io import fits

    paths = [segment(tmp_path, number, 2) for number in (1, 2)]
    for path in paths:
        with fits.open(path, mode="update") as hdus:
            del hdus[0].header["INTSTART"], hdus[0].header["INTEND"]
    with open_one([paths[1]]) as exposure:
        assert exposure.integrations.tolist() == list(range(1, 9))
        assert np.array_equal(exposure.read_block(), counts((8, 3, 5, 6)))
        assert "INTSTART is missing" in exposure.warnings[0]


def test_rate_images_of_segments_stay_apart(tmp_path):
    paths = []
    for number in (1, 2):
        words = JWST | {"DATAMODL": "ImageModel", "EXSEGNUM": number, "EXSEGTOT": 2, "INTSTART": 4 * number - 3, "INTEND": 4 * number}
        path = tmp_path / f"jw1-seg00{number}_nrs1_rate.fits"
        paths.append(write(path, words, ("SCI", counts((5, 6), "float32"), {"BUNIT": "DN/s"})))
    with open_one([paths[0]]) as exposure:
        assert exposure.shape == (1, 1, 5, 6)
        assert exposure.warnings == ()


def test_a_plane_that_one_segment_lacks_is_left_out(tmp_path):
    for number in (1, 2):
        words = JWST | {"EXSEGNUM": number, "EXSEGTOT": 2, "INTSTART": 2 * number - 1, "INTEND": 2 * number, "NINTS": 4}
        hdus = [("SCI", counts((2, 3, 5, 6), "float32")), ("PIXELDQ", np.full((5, 6), number, "uint32"))]
        hdus += [("GROUPDQ", np.zeros((2, 3, 5, 6), "uint8"))] if number == 1 else []
        path = write(tmp_path / f"jw1-seg00{number}_nrs1_ramp.fits", words, *hdus)
    with open_one([path]) as exposure:
        assert exposure.planes == ("SCI", "PIXELDQ")
        assert "GROUPDQ is left out" in exposure.warnings[0]
        assert exposure.read_dq(2)[0, 0] == 1  # each segment has its own
        assert exposure.read_dq(3)[0, 0] == 2


def test_opening_can_be_cancelled_and_closes_what_was_open(tmp_path):
    from detgui.errors import Cancelled

    for number in (1, 2, 3):
        path = segment(tmp_path, number, 3)

    def stop(fraction: float, message: str = "") -> None:
        if "seg002" in message:
            raise Cancelled

    before = descriptors()
    with pytest.raises(Cancelled):
        open_one([path], progress=stop)
    assert descriptors() == before


def descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_nothing_stays_open(tmp_path):
    for number in (1, 2, 3):
        path = segment(tmp_path, number, 3)
    before = descriptors()
    exposure = open_one([path])
    assert descriptors() == before + (3 if before else 0)
    exposure.close()
    exposure.close()
    assert descriptors() == before
    with pytest.raises(BadInput, match="was closed"):
        exposure.read_image()


def test_a_segment_named_twice_by_a_link_is_one(tmp_path):
    one = segment(tmp_path, 1, 1)
    link = tmp_path / "again" / one.name
    link.parent.mkdir()
    link.symlink_to(one)
    exposures, troubles = open_many([link, one, tmp_path / "again" / ".." / one.name])
    assert troubles == []
    assert [record.path for exposure in exposures for record in exposure.files] == [link]
    for exposure in exposures:
        exposure.close()
