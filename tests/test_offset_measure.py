"""Offsets of simulated fields: recovered within honest errors, whatever the order, the names and the way of matching."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from cli_help import run as cli
from offset_fakes import catalog_of

from detgui.analysis import offset_predict, offset_rows, offsets
from detgui.analysis.offset_factor import CorrectParams
from detgui.data.offset_tables import published, read_offsets
from detgui.errors import BadInput
from detgui.science.offset_match import by_position, mutual, unit_vectors
from detgui.simulate.imaging import write_imaging
from detgui.simulate.imaging_params import ImagingParams

QUICK = {"replicates": 60}


@pytest.fixture(scope="module")
def three():
    """Three epochs of the paper's design."""
    return ImagingParams(seed=4)


@pytest.fixture(scope="module")
def result(three):
    return offsets.run(catalog_of(three))


def test_recovered_with_honest_errors():
    pulls, free = [], []
    for seed in range(40):
        params = ImagingParams(epochs=2, sources=500, seed=seed, time=0.004)
        found = offsets.run(catalog_of(params), offsets.Params(free_time=True, replicates=150))
        for pair in found.pairs:
            offset, slope = params.offsets[pair.number, pair.filter]
            pulls.append((pair.fit.offset - offset) / pair.fit.offset_err)
            free.append((pair.fit.time - 0.004) / pair.fit.time_err)
            if pair.slope_free:
                pulls.append((pair.fit.slope - slope) / pair.fit.slope_err)
    low, high = np.percentile(pulls + free, (16, 84))
    assert (high - low) / 2 == pytest.approx(1.0, abs=0.1)
    assert abs(np.mean(pulls)) < 0.2
    assert abs(np.mean(free)) < 0.2


def test_the_papers_table(three, result):
    assert result.pair_epochs == ("1", "2")
    assert [(row.det, row.filt) for row in result.rows] == [(str(n), "f150w") for n in (1, 2, 3, 4)] + [("long", "f444w")]
    for row in result.rows:
        offset, slope = three.offsets[row.det, row.filt]
        assert row.dmag_ab == pytest.approx(offset, abs=4 * row.dmag_ab_err)
        assert 0.0005 < row.dmag_ab_err < 0.004
        assert row.slope == pytest.approx(slope, abs=4 * row.slope_err + 1e-12)
        assert (row.dmag_a, row.dmag_b) == (row.dmag_ab, 0.0)
        assert abs(row.dmag_time) < 4 * row.dmag_time_err
    assert {pair.epochs for pair in result.pairs} == {("1", "2"), ("2", "3")}  # 1 and 3 have the same orientation
    assert not result.troubles


def test_signs_and_places(three, result):
    pair = result.pair("f444w", "long", ("1", "2"))
    assert (pair.sources.d[pair.sources.in_p] > 0).all()
    assert (pair.sources.d[~pair.sources.in_p] < 0).all()
    assert result.axis.angle == 72.0
    assert SkyCoord(result.axis.ra, result.axis.dec, unit="deg").separation(SkyCoord(265, 69, unit="deg")).arcmin < 0.2
    later = result.pair("f444w", "long", ("2", "3"))
    assert later.fit.slope == pytest.approx(-pair.fit.slope, abs=4 * np.hypot(pair.fit.slope_err, later.fit.slope_err))
    assert later.fit.offset == pytest.approx(pair.fit.offset, abs=4 * np.hypot(pair.fit.offset_err, later.fit.offset_err))
    assert pair.medians.p == pytest.approx(np.median(pair.sources.delta[pair.sources.in_p]))


def test_all_detectors_at_once(three, result):
    general = next(each for each in result.filters if each.filter == "f150w")
    assert general.undetermined == ()
    for number in "1234":
        value, err = general.solution.difference(f"nrca{number}", f"nrcb{number}")
        assert value == pytest.approx(three.offsets[number, "f150w"][0], abs=4 * err)
    without = general.solution.left_out
    assert len(without) == 3
    assert without[0].difference("nrca2", "nrcb2")[0] == pytest.approx(three.offsets["2", "f150w"][0], abs=0.01)


def test_a_time_term_is_found_and_said():
    params = ImagingParams(epochs=2, time=0.01, seed=3, filters=("f444w",))
    held = offsets.run(catalog_of(params), offsets.Params(**QUICK))
    row, pair = held.rows[0], held.pairs[0]
    assert (pair.fit.time, pair.fit.time_err) == (0, 0)
    assert row.dmag_time == pytest.approx(0.01, abs=4 * row.dmag_time_err)  # from T free, even where it is held
    assert pair.time_test > 5
    assert any("T = 0 does not hold" in note for note in held.notes)


@pytest.mark.parametrize("match", ["auto", "id", "position"])
def test_matches_agree(three, result, match):
    catalog = catalog_of(three)
    shuffled = catalog.take(np.random.default_rng(0).permutation(len(catalog)))
    found = offsets.run(shuffled, offsets.Params(match=match, radius=0.05))
    assert [row.n_p for row in found.rows] == [row.n_p for row in result.rows]
    assert [row.dmag_ab for row in found.rows] == pytest.approx([row.dmag_ab for row in result.rows], abs=1e-4)


def test_identifiers_that_are_not_shared(three, result):
    catalog = catalog_of(three)
    order = np.random.default_rng(1).permutation(len(catalog))
    wrong = replace(catalog, ident=catalog.ident[order])
    found = offsets.run(wrong, offsets.Params(**QUICK))
    assert any("equal identifiers are at different places" in note for note in found.notes)
    assert [row.n_p for row in found.rows] == [row.n_p for row in result.rows]


def test_positions_as_astropy_matches_them():
    rng = np.random.default_rng(5)
    ra, dec = 359.999 + rng.uniform(0, 0.02, 300) / np.cos(np.deg2rad(69)), 69 + rng.uniform(0, 0.02, 300)
    ra2, dec2 = ra[::2] + rng.normal(0, 2e-5, 150), dec[::2] + rng.normal(0, 7e-6, 150)
    one, two = SkyCoord(ra, dec, unit="deg"), SkyCoord(ra2, dec2, unit="deg")
    index, distance, _ = two.match_to_catalog_sky(one)
    back = one.match_to_catalog_sky(two)[0]
    expected = {(at, int(index[at])) for at in range(150) if distance[at].arcsec <= 0.05 and back[index[at]] == at}
    here, there = mutual(unit_vectors(ra2, dec2), unit_vectors(ra, dec), 0.05)
    assert set(zip(here.tolist(), there.tolist(), strict=True)) == expected
    assert 20 < len(expected) < 150
    source = by_position(np.concatenate([ra, ra2]), np.concatenate([dec, dec2]), np.repeat([0, 1], [300, 150]), 0.05)
    assert {(at, int(source[300 + at])) for at in range(150) if source[300 + at] < 300} == expected


def test_where_the_position_angle_comes_from(three):
    catalog = catalog_of(three)
    found = offsets.run(replace(catalog, long_axis_pa=None), offsets.Params(**QUICK))
    assert found.axis_from == "footprint"
    assert found.axis.angle == pytest.approx(72, abs=2)
    given = offsets.run(catalog, offsets.Params(long_axis_pa=70.0, **QUICK))
    assert (given.axis.angle, given.axis_from) == (70.0, "given")
    differing = replace(catalog, long_axis_pa=None, angles=(70.0, 72.0))
    with pytest.raises(BadInput, match="long_axis_pa_deg differ: 70, 72; give --long-axis-pa"):
        offsets.run(differing, offsets.Params(**QUICK))
    assert offsets.run(differing, offsets.Params(long_axis_pa=71.0, **QUICK)).axis.angle == 71.0


def test_references(three, result):
    a = offsets.run(catalog_of(three), offsets.Params(reference="A"))
    assert [row.dmag_a for row in a.rows] == [0.0] * 5
    assert [row.dmag_b for row in a.rows] == [-row.dmag_ab for row in result.rows]
    half = offsets.run(catalog_of(three), offsets.Params(reference="mean"))
    assert [row.dmag_a - row.dmag_b for row in half.rows] == pytest.approx([row.dmag_ab for row in result.rows])
    long = offsets.run(catalog_of(replace(three, filters=("f444w",))), offsets.Params(reference="nrcalong", **QUICK))
    assert long.rows[0].dmag_a == 0.0
    assert long.rows[0].dmag_b == pytest.approx(-long.rows[0].dmag_ab, abs=0.004)
    with pytest.raises(BadInput, match="share no sources with nrcb1"):
        offsets.run(catalog_of(three), offsets.Params(reference="nrcb1", **QUICK))


def test_dithers_make_errors_of_exposures():
    params = ImagingParams(epochs=2, dithers=4, seed=2, filters=("f444w",), throw=1.0)
    catalog = catalog_of(params)
    rng = np.random.default_rng(9)
    zero = {name: rng.normal(0, 0.01) for name in np.unique(np.char.add(catalog.exposure, catalog.detector))}
    moved = catalog.mag + [zero[a + b] for a, b in zip(catalog.exposure, catalog.detector, strict=True)]
    known = offsets.run(replace(catalog, mag=moved), offsets.Params(**QUICK)).pairs[0]
    unknown = offsets.run(replace(catalog, mag=moved, exposure=np.full(len(catalog), "")), offsets.Params(**QUICK)).pairs[0]
    assert known.exposures
    assert not unknown.exposures
    assert known.fit.offset == pytest.approx(unknown.fit.offset, abs=1e-12)
    assert known.fit.offset_err > 1.5 * unknown.fit.offset_err


def test_alignment(result):
    first = result.alignments[0]
    assert first.epochs == ("1", "2")
    assert abs(first.east) < 0.5
    assert first.east_mad == pytest.approx(2.0 * np.sqrt(2) / 1.4826, rel=0.15)  # 2 mas an epoch
    assert first.north_mad == pytest.approx(2.0 * np.sqrt(2) / 1.4826, rel=0.15)


def test_prediction(result):
    after = offset_predict.predict(result, offset_rows.table_of(result))
    for before, row in zip(result.rows, after.rows, strict=True):
        assert abs(row.dmag_ab) < 0.001
        assert abs(row.slope) < 1e-4
        assert row.dmag_ab_err == pytest.approx(before.dmag_ab_err, rel=0.2)
    half = offset_predict.predict(result, offset_rows.table_of(result), CorrectParams(gradient="half"))
    assert abs(half.rows[-1].slope) < 1e-4
    by_authors = offset_predict.predict(result, published())
    assert all(abs(row.dmag_ab) < 0.02 for row in by_authors.rows)
    assert max(abs(row.dmag_ab) for row in result.rows) > 0.045


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.take(c.epoch == "1"), "at least two epochs, these are all of epoch 1"),
        (lambda c: c.take((c.epoch == "1") | (c.epoch == "3")), "no source was seen by an array of module A in one epoch and by that of"),
        (lambda c: replace(c, ra=(c.ra + 20 * c.epoch.astype(int)) % 360, shared_ids=False), "there is no overlap"),
        (lambda c: replace(c, mag=c.mag + 6), r"all \d+ sources that both modules saw are fainter than 22 mag"),
        (lambda c: c.take(np.char.endswith(c.detector, "1") & (c.ident.astype(int) < 40)), r"patch [pq] has \d sources?, an offset needs"),
    ],
)
def test_bad_catalogs(three, change, words):
    with pytest.raises(BadInput, match=words) as caught:
        offsets.run(change(catalog_of(three)), offsets.Params(**QUICK))
    assert "\n" not in str(caught.value)


def test_an_array_with_too_few_is_left_out(three):
    catalog = catalog_of(three)
    few = catalog.take(~(np.char.endswith(catalog.detector, "3") & (catalog.ident.astype(int) > 60)))
    found = offsets.run(few, offsets.Params(**QUICK))
    assert [row.det for row in found.rows] == ["1", "2", "4", "long"]
    assert found.troubles[0].startswith("F150W array 3, epochs 1 and 2: patch")


@pytest.mark.parametrize(
    "values",
    [
        {"radius": 0.2},
        {"radius": 0.001},
        {"match": "name"},
        {"slope": "x"},
        {"pair_epochs": ("1", "1")},
        {"reference": "C"},
        {"replicates": 2},
        {"replicates": 1_000_000_000},
    ],
)
def test_bad_params(values):
    with pytest.raises(BadInput):
        offsets.Params(**values)


def test_command_line(tmp_path, capsys):
    files = write_imaging(ImagingParams(seed=4), tmp_path / "field")[:-1]
    out = tmp_path / "offsets.ecsv"
    status, text, errors = cli(capsys, "offsets", *files, "--pair-epochs", "1,2", "-o", out, "--json", "--replicates", 60)
    assert status == 0
    assert all(line.startswith("detgui: warning: ") for line in errors)
    assert '"long_axis_pa_deg": 72.0' in text
    table = read_offsets(out)
    assert table.own
    assert table.pair_epochs == ("1", "2")
    assert (table.axis.angle, table.reference) == (72.0, "B")
    assert table.row("2", "F150W").dmag_a == pytest.approx(-0.0434, abs=0.006)
    assert "detgui offsets" in table.meta["provenance"]["command"]
    before = sorted(tmp_path.iterdir())
    status, _, errors = cli(capsys, "offsets", *files[:1], "-o", tmp_path / "no.ecsv")
    assert (status, len(errors)) == (2, 1)
    # what is missing is named even where the rest is of no use without it
    status, _, errors = cli(capsys, "offsets", files[0], tmp_path / "gone.ecsv", tmp_path / "gone.fits", "-o", tmp_path / "no.ecsv")
    gone = [f"detgui: {tmp_path / name} does not exist" for name in ("gone.fits", "gone.ecsv")]
    assert (status, errors[:2], len(errors)) == (2, gone, 3)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    status, _, errors = cli(capsys, "offsets", tmp_path / "empty.csv", tmp_path / "other.csv", "-o", tmp_path / "no.ecsv")
    assert (status, len(errors)) == (2, 2)  # one for each
    for name in ("empty.csv", "other.csv"):
        assert any(line.startswith(f"detgui: {name} ") for line in errors)
        (tmp_path / name).unlink()
    status, _, errors = cli(capsys, "offsets", *files, "--pair-epochs", "1,7", "-o", tmp_path / "no.ecsv")
    assert status == 2
    assert errors == ["detgui: there is no epoch 7: the catalogs are of epochs 1, 2, 3"]
    assert sorted(tmp_path.iterdir()) == before
