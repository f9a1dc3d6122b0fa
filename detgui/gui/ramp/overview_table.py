"""All integrations of a pixel as a table: the slopes, or every ramp."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import ramp
from detgui.data.tables import plain, write_table

Columns = dict[str, tuple[NDArray[Any], str]]


def slope_columns(overview: ramp.Overview) -> Columns:
    """One row for each integration: its number, mid-time (MJD, UTC), slope and error (DN/group)."""
    return {
        "integration": (overview.integration, ""),
        "time_mjd": (overview.time_mjd, "d"),
        "slope": (overview.slope, "DN/group"),
        "slope_err": (overview.slope_err, "DN/group"),
    }


def ramp_columns(overview: ramp.Overview) -> Columns:
    """One row for each group of each integration: signal (DN) and GROUPDQ."""
    nints, ngroups = overview.signal.shape
    return {
        "integration": (np.repeat(overview.integration, ngroups), ""),
        "group": (np.tile(np.arange(1, ngroups + 1), nints), ""),
        "signal": (overview.signal.ravel(), "DN"),
        "groupdq": (overview.groupdq.ravel(), ""),
    }


def write_overview(overview: ramp.Overview, show: Literal["overlay", "slopes"], provenance: Mapping[str, object], path: Path) -> None:
    """Write what is shown as ``.ecsv`` or ``.csv``; ``provenance`` is that of one integration. Raises `BadInput` as `write_table` does."""
    made = {name: value for name, value in provenance.items() if name not in ("command", "python", "parameters")}
    params = overview.params
    meta = {
        "exposure": overview.exposure,
        "pixel": [params.x, params.y],
        "fit_groups": list(params.fit_groups) if params.fit_groups else None,
        "method": params.method,
        "provenance": plain(made),
    }
    write_table(path, slope_columns(overview) if show == "slopes" else ramp_columns(overview), meta)
