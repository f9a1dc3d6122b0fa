"""Flats and regions that give no gain map, through the command line: one sentence that names the file, and nothing written."""

import numpy as np
import pytest
from astropy.io import fits
from gain_fakes import pairs
from test_gain_map import write_flat

from detgui.__main__ import main

SIDE = 192


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Good flats 0 to 2, and others each of which is wrong in one way."""
    made = tmp_path_factory.mktemp("bad")
    reads = pairs(np.random.default_rng(50), (SIDE, SIDE), 5, flats=3)
    for at, each in enumerate(reads):
        write_flat(made / f"flat{at}_ramp.fits", each)
    write_flat(made / "narrow_ramp.fits", reads[1][:, :, :160])
    write_flat(made / "long_ramp.fits", reads[1][[0, 1, 2, 3, 4, 4]])
    write_flat(made / "short_ramp.fits", reads[1][:2])
    write_flat(made / "other_ramp.fits", reads[1], DETECTOR="NRCB2")
    write_flat(made / "pattern_ramp.fits", reads[1], READPATT="BRIGHT1")
    write_flat(made / "filter_ramp.fits", reads[1], FILTER="F150W")
    write_flat(made / "place_ramp.fits", reads[1], SUBSTRT1=101)
    write_flat(made / "dark_ramp.fits", reads[1] / 100.0)
    write_flat(made / "full_ramp.fits", np.full_like(reads[1], 60000.0))
    write_flat(made / "bright_ramp.fits", reads[1] * 10.0)
    write_flat(made / "nan_ramp.fits", np.full_like(reads[1], np.nan))
    flagged = write_flat(made / "flagged_ramp.fits", reads[1])
    with fits.open(flagged, mode="update") as hdus:
        hdus["GROUPDQ"].data[:] = 2
    (made / "same").mkdir()
    write_flat(made / "same" / "flat0_ramp.fits", reads[1][:, :, :160])
    fits.PrimaryHDU(np.ones((64, 64), np.uint8)).writeto(made / "mask.fits")
    (made / "sky.reg").write_text('# Region file format: DS9\nicrs\ncircle(83.6,-69.2,1") # tag={kind=void}\n')
    (made / "all.reg").write_text("# Region file format: DS9\nimage\nbox(96,96,600,600,0) # tag={kind=void}\n")
    (made / "off.reg").write_text("# Region file format: DS9\nimage\nbox(999,96,40,40,0) # tag={kind=void}\n")
    fits.PrimaryHDU(header=fits.Header({"REFTYPE": "GAIN"})).writeto(made / "gain.fits")
    kernel = fits.ImageHDU(np.array([[0.0, -0.006, 0.0], [-0.006, 1.024, -0.006], [0.0, -0.006, 0.0]]), name="SCI")
    fits.HDUList([fits.PrimaryHDU(header=fits.Header({"REFTYPE": "IPC", "DETECTOR": "NRCA4"})), kernel]).writeto(made / "ipc.fits")
    return made


CASES = {
    "one flat": (["flat0_ramp.fits"], (), ("flat0_ramp.fits", "alone")),
    "three flats": (["flat0_ramp.fits", "flat1_ramp.fits", "flat2_ramp.fits"], (), ("flat2_ramp.fits", "no partner")),
    "twice": (["flat0_ramp.fits", "flat1_ramp.fits", "flat0_ramp.fits"], (), ("flat0_ramp.fits", "twice")),
    "shape": (["flat0_ramp.fits", "narrow_ramp.fits"], (), ("narrow_ramp.fits", "5 x 192 x 160", "5 x 192 x 192")),
    "shape, same name": (["flat0_ramp.fits", "same/flat0_ramp.fits"], (), ("same/flat0_ramp.fits", "5 x 192 x 160")),
    "groups": (["flat0_ramp.fits", "long_ramp.fits"], (), ("long_ramp.fits", "6 x 192 x 192")),
    "few groups": (["short_ramp.fits", "flat0_ramp.fits"], (), ("short_ramp.fits", "at least 3")),
    "detector": (["flat0_ramp.fits", "other_ramp.fits"], (), ("other_ramp.fits", "NRCB2", "NRCB1")),
    "pattern": (["flat0_ramp.fits", "pattern_ramp.fits"], (), ("pattern_ramp.fits", "BRIGHT1", "RAPID")),
    "filter": (["flat0_ramp.fits", "filter_ramp.fits"], (), ("filter_ramp.fits", "F150W")),
    "subarray": (["flat0_ramp.fits", "place_ramp.fits"], (), ("place_ramp.fits", "subarray")),
    "dark": (["flat0_ramp.fits", "dark_ramp.fits"], (), ("dark_ramp.fits", "dark")),
    "full": (["flat0_ramp.fits", "full_ramp.fits"], (), ("full_ramp.fits", "saturated")),
    "flagged": (["flat0_ramp.fits", "flagged_ramp.fits"], (), ("flagged_ramp.fits", "saturated")),
    "bright": (["flat0_ramp.fits", "bright_ramp.fits"], (), ("bright_ramp.fits", "fewer than three groups")),
    "limit": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--limit", "1500"), ("flat0_ramp.fits", "1500 DN", "fewer than three groups")),
    "not finite": (["flat0_ramp.fits", "nan_ramp.fits"], (), ("nan_ramp.fits", "no finite values")),
    "mask": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--voids", "mask.fits"), ("mask.fits", "64 x 64", "192 x 192")),
    "sky": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--voids", "sky.reg"), ("sky.reg", "WCS")),
    "whole sector": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--voids", "all.reg"), ("all.reg", "whole of sector 1")),
    "outside": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--voids", "off.reg"), ("off.reg", "no region")),
    "ipc": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--ipc-kernel", "gain.fits"), ("gain.fits", "no IPC reference file")),
    "ipc of another": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--ipc", "ipc.fits"), ("ipc.fits", "of NRCA4", "of NRCB1")),
    "not ipc": (["flat0_ramp.fits", "flat1_ramp.fits"], ("--ipc-kernel", "flat2_ramp.fits"), ("flat2_ramp.fits", "no IPC kernel")),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_sentence_with_the_file(folder, tmp_path, capsys, monkeypatch, case):
    files, options, words = CASES[case]
    monkeypatch.setattr("detgui.analysis.gain_map.PairPass", None)  # long work would begin with it
    given = [str(folder / each) if (folder / each).is_file() else each for each in options]
    output = tmp_path / "gain.fits"
    assert main(["gain", *(str(folder / each) for each in files), *given, "--quiet", "-o", str(output)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.strip().splitlines()) == 1
    for word in words:
        assert word in captured.err
    assert not output.exists()
