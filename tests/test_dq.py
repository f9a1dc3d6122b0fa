"""Flag names and overlays against stdatamodels' own table and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detgui.science import dq, kernels

dqflags = pytest.importorskip("stdatamodels.jwst.datamodels.dqflags")


def test_bits_are_those_of_the_data_models():
    assert dqflags.pixel == {"GOOD": 0, **dq.PIXEL}
    assert dqflags.group == {"GOOD": 0, **dq.GROUP}


def test_tables_cannot_be_changed():
    with pytest.raises(TypeError):
        dq.PIXEL["HOT"] = 1


@given(st.integers(0, 2**32 - 1))
def test_names_are_the_mnemonics(value):
    assert set(dq.names(value)) == dqflags.dqflags_to_mnemonics(value, dqflags.pixel) - {"GOOD"}


def test_names_come_lowest_bit_first():
    assert dq.names(2**31 + 5) == ("DO_NOT_USE", "JUMP_DET", "REFERENCE_PIXEL")
    assert dq.names(0) == ()
    assert dq.names(np.int32(-(2**31))) == ("REFERENCE_PIXEL",)
    assert dq.names(np.uint8(4)) == ("JUMP_DET",)


def test_a_reference_files_own_definitions():
    own = dq.definitions_of(["DO_NOT_USE", "HOT ", "", "GOOD"], np.array([1, 2, 8, 0]))
    assert own == {"DO_NOT_USE": 1, "HOT": 2}
    assert dq.names(2 + 1 + 64, own) == ("DO_NOT_USE", "HOT", "BIT 6")
    assert dq.bits(("HOT", "SATURATED"), own) == (2, 0)


def test_definitions_of_a_real_reference_file(shared_file):
    from astropy.io import fits

    with fits.open(shared_file("jwst_nircam_mask_0026_NRCA1.fits.gz")) as hdus:
        table = hdus["DQ_DEF"].data
        own = dq.definitions_of(table["NAME"], table["VALUE"])
    # This file's BIT column is wrong in places (HOT: bit 6, value 128); VALUE is what the pixels hold.
    assert (own["HOT"], own["REFERENCE_PIXEL"], own["ADJ_OPEN"]) == (128, 2, 64)
    assert dq.names(128 + 2, own) == ("REFERENCE_PIXEL", "HOT")
    assert dq.names(16384, own) == ("RC",)  # RC and WEIRD share a bit: the first counts


def plain_overlay(values, flags):
    out = np.zeros(values.shape, np.uint8)
    for index, value in np.ndenumerate(values):
        set_ = [k for k, name in enumerate(flags) if int(value) & dqflags.pixel[name]]
        out[index] = set_[0] + 1 if set_ else 0
    return out


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("flags", [("JUMP_DET", "DO_NOT_USE"), ("REFERENCE_PIXEL", "JUMP_DET", "HOT"), ("DEAD",), ()])
def test_overlay_shows_the_first_flag(compiled, flags, monkeypatch):
    if compiled:
        kernels.warm()
    monkeypatch.setitem(kernels._state, "ready", compiled)
    rng = np.random.default_rng(1)
    values = np.where(rng.random((37, 41)) < 0.5, 0, rng.integers(0, 2**32, (37, 41), np.uint32)).astype(np.uint32)
    expected = plain_overlay(values, flags)
    read_only = values.copy()
    read_only.flags.writeable = False
    for variant in (values, values.astype(">u4"), values.view(np.int32), values.view(np.int32).astype(">i4"), read_only):
        assert np.array_equal(dq.first_flag_overlay(variant, flags), expected)


def test_overlay_of_group_flags_and_strided_arrays():
    values = np.array([[0, 4, 2], [1, 6, 0]], np.uint8)
    assert dq.first_flag_overlay(values[:, ::2], ("SATURATED",)).tolist() == [[0, 1], [0, 0]]


def test_mask():
    values = np.array([[0, 1, 2], [4, 5, 2**31]], np.uint32)
    assert dq.mask(values, ("DO_NOT_USE", "REFERENCE_PIXEL")).tolist() == [[False, True, False], [False, True, True]]
    assert not dq.mask(values, ()).any()
    assert not dq.mask(values, ("NO_SUCH_FLAG",)).any()
