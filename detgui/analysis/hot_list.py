"""The list of hot pixels that are new, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_types import Indices, date_of
from detgui.data.tables import Columns, plain, write_table
from detgui.science.hot_classes import CLASSES


def columns(history: History, chosen: Indices) -> dict[str, tuple[np.ndarray[Any, Any], str]]:
    """Columns of a list of pixels, as `data.tables.write_table` takes them: x and y 0-based in the array, full-frame pixel 1-based."""
    series = history.series
    place, unit = series.files[0].geometry, "" if series.is_mask else series.unit.replace("e-", "electron")
    dates = np.array([date_of(dark).strftime("%Y-%m-%d") for dark in series.files] + [""])
    last = history.rate.shape[1] - 1
    changed, before = history.changed[chosen], history.before[chosen]
    return {
        "detector": (np.full(chosen.size, series.detector or "unknown"), ""),
        "readout": (np.full(chosen.size, series.readout or "any"), ""),
        "x": (history.x[chosen], "pix"),
        "y": (history.y[chosen], "pix"),
        "x_full": (history.x[chosen] + place.xstart, "pix"),
        "y_full": (history.y[chosen] + place.ystart, "pix"),
        "class": (np.array([CLASSES[number] for number in history.classes[chosen]], dtype="U16"), ""),
        "centre": (history.centre[chosen], ""),
        "cluster": (history.cluster[chosen], ""),
        "last_before": (dates[before], ""),
        "first_after": (dates[changed], ""),
        "rate_before": (np.where(before >= 0, history.rate[chosen, before], np.float32(np.nan)), unit),
        "rate": (history.rate[chosen, last], unit),
        "rate_err": (history.err[chosen, last], unit),
        "z": (history.z[chosen], ""),
    }


def write(histories: Sequence[History], path: str | Path, provenance: object = None) -> int:
    """Write the pixels that became hot and stayed so, of one or more series, as ``.ecsv`` or ``.csv``; returns their number.

    Raises `BadInput` for another extension or a place that cannot be written to.
    """
    tables = [columns(history, history.newly_hot()) for history in histories]
    joined: Columns = {name: (np.concatenate([table[name][0] for table in tables]), tables[0][name][1]) for name in tables[0]}
    meta = {
        "series": [
            {
                "series": history.series.label,
                "threshold": history.params.threshold,
                "unit": history.series.unit,
                "persistence": history.params.persistence,
                "false_discovery_rate": history.params.discovery,
                "tested_pixels": history.tested,
                "errors_multiplied_with": history.scale,
                "classes": history.numbers(),
                "notes": list(history.notes),
            }
            for history in histories
        ],
        "provenance": plain(provenance),
    }
    write_table(Path(path), joined, meta)
    return int(joined["x"][0].size)
