"""``detgui slopes``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from slope_files import all_slopes, mean_where, ramps, segments, valid

from detgui.cli import main
from detgui.data.exposure import open_one


def test_writes_a_map_of_exactly_the_files_named(tmp_path, capsys):
    data = ramps(1)
    paths = segments(tmp_path, data)
    target = tmp_path / "out.fits"
    assert main(["slopes", str(paths[1]), str(paths[0]), "-o", str(target), "--json", "--fit-groups", "1-8"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["integrations"], told["n_integrations"], told["fit_groups"], told["unit"]) == ([1, 4], 4, [1, 8], "DN/group")
    assert "segment 3 of 3" in err
    good = valid(data)
    good[4:] = False
    mean, count = mean_where(all_slopes(data["sci"], (1, 8)), good)
    with open_one([target]) as exposure:
        np.testing.assert_allclose(exposure.read_image("SLOPE"), mean, atol=2e-3)
        np.testing.assert_array_equal(exposure.read_image("COUNT"), count)
    assert told["valid_pixels"] == (count > 0).sum()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fit-groups", "1-13"], "at least 2 groups"),
        (["--integrations", "3-99"], "integrations 3-99 are not there"),
        (["--integrations", "9-3"], "not a range of integrations"),
        (["--roi", "0,0,9,9"], "reaches outside"),
        (["--roi", "0,0,9"], "not a rectangle"),
        (["--flags", "HOTT"], "no DQ flag 'HOTT'"),
        (["--gain", "0"], "neither a positive number nor a file"),
    ],
)
def test_bad_use_is_one_line_and_writes_nothing(tmp_path, capsys, options, words):
    paths = segments(tmp_path, ramps(2))
    target = tmp_path / "out.fits"
    assert main(["slopes", *map(str, paths), "-o", str(target), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert not target.exists()


def test_does_not_replace_its_input(tmp_path, capsys):
    paths = segments(tmp_path, ramps(3))
    before = paths[0].read_bytes()
    assert main(["slopes", *map(str, paths), "-o", str(paths[0])]) == 2
    assert "would replace an input file" in capsys.readouterr().err
    assert paths[0].read_bytes() == before
    assert main(["slopes", str(paths[0]), "-o", str(tmp_path / "map.txt")]) == 2
    assert main(["slopes", str(paths[0])]) == 2
