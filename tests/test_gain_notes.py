"""Sentences on a gain map: singular and plural."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from detgui.analysis.gain_notes import notes_of
from detgui.analysis.gain_types import Params


@pytest.mark.parametrize(("count", "said"), [(0, ()), (1, ("1 box has less",)), (2, ("2 boxes have less",))])
def test_boxes_with_few_pixels_are_counted(count, said):
    exposure = SimpleNamespace(geometry=SimpleNamespace(known=True), cal_step=lambda name: "COMPLETE")
    boxes = SimpleNamespace(small=np.arange(8) < count, nominal=4096)
    notes = notes_of(exposure, Params(), boxes, (), (), ())
    assert notes == tuple(f"{start} than half of the nominal 4096 pixels" for start in said)
