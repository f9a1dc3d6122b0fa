"""Corrected images: the published factors on a real image, our own gradient, undoing, and everything that is refused."""

from __future__ import annotations

import json
import shutil
import warnings

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from cli_help import run as cli

from detgui.analysis import offset_correct
from detgui.analysis.offset_factor import CorrectParams
from detgui.data.offset_tables import OffsetRow, published, read_offsets, swap_reference, write_offsets
from detgui.errors import BadInput
from detgui.simulate.imaging import write_imaging
from detgui.simulate.imaging_params import ImagingParams

REAL = "jw01227002001_02105_00001_nrcalong_crop100_cal.fits"
FACTORS = {("1", "f150w"): 1.01200, ("2", "f150w"): 0.96080, ("2", "f200w"): 0.95265, ("4", "f200w"): 0.97234, ("long", "f356w"): 1.00808}
PLANES = {"SCI": 1, "ERR": 1, "VAR_POISSON": 2, "VAR_RNOISE": 2}


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """Calibrated images of two epochs, F150W and F444W."""
    folder = tmp_path_factory.mktemp("field")
    write_imaging(ImagingParams(epochs=2, images="cal", size=64, sources=60), folder)
    return folder


def own_table(path, slope=0.004, **meta):
    rows = [
        OffsetRow("long", "f444w", -0.0165, 0.001, -0.0165, 0.0, slope, 0.001),
        OffsetRow("1", "f150w", 0.01, 0.001, 0.01, 0.0, 0.0, 0.0),
    ]
    write_offsets(
        path, rows, {"pair_epochs": [1, 2], "long_axis_pa_deg": 72.0, "origin_ra": 265.0, "origin_dec": 69.0, "reference": "B"} | meta
    )
    return path


def ratio(after, before, name="SCI"):
    with fits.open(after) as one, fits.open(before) as two, np.errstate(all="ignore"):
        return one[name].data.astype(float) / two[name].data.astype(float)


def test_the_published_table(shared_file):
    ours, theirs = published(), Table.read(shared_file("idf_zpcor_1130_pmap.ecsv"))
    assert len(ours.rows) == len(theirs) == 10
    for row, other in zip(ours.rows, theirs, strict=True):
        assert [row.det, row.filt, row.dmag_a, row.slope_err] == [other["det"], other["filt"], other["dmag_a"], other["slope_err"]]
    for (det, filt), factor in FACTORS.items():
        assert 10 ** (ours.row(det, filt).dmag_a / 2.5) == pytest.approx(factor, abs=6e-6)
    assert not ours.own


def test_a_real_image(shared_file, tmp_path, capsys):
    real = shared_file(REAL)
    table = shared_file("idf_zpcor_1130_pmap.ecsv")
    status, out, _ = cli(capsys, "correct", real, "--offsets", table, "--epoch", 1, "-o", tmp_path / "one", "--quiet", "--json")
    assert status == 0
    assert json.loads(out)["files"][0]["factor"] == pytest.approx(0.98489, abs=6e-6)
    for name, power in PLANES.items():
        found = ratio(tmp_path / "one" / REAL, real, name)
        assert found[np.isfinite(found)] == pytest.approx(0.984885113**power, rel=3e-7)
    assert cli(capsys, "correct", real, "--offsets", table, "--epoch", 2, "-o", tmp_path / "two", "--quiet")[0] == 0
    found = ratio(tmp_path / "two" / REAL, real)
    scale = WCS(fits.getheader(real, 1)).proj_plane_pixel_scales()[0].to_value("arcmin")
    expected = 0.984885113 * 10 ** (-0.004329215118 * scale * np.arange(100) / 2.5)
    good = np.isfinite(found)
    assert found[good] == pytest.approx(np.broadcast_to(expected, found.shape)[good], rel=3e-7)


def test_the_rest_stays_and_opens_as_a_data_model(shared_file, tmp_path):
    from stdatamodels.jwst import datamodels

    real = shared_file(REAL)
    untouched = real.read_bytes()
    offset_correct.run([real], tmp_path, params=CorrectParams(epoch="2"))
    assert real.read_bytes() == untouched
    with fits.open(tmp_path / REAL) as after, fits.open(real) as before, datamodels.open(tmp_path / REAL) as model:
        assert np.array_equal(after["DQ"].data, before["DQ"].data)
        assert after["ASDF"].data.tobytes() == before["ASDF"].data.tobytes()
        assert np.array_equal(model.data, after["SCI"].data, equal_nan=True)
        assert np.array_equal(model.err, after["ERR"].data, equal_nan=True)
        assert np.isfinite(model.meta.wcs(50, 50)).all()
        history = [str(line) for line in after[0].header["HISTORY"]]
        provenance = json.loads(after["DETGUI"].data["json"][0])
    assert all(line.startswith("detgui correct") and len(line) <= 72 for line in history)
    assert provenance["parameters"] == {"epoch": "2", "reference": "", "gradient": "later"}
    assert "detgui correct" in provenance["command"]


@pytest.mark.parametrize("epoch", ["1", "2"])
def test_undo(shared_file, tmp_path, epoch, capsys):
    real = shared_file(REAL)
    offset_correct.run([real], tmp_path / "there", params=CorrectParams(epoch=epoch))
    assert cli(capsys, "correct", tmp_path / "there" / REAL, "--undo", "-o", tmp_path / "back", "--quiet")[0] == 0
    report = fits.FITSDiff(str(real), str(tmp_path / "back" / REAL), rtol=1.3e-7)
    assert report.identical, report.report()


def test_checksums_hold(shared_file, tmp_path):
    with fits.open(shared_file(REAL)) as hdus:
        hdus.writeto(tmp_path / REAL, checksum=True)
    offset_correct.run([tmp_path / REAL], tmp_path / "out", params=CorrectParams(epoch="1"))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "(Checksum|Datasum) verification failed")
        with fits.open(tmp_path / "out" / REAL, checksum=True) as hdus:
            assert all(hdu.data is None or hdu.data.size for hdu in hdus)


def test_our_gradient_runs_along_the_long_axis(field, tmp_path):
    table = read_offsets(own_table(tmp_path / "own.ecsv"))
    for detector, dmag in (("nrcalong", -0.0165), ("nrcblong", 0.0)):
        name = f"jw99999002001_03101_00001_{detector}_cal.fits"
        offset_correct.run([field / name], tmp_path / "out", table, CorrectParams(epoch="2"))
        found = ratio(tmp_path / "out" / name, field / name)
        y, x = np.mgrid[:64, :64]
        place = WCS(fits.getheader(field / name, 1)).pixel_to_world(x, y)
        origin = SkyCoord(265.0, 69.0, unit="deg")
        away, angle = origin.separation(place).arcmin, origin.position_angle(place).deg
        expected = 10 ** ((dmag + 0.004 * away * np.cos(np.deg2rad(angle - 72.0))) / 2.5)
        good = np.isfinite(found)
        assert found[good] == pytest.approx(expected[good], rel=1e-6)
        assert np.ptp(expected) > 0.007
        offset_correct.undo([tmp_path / "out" / name], tmp_path / "back")
        assert fits.FITSDiff(str(field / name), str(tmp_path / "back" / name), rtol=1.3e-7).identical


def test_half_of_the_gradient_to_each_epoch(field, tmp_path):
    table = read_offsets(own_table(tmp_path / "own.ecsv"))
    files = [field / f"jw9999900{epoch}001_03101_00001_nrcblong_cal.fits" for epoch in (1, 2)]
    whole = offset_correct.preview(files[1], table, CorrectParams(epoch="2")).image
    half = offset_correct.preview(files[1], table, CorrectParams(epoch="2", gradient="half")).image
    assert half**2 == pytest.approx(whole)
    assert (offset_correct.preview(files[0], table, CorrectParams(epoch="1")).image == 1).all()
    early = offset_correct.preview(files[0], table, CorrectParams(epoch="1", gradient="half"))
    assert early.factor.gradient.k == -0.002


def test_reference_modules(field):
    name = field / "jw99999001001_02101_00001_nrcb2_cal.fits"
    assert offset_correct.preview(name).factor.value == 1.0
    other = offset_correct.preview(name, params=CorrectParams(reference="A")).factor.value
    assert other == pytest.approx(10 ** (0.04341921 / 2.5), rel=1e-6)
    row = swap_reference(published().row("2", "f150w"), "mean")
    assert row.dmag_a - row.dmag_b == pytest.approx(row.dmag_ab)


def test_rows_without_a_slope_need_no_epoch(field, tmp_path):
    done = offset_correct.run(sorted(field.glob("*_02101_*cal.fits")), tmp_path / "out")
    assert len(done.files) == 16
    assert not done.refused


def test_a_batch_goes_on(field, tmp_path, capsys):
    good = field / "jw99999001001_02101_00001_nrca2_cal.fits"
    (tmp_path / "text_cal.fits").write_text("no FITS")
    files = [tmp_path / "text_cal.fits", good, tmp_path / "missing.fits"]
    status, out, errors = cli(capsys, "correct", *files, "-o", tmp_path / "out")
    assert status == 0
    assert out.split() == [str(tmp_path / "out" / good.name)]
    assert len(errors) == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == [good.name]
    found = ratio(tmp_path / "out" / good.name, good)
    assert found[np.isfinite(found)] == pytest.approx(0.96080, abs=1e-5)


def refused(capsys, out, *words):
    """The one sentence of a call that has to write nothing."""
    status, text, errors = cli(capsys, "correct", *words, "-o", out, "--quiet")
    assert (status, text, len(errors)) == (2, "", 1)
    assert not out.exists()
    return errors[0]


def test_refused(field, tmp_path, capsys):
    out = tmp_path / "out"
    long = field / "jw99999002001_03101_00001_nrcalong_cal.fits"
    short = field / "jw99999001001_02101_00001_nrca2_cal.fits"
    assert "say with --epoch whether the image is of epoch 1 or 2" in refused(capsys, out, long)
    assert "knows for epochs 1 and 2, not for epoch 3" in refused(capsys, out, long, "--epoch", 3)
    assert "half of it needs a table with a long axis" in refused(capsys, out, long, "--epoch", 2, "--gradient", "half")
    table = own_table(tmp_path / "own.ecsv")
    assert "has no offset of array 2 in F150W: it has nothing of array 2" in refused(capsys, out, short, "--offsets", table)
    away = own_table(tmp_path / "away.ecsv", origin_ra=40.0)
    assert "not of the table's field" in refused(capsys, out, long, "--offsets", away, "--epoch", 2)
    assert "is no table of offsets: it lacks det" in refused(capsys, out, short, "--offsets", field / "imaging_epoch1_f150w_cat.ecsv")
    assert "does not exist" in refused(capsys, out, short, "--offsets", tmp_path / "none.ecsv")
    assert "no correction to undo" in refused(capsys, out, short, "--undo")
    with pytest.raises(BadInput, match="would replace an input file"):
        offset_correct.run([short], field)
    assert "has no offset of array long in F277W: for array long it has F356W, F444W" in refused(
        capsys, out, changed(tmp_path, long, FILTER="F277W"), "--epoch", 1
    )
    assert "not of one NIRCam detector: DETECTOR is MULTIPLE" in refused(capsys, out, changed(tmp_path, short, DETECTOR="MULTIPLE"))
    assert "GRISMR" in refused(capsys, out, changed(tmp_path, long, PUPIL="GRISMR"), "--epoch", 1)


def test_refused_without_a_wcs(field, tmp_path, capsys):
    long = field / "jw99999002001_03101_00001_nrcalong_cal.fits"
    bare = tmp_path / "bare_cal.fits"
    with fits.open(long) as hdus:
        for key in ("CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2"):
            del hdus["SCI"].header[key]
        hdus.writeto(bare)
    table = own_table(tmp_path / "own.ecsv")
    for options in (("--offsets", table), ()):
        sentence = refused(capsys, tmp_path / "out", bare, "--epoch", 2, *options)
        assert "bare_cal.fits: a gradient needs a WCS and the file has none" in sentence


def test_corrected_twice(field, tmp_path, capsys):
    short = field / "jw99999001001_02101_00001_nrca2_cal.fits"
    offset_correct.run([short], tmp_path / "once")
    sentence = refused(capsys, tmp_path / "out", tmp_path / "once" / short.name)
    assert sentence.endswith("is corrected already: its HISTORY tells so; --undo takes the correction off")


@pytest.mark.parametrize("length", [20000, 30000, 60000])
def test_cut_short(field, tmp_path, capsys, length):
    short = field / "jw99999001001_02101_00001_nrca2_cal.fits"
    cut = tmp_path / "cut_cal.fits"
    cut.write_bytes(short.read_bytes()[:length])
    sentence = refused(capsys, tmp_path / "out", cut)
    assert "cut_cal.fits is cut short" in sentence


def changed(folder, path, **keywords):
    out = folder / f"changed_{'_'.join(keywords)}_cal.fits"
    shutil.copy(path, out)
    with fits.open(out, mode="update") as hdus:
        hdus[0].header.update(keywords)
    return out


def test_the_filter_in_the_pupil_wheel_and_nrca5(field, tmp_path):
    from detgui.data.cal_images import read_cal

    short = field / "jw99999001001_02101_00001_nrca2_cal.fits"
    assert read_cal(changed(tmp_path, short, FILTER="F150W2", PUPIL="F162M"), sky=False).filter == "f162m"
    assert read_cal(changed(tmp_path, short, DETECTOR="NRCA5"), sky=False).detector == "nrcalong"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("det filt dmag_ab dmag_a dmag_b slope\n6 f150w 0 0 0 0\n", "'6' is no array"),
        ("det filt dmag_ab dmag_a dmag_b slope\n1 f150w 0 nan 0 0\n", "dmag_a of array 1 in F150W is no number"),
        ("det filt dmag_ab dmag_a dmag_b slope\n1 f150w 0 0 0 0\n1 F150W 0 0 0 0\n", "array 1 in F150W twice"),
    ],
)
def test_bad_tables(tmp_path, lines, words):
    path = tmp_path / "t.csv"
    path.write_text(lines.replace(" ", ","))
    with pytest.raises(BadInput, match=words):
        read_offsets(path)


def test_meta_that_is_not_complete(tmp_path):
    with pytest.raises(BadInput, match="its meta need numbers for all of long_axis_pa_deg, origin_ra, origin_dec"):
        read_offsets(own_table(tmp_path / "a.ecsv", origin_ra=None))
    with pytest.raises(BadInput, match="pair_epochs in its meta is"):
        read_offsets(own_table(tmp_path / "b.ecsv", pair_epochs=[1]))
