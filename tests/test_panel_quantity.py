"""Numbers in words: rounded by their error, with unit."""

from __future__ import annotations

import re
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detgui.gui.common.quantity import MISSING, plain, probability, significance, with_error

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (904.8037, 0.7112, "904.80 ± 0.71"),
        (12345.6, 210.4, "12350 ± 210"),
        (12345.6, 21.04, "12346 ± 21"),
        (1.0, 0.0996, "1.00 ± 0.10"),
        (1.0, 0.996, "1.0 ± 1.0"),
        (-0.001, 0.12, "0.00 ± 0.12"),
        (-3.25, 2.2, "-3.2 ± 2.2"),
        (0.000123456, 0.0000012, "(1.235 ± 0.012)e-04"),
        (1.234e-9, 2.1e-11, "(1.234 ± 0.021)e-09"),
        (5.0, NAN, "5"),
        (NAN, 1.0, MISSING),
        (98765.4321, 0.0, "98765"),
    ],
)
def test_two_digits_of_the_error(value, error, text):
    assert with_error(value, error) == text


def test_the_unit_follows_the_number_and_not_a_missing_one():
    assert with_error(1.5, 0.25, "DN/group") == "1.50 ± 0.25 DN/group"
    assert with_error(NAN, 0.25, "DN/group") == MISSING


@given(st.floats(-1e5, 1e5), st.floats(1e-4, 1e4))
def test_rounding_loses_less_than_a_twentieth_of_the_error(value, error):
    text = with_error(value, error)
    shown, bar = (float(part) for part in text.split(" ± "))
    assert abs(shown - value) <= 0.0501 * error
    assert abs(bar - error) <= 0.0501 * error
    digits = re.sub(r"^0+", "", text.split(" ± ")[1].replace(".", ""))
    assert len(digits) >= 2
    assert len(digits.rstrip("0") or "0") <= 2 + max(0, int(log10(error)) - 1)


def test_plain_numbers_keep_their_whole_part():
    assert plain(23511.0) == "23511"
    assert plain(1.9000001, 4) == "1.9"
    assert plain(123456.7) == "123457"
    assert plain(0.0) == "0"
    assert plain(1.5e-7, 3) == "1.50e-07"
    assert plain(NAN) == MISSING


def test_probability_and_significance():
    assert probability(0.4149) == "0.41"
    assert probability(3.14e-8) == "3.1e-08"
    assert probability(0.0) == "< 1e-300"
    assert significance(-53.0, 2.2) == "(24.1 σ)"
    assert significance(1.0, NAN) == ""
