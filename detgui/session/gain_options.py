"""Parameters of the gain panel: which flats, how they are cut into boxes, and which page is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

IpcChoice = Literal["none", "centre", "kernel", "measured"]


@dataclass(frozen=True, slots=True)
class GainOptions:
    """What the panel's pages share; None means the analysis's own default."""

    flats: tuple[str, ...] = ()  # keys of exposures in their order: consecutive ones are pairs
    box: int = 256  # nominal side of a box, pixels
    limit: float | None = None  # largest signal of the fit, DN on the single frame
    pairs: Literal["auto", "all", "chosen"] = "auto"
    chosen_pairs: tuple[int, ...] = ()  # 1-based, for 'chosen'
    ipc: IpcChoice = "none"
    ipc_centre: float | None = None  # k11 of the correction kernel
    ipc_file: Path | None = None
    clip: float = 3.0  # standard deviations
    clip_correction: bool = True
    compare: Path | None = None  # gain file to compare with
    page: str = "Map"


def without_place(options: GainOptions) -> GainOptions:
    """The options without what undo leaves alone: page and flats."""
    return replace(options, page="", flats=())
