"""``detgui gain`` on simulated flats: every option, files with voids, what it says and how it ends."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from cli_help import run
from gain_fakes import pairs

from detgui.analysis import gain_map
from detgui.simulate.flat_files import write_flats
from detgui.simulate.flat_params import FlatParams

PARAMS = FlatParams(
    "NRCB1", 3, 8, 320, 1024, xstart=513, ystart=701, outputs=4, gain=(2.0, 2.2, 2.4, 2.6), void=(512.0, 150.0, 70.0), ktc=5.0, seed=11
)
"""Sectors 2 and 3, the void across both; the first flat has another gradient, pixels are coupled."""

TRUTH = {(2, "bulk"): 2.2, (2, "void"): 2.09, (3, "bulk"): 2.4, (3, "void"): 2.28}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flats")
    paths = write_flats(PARAMS, folder, ("ramp",))
    return paths[:6], {path.name.rsplit("_", 1)[1].split(".")[0]: path for path in paths[6:]}


@pytest.fixture
def gain(made, capsys, tmp_path, monkeypatch):
    """Runs the verb on the six flats in a folder of its own; returns exit status, JSON (None without) and lines of stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*options, flats=made[0]):
        status, out, err = run(capsys, "gain", *flats, "--quiet", *options)
        return status, json.loads(out) if out else None, err

    return call


def sectors(found):
    return {(each["sector"], each["region"]): each for each in found["sectors"]}


def test_everything_at_once(gain, made, tmp_path):
    _, files = made
    status, found, err = gain(
        "--box", "128", "--voids", files["void"], "--ipc", files["ipc"], "--compare", files["gain"], "--box-study", "64,128",
        "--limit-study", "4000,7000", "-o", "gain.fits", "--table", "gain.ecsv", "--json",
    )  # fmt: skip
    assert status == 0
    assert (found["pairs_used"], found["limit"], found["box"]) == ([2, 3], 5000.0, 128)
    assert found["ipc_factor"] == found["ipc"]["kernel"] == pytest.approx(0.952, abs=0.002)
    rows = sectors(found)
    assert set(rows) == set(TRUTH)
    for key, row in rows.items():
        assert abs(row["gain"] - TRUTH[key]) < 4.0 * row["gain_err"] < 0.2
        assert abs(row["read_noise"] - 6.0) < 4.0 * row["read_noise_err"] and abs(row["reset_noise"] - 5.0) < 1.5
        assert abs(row["compared"] - TRUTH[key]) < 1e-5 and abs(row["compared_ratio"] - 1.0) < 4.0 * row["compared_ratio_err"]
    assert sum(row["n_pixels"] for row in rows.values()) == 320 * 1024
    assert [step["box"] for step in found["box_study"]["steps"]] == [64.0, 128.0]
    assert [step["limit"] for step in found["limit_study"]["steps"]] == [4000.0, 7000.0]
    assert found["compared_with"]["covered"] == 1.0 and found["study_tables"] == ["gain_box_study.ecsv", "gain_limit_study.ecsv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gain.ecsv", "gain.fits", "gain_box_study.ecsv", "gain_limit_study.ecsv"]
    with fits.open("gain.fits") as hdus, fits.open(files["truth"]) as truth:
        pull = (hdus["SCI"].data - truth["GAIN"].data) / hdus["ERR"].data
        assert hdus["SCI"].data.shape == (320, 1024) and np.abs(pull).max() < 4.5
        assert hdus[0].header["USEAFTER"] == fits.getheader(made[0][0])["DATE-OBS"] + "T" + fits.getheader(made[0][0])["TIME-OBS"][:8]
    table = Table.read("gain.ecsv")
    assert [float(row["gain"]) for row in table] == [row["gain"] for row in found["sectors"]]
    assert all(line.startswith("detgui: warning: ") for line in err) and any("left out: pair 1" in line for line in err)


def test_ipc_left_uncorrected_reads_high(gain, made):
    """4 to 5 % for k11 = 1.025 (JWST-STScI-004622, section 5.5); the ways to correct agree."""
    options = ("--box", "160", "--voids", made[1]["void"], "--pairs", "2,3", "--json")
    _, plain, err = gain(*options)
    assert any("not corrected for IPC" in line for line in err) and plain["ipc_factor"] == 1.0
    row = sectors(plain)[2, "bulk"]
    high, error = row["gain"] / 2.2 - 1.0, row["gain_err"] / 2.2
    assert 0.04 - 3.0 * error < high < 0.052 + 3.0 * error and high > 5.0 * error
    for way, least in ((("--ipc-centre", "1.025"), 0.95), (("--ipc-kernel", made[1]["ipc"]), 0.95), (("--ipc-measure",), 0.93)):
        _, found, _ = gain(*options, *way)
        assert least - 1e-6 <= found["ipc_factor"] < 0.97
        assert sectors(found)[2, "bulk"]["gain"] == pytest.approx(row["gain"] * found["ipc_factor"])
        assert abs(sectors(found)[2, "bulk"]["gain"] - 2.2) < 0.03
    assert gain(*options, "--ipc-centre", "1.025", "--ipc-measure")[0] == 2


def test_options_do_what_they_say(gain):
    base = ("--box", "160", "--json")
    _, plain, _ = gain(*base, "--pairs", "2,3")
    assert (plain["pairs_used"], plain["clip_correction"], plain["clip"]) == ([2, 3], True, 3.0)
    assert gain(*base, "--pairs", "all")[1]["pairs_used"] == [1, 2, 3]
    assert gain(*base, "--pairs", "2,3", "--limit", "3500")[1]["limit"] == 3500.0
    raw = gain(*base, "--pairs", "2,3", "--no-clip-correction")[1]
    ratios = [one["gain"] / two["gain"] for one, two in zip(raw["sectors"], plain["sectors"], strict=True)]
    assert raw["clip_correction"] is False and np.allclose(ratios, 1.0 / 0.970, atol=0.004)  # smaller variances, larger gains
    assert gain(*base, "--pairs", "2,3", "--clip", "0")[1]["clip"] == 0.0


def write_text(name, *lines):
    Path(name).write_text("# Region file format: DS9\n" + "\n".join(lines) + "\n")
    return name


def test_voids_of_a_ds9_file_in_pixels(gain):
    """1-based in the file; a void across the border of two sectors is two boxes, an excluded region is in none."""
    path = write_text("voids.reg", "image", "box(512.5,151,200,100,0) # tag={kind=void}", "circle(100,100,30) # tag={kind=exclude}")
    rows = sectors(gain("--voids", path, "--box", "64", "--json", "--pairs", "2")[1])
    assert [rows[key]["n_pixels"] for key in ((2, "void"), (3, "void"))] == [100 * 100, 100 * 100]
    assert sum(row["n_pixels"] for row in rows.values()) == 320 * 1024
    less = sectors(gain("--voids", path, "--exclude", path, "--box", "64", "--json", "--pairs", "2")[1])
    inside = sum((x - 99) ** 2 + (y - 99) ** 2 <= 900 for y in range(320) for x in range(1024))
    assert abs(rows[2, "bulk"]["n_pixels"] - less[2, "bulk"]["n_pixels"] - inside) <= 12  # pixels on the rim
    assert less[3, "bulk"]["n_pixels"] == rows[3, "bulk"]["n_pixels"]


def test_voids_of_a_fits_mask(gain, made):
    mask = fits.getdata(made[1]["truth"], "VOID")
    fits.PrimaryHDU(mask.astype(np.uint8)).writeto("mask.fits")
    rows = sectors(gain("--voids", "mask.fits", "--json", "--pairs", "2")[1])
    assert sum(row["n_pixels"] for key, row in rows.items() if key[1] == "void") == mask.sum()


def with_wcs(paths, folder):
    """The flats with a plain tangent projection, 0.03 arcsec a pixel, north up."""
    made = []
    for path in paths:
        with fits.open(path) as hdus:
            header = hdus["SCI"].header
            header.update(
                CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=80.0, CRVAL2=0.0, CRPIX1=513.0, CRPIX2=151.0, CUNIT1="deg", CUNIT2="deg"
            )
            header.update(CD1_1=-0.03 / 3600, CD1_2=0.0, CD2_1=0.0, CD2_2=0.03 / 3600)
            made.append(folder / path.name)
            fits.HDUList([hdu for hdu in hdus if hdu.name != "ASDF"]).writeto(made[-1])
    return made


def test_voids_in_sky_coordinates(gain, made, tmp_path):
    """The circle at the projection's centre is the one about pixel (513, 151)."""
    sky = write_text("sky.reg", "icrs", 'circle(80.0,0.0,1.8") # tag={kind=void}')
    pixels = write_text("pixels.reg", "image", "circle(513,151,60) # tag={kind=void}")
    (tmp_path / "wcs").mkdir()
    flats = with_wcs(made[0][2:4], tmp_path / "wcs")
    by_sky = sectors(gain("--voids", sky, "--json", flats=flats)[1])
    by_pixels = sectors(gain("--voids", pixels, "--json", flats=flats)[1])
    assert abs(by_sky[2, "void"]["n_pixels"] - by_pixels[2, "void"]["n_pixels"]) < 30 and by_pixels[2, "void"]["n_pixels"] > 5000
    status, _, err = gain("--voids", sky, "--json")
    assert status == 2 and len(err) == 1 and "sky.reg" in err[0] and ("WCS" in err[0] or "sky coordinates" in err[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--ipc-centre", "0.976", "--json"), "inverse"),
        ((), "say where"),
        (("--limit", "100", "--json"), "fewer than three groups"),
        (("--limit", "-5", "--json"), "is not a signal"),
        (("-o", "gain.txt"), "as .fits"),
        (("--table", "gain.txt"), "as .ecsv or .csv"),
        (("-o", "missing/gain.fits"), "no folder"),
        (("--voids", "missing.reg", "--json"), "missing.reg"),
        (("--exclude", "missing.reg", "--json"), "missing.reg"),
        (("--ipc", "missing.fits", "--json"), "missing.fits"),
        (("--compare", "missing.fits", "--json"), "missing.fits"),
        (("--pairs", "7", "--json"), "no pair 7"),
        (("--pairs", "some", "--json"), "is not auto, all or numbers"),
        (("--clip", "2.7", "--json"), "not tabulated"),
        (("--box", "1", "--json"), "boxes of 1 pixels"),
        (("--box-study", "1,128", "--json"), "boxes of 1 pixels"),
        (("--limit-study", "500,5000", "--json"), "fewer than three groups"),
        (("--box-study", "128", "--json"), "two or more sizes"),
        (("--limit-study", "5000,5000", "--json"), "two or more signals"),
        (("--useafter", "soon", "--json"), "is no date"),
        (("--pedigree", "INFLIGHT", "--json"), "two dates"),
        (("--scheduler", "tcp://localhost:1", "--json"), "--scheduler"),
    ],
)
def test_bad_use_is_one_sentence(gain, tmp_path, monkeypatch, options, words):
    """Before long work begins."""
    monkeypatch.setattr(gain_map, "_passes", None)
    status, found, err = gain(*options)
    assert (status, found, len(err)) == (2, None, 1) and words in err[0]
    assert not any(tmp_path.iterdir())


def test_bad_flats_are_one_sentence(gain, made, tmp_path):
    flats = made[0]
    for given, words in ((flats[:3], "has no partner"), (flats[:1], "needs flats in pairs"), ([flats[0], made[1]["gain"]], "gain")):
        status, found, err = gain("--json", flats=given)
        assert (status, found, len(err)) == (2, None, 1) and words in err[0]
    status, _, err = gain("-o", flats[0])
    assert status == 2 and "replace an input" in err[0]
    status, _, err = gain("--compare", made[1]["ipc"], "--json")
    assert status == 2 and len(err) == 1 and made[1]["ipc"].name in err[0]


def test_failures_and_interrupts_leave_no_file(gain, tmp_path, monkeypatch):
    """1 for what fails while running, 130 for Ctrl-C."""
    for error, expected in ((OSError(28, "No space left on device", "gain.fits"), 1), (KeyboardInterrupt(), 130)):

        def stop(*_, error=error, **__):
            raise error

        monkeypatch.setattr(gain_map, "run", stop)
        status, found, err = gain("-o", "gain.fits", "--table", "gain.ecsv", "--json")
        assert (status, found, len(err)) == (expected, None, 1)
        assert not any(tmp_path.iterdir())


def test_ground_cubes_without_a_place_on_the_detector(gain, tmp_path):
    """One integration as a cube of groups; with the first columns unknown, it is said how sectors are counted."""
    files = [tmp_path / f"flat{number}.fits" for number in (1, 2)]
    for path, reads in zip(files, pairs(np.random.default_rng(51), (128, 128)), strict=True):
        header = fits.Header({"TELESCOP": "JWST", "INSTRUME": "NIRCAM", "DETECTOR": "NRCA1"})
        fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(reads, name="SCI")]).writeto(path)
    status, found, err = gain("--box", "64", "--json", flats=files)
    assert status == 0 and len(found["sectors"]) == 1
    assert abs(found["sectors"][0]["gain"] - 2.0) < 4.0 * found["sectors"][0]["gain_err"] < 0.2
    assert any("lie on the detector" in line for line in err)


def test_every_flat_that_cannot_be_read_is_named(gain, made, tmp_path):
    bad = [tmp_path / "one.fits", tmp_path / "two.fits"]
    for path in bad:
        path.write_bytes(b"nothing" * 1000)
    status, found, err = gain("-o", "gain.fits", "--json", flats=[made[0][0], bad[0], made[0][1], bad[1]])
    assert (status, found) == (2, None) and not (tmp_path / "gain.fits").exists()
    assert [line.split()[1] for line in err] == ["one.fits", "two.fits"]
