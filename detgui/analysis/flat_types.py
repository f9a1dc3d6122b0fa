"""What the calibration of raw flats is made of: its stages, its parameters, what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from detgui.science.detector import DetectorGeometry
from detgui.science.even_odd import CLIP

EVEN_ODD = "even_odd"
STAGES = ("dq_init", "superbias", EVEN_ODD, "ipc", "refpix", "saturation", "linearity")
"""In the report's order."""

OPTIONAL = ("ipc",)
"""Left out, with a note, where there is no reference: the gain can be corrected for IPC afterwards."""

REFERENCES = ("mask", "superbias", "ipc", "saturation", "linearity")

SETTINGS = {"refpix": {"odd_even_columns": False}}
"""The report's step subtracts one mean of a sector: even and odd columns were taken apart before it."""

Keep = Literal["none", "first", "all"]


@dataclass(frozen=True, slots=True)
class Params:
    """How flats are calibrated.

    Attributes
    ----------
    stages : of `STAGES`, run in that order
    references : {type: path} chosen by hand; the others are found by CRDS
    settings : {step: {name: value}} beyond `SETTINGS`
    clip : standard deviations, clipping of the reference pixels for even and odd columns
    keep : results of the stages that are kept as files: of no flat, of the first, of all
    """

    stages: tuple[str, ...] = STAGES
    references: Mapping[str, str | Path] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    clip: float = CLIP
    keep: Keep = "first"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on one flat: status as the header says ('SKIPPED' for those left out), the file after it (None where it is not kept)."""

    name: str
    status: str
    path: Path | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalibratedFlats:
    """Calibrated ramps in the order of the flats; the stages of the first flat, the raw file first; those of every flat; notes."""

    paths: tuple[Path, ...]
    stages: tuple[Stage, ...]
    by_flat: tuple[tuple[Stage, ...], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flat:
    """A raw flat: shape (nints, ngroups, ny, nx) and where it lies on its detector."""

    path: Path
    shape: tuple[int, int, int, int]
    geometry: DetectorGeometry
