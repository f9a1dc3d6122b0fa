"""Numbers as a person reads them: rounded by their error, with their unit."""

from __future__ import annotations

from math import floor, isfinite, log10

MISSING = "–"


def with_error(value: float, error: float, unit: str = "") -> str:
    """``value ± error unit`` with two significant digits of the error; without a usable error five digits of the value; '–' for NaN."""
    if not isfinite(value):
        return MISSING
    if not isfinite(error) or error <= 0:
        return _joined(plain(value), unit)
    decimals = _decimals(error)
    if decimals > 6 or (decimals < -1 and abs(value) >= 1e9):
        return _joined(_scientific(value, error), unit)
    if decimals < 0:
        step = 10.0**-decimals
        value, error, decimals = round(value / step) * step, round(error / step) * step, 0
    return _joined(f"{_signed_zero(value, decimals)} ± {error:.{decimals}f}", unit)


def plain(value: float, digits: int = 5) -> str:
    """A number without an error to ``digits`` significant digits, never shorter than its whole part; '–' for NaN."""
    if not isfinite(value):
        return MISSING
    if value != 0 and not 1e-3 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    text = f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"
    return text if "e" not in text else f"{value:.0f}"


def probability(value: float) -> str:
    """A probability: two digits, with an exponent below 0.001; '–' for NaN."""
    if not isfinite(value):
        return MISSING
    if value == 0:
        return "< 1e-300"
    return f"{value:.2g}" if value >= 1e-3 else f"{value:.1e}"


def significance(value: float, error: float) -> str:
    """How many errors a value lies from zero, as '(5.3 σ)'; empty where there is no error."""
    if not (isfinite(value) and isfinite(error) and error > 0):
        return ""
    return f"({abs(value) / error:.1f} σ)"


def _decimals(error: float) -> int:
    decimals = 1 - floor(log10(error))
    return decimals - 1 if round(error, decimals) >= 10.0 ** (2 - decimals) else decimals  # 0.0996 is 0.10, not 0.100


def _signed_zero(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _scientific(value: float, error: float) -> str:
    largest = max(abs(value), error)
    exponent = floor(log10(largest))
    scale = 10.0**exponent
    decimals = max(_decimals(error / scale), 0)
    return f"({value / scale:.{decimals}f} ± {error / scale:.{decimals}f})e{exponent:+03d}"


def _joined(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text
