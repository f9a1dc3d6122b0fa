"""What an exposure is, in one dictionary for scripts and a few lines for people."""

from __future__ import annotations

from typing import Any

from detgui.data.exposure import Exposure
from detgui.data.segments import ranges

_LINES = (
    ("name", "name"),
    ("kind", "kind"),
    ("telescope", "telescope"),
    ("instrument", "instrument"),
    ("detector", "detector"),
    ("exposure type", "exp_type"),
    ("reference type", "reftype"),
    ("subarray", "subarray"),
    ("read pattern", "readpatt"),
    ("filter", "filter"),
    ("pupil", "pupil"),
    ("grating", "grating"),
    ("date", "date_obs"),
)


def describe(exposure: Exposure) -> dict[str, Any]:
    """A description that json can write.

    Keys: name, kind, telescope, instrument, detector, exp_type, reftype, subarray, readpatt, filter, pupil, grating, date_obs (None where
    the file does not say); shape [nints, ngroups, ny, nx]; dtype; unit; planes; integrations [first, last] and integration_ranges (text,
    with gaps); files (absolute paths); bytes; group_time, frame_time (s), nframes, groupgap (None where not known); fastaxis, slowaxis,
    xstart, ystart, noutputs (None where not known); cal_steps; warnings.
    """
    meta, timing, place = exposure.meta, exposure.timing, exposure.geometry
    numbers = [int(each) for each in exposure.integrations]
    keys = [key for _, key in _LINES if key not in ("name", "kind")]
    return {
        "name": exposure.name,
        "kind": exposure.kind,
        **{key: getattr(meta, key) for key in keys},
        "shape": [int(each) for each in exposure.shape],
        "dtype": str(exposure.dtype),
        "unit": exposure.unit,
        "planes": list(exposure.planes),
        "integrations": [numbers[0], numbers[-1]],
        "integration_ranges": ranges(numbers),
        "files": [str(record.path) for record in exposure.files],
        "bytes": int(exposure.nbytes),
        "group_time": timing.tgroup if timing.known else None,
        "frame_time": timing.tframe if timing.known else None,
        "nframes": timing.nframes if timing.known else None,
        "groupgap": timing.groupgap if timing.known else None,
        "fastaxis": place.fastaxis if place.known else None,
        "slowaxis": place.slowaxis if place.known else None,
        "xstart": place.xstart if place.known else None,
        "ystart": place.ystart if place.known else None,
        "noutputs": meta.noutputs,
        "cal_steps": exposure.cal_steps,
        "warnings": list(exposure.warnings),
    }


def as_text(description: dict[str, Any]) -> str:
    """The lines that a person reads, units beside the numbers; what the file does not say is left out."""
    nints, ngroups, ny, nx = description["shape"]
    rows = [(label, str(description[key])) for label, key in _LINES if description[key] is not None]
    rows.append(("shape", f"{nints} integrations x {ngroups} groups x {ny} rows x {nx} columns"))
    rows.append(("integrations", description["integration_ranges"]))
    rows.append(("pixels", description["dtype"] + (f", {description['unit']}" if description["unit"] else ", unit not given")))
    rows.append(("planes", ", ".join(description["planes"])))
    if description["group_time"] is not None:
        frames = f"{description['nframes']} averaged, {description['groupgap']} dropped frames of {description['frame_time']:g} s"
        rows.append(("group time", f"{description['group_time']:g} s ({frames})"))
    if description["fastaxis"] is not None:
        corner = f"first pixel {description['xstart']}, {description['ystart']} of the full frame"
        rows.append(("read-out", f"FASTAXIS {description['fastaxis']}, SLOWAXIS {description['slowaxis']}, {corner}"))
    done = [step for step, status in description["cal_steps"].items() if status == "COMPLETE"]
    if done:
        rows.append(("steps done", ", ".join(done)))
    rows.append(("bytes", f"{description['bytes']:,}"))
    rows += [("file" if index == 0 else "", path) for index, path in enumerate(description["files"])]
    rows += [("warning", sentence) for sentence in description["warnings"]]
    return "\n".join(f"{label:<15}{text}" for label, text in rows)
