"""Regions in files, copies and parts, as workers make them; statistics of every group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from detgui.analysis import region_groups
from detgui.data.exposure import open_one
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.science.region_masks import mask_of
from detgui.science.regions import Ellipse, Painted, Polygon, Rectangle, Region
from detgui.session import region_work
from detgui.session.shelf import Shelf

NX, NY, GROUPS, INTEGRATIONS = 72, 40, 4, 2
AT = (401, 301)  # SUBSTRT1/2 of the subarray
WCS = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 20.0, "CRPIX2": 30.0, "CRVAL1": 53.1, "CRVAL2": -27.8,
    "CD1_1": -8.6e-6, "CD1_2": 1.1e-6, "CD2_1": 1.1e-6, "CD2_2": 8.6e-6, "CUNIT1": "deg", "CUNIT2": "deg",
}  # fmt: skip


def write_file(path: Path, values, kind: str, *, at=AT, axes=(-1, 2), wcs=True, detector="NRCALONG", **planes) -> Path:
    """A small JWST-like file."""
    primary = fits.PrimaryHDU()
    ny, nx = values.shape[-2:]
    primary.header.update(
        TELESCOP="JWST", INSTRUME="NIRCAM", DETECTOR=detector, EXP_TYPE="NRC_IMAGE", DATAMODL=kind, SUBARRAY="SUB", READPATT="RAPID",
        FASTAXIS=axes[0], SLOWAXIS=axes[1], SUBSTRT1=at[0], SUBSTRT2=at[1], SUBSIZE1=nx, SUBSIZE2=ny, NOUTPUTS=4,
    )  # fmt: skip
    if values.ndim == 4:
        primary.header.update(NINTS=values.shape[0], NGROUPS=values.shape[1])
    sci = fits.ImageHDU(values, name="SCI")
    sci.header["BUNIT"] = "DN" if values.ndim == 4 else "DN/s"
    if wcs:
        sci.header.update(WCS)
    fits.HDUList([primary, sci, *(fits.ImageHDU(plane, name=name) for name, plane in planes.items())]).writeto(path)
    return path


@pytest.fixture
def cube() -> np.ndarray:
    rng = np.random.default_rng(3)
    made = rng.normal(100, 5, (INTEGRATIONS, GROUPS, NY, NX)).cumsum(axis=1).astype(np.float32)
    made[0, 1, 12, 20] = np.nan
    return made


@pytest.fixture
def shelf(tmp_path, cube):
    pixeldq = np.zeros((NY, NX), np.uint32)
    pixeldq[10:14] = 1
    groupdq = np.zeros(cube.shape, np.uint8)
    groupdq[1, 2:, 20:24] = 4
    files = {
        "ramp": write_file(tmp_path / "a_ramp.fits", cube, "RampModel", PIXELDQ=pixeldq, GROUPDQ=groupdq),
        "full": write_file(tmp_path / "b_rate.fits", np.zeros((2048, 2048), np.float32), "ImageModel", at=(1, 1), wcs=False),
        "turned": write_file(
            tmp_path / "c_rate.fits", np.zeros((NY, NX), np.float32), "ImageModel", at=(1585, 1720), axes=(1, -2), detector="NRCALONG"
        ),
    }
    made = Shelf()
    for key, path in files.items():
        made.put(key, open_one([path], neighbours=False))
    yield made
    made.clear()


REGIONS = [
    Region(Ellipse(20, 12, 8, 5, 30), "void 1", "void"),
    Region(Rectangle(50, 25, 11, 9, 10), "sky", "background", "#123456"),
    Region(Polygon(((2, 30), (14, 31), (8, 38.5))), "bad", "exclude", locked=True),
]
SIZE = (NY, NX)


def masks(regions) -> list[np.ndarray]:
    return [mask_of(each.shape, SIZE) for each in regions]


def read(path, shelf, key="ramp"):
    return region_work.read(path, key, "A", "region of interest", shelf)


@pytest.mark.parametrize("how", ["ds9", "sky", "mask", "labels"])
def test_what_is_written_is_read_again(tmp_path, shelf, how):
    path = tmp_path / ("r.reg" if how in ("ds9", "sky") else "r.fits")
    said = region_work.write(how, path, REGIONS, "ramp", shelf)
    assert said == f"3 regions written to {path}"
    found = read(path, shelf)
    assert found.said == f"3 regions read from {path.name}"
    assert [(each.name, each.kind) for each in found.regions] == [(each.name, each.kind) for each in REGIONS]
    for one, other in zip(masks(found.regions), masks(REGIONS), strict=True):
        assert np.count_nonzero(one != other) <= (2 if how == "sky" else 0)  # pixels on the edge, after a turn to the sky and back


def test_region_file_of_the_subarray_lies_right_on_the_full_frame(tmp_path, shelf):
    region_work.write("ds9", tmp_path / "r.reg", REGIONS[:1], "ramp", shelf)
    (found,) = read(tmp_path / "r.reg", shelf, "full").regions
    expected = np.zeros((2048, 2048), bool)
    expected[AT[1] - 1 : AT[1] - 1 + NY, AT[0] - 1 : AT[0] - 1 + NX] = masks(REGIONS[:1])[0]
    assert np.array_equal(mask_of(found.shape, (2048, 2048)), expected)


def test_flag_file_is_what_stdatamodels_reads(tmp_path, shelf):
    from stdatamodels.jwst.datamodels import MaskModel

    said = region_work.write("dq", tmp_path / "m.fits", REGIONS, "ramp", shelf)
    assert "exclude regions are DO_NOT_USE" in said
    with MaskModel(str(tmp_path / "m.fits")) as model:
        assert np.array_equal(model.dq & 1 != 0, masks(REGIONS)[2])
    region_work.write("dq", tmp_path / "all.fits", REGIONS[:2], "ramp", shelf)
    with MaskModel(str(tmp_path / "all.fits")) as model:
        assert np.array_equal(model.dq & 1 != 0, masks(REGIONS)[0] | masks(REGIONS)[1])
    (again,) = read(tmp_path / "m.fits", shelf).regions
    assert again.kind == "exclude"
    assert np.array_equal(masks([again])[0], masks(REGIONS)[2])


def test_user_mask_is_the_background(tmp_path, shelf):
    from stdatamodels.jwst.datamodels import ImageModel

    said = region_work.write("user mask", tmp_path / "u.fits", [REGIONS[0], REGIONS[2]], "ramp", shelf)
    void, _, bad = masks(REGIONS)
    assert f"in {(~(void | bad)).sum()} pixels" in said
    with ImageModel(str(tmp_path / "u.fits")) as model:
        assert np.array_equal(model.data != 0, ~(void | bad))


def test_bad_files_are_one_sentence(tmp_path, shelf):
    def refused(words: str, path: Path, key: str = "ramp") -> None:
        with pytest.raises(BadInput, match=words) as error:
            read(path, shelf, key)
        assert path.name in str(error.value)
        assert "\n" not in str(error.value)

    (tmp_path / "sky.reg").write_text('icrs\ncircle(53.1,-27.8,0.1")\n')
    refused("WCS", tmp_path / "sky.reg", "full")
    assert len(read(tmp_path / "sky.reg", shelf).regions) == 1
    (tmp_path / "far.reg").write_text("image\ncircle(5000,5000,4)\n")
    refused("covers a pixel of the image of 72 x 40", tmp_path / "far.reg")
    (tmp_path / "text.reg").write_text("hello\n")
    refused("text.reg", tmp_path / "text.reg")
    (tmp_path / "binary.reg").write_bytes(bytes(range(128, 256)))
    refused("neither", tmp_path / "binary.reg")
    refused("cannot be read", tmp_path / "none.reg")
    fits.PrimaryHDU(np.ones((7, 7), np.uint8)).writeto(tmp_path / "size.fits")
    refused("7 x 7", tmp_path / "size.fits")
    with pytest.raises(BadInput, match="no WCS"):
        region_work.write("sky", tmp_path / "x.reg", REGIONS, "full", shelf)
    with pytest.raises(BadInput, match="one label only"):
        region_work.write("labels", tmp_path / "x.fits", [*REGIONS, REGIONS[0]], "ramp", shelf)
    with pytest.raises(BadInput, match="no region"):
        region_work.write("mask", tmp_path / "x.fits", [], "ramp", shelf)
    everything = [Region(Rectangle(36, 20, 100, 100), "all", "exclude")]
    with pytest.raises(BadInput, match="no background"):
        region_work.write("user mask", tmp_path / "x.fits", everything, "ramp", shelf)
    assert not list(tmp_path.glob("x.*"))


def test_regions_outside_are_left_out_and_counted(tmp_path, shelf):
    (tmp_path / "r.reg").write_text("image\ncircle(10,10,4)\ncircle(5000,10,4)\ncircle(-80,10,4)\n")
    found = read(tmp_path / "r.reg", shelf)
    assert len(found.regions) == 1
    assert found.said == "1 region read from r.reg; 2 regions outside the image left out"


# Copies and parts


def test_copies_keep_the_pixels_of_the_detector(shelf):
    copies = region_work.copy(REGIONS, "ramp", [("full", "F"), ("turned", "T")], shelf)
    assert [each.array for each in copies] == ["F", "T"]
    assert copies[0].said == "3 regions copied to b_rate"
    with shelf.borrow("ramp") as source, shelf.borrow("turned") as target:
        for before, after in zip(REGIONS[:2], copies[1].regions, strict=True):
            inside = {target.geometry.to_detector(x, y) for y, x in np.argwhere(mask_of(after.shape, SIZE)).tolist()}
            wanted = {source.geometry.to_detector(x, y) for y, x in np.argwhere(mask_of(before.shape, SIZE)).tolist()}
            assert inside <= wanted
            assert inside
    assert not any(each.locked for each in copies[0].regions)
    whole = sum(np.count_nonzero(each) for each in masks(REGIONS[:2]))
    there = sum(np.count_nonzero(each) for each in masks(copies[1].regions))
    assert copies[1].said.startswith("2 regions copied to c_rate, 1 region outside of it left out")
    assert f"{whole - there} of {whole} pixels are outside" in copies[1].said


def test_a_region_over_two_sectors_is_split_at_the_boundary(shelf):
    region = Region(Ellipse(512, 900, 40, 30), "void", "void", "#abcdef")
    parts = region_work.parts(region, "sectors", "full", shelf)
    assert [each.kind for each in parts] == ["void", "void"]
    assert all(each.name.startswith("void ") for each in parts)
    size = (2048, 2048)
    left, right = sorted((mask_of(each.shape, size) for each in parts), key=lambda mask: np.flatnonzero(mask.any(axis=0))[0])
    assert np.array_equal(left | right, mask_of(region.shape, size))
    assert np.flatnonzero(left.any(axis=0))[-1] == 511
    assert np.flatnonzero(right.any(axis=0))[0] == 512
    with pytest.raises(BadInput, match="nothing to split"):
        region_work.parts(Region(Ellipse(300, 900, 40, 30), "void"), "sectors", "full", shelf)


def test_islands_become_regions(shelf):
    mask = np.zeros((9, 9), bool)
    mask[1:3, 1:3] = mask[5:8, 6] = True
    parts = region_work.parts(Region(Painted(10, 10, mask), "x"), "islands", "ramp", shelf)
    assert [each.name for each in parts] == ["x 1", "x 2"]
    assert [np.count_nonzero(each) for each in masks(parts)] == [4, 3]
    with pytest.raises(BadInput, match="x is one part"):
        region_work.parts(Region(Rectangle(5, 5, 3, 3), "x"), "islands", "ramp", shelf)


# Statistics of every group


@pytest.mark.parametrize("at_once", [0, 10**9])
def test_every_group_against_numpy(monkeypatch, shelf, cube, at_once):
    """In one piece and group by group."""
    monkeypatch.setattr(region_groups, "BYTES_AT_ONCE", at_once)
    with shelf.borrow("ramp") as exposure:
        result = region_groups.run(exposure, REGIONS, region_groups.Params(left_out="flagged"))
        flags = {(i, g): exposure.read_dq(i, g) for i in (1, 2) for g in range(1, GROUPS + 1)}
    assert len(result.rows) == 3 * INTEGRATIONS * GROUPS
    assert result.unit == "DN"
    for region, integration, group, row in zip(result.region, result.integration, result.group, result.rows, strict=True):
        inside = masks(REGIONS)[region]
        values = cube[integration - 1, group - 1][inside & (flags[integration, group] == 0)].astype(float)
        values = values[np.isfinite(values)]
        assert row.pixels == values.size
        assert row.pixels + row.left_out == inside.sum()
        assert row.mean == pytest.approx(values.mean())
        assert row.median == pytest.approx(np.median(values))


def test_chosen_groups_as_a_table(tmp_path, shelf):
    from astropy.table import QTable

    with shelf.borrow("ramp") as exposure:
        params = region_groups.Params(integrations=(2, 2), groups=(2, 3))
        result = region_groups.run(exposure, REGIONS[:2], params)
    columns, meta = region_groups.as_table(result)
    write_table(tmp_path / "t.ecsv", columns, meta)
    table = QTable.read(tmp_path / "t.ecsv")
    assert list(table["region"]) == ["void 1"] * 2 + ["sky"] * 2
    assert list(table["group"]) == [2, 3, 2, 3]
    assert set(table["integration"]) == {2}
    assert str(table["mean"].unit) == "DN"
    assert table.meta["provenance"]["regions"][0]["name"] == "void 1"


def test_numbers_that_are_not_there_are_refused(shelf):
    outside = [Region(Rectangle(900, 900, 3, 3), "far")]
    with shelf.borrow("ramp") as exposure:
        for regions, params, words in [
            (REGIONS, region_groups.Params(integrations=(7, 9)), "has no integrations 7 to 9"),
            (REGIONS, region_groups.Params(groups=(1, 99)), "groups 1 to 99"),
            (REGIONS, region_groups.Params(plane="WHT"), "has no WHT"),
            (REGIONS, region_groups.Params(left_out="hot"), "left out are"),
            (outside, region_groups.Params(), "far has no pixel inside"),
        ]:
            with pytest.raises(BadInput, match=words):
                region_groups.run(exposure, regions, params)


def test_what_of_a_file_cannot_be_used_is_said(tmp_path, shelf):
    (tmp_path / "r.reg").write_text('image\ncircle(10,10,4)\npoint(5,5)\nfk5\ncircle(150.1,2.2,5")\n')
    without = read(tmp_path / "r.reg", shelf, "full")
    assert len(without.regions) == 1
    assert without.said == ("1 region read from r.reg; line 5: sky coordinates, and the image has no WCS; line 3: a point has no area")
    (tmp_path / "sky.reg").write_text('fk5\ncircle(53.1,-27.8,0.1")\nimage\ncircle(10,10,4)\n')
    assert read(tmp_path / "sky.reg", shelf).said == "2 regions read from sky.reg"
