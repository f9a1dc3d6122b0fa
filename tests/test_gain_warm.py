"""The first map says that loops are being compiled, and later ones do not."""

import numpy as np
import pytest
from gain_fakes import pairs
from test_gain_map import flats

from detgui.analysis import gain_map, gain_warm
from detgui.errors import Cancelled
from detgui.progress import PREPARING
from detgui.science import clip_kernels, clip_lanes


@pytest.fixture(autouse=True)
def nothing_prepared(monkeypatch):
    monkeypatch.setattr(gain_warm, "_done", set())


def told(run):
    said = []
    run(lambda fraction, message: said.append(message))
    return said


def test_the_first_map_says_why_it_takes_long(tmp_path):
    made = flats(tmp_path, pairs(np.random.default_rng(1), (64, 64), 5, flats=2))
    first, second = (told(lambda progress: gain_map.run(made, gain_map.Params(box=32), progress=progress)) for _ in range(2))
    for each in made:
        each.close()
    assert first.index(PREPARING) < first.index("pair 1 of 1, group 1 of 5")
    assert PREPARING not in second


def test_all_that_a_map_clips_with_is_compiled():
    pytest.importorskip("numba")
    assert told(gain_warm.warm_up)[-1] == "prepared"
    for kernel in (clip_kernels.clip_groups, clip_lanes.clip_strips):
        images = {str(each[0].dtype) for each in kernel.dispatcher().signatures}
        assert images >= {"float32", "int16"}


def test_it_can_be_cancelled():
    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        gain_warm.warm_up(stop)
    assert not gain_warm._done
