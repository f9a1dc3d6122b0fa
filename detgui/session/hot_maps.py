"""Results of the hot-pixel panel as exposures in memory, shown in the image like any file. No Qt, no state."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detgui.data.memory_exposure import MapExposure
from detgui.data.tables import write_whole
from detgui.progress import Progress, no_progress

if TYPE_CHECKING:
    from detgui.analysis import hot_changes, hot_history, ta_risk
    from detgui.analysis.hot_types import Series

FIRST, SECOND = "FIRST", "SECOND"


def classes_map(history: hot_history.Result, name: str, progress: Progress = no_progress) -> MapExposure:
    """Plane CLASS: `science.hot_classes.CLASSES` by number, shape (ny, nx), uint8."""
    from detgui.science.hot_classes import CLASSES

    progress(0.0, "classes")
    classes = np.zeros(history.series.shape, np.uint8)
    classes[history.y, history.x] = history.classes
    words = ", ".join(f"{number} {text}" for number, text in enumerate(CLASSES))
    return _exposure(history.series, f"{name}_classes", {"CLASS": classes}, {"CLASS": f"({words})"})


def rates_map(series: Series, name: str, progress: Progress = no_progress) -> MapExposure:
    """Plane RATE: the last file's dark rate, or flags."""
    progress(0.0, "image of the last file")
    return _exposure(series, f"{name}_rate", {"RATE": last_rate(series)}, {})


def last_rate(series: Series) -> np.ndarray:
    """Dark rate of the last file in the unit of the series, shape (ny, nx), float32, NaN where not measured."""
    from detgui.data.dark_maps import read_maps

    maps = read_maps(series.files[-1], series.unit, series.gain, errors=False)
    return np.where(maps.valid, maps.rate, np.float32(np.nan))


def changes_map(series: Series, found: hot_changes.Result, name: str, progress: Progress = no_progress) -> MapExposure:
    """Planes DIFFERENCE (second - first), FIRST and SECOND of two epochs."""
    from detgui.data.dark_maps import read_maps

    number = len(series.files)
    planes = {"DIFFERENCE": found.difference}
    for at, (plane, epoch) in enumerate(((FIRST, found.params.first), (SECOND, found.params.second))):
        progress(at / 2, f"image of {series.files[epoch % number].name}")
        planes[plane] = read_maps(series.files[epoch % number], series.unit, series.gain, errors=False).rate
    return _exposure(series, f"{name}_changes", planes, {}, signed=("DIFFERENCE",))


def risk_exposure(series: Series, found: ta_risk.MapResult, name: str, progress: Progress = no_progress) -> MapExposure:
    """Plane RISK: per cent chance that a stamp centred on a pixel is hit, spread to the pixels of the detector; NaN at the edge."""
    progress(0.0, "map of risk")
    ny, nx = series.shape
    draw, made = found.params.draw, found.map
    half = draw.stamp // 2
    out = np.full((ny, nx), np.nan, np.float32)
    rows, columns = (np.arange(size - draw.stamp + 1) for size in (ny, nx))
    row, column = (np.minimum(each // draw.grid, limit - 1) for each, limit in zip((rows, columns), made.p_stamp.shape, strict=True))
    out[half : half + rows.size, half : half + columns.size] = 100.0 * made.p_stamp[row[:, None], column[None, :]]
    return _exposure(series, f"{name}_risk", {"RISK": out}, {"RISK": "% a stamp centred here is hit"})


def _exposure(series: Series, name: str, planes: dict[str, np.ndarray], units: dict[str, str], **how: tuple[str, ...]) -> MapExposure:
    write = partial(_write, series, planes, units)
    made = MapExposure(name, planes, unit=series.unit, units=units, kind="hot pixels", write=write, **how)  # type: ignore[arg-type]
    made.geometry = series.files[-1].geometry
    return made


def _write(series: Series, planes: dict[str, np.ndarray], units: dict[str, str], path: Path) -> None:
    from astropy.io import fits

    from detgui.analysis.hot_header import identity

    header = fits.Header(identity(series))
    for dark, date in zip(series.files, series.dates, strict=True):
        header.add_history(f"{dark.name} ({date:%Y-%m-%d})")
    hdus = fits.HDUList([fits.PrimaryHDU(header=header)])
    for plane, values in planes.items():
        hdus.append(fits.ImageHDU(values, name=plane))
        unit = units.get(plane, series.unit)
        hdus[-1].header["COMMENT" if plane in units else "BUNIT"] = unit
    content = io.BytesIO()
    hdus.writeto(content)
    write_whole(path, content.getvalue())
