"""Steps of the jwst pipeline that can be run: where they are, what they take, what they cost. Nothing of jwst is imported."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from detgui.errors import BadInput

Takes = Literal["ramp", "image", "any"]

CHILD_BYTES = 300_000_000
"""A process with all steps imported, before it reads anything (measured: 220 to 300 MB, the more it has run)."""

LIKELY = 2.0
"""What ramp_fit's algorithm LIKELY takes more than OLS_C, in sizes of the input."""


@dataclass(frozen=True, slots=True)
class StepInfo:
    """One step.

    Attributes
    ----------
    name : as the pipeline calls it, also the suffix of the file that it writes
    target : ``module:class``
    what : in a few words
    takes : 'ramp' (uncal or ramp), 'image' (rate, rateints, cal, calints) or 'any' of them
    status : name of its status in ``meta.cal_step``
    memory : memory that it takes beyond the process itself, in sizes of the input as `input_bytes` has it: input, copies, work arrays
        (measured with jwst 3.0 on 1 x 6 x 2048 x 2048, 2 x 4 and 2 x 16 x 1024 x 2048, rounded up; where not measured as for others of
        its kind)
    image : bytes that it takes for every pixel of each integration's image and of their mean, besides
    nir : belongs to the near-infrared detectors' chain
    instruments : those that it is for, () for all
    required : types of references that it cannot do without ('N/A' stops it where others skip)
    """

    name: str
    target: str
    what: str
    takes: Takes = "ramp"
    status: str = ""
    memory: float = 1.5
    image: float = 0.0
    nir: bool = True
    required: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()

    @property
    def status_key(self) -> str:
        """Name in ``meta.cal_step``."""
        return self.status or self.name


_ROWS = (
    StepInfo("group_scale", "jwst.group_scale:GroupScaleStep", "rescale groups averaged by the wrong number of frames"),
    StepInfo("dq_init", "jwst.dq_init:DQInitStep", "flag bad pixels by the mask"),
    StepInfo("saturation", "jwst.saturation:SaturationStep", "flag saturated groups", memory=1.9),
    StepInfo("ipc", "jwst.ipc:IPCStep", "undo inter-pixel capacitance"),
    StepInfo("superbias", "jwst.superbias:SuperBiasStep", "subtract the superbias"),
    StepInfo("refpix", "jwst.refpix:RefPixStep", "subtract what the reference pixels see"),
    StepInfo("linearity", "jwst.linearity:LinearityStep", "correct non-linearity", memory=1.8),
    StepInfo("dark_current", "jwst.dark_current:DarkCurrentStep", "subtract the dark", status="dark_sub", memory=3.0),
    StepInfo("charge_migration", "jwst.charge_migration:ChargeMigrationStep", "flag groups that lost charge to neighbours", memory=1.8),
    StepInfo("jump", "jwst.jump:JumpStep", "flag cosmic rays, snowballs and showers", memory=12.5),
    StepInfo(
        "picture_frame",
        "jwst.picture_frame:PictureFrameStep",
        "remove the picture frame of NIRSpec",
        "any",
        memory=4.5,
        instruments=("NIRSPEC",),
    ),
    StepInfo("clean_flicker_noise", "jwst.clean_flicker_noise:CleanFlickerNoiseStep", "remove 1/f noise", "any", memory=4.5),
    StepInfo("persistence", "jwst.persistence:PersistenceStep", "flag persistence", memory=1.8),
    StepInfo(
        "ramp_fit", "jwst.ramp_fitting:RampFitStep", "fit ramps: rate and rateints", memory=1.1, image=36, required=("gain", "readnoise")
    ),
    StepInfo("gain_scale", "jwst.gain_scale:GainScaleStep", "rescale rates taken with another gain", "image", memory=2.5),
    StepInfo("firstframe", "jwst.firstframe:FirstFrameStep", "flag the first group (MIRI)", nir=False, instruments=("MIRI",)),
    StepInfo("lastframe", "jwst.lastframe:LastFrameStep", "flag the last group (MIRI)", nir=False, instruments=("MIRI",)),
    StepInfo("reset", "jwst.reset:ResetStep", "correct the reset anomaly (MIRI)", nir=False, instruments=("MIRI",)),
    StepInfo("rscd", "jwst.rscd:RscdStep", "flag the reset switch charge decay (MIRI)", nir=False, instruments=("MIRI",)),
    StepInfo(
        "emicorr", "jwst.emicorr:EmiCorrStep", "remove electromagnetic interference (MIRI)", nir=False, instruments=("MIRI",), memory=5.0
    ),
    StepInfo("pixel_replace", "jwst.pixel_replace:PixelReplaceStep", "fill bad pixels of 2-D spectra", "image", nir=False, memory=4.0),
)

STEPS: Mapping[str, StepInfo] = MappingProxyType({row.name: row for row in _ROWS})
"""By name, those of the near-infrared chain first and in its order."""

NIR_ORDER = tuple(row.name for row in _ROWS if row.nir)
"""Order of the steps in the pipeline for near-infrared detectors (jwst 3.0, ``calwebb_detector1``)."""


def step_info(name: str) -> StepInfo:
    """The step of that name. Raises `BadInput`, naming near matches."""
    found = STEPS.get(name.strip().lower().replace("-", "_"))
    if found is None:
        near = difflib.get_close_matches(name, STEPS, 3, 0.5)
        hint = f"do you mean {' or '.join(near)}?" if near else f"there are {', '.join(STEPS)}"
        raise BadInput(f"there is no step {name}: {hint}")
    return found


def in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Steps in the order of the pipeline; those that it does not have come last, as given. Raises `BadInput` for one named twice."""
    known = [step_info(name).name for name in names]
    double = next((name for name in known if known.count(name) > 1), None)
    if double:
        raise BadInput(f"the step {double} is named twice")
    return tuple(sorted(known, key=lambda name: NIR_ORDER.index(name) if name in NIR_ORDER else len(NIR_ORDER)))


def input_bytes(shape: tuple[int, int, int, int]) -> int:
    """A ramp (nints, ngroups, ny, nx) in memory: float32 with one byte of flags per group, and PIXELDQ; of an image SCI, ERR and DQ."""
    nints, ngroups, ny, nx = shape
    if ngroups == 1:
        return nints * ny * nx * 12
    return nints * ngroups * ny * nx * 5 + ny * nx * 4


def predicted_memory(step: str, shape: tuple[int, int, int, int], settings: Mapping[str, Any] | None = None) -> int:
    """Memory that the child process will take at its peak, bytes, for an exposure (nints, ngroups, ny, nx)."""
    info = step_info(step)
    factor = info.memory
    if info.name == "ramp_fit" and str((settings or {}).get("algorithm", "")).upper() == "LIKELY":
        factor += LIKELY
    nints, _, ny, nx = shape
    return CHILD_BYTES + round(factor * input_bytes(shape) + info.image * (nints + 1) * ny * nx)


def gigabytes(count: float) -> str:
    """A number of bytes as a person reads it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
