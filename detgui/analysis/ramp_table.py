"""A fitted ramp as a table, as a file and as a summary for other programs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.tables import plain, write_table

if TYPE_CHECKING:
    from detgui.analysis.ramp_types import Result

UNITS = {
    "time": "s",
    "zero_level": "DN",
    "intercept": "DN",
    "intercept_err": "DN",
    "slope": "DN/group",
    "slope_err": "DN/group",
    "slope_per_s": "DN/s",
    "slope_per_s_err": "DN/s",
    "late_slope": "DN/group",
    "late_slope_err": "DN/group",
    "gain": "e-/DN",
    "read_noise": "DN",
    "saturation": "DN",
}
NUMBERS = (
    "zero_level",
    "zero_source",
    "intercept",
    "intercept_err",
    "slope",
    "slope_err",
    "slope_per_s",
    "slope_per_s_err",
    "late_slope",
    "late_slope_err",
    "chi2",
    "dof",
    "probability",
    "gain",
    "gain_source",
    "read_noise",
    "read_noise_source",
    "saturation",
)
CONVENTION = "signal = intercept + slope_per_s * time, time since the reset; slope = slope_per_s * group time; residual = signal - fit"


def as_table(result: Result) -> tuple[dict[str, tuple[NDArray[Any], str]], dict[str, object]]:
    """Columns (values, shape (ngroups,), and unit) and metadata of a fitted ramp."""
    count = result.group.size
    columns: dict[str, tuple[NDArray[Any], str]] = {
        "integration": (np.full(count, result.integration), ""),
        "group": (result.group, ""),
        "time": (result.time, "s"),
        "signal": (result.signal, "DN"),
        "groupdq": (result.groupdq, ""),
        "fit": (result.fit, "DN"),
        "residual": (result.residual, "DN"),
        "used": (result.used, ""),
        "late": (result.late, ""),
        "late_line": (result.late_line, "DN"),
    }
    return columns, numbers(result) | {"convention": CONVENTION, "units": dict(UNITS), "provenance": plain(result.provenance)}


def numbers(result: Result) -> dict[str, object]:
    """Everything but the arrays and the provenance, by name."""
    found: dict[str, object] = {
        "exposure": result.exposure,
        "pixel": [result.params.x, result.params.y],
        "integration": result.integration,
        "fit_groups": list(result.fit_groups),
        "method": result.params.method,
        "segment_starts": list(result.segment_starts),
        "pixeldq": result.pixeldq,
    }
    found |= {name: plain(getattr(result, name)) for name in NUMBERS}
    return found | {"notes": list(result.notes)}


def summary(result: Result) -> dict[str, object]:
    """`numbers` with units, ready for JSON: None where a number does not exist."""
    values = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in numbers(result).items()}
    return values | {"units": dict(UNITS)}


def write(result: Result, path: str | Path) -> None:
    """Write the table as ``.ecsv`` or ``.csv``. Raises `BadInput` for another extension or a place that cannot be written to."""
    columns, meta = as_table(result)
    write_table(Path(path), columns, meta)
