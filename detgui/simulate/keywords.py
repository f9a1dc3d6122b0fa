"""What a NIRSpec time series says about itself: the data model with its keywords, times and table of integrations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.simulate.identity import PROGRAM, SINGLE_FRAMES, START_MJD, assign, complete, simulated_cards, subarray
from detgui.simulate.params import GRATINGS, BotsParams
from detgui.simulate.scene import Scene
from detgui.simulate.writer import Card

DAY = 86400.0

RAMP_STEPS = ("dq_init", "saturation", "superbias", "linearity", "dark_sub", "jump")
"""Steps that a simulated ramp need not go through again."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Integrations ``first`` to ``last`` (1-based, inclusive), segment ``number`` of ``total``."""

    number: int
    total: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of integrations."""
        return self.last - self.first + 1


def split(integrations: int, segments: int) -> list[Segment]:
    """Segments of nearly equal length."""
    edges = np.linspace(0, integrations, segments + 1).round().astype(int)
    return [Segment(n + 1, segments, int(edges[n]) + 1, int(edges[n + 1])) for n in range(segments)]


def root_name(params: BotsParams, segment: Segment | None = None) -> str:
    """File name without suffix, such as ``jw99999001001_04101_00001-seg001_nrs1``; '-segNNN' where there are several."""
    part = f"-seg{segment.number:03d}" if segment is not None and segment.total > 1 else ""
    return f"jw{PROGRAM}001001_04101_00001{part}_{params.detector.lower()}"


def make_model(params: BotsParams, scene: Scene, level: str, segment: Segment) -> Any:
    """A stdatamodels model of one integration with every keyword of the segment; arrays are empty but for PIXELDQ and INT_TIMES."""
    from stdatamodels.jwst import datamodels

    shape = (1, params.groups, params.rows, params.columns)
    if level == "uncal":
        model = datamodels.Level1bModel(np.zeros(shape, np.uint16))
    elif level == "ramp":
        model = datamodels.RampModel(np.zeros(shape, np.float32))
        model.pixeldq = scene.pixeldq if params.flags else np.zeros_like(scene.pixeldq)
        model.groupdq = np.zeros(shape, np.uint8)
    else:
        image = (1, params.rows, params.columns)
        model = datamodels.CubeModel(np.zeros(image, np.float32))
        model.dq = np.zeros(image, np.uint32)
        for name in ("err", "var_poisson", "var_rnoise"):
            setattr(model, name, np.zeros(image, np.float32))
    model.int_times = int_times(params, segment, model.get_dtype("int_times"))
    _fill(model, params, level, segment)
    return model


def _fill(model: Any, params: BotsParams, level: str, segment: Segment) -> None:
    meta = model.meta
    meta.filename = f"{root_name(params, segment)}_{level}.fits"
    meta.telescope = "JWST"
    meta.origin = "SIMULATED"
    meta.bunit_data = "DN/s" if level == "rateints" else "DN"
    _fill_observation(meta)
    instrument = {"name": "NIRSPEC", "detector": params.detector, "grating": params.grating, "filter": GRATINGS[params.grating]}
    instrument.update(fixed_slit="S1600A1", lamp_mode="NONE", lamp_state="NONE")
    assign(meta.instrument, instrument)
    _fill_exposure(meta.exposure, params, segment)
    _fill_times(meta, params)
    assign(meta.subarray, subarray(params.geometry, params.subarray[0]))
    assign(meta.wcsinfo, {"dispersion_direction": 1, "v2_ref": 321.87, "v3_ref": -473.56, "v3yangle": 138.76, "vparity": -1})
    assign(meta.wcsinfo, {"ra_ref": 107.6, "dec_ref": -39.1, "roll_ref": 0.0})
    if level != "uncal":
        complete(meta, RAMP_STEPS)
    if level == "rateints":
        meta.cal_step.ramp_fit = "COMPLETE"


def _fill_observation(meta: Any) -> None:
    assign(meta.program, {"title": "SIMULATED NIRSpec time series", "pi_name": "none", "category": "CAL"})
    numbers = {"program_number": PROGRAM, "observation_number": "001", "visit_number": "001", "visit_group": "04"}
    numbers.update(sequence_id="1", activity_id="01", exposure_number="00001", visit_id=f"{PROGRAM}001001")
    assign(meta.observation, numbers)
    assign(meta.visit, {"tsovisit": True, "type": "PRIME_TARGETED_FIXED", "internal_target": False})
    target = {"catalog_name": "SIMULATED", "proposer_name": "SIMULATED", "type": "FIXED", "source_type": "POINT"}
    assign(meta.target, {**target, "source_type_apt": "POINT", "ra": 107.6, "dec": -39.1})
    meta.aperture.name = "NRS_S1600A1_SLIT"
    assign(meta.dither, {"primary_type": "NONE", "position_number": 1, "total_points": 1, "x_offset": 0.0, "y_offset": 0.0})


def _fill_exposure(exposure: Any, params: BotsParams, segment: Segment) -> None:
    frame = params.tframe
    values = {
        **SINGLE_FRAMES,
        "type": "NRS_BRIGHTOBJ",
        "readpatt": "NRSRAPID",
        "nints": params.integrations,
        "ngroups": params.groups,
        "drop_frames1": 0,
        "drop_frames3": 0,
        "frame_time": frame,
        "group_time": frame,
        "integration_time": params.groups * frame,
        "exposure_time": params.integrations * params.groups * frame,
        "effective_exposure_time": params.integrations * params.groups * frame,
        "duration": params.integrations * params.period,
        "noutputs": 1,
        "data_problem": False,
        "prime_parallel": "PRIME",
        "count": 1,
        "segment_number": segment.number,
        "segment_total": segment.total,
        "integration_start": segment.first,
        "integration_end": segment.last,
        "gain_factor": 1.0,
        "sca_num": 491 if params.detector == "NRS1" else 492,
    }
    assign(exposure, values)


def _fill_times(meta: Any, params: BotsParams) -> None:
    from astropy.time import Time

    end = START_MJD + params.integrations * params.period / DAY
    start, stop = Time(START_MJD, format="mjd"), Time(end, format="mjd")
    date, time = start.isot.split("T")
    assign(meta.observation, {"date": date, "time": time, "date_beg": start.isot, "date_end": stop.isot})
    times = {"start_time": START_MJD, "mid_time": (START_MJD + end) / 2, "end_time": end}
    times.update({f"{name}_mjd": value for name, value in times.items()})
    assign(meta.exposure, times)


def int_times(params: BotsParams, segment: Segment, dtype: Any) -> NDArray[Any]:
    """INT_TIMES rows of a segment: start, middle and end of each integration, MJD; barycentric times are taken as equal."""
    number = np.arange(segment.first, segment.last + 1)
    start = START_MJD + ((number - 1) * params.period + params.tframe) / DAY
    length = params.groups * params.tframe / DAY
    table = np.zeros(number.size, dtype)
    table["integration_number"] = number
    for scale in ("MJD_UTC", "BJD_TDB"):
        table[f"int_start_{scale}"] = start
        table[f"int_mid_{scale}"] = start + length / 2
        table[f"int_end_{scale}"] = start + length
    return table


def cards(params: BotsParams) -> list[Card]:
    """Cards that say that the file is not an observation."""
    return [
        *simulated_cards(params.seed),
        Card("SIMMIGR", params.coefficient, "charge migration coefficient"),
        Card("SIMGAIN", params.electrons_per_dn, "[e-/DN] gain"),
        Card("SIMRDNS", params.read_noise, "[DN] read noise of a single read"),
    ]
