"""Colours that mean something: pinned pixels and DQ flags, told apart by people who see colour differently."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

# Okabe & Ito (2008), "Color Universal Design"; black and yellow are left out, they vanish on dark and light ground.
_OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#0072B2")

# Bright ones only: flags lie over dark images as often as over bright ones.
_FLAG_COLOURS = ("#F0E442", "#56B4E9", "#E69F00", "#CC79A7", "#00C08B", "#FF6E40")

CHOSEN = QColor("#FFFFFF")
"""The chosen pixel's cross; it is drawn over a dark outline and so shows on any ground."""


def pin_colour(index: int) -> QColor:
    """Colour of the pinned pixel of that colour index (`session.state.Pin.colour`), the same in the image and the plots."""
    return QColor(_OKABE_ITO[index % len(_OKABE_ITO)])


# The flags met most often come first, so that they differ in colour and in hatching.
_FLAGS = (
    "SATURATED", "JUMP_DET", "DO_NOT_USE", "HOT", "DEAD", "REFERENCE_PIXEL", "WARM", "LOW_QE", "RC", "TELEGRAPH", "NONLINEAR",
    "BAD_REF_PIXEL", "NO_FLAT_FIELD", "NO_GAIN_VALUE", "NO_LIN_CORR", "NO_SAT_CHECK", "UNRELIABLE_BIAS", "UNRELIABLE_DARK",
    "UNRELIABLE_SLOPE", "UNRELIABLE_FLAT", "OPEN", "ADJ_OPEN", "OTHER_BAD_PIXEL", "CHARGELOSS", "DROPOUT", "OUTLIER", "PERSISTENCE",
    "AD_FLOOR", "RESERVED", "NON_SCIENCE", "FLUX_ESTIMATED", "MSA_FAILED_OPEN",
)  # fmt: skip


def _flag_number(name: str) -> int:
    """0 to 47, a flag's own."""
    return _FLAGS.index(name) if name in _FLAGS else len(_FLAGS) + sum(name.encode()) % (48 - len(_FLAGS))


def flag_colour(name: str) -> QColor:
    """Colour of a DQ flag, the same wherever and whenever it is drawn; `flag_pattern` goes with it."""
    return QColor(_FLAG_COLOURS[_flag_number(name) % len(_FLAG_COLOURS)])


def flag_pattern(name: str) -> int:
    """Number of a DQ flag's hatching (`hatching.pattern`); no two known flags share colour and hatching."""
    number = _flag_number(name)
    # 6 colours and 8 patterns meet again after 24 flags; one pattern further on they do so after 48.
    return (number + number // 24) % 8


def is_dark(palette: QPalette) -> bool:
    """Whether a palette is a dark one."""
    return palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5


def warning_colour(dark: bool) -> QColor:
    """Colour of words on what is wrong, on dark or light ground."""
    return QColor("#FF9E6B" if dark else "#B03A00")


def blend(one: QColor, other: QColor, part: float) -> QColor:
    """``part`` (0 to 1) of ``other`` mixed into ``one``."""
    pairs = zip(one.getRgbF()[:3], other.getRgbF()[:3], strict=True)
    return QColor.fromRgbF(*(a * (1 - part) + b * part for a, b in pairs))
