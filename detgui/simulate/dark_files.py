"""Simulated darks on disk: one NIRSpec dark reference file for each date, and the truth beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detgui import __version__
from detgui.progress import Progress, no_progress
from detgui.science.dq import PIXEL, definition_rows
from detgui.science.hot_spill import counts_above
from detgui.simulate.dark_params import READOUTS, DarkParams
from detgui.simulate.darks import KINDS, DarkFrame, DarkScene, frame, make_scene, share_above
from detgui.simulate.identity import params_table, truth_header
from detgui.simulate.staging import Staging, check_room, in_folder

THRESHOLDS = (1.0, 3.0, 10.0, 100.0)
GROUP_TIMES = {"TRAD": 10.73676, "IRS2": 14.58888}
"""s of a full frame."""

FLAGS = ("DO_NOT_USE", "HOT", "REFERENCE_PIXEL")


def root_name(params: DarkParams) -> str:
    """Beginning of the names of a series."""
    return f"simulated_nirspec_{params.detector.lower()}_{params.readout.lower()}"


def write_darks(params: DarkParams, folder: Path, progress: Progress = no_progress) -> list[Path]:
    """Simulate a series and write it with its truth, all or nothing; returns the files in the order of time, then ``..._truth.fits``.

    Raises `BadInput` for a folder that cannot be used or has no room. One file is in memory at a time.
    """
    progress(0.0, "preparing")
    scene = make_scene(params)
    names = [f"{root_name(params)}_dark_{date:%Y%m%dT%H%M%S}.fits" for date in params.dates]
    with in_folder(folder):
        check_room(folder, params.epochs * params.size**2 * 4 * (3 + params.groups) + 10_000_000)
        with Staging(folder) as staged:
            rows = []
            for index, name in enumerate(names):
                progress(index / params.epochs, f"{params.detector} {params.readout}, dark {index + 1} of {params.epochs}")
                made = frame(scene, index)
                as_hdus(scene, made, name).writeto(staged.path(name))
                rows.append(_counts(scene, made, name))
            names.append(f"{root_name(params)}_truth.fits")
            _truth(scene, rows, names).writeto(staged.path(names[-1]))
            staged.keep()
    progress(1.0, "done")
    return [folder / name for name in names]


def as_hdus(scene: DarkScene, made: DarkFrame, name: str) -> Any:
    """The astropy HDUList of one file, in the layout of `stdatamodels.jwst.datamodels.DarkNirspecModel`."""
    from astropy.io import fits

    params = scene.params
    hdus = fits.HDUList([fits.PrimaryHDU(header=_header(params, made, name))])
    if params.groups:
        times = GROUP_TIMES[params.readout] * np.arange(1, params.groups + 1, dtype=np.float32)
        stack = made.rate[None] * times[:, None, None]
        hdus.append(fits.ImageHDU(stack, fits.Header({"BUNIT": made.unit.removesuffix("/s")}), "SCI"))
    hdus.append(fits.ImageHDU(_flags(scene, made), name="DQ"))
    kinds = [("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")]
    hdus.append(fits.BinTableHDU(np.array(definition_rows(FLAGS), kinds), name="DQ_DEF"))
    for plane, values in (("DRK", made.rate), ("UNC", made.err)):
        hdus.append(fits.ImageHDU(values, fits.Header({"BUNIT": made.unit}), plane))
    return hdus


def _flags(scene: DarkScene, made: DarkFrame) -> np.ndarray[Any, np.dtype[np.uint32]]:
    dq = np.where(scene.active, 0, PIXEL["REFERENCE_PIXEL"]).astype(np.uint32)
    dq[scene.active & (made.rate > THRESHOLDS[0])] |= np.uint32(PIXEL["HOT"] | PIXEL["DO_NOT_USE"])
    return dq


def _header(params: DarkParams, made: DarkFrame, name: str) -> Any:
    from astropy.io import fits

    place, date = params.geometry, params.dates[made.index]
    cards: dict[str, Any] = {
        "DATE": "2026-01-01T00:00:00",
        "FILENAME": name,
        "DATAMODL": "DarkNirspecModel",
        "TELESCOP": "JWST",
        "INSTRUME": "NIRSPEC",
        "DETECTOR": params.detector,
        "REFTYPE": "DARK",
        "READPATT": READOUTS[params.readout],
        "USEAFTER": date.strftime("%Y-%m-%dT%H:%M:%S"),
        "PEDIGREE": "SIMULATION",
        "AUTHOR": "detgui",
        "DESCRIP": "SIMULATED dark with hot pixels",
        "SUBARRAY": "FULL" if place.full_frame else "GENERIC",
        "SUBSTRT1": place.xstart,
        "SUBSTRT2": place.ystart,
        "SUBSIZE1": params.size,
        "SUBSIZE2": params.size,
        "FASTAXIS": place.fastaxis,
        "SLOWAXIS": place.slowaxis,
        "NFRAMES": 1,
        "GROUPGAP": 0,
        "TGROUP": GROUP_TIMES[params.readout],
        "SIMULATR": f"detgui {__version__}",
        "SIMSEED": params.seed,
    }
    if made.unit == "e-/s":
        cards["GAIN"] = params.gain
    return fits.Header(list(cards.items()))


def _counts(scene: DarkScene, made: DarkFrame, name: str) -> dict[str, Any]:
    """One row of the truth: the file, its month, and what is above the thresholds without noise, with neighbours and centres alone."""
    params = scene.params
    row: dict[str, Any] = {
        "file": name,
        "date": params.dates[made.index].strftime("%Y-%m-%dT%H:%M:%S"),
        "month": params.interval * made.index,
        "unit": made.unit,
        "zero": scene.zeros[made.index],
    }
    for kind, image in (("count", made.true), ("centres", made.centres)):
        values = counts_above(image, scene.active, THRESHOLDS)
        row |= {f"{kind}_{threshold:g}": int(value) for threshold, value in zip(THRESHOLDS, values, strict=True)}
    return row


def _truth(scene: DarkScene, rows: list[dict[str, Any]], names: list[str]) -> Any:
    """HDUs: PIXELS (0-based x and y, rate in DN/s, month of birth and death, kind), EPOCHS (see `_counts`), GROWTH (expected pixels a
    month above each threshold, centres alone), TELEGRAPH (pixel, epoch), PARAMS (JSON)."""
    from astropy.io import fits
    from astropy.table import Table

    params = scene.params
    header = truth_header()
    header["BIRTHS"], header["DEATHS"] = (params.births, "pixels a month"), (params.deaths, "pixels a month")
    header["COUPLING"] = (params.coupling, "part of a pixel's flux in each neighbour")
    header["CHANGE"] = (params.change or "", "date of the change of definition")
    pixels = Table({name: scene.pixels[name] for name in ("x", "y", "rate", "born", "died")})
    pixels["kind"] = [KINDS[number] for number in scene.pixels["kind"]]
    shares = [share_above(threshold, params) for threshold in THRESHOLDS]
    growth = {
        "threshold": list(THRESHOLDS),
        "births": [params.births * share for share in shares],
        "deaths": [params.deaths * share for share in shares],
        "rate_pix_per_month": [(params.births - params.deaths) * share for share in shares],
    }
    listed = params_table(params.as_dict(), names[:-1])
    tables = {"PIXELS": pixels, "EPOCHS": Table(rows), "GROWTH": Table(growth), "PARAMS": listed}
    hdus = [fits.PrimaryHDU(header=header), *(fits.BinTableHDU(table, name=name) for name, table in tables.items())]
    return fits.HDUList([*hdus, fits.ImageHDU(scene.telegraph.astype(np.uint8), name="TELEGRAPH")])
