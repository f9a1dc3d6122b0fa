"""How fast it is, as ratios from one run."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from detgui.bench.report import GOALS, as_table
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress


def run(as_json: bool = False, rows: Iterable[str] | None = None, progress: Progress = no_progress) -> dict[str, float]:
    """Measure the rows of `report.GOALS` (or those named), print them on stdout, and return {key: figure}.

    Needs some 3.5 GB in the system's temporary folder for files that it makes and removes. Times are medians of 20 runs. Raises `BadInput`
    for a row that does not exist.
    """
    from detgui.bench import cluster_rows, data_rows, gain_rows, slope_rows, start_rows, step_rows, window_rows

    groups: dict[Callable[[Path], dict[str, float]], tuple[str, ...]] = {
        start_rows.measure: start_rows.KEYS,
        data_rows.measure: data_rows.KEYS,
        window_rows.measure: window_rows.KEYS,
        step_rows.measure: step_rows.KEYS,
        slope_rows.measure: slope_rows.KEYS,
        gain_rows.measure: gain_rows.KEYS,
        cluster_rows.measure: cluster_rows.KEYS,
    }
    wanted = set(GOALS if rows is None else rows)
    if unknown := sorted(wanted - set(GOALS)):
        raise BadInput(f"there is no row {unknown[0]} to measure; there are {', '.join(GOALS)}")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="detgui-bench-") as folder:
        chosen = [(measure, keys) for measure, keys in groups.items() if wanted & set(keys)]
        for i, (measure, keys) in enumerate(chosen):
            progress(i / len(chosen), f"measuring {', '.join(keys)}")
            figures |= measure(Path(folder))
    figures = {key: figures[key] for key in GOALS if key in figures and key in wanted}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n" if as_json else as_table(figures))
    return figures
