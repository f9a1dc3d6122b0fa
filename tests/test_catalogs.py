"""Catalogs in every format and with every name of a column that people use."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from detgui.data.catalogs import Columns, columns_of, join, read_catalogs
from detgui.errors import BadInput
from detgui.science.offset_detectors import detector_name, module_of, number_of


def table(**more):
    columns = {"id": [7, 8, 9], "ra": [10.0, 10.1, 359.9], "dec": [1.0, 2.0, 3.0], "mag": [20.0, 21.0, 99.0], "mag_err": [0.01, 0.02, 0.03]}
    out = Table(columns | {"detector": ["NRCA1", "nrcb1", "A2"]} | more)
    out.meta.update(epoch=2, filter="F150W", long_axis_pa_deg=72)
    return out


@pytest.mark.parametrize("name", ["a.ecsv", "a.fits", "a.csv"])
def test_formats(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text("# epoch: 2\n# filter: F150W\n# long_axis_pa_deg: 72.0\nid,ra,dec,mag,mag_err,detector\n")
        with path.open("a") as file:
            file.write("7,10.0,1.0,20.0,0.01,NRCA1\n8,10.1,2.0,21.0,0.02,nrcb1\n9,359.9,3.0,99.0,0.03,A2\n")
    else:
        made = table()
        if name.endswith(".fits"):
            made.meta = {"EPOCH": 2, "FILTER": "F150W"}
        made.write(path)
    found = read_catalogs([path])
    assert found.ident.tolist() == ["7", "8"]  # 99 mag stands for none
    assert found.mag.tolist() == [20.0, 21.0]
    assert found.detector.tolist() == ["nrca1", "nrcb1"]
    assert set(found.epoch.tolist()) == {"2"}
    assert set(found.filter.tolist()) == {"f150w"}
    assert found.shared_ids
    assert found.long_axis_pa == (None if name.endswith(".fits") else 72.0)
    assert found.notes == (f"{name}: 1 of 3 rows lack a position, a magnitude, its error or a detector",)


def test_sextractor(tmp_path):
    path = tmp_path / "s.fits"
    Table(
        {
            "NUMBER": [1, 2], "ALPHA_J2000": [5.0, 6.0], "DELTA_J2000": [1.0, 2.0], "X_IMAGE": [3.0, 4.0], "Y_IMAGE": [5.0, 6.0],
            "MAG_AUTO": [21.0, 22.0], "MAGERR_AUTO": [0.5, 0.6], "MAG_ISO": [20.0, 21.0], "MAGERR_ISO": [0.1, 0.2],
        }
    ).write(path)  # fmt: skip
    columns = Columns(
        values=(("epoch", "1", ""), ("filter", "F444W", ""), ("detector", "nrca5", "s.fits"), ("detector", "nrcb5", "other.fits"))
    )
    found = read_catalogs([path], columns)
    assert found.mag.tolist() == [20.0, 21.0]  # isophotal goes first, and with its own error
    assert found.err.tolist() == [0.1, 0.2]
    assert found.x.tolist() == [3.0, 4.0]
    assert found.detector.tolist() == ["nrcalong"] * 2
    assert not found.shared_ids  # every catalog numbers its own sources
    chosen = Columns(names=(("mag", "MAG_AUTO"), ("id", "NUMBER")), values=columns.values)
    found = read_catalogs([path], chosen)
    assert (found.mag.tolist(), found.err.tolist(), found.shared_ids) == ([21.0, 22.0], [0.5, 0.6], True)


def test_the_pipelines_own(shared_file):
    path = shared_file("test_cat.ecsv")
    names, guess = columns_of(path)
    assert names["sky_centroid.ra"] == "deg"
    assert guess.roles["mag"] == "isophotal_abmag"
    assert guess.roles["mag_err"] == "isophotal_abmag_err"
    assert guess.missing == ()
    with pytest.raises(BadInput, match=r"does not say its detector.*--value detector=VALUE"):
        read_catalogs([path])
    values = tuple((role, value, "") for role, value in (("detector", "NRCALONG"), ("epoch", "1"), ("filter", "F444W")))
    found = read_catalogs([path], Columns(values=values))
    raw = Table.read(path, format="ascii.ecsv")
    assert found.mag.tolist() == raw["isophotal_abmag"].tolist()
    assert found.ra == pytest.approx(raw["sky_centroid"].ra.deg)
    assert not found.shared_ids


def test_units(tmp_path):
    path = tmp_path / "q.ecsv"
    QTable(
        {
            "id": [1], "sky_centroid": SkyCoord([10.0], [20.0], unit="deg"), "mag": [20.5] * units.mag(units.AB),
            "mag_err": [0.1] * units.mag, "detector": ["nrcb3"], "epoch": [1.0], "filter": ["f150w"],
        }
    ).write(path)  # fmt: skip
    found = read_catalogs([path])
    assert (found.ra[0], found.dec[0], found.mag[0], found.epoch[0]) == (10.0, 20.0, 20.5, "1")
    radians = table()
    radians["ra"].unit, radians["ra"][:] = "rad", np.radians(radians["ra"])
    radians.write(tmp_path / "r.ecsv")
    assert read_catalogs([tmp_path / "r.ecsv"]).ra == pytest.approx([10.0, 10.1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.remove_column("mag_err"), "no column for mag_err"),
        (lambda t: t.remove_column("detector"), "does not say its detector"),
        (lambda t: t.meta.clear(), "does not say its epoch"),
        (lambda t: t.replace_column("detector", ["nis", "nis", "nis"]), "'nis' is no NIRCam detector"),
        (lambda t: setattr(t["mag"], "unit", "Jy"), "column mag is in Jy, not in mag"),
        (lambda t: setattr(t["ra"], "unit", "pix"), "column ra is in pix, which is no angle"),
        (lambda t: t.replace_column("mag", ["a", "b", "c"]), "which is no number"),
        (lambda t: t.remove_rows([0, 1, 2]), "bad.ecsv has no rows"),
        (lambda t: t.meta.update(long_axis_pa_deg="north"), "long_axis_pa_deg is no angle"),
        (lambda t: t.replace_column("mag_err", [0.0, -1.0, np.nan]), "has no row with a position"),
    ],
)
def test_bad_tables(tmp_path, change, words):
    made = table()
    change(made)
    made.write(tmp_path / "bad.ecsv")
    with pytest.raises(BadInput, match=words) as caught:
        read_catalogs([tmp_path / "bad.ecsv"])
    assert "bad.ecsv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_files(tmp_path):
    (tmp_path / "empty.ecsv").write_text("")
    (tmp_path / "text.fits").write_text("no table")
    for name in ("missing.ecsv", "empty.ecsv", "text.fits", "x.xyz"):
        if name == "x.xyz":
            (tmp_path / name).write_text("1")
        with pytest.raises(BadInput, match=name.split(".")[0]):
            read_catalogs([tmp_path / name])
    with pytest.raises(BadInput, match="'flux' is no role"):
        Columns(names=(("flux", "F"),))
    table().write(tmp_path / "a.ecsv")
    with pytest.raises(BadInput, match="no column 'MAG' for mag: it has id, ra"):
        read_catalogs([tmp_path / "a.ecsv"], Columns(names=(("mag", "MAG"),)))


def test_files_that_cannot_be_used_are_named(tmp_path):
    table().write(tmp_path / "a.ecsv")
    (tmp_path / "b.ecsv").write_text("nothing")
    found = read_catalogs([tmp_path / "a.ecsv", tmp_path / "b.ecsv", tmp_path / "c.ecsv"])
    assert len(found) == 2
    assert found.refused[0].startswith("b.ecsv cannot be read as a table")
    assert found.refused[1] == f"{tmp_path / 'c.ecsv'} does not exist"


def test_position_angles_that_differ(tmp_path):
    one, two = table(), table()
    two.meta["long_axis_pa_deg"] = 70
    parts = []
    for name, each in (("1.ecsv", one), ("2.ecsv", two)):
        each.write(tmp_path / name)
        parts.append(read_catalogs([tmp_path / name]))
    assert (join(parts).long_axis_pa, join(parts).angles) == (None, (70.0, 72.0))
    assert (join(parts[:1] * 2).long_axis_pa, join(parts[:1] * 2).angles) == (72.0, ())


def test_names_of_detectors():
    assert [detector_name(each) for each in ("NRCALONG", "nrcb5", "A3", " blong ", "NRS1", "")] == [
        "nrcalong", "nrcblong", "nrca3", "nrcblong", "", ""
    ]  # fmt: skip
    assert (module_of("nrcalong"), number_of("nrcalong"), module_of("nrcb2"), number_of("nrcb2")) == ("A", "long", "B", "2")


def test_days_of_epochs(tmp_path):
    both = table(epoch=[1, 2, 2])
    both.meta = {"filter": "F150W", "epoch_dates": {"1": "2022-07-08/2022-07-10", "2": "2023-01-06", "3": "no day"}}
    both.write(tmp_path / "both.ecsv")
    single = table()
    single.meta = {"EPOCH": 2, "FILTER": "F200W", "DATE-OBS": "2023-01-09"}
    single.write(tmp_path / "single.fits")
    one, two = read_catalogs([tmp_path / "both.ecsv"]), read_catalogs([tmp_path / "single.fits"])
    assert one.dates == (("1", date(2022, 7, 8), date(2022, 7, 10)), ("2", date(2023, 1, 6), date(2023, 1, 6)))
    assert two.dates == (("2", date(2023, 1, 9), date(2023, 1, 9)),)
    assert join([one, two]).dates == (one.dates[0], ("2", date(2023, 1, 6), date(2023, 1, 9)))
    table().write(tmp_path / "undated.ecsv")
    assert join([one, read_catalogs([tmp_path / "undated.ecsv"])]).dates == one.dates[:1]  # epoch 2 is not known whole
