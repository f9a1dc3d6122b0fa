"""Fluxes of the same patch of sky on every image, and the whole way from images to a table and back."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from cli_help import run as cli

from detgui.analysis import offset_correct, offset_difference, offset_photometry, offset_rows, offsets
from detgui.analysis.offset_factor import CorrectParams
from detgui.data.catalogs import read_catalogs
from detgui.data.field_images import read_facts, with_epochs
from detgui.errors import BadInput
from detgui.science.offset_photometry import Footprint, measure
from detgui.simulate.imaging import write_imaging
from detgui.simulate.imaging_params import ImagingParams

MEASURE = offsets.Params(replicates=100)


def gaussian(shape, x, y, sigma, flux=1.0):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return flux * np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / sigma**2) / (2 * np.pi * sigma**2)


def footprint(x, y, radius=5):
    """A disk about (x, y) as a segment; a pixel is 0.1 arcsec, east to the left."""
    x0, y0 = round(x) - radius, round(y) - radius
    rows, columns = np.mgrid[y0 : y0 + 2 * radius + 1, x0 : x0 + 2 * radius + 1]
    mask = np.hypot(columns - x, rows - y) <= radius
    return Footprint(mask, x0, y0, (x, y), np.array([[-10.0, 0.0], [0.0, 10.0]]), (6.0, 6.0, 0.0))


def test_same_grid_is_the_sum_of_the_pixels():
    rng = np.random.default_rng(1)
    image, err = rng.normal(0, 1, (40, 50)), rng.uniform(0.5, 2, (40, 50))
    source = footprint(21.3, 18.6)
    nothing = np.zeros(image.shape, bool)
    found = measure(image, err, nothing, nothing, source, source.centre, source.jacobian)
    part = (slice(source.y0, source.y0 + 11), slice(source.x0, source.x0 + 11))
    assert found.aligned
    assert found.iso == pytest.approx(image[part][source.mask].sum())
    assert found.iso_err == pytest.approx(np.sqrt((err[part][source.mask] ** 2).sum()))
    moved = measure(np.roll(image, (3, -2), (0, 1)), err, nothing, nothing, source, (19.3, 21.6), source.jacobian)
    assert moved.aligned
    assert moved.iso == pytest.approx(found.iso)


@pytest.mark.parametrize("angle", [0.0, 37.0, 180.0])
@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_other_grids_give_the_same_flux(angle, scale):
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    source = footprint(30.2, 31.7, radius=4)
    nothing = np.zeros((64, 64), bool)
    sigma = 1.6
    own = measure(gaussian((64, 64), 30.2, 31.7, sigma), np.ones((64, 64)), nothing, nothing, source, source.centre, source.jacobian)
    place = (33.45, 29.1)
    image = gaussian((64, 64), *place, sigma * scale)
    found = measure(image, np.ones((64, 64)), nothing, nothing, source, place, scale * rotation @ source.jacobian)
    assert not found.aligned
    assert found.smooth == pytest.approx(own.smooth, rel=2e-3 if scale == 1 else 6e-3)
    assert found.iso < found.smooth  # parts of pixels at the edge taken as even
    assert found.kron == pytest.approx(own.kron, rel=2e-3)
    assert np.hypot(found.east, found.north) < 0.002


def test_a_source_off_its_place_says_where_it_is():
    source = footprint(30.0, 30.0, radius=8)
    nothing = np.zeros((64, 64), bool)
    image = gaussian((64, 64), 30.5, 29.8, 1.5)
    found = measure(image, np.ones((64, 64)), nothing, nothing, source, (30.0, 30.0), source.jacobian)
    assert (found.east, found.north) == pytest.approx((-0.05, -0.02), abs=1e-3)


def test_bad_pixels():
    source = footprint(30.0, 30.0)
    image, err = gaussian((64, 64), 30, 30, 2.0), np.ones((64, 64))
    nothing, bad = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
    bad[30, 33] = True
    broken = np.where(bad, np.nan, image)
    clean = measure(image, err, nothing, nothing, source, (30.0, 30.0), source.jacobian)
    filled = measure(broken, err, bad, nothing, source, (30.0, 30.0), source.jacobian)
    assert filled.iso == pytest.approx(clean.iso, rel=3e-3)
    assert measure(image, err, nothing, bad, source, (30.0, 30.0), source.jacobian) is None  # saturated
    bad[30, 30] = True
    assert measure(image, err, bad, nothing, source, (30.0, 30.0), source.jacobian) is None  # at its centre
    assert measure(image, err, nothing, nothing, source, (2.0, 30.0), source.jacobian) is None  # over the edge


@pytest.fixture(scope="module", params=["i2d", "cal"])
def field(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    params = ImagingParams(epochs=2, images=request.param, size=200, sources=400, seed=6)
    files = [path for path in write_imaging(params, folder) if path.suffix == ".fits"]
    return params, files, offset_photometry.photometry(files)


def test_from_images_to_the_table_and_back(field, tmp_path):
    params, _, photometry = field
    before = offsets.run(photometry.catalog, MEASURE)
    assert len(before.rows) == 5
    for row in before.rows:
        offset, slope = params.offsets[row.det, row.filt]
        assert row.dmag_ab == pytest.approx(offset, abs=4 * np.hypot(row.dmag_ab_err, 0.0002))
        assert row.slope == pytest.approx(slope, abs=4 * row.slope_err + 1e-12)
        assert abs(row.dmag_time) < 4 * np.hypot(row.dmag_time_err, 0.0003)
        assert row.dmag_ab_err < 0.003
    assert max(abs(row.dmag_ab) for row in before.rows) > 0.045
    table = offset_rows.table_of(before)
    written = []
    for facts in photometry.images:
        done = offset_correct.run([facts.path], tmp_path / "corrected", table, CorrectParams(epoch=facts.epoch))
        written += [each.target for each in done.files]
    after = offsets.run(offset_photometry.run(written), MEASURE)
    assert len(after.rows) == 5
    for row in after.rows:
        assert abs(row.dmag_ab) < 0.004
        assert abs(row.slope) < 0.002
        pair = after.pair(row.filt, row.det, after.pair_epochs)
        assert max(abs(pair.medians.p), abs(pair.medians.q)) < 0.02  # the paper's figure 8


def test_compact_sources_are_no_hot_pixels():
    radius = np.array([0.026, 0.03, 0.047, *np.full(20, 0.088), 0.1, 0.15, 0.4])  # F444W: a star has 0.09 arcsec
    assert offset_photometry.compact(radius, "f444w", 2.0).tolist() == [*range(3, 25)]
    assert offset_photometry.compact(np.zeros(0), "f444w", 2.0).size == 0


def test_kron_is_a_check(field):
    params, _, photometry = field
    found = offsets.run(photometry.with_kron(), MEASURE)
    for row in found.rows:
        offset, _ = params.offsets[row.det, row.filt]
        assert row.dmag_ab == pytest.approx(offset, abs=4 * np.hypot(row.dmag_ab_err, 0.001))


def test_magnitudes_and_places_are_those_of_the_scene(field):
    from astropy.coordinates import SkyCoord

    from detgui.simulate.imaging_scene import make_scene

    params, _, photometry = field
    scene = make_scene(params)
    first = photometry.with_kron()
    first = first.take((first.epoch == "1") & (first.detector == "nrcb1"))
    index, distance, _ = SkyCoord(first.ra, first.dec, unit="deg").match_to_catalog_sky(SkyCoord(scene.ra, scene.dec, unit="deg"))
    assert np.median(distance.mas) < 20
    assert np.median(first.mag - scene.mag[index]) == pytest.approx(0.0, abs=0.05)  # AB magnitudes from MJy/sr
    assert (scene.size[index] == 1).mean() > 0.9  # compact ones
    assert scene.mag[index].min() > 17.6  # and unsaturated


def test_alignment_of_images(field):
    _, _, photometry = field
    found = offsets.run(photometry.catalog, MEASURE)
    for each in found.alignments:
        assert abs(each.east) < 5
        assert abs(each.north) < 5
        assert each.east_mad < 15  # pixels are 320 and 660 mas


def test_difference_image(field):
    _, files, _ = field
    by_name = {path.name: path for path in files}
    one = next(path for name, path in by_name.items() if "nrcblong" in name and ("epoch1" in name or "99999001" in name))
    two = next(path for name, path in by_name.items() if "nrcalong" in name and ("epoch2" in name or "99999002" in name))
    found = offset_difference.difference(two, one)
    middle = found.image[20:-20, 20:-20]
    raw = fits.getdata(one, 1)[20:-20, 20:-20]
    assert np.isfinite(middle).mean() > 0.95
    assert np.nanstd(middle) < 0.05 * np.nanstd(raw)
    unsmoothed = offset_difference.difference(one, one, radius=0).image
    assert np.nanmax(np.abs(unsmoothed)) < 1e-6
    flat = offset_difference.smoothed(np.full((30, 30), 2.0), 6.0)
    assert flat == pytest.approx(2.0)


def test_epochs_from_dates(field):
    _, files, photometry = field
    assert {each.epoch for each in photometry.images} == {"1", "2"}
    given = with_epochs([read_facts(path, [("epoch", "7", "")]) for path in files])
    assert {each.epoch for each in given} == {"7"}


def test_command_line(field, tmp_path, capsys):
    _, files, photometry = field
    out, catalog = tmp_path / "o.ecsv", tmp_path / "c.ecsv"
    assert cli(capsys, "offsets", *files, "-o", out, "--catalog", catalog, "--replicates", 60, "--quiet")[0] == 0
    again = read_catalogs([catalog])
    assert again.mag == pytest.approx(photometry.catalog.mag)
    assert again.dates == photometry.catalog.dates
    assert [epoch for epoch, *_ in again.dates] == ["1", "2"]
    assert cli(capsys, "offsets", catalog, "-o", tmp_path / "again.ecsv", "--replicates", 60, "--quiet")[0] == 0
    one, two = Table.read(out), Table.read(tmp_path / "again.ecsv")
    assert one["dmag_ab"] == pytest.approx(two["dmag_ab"], abs=1e-12)
    assert dict(one.meta["epoch_dates"]) == dict(two.meta["epoch_dates"])
    status, _, errors = cli(capsys, "offsets", catalog, files[0], "-o", out)
    assert (status, errors) == (2, [f"detgui: c.ecsv is a catalog and {files[0].name} an image: give one kind"])


def test_a_table_tells_how_it_is_made_again(field, tmp_path, capsys, monkeypatch):
    _, files, _ = field
    monkeypatch.chdir(tmp_path)
    chosen = ["--threshold", 8, "--compact", 3, "--magnitude", "kron", "--replicates", 60, "--slope", "zero"]
    assert cli(capsys, "offsets", *files, *chosen, "-o", "first.ecsv", "--quiet")[0] == 0
    first = Table.read("first.ecsv")
    words = shlex.split(first.meta["provenance"]["command"])
    assert cli(capsys, *words[1:], "--quiet")[0] == 0
    assert Table.read("offsets.ecsv")["dmag_ab"] == pytest.approx(first["dmag_ab"], abs=1e-12)
    made: dict[str, object] = {}
    exec(first.meta["provenance"]["python"], made)
    assert [row.dmag_ab for row in made["result"].rows] == pytest.approx(list(first["dmag_ab"]), abs=1e-12)


def test_errors_without_an_error_plane_are_said_to_be_of_the_sky(field, tmp_path):
    _, files, photometry = field
    bare = []
    for path in files:
        with fits.open(path) as hdus:
            del hdus["ERR"]
            hdus.writeto(tmp_path / path.name)
        bare.append(tmp_path / path.name)
    found = offset_photometry.run(bare)
    assert any(note.startswith(f"{files[0].name} has no ERR: errors of its magnitudes are those of the sky alone") for note in found.notes)
    assert not photometry.catalog.notes
    faint = found.mag > 21
    whole = photometry.catalog.mag > 21
    assert np.median(found.err[faint]) == pytest.approx(np.median(photometry.catalog.err[whole]), rel=0.25)


def test_bad_images(field, tmp_path):
    _, files, _ = field
    with fits.open(files[0]) as hdus:
        for name, change in {
            "unit": lambda h: h["SCI"].header.update(BUNIT="DN/s"),
            "detector": lambda h: h[0].header.update(DETECTOR="MULTIPLE"),
            "pixel": lambda h: [h["SCI"].header.pop(key) for key in ("PIXAR_SR", "PIXAR_A2")],
        }.items():
            copy = fits.HDUList([hdu.copy() for hdu in hdus])
            change(copy)
            copy.writeto(tmp_path / f"{name}.fits")
    for name, words in {"unit": "photometry needs MJy/sr", "detector": "not of one NIRCam detector", "pixel": "has no PIXAR_SR"}.items():
        with pytest.raises(BadInput, match=words):
            offset_photometry.run([tmp_path / f"{name}.fits"])
    with pytest.raises(BadInput, match="at least two epochs"):
        offset_photometry.run(files[:1])
