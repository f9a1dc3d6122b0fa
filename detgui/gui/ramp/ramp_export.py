"""Takes the shown ramp out of the program: tables and pictures to files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

from detgui.analysis import ramp
from detgui.gui.common import exporter
from detgui.gui.ramp.overview_table import write_overview

KINDS = {kind: exporter.KINDS[kind] for kind in ("ecsv", "csv", "png", "svg", "pdf")}


class RampExporter(exporter.Exporter):
    """Writes the tables of the ramp tab."""

    def ramp(self, result: ramp.Result, path: Path) -> None:
        """Write a result as ECSV or CSV, as the ending of ``path`` says."""
        self.run(partial(ramp.write, result, path), path)

    def overview(self, overview: ramp.Overview, show: Literal["overlay", "slopes"], provenance: dict[str, object], path: Path) -> None:
        """Write all integrations as ECSV or CSV: the slopes, or every ramp."""
        self.run(partial(write_overview, overview, show, provenance, path), path)
