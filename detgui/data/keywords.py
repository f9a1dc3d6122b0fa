"""What the headers of an exposure say: description, timing, geometry, calibration steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detgui.data.layout import integer, number, value
from detgui.science.detector import AXES, FULL_SIZE, IRS2_LENGTH, MIRI_SIZE, DetectorGeometry
from detgui.science.timing import GroupTiming

CAL_STEPS = {
    "group_scale": "S_GRPSCL",
    "dq_init": "S_DQINIT",
    "emicorr": "S_MIREMI",
    "saturation": "S_SATURA",
    "ipc": "S_IPC",
    "firstframe": "S_FRSTFR",
    "lastframe": "S_LASTFR",
    "reset": "S_RESET",
    "superbias": "S_SUPERB",
    "refpix": "S_REFPIX",
    "rscd": "S_RSCD",
    "linearity": "S_LINEAR",
    "dark_sub": "S_DARK",
    "charge_migration": "S_CHGMIG",
    "jump": "S_JUMP",
    "picture_frame": "S_PCTFRM",
    "clean_flicker_noise": "S_CLNFNS",
    "persistence": "S_PERSIS",
    "ramp_fit": "S_RAMP",
    "gain_scale": "S_GANSCL",
    "guider_cds": "S_GUICDS",
    "assign_wcs": "S_WCS",
    "flat_field": "S_FLAT",
    "pixel_replace": "S_PXREPL",
    "photom": "S_PHOTOM",
    "outlier_detection": "S_OUTLIR",
    "resample": "S_RESAMP",
}
"""Step names and their keywords (stdatamodels core.schema.yaml, meta.cal_step)."""

STEP_NAMES = {"dark_current": "dark_sub", "bias": "superbias"}


@dataclass(frozen=True, slots=True)
class ExposureMeta:
    """Keywords the program works with; ``None`` where the file does not have them."""

    telescope: str | None = None
    instrument: str | None = None
    detector: str | None = None
    exp_type: str | None = None
    reftype: str | None = None
    subarray: str | None = None
    readpatt: str | None = None
    filter: str | None = None
    grating: str | None = None
    date_obs: str | None = None
    noutputs: int | None = None
    header_ngroups: int | None = None
    pupil: str | None = None
    header_nints: int | None = None
    observation: str | None = None
    exposure_number: str | None = None


class Keywords:
    """Looks keywords up in the image's own header first, then in the primary one."""

    def __init__(self, headers: Sequence[Any]) -> None:
        self._headers = headers

    def value(self, key: str) -> Any:
        """First usable value, None where there is none."""
        return next((found for header in self._headers if (found := value(header, key)) is not None), None)

    def text(self, key: str) -> str | None:
        """First usable value as text."""
        found = self.value(key)
        return None if found is None else str(found)

    def upper(self, key: str) -> str:
        """First usable value in capitals, '' where there is none."""
        return (self.text(key) or "").upper()

    def integer(self, key: str) -> int | None:
        """First value that is a whole number."""
        return next((found for header in self._headers if (found := integer(header, key)) is not None), None)

    def number(self, key: str) -> float | None:
        """First value that is a finite number."""
        return next((found for header in self._headers if (found := number(header, key)) is not None), None)


def describe(keys: Keywords) -> ExposureMeta:
    """The exposure's description."""
    return ExposureMeta(
        telescope=keys.text("TELESCOP"),
        instrument=keys.text("INSTRUME"),
        detector=keys.text("DETECTOR"),
        exp_type=keys.text("EXP_TYPE"),
        reftype=keys.text("REFTYPE"),
        subarray=keys.text("SUBARRAY"),
        readpatt=keys.text("READPATT"),
        filter=keys.text("FILTER"),
        grating=keys.text("GRATING"),
        date_obs=keys.text("DATE-OBS"),
        noutputs=keys.integer("NOUTPUTS"),
        header_ngroups=keys.integer("NGROUPS"),
        pupil=keys.text("PUPIL"),
        header_nints=keys.integer("NINTS"),
        observation=keys.text("OBS_ID"),
        exposure_number=keys.text("EXPOSURE"),
    )


def timing(keys: Keywords, ngroups: int) -> GroupTiming:
    """Group timing from TGROUP, TFRAME, NFRAMES, GROUPGAP; unit steps with ``known=False`` where neither time is there."""
    nframes, gap = keys.integer("NFRAMES") or 1, keys.integer("GROUPGAP") or 0
    nframes, gap = max(1, nframes), max(0, gap)
    tgroup, tframe = _positive(keys.number("TGROUP")), _positive(keys.number("TFRAME"))
    if tgroup is None and tframe is None:
        return GroupTiming(ngroups, 1.0, 1.0, known=False)
    if tgroup is None:
        assert tframe is not None
        tgroup = (nframes + gap) * tframe
    return GroupTiming(ngroups, tgroup, tframe or tgroup / (nframes + gap), nframes, gap)


def _positive(found: float | None) -> float | None:
    return found if found is not None and found > 0 else None


def geometry(keys: Keywords, ny: int, nx: int, resampled: bool) -> tuple[DetectorGeometry, list[str]]:
    """Where the image lies on its detector, and warnings where the keywords contradict its size."""
    detector = keys.upper("DETECTOR")
    axes = (keys.integer("FASTAXIS"), keys.integer("SLOWAXIS"))
    fast, slow = axes if _crossed(axes) else AXES.get(detector, (None, None))
    if fast is None or slow is None or resampled:
        return DetectorGeometry(ny, nx, detector), []
    irs2 = "IRS2" in keys.upper("READPATT") and (nx if abs(fast) == 1 else ny) == IRS2_LENGTH
    noutputs = keys.integer("NOUTPUTS") or 0
    start, warnings = _corner(keys, nx, ny, irs2)
    if start is None:
        return DetectorGeometry(ny, nx, detector), warnings
    return DetectorGeometry(ny, nx, detector, fast, slow, *start, noutputs, irs2, known=True), warnings


def _corner(keys: Keywords, nx: int, ny: int, irs2: bool) -> tuple[tuple[int, int] | None, list[str]]:
    """1-based full-frame pixel of the image's first pixel; None where it cannot be known."""
    start = (keys.integer("SUBSTRT1"), keys.integer("SUBSTRT2"))
    size = (keys.integer("SUBSIZE1"), keys.integer("SUBSIZE2"))
    if (keys.integer("SLTSIZE1"), keys.integer("SLTSIZE2")) == (nx, ny):
        cut = keys.integer("SLTSTRT1") or 1, keys.integer("SLTSTRT2") or 1
        return ((start[0] or 1) + cut[0] - 1, (start[1] or 1) + cut[1] - 1), []
    if irs2 or (size == (nx, ny)) or (None in size and (nx, ny) in ((FULL_SIZE, FULL_SIZE), MIRI_SIZE)):
        return (start[0] or 1, start[1] or 1), []
    if None in size:
        return (None if start[0] is None or start[1] is None else (start[0], start[1])), []
    if keys.upper("REFTYPE") == "IPC":  # a kernel, not an image
        return None, []
    name = keys.text("SUBARRAY") or "the image"
    says = f"the header says {name} is {size[0]} x {size[1]} pixels but the image has {nx} x {ny}"
    return None, [f"{says}: where it lies on the detector is not known"]


def _crossed(axes: tuple[int | None, int | None]) -> bool:
    return None not in axes and {abs(axis) for axis in axes if axis is not None} == {1, 2}


def cal_steps(keys: Keywords) -> dict[str, str]:
    """Status of every calibration step that the header names: 'COMPLETE', 'SKIPPED', 'FAILED'."""
    return {step: status for step, key in CAL_STEPS.items() if (status := keys.upper(key))}
