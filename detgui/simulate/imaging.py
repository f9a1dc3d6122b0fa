"""Fields of several epochs whose module offsets, gradients and time terms are known: catalogs, images, and the truth beside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui import __version__
from detgui.data.tables import write_table, write_whole
from detgui.progress import Progress, no_progress
from detgui.simulate.imaging_params import ImagingParams, day_of
from detgui.simulate.imaging_scene import Scene, error_of, make_scene, pointings, shifts_of, variability
from detgui.simulate.staging import in_folder

TRUTH = "imaging_truth.json"


def write_imaging(params: ImagingParams, folder: str | Path, progress: Progress = no_progress) -> list[Path]:
    """Write catalogs, images where asked for, and the truth; returns the files, the truth last.

    The images take the time, so they come first, all or none. Raises `BadInput` for a folder that cannot be used or has no room.
    """
    folder = Path(folder)
    scene = make_scene(params)
    with in_folder(folder):
        images = _write_images(params, scene, folder, progress)
        written = []
        for name in params.filters:
            for epoch in range(params.epochs):
                progress(0.95, f"catalog of {name.upper()}")
                written.append(_write_catalog(params, scene, name, epoch, folder))
        written += images
        path = folder / TRUTH
        write_whole(path, (json.dumps(_truth(params, scene, written), indent=1) + "\n").encode())
    progress(1.0, "field simulated")
    return [*written, path]


def _write_images(params: ImagingParams, scene: Scene, folder: Path, progress: Progress) -> list[Path]:
    if params.images == "none":
        return []
    from detgui.simulate.imaging_files import write_images

    return write_images(params, scene, folder, lambda part, text: progress(0.95 * part, text))


def _truth(params: ImagingParams, scene: Scene, written: Sequence[Path]) -> dict[str, Any]:
    return params.as_dict() | {
        "times": params.times(),
        "version": __version__,
        "sources": {name: getattr(scene, name).tolist() for name in ("ra", "dec", "mag", "d", "size")},
        "files": [each.name for each in written],
        "n_sources": params.sources,
    }


def _write_catalog(params: ImagingParams, scene: Scene, filter_: str, epoch: int, folder: Path) -> Path:
    units = {"ra": "deg", "dec": "deg", "mag": "mag", "mag_err": "mag", "x": "pix", "y": "pix"}
    table = {name: (values, units.get(name, "")) for name, values in make_catalog(params, scene, filter_, epoch).items()}
    path = folder / f"imaging_epoch{epoch + 1}_{filter_}_cat.ecsv"
    meta: dict[str, object] = {"epoch": epoch + 1, "filter": filter_.upper(), "date_obs": day_of(params, epoch).date().isoformat()}
    write_table(path, table, meta | {"long_axis_pa_deg": params.long_axis, "simulated": __version__})
    return path


def make_catalog(params: ImagingParams, scene: Scene, filter_: str, epoch: int) -> dict[str, NDArray[Any]]:
    """Columns of the catalog of one epoch (from 0) and filter, shapes (n,): a row for each source and exposure that saw it."""
    rng = np.random.default_rng([params.seed, 4, int(filter_[1:4]), epoch])
    varies = variability(params, filter_)[epoch]
    parts: dict[str, list[NDArray[Any]]] = {}
    for each in pointings(params, filter_):
        if each.epoch != epoch:
            continue
        rows = np.flatnonzero(each.sees(scene.d, scene.c))
        err = error_of(scene.mag[rows])
        mag = scene.mag[rows] + varies[rows] + shifts_of(params, each, filter_, scene.d[rows])
        x, y = each.pixel(scene.d[rows], scene.c[rows])
        noise = params.astrometry / 3.6e6
        columns = {
            "id": rows + 1,
            "ra": np.mod(scene.ra[rows] + rng.normal(0, noise, rows.size) / np.cos(np.deg2rad(scene.dec[rows])), 360.0),
            "dec": scene.dec[rows] + rng.normal(0, noise, rows.size),
            "mag": mag + np.hypot(err, params.scatter) * rng.standard_normal(rows.size),
            "mag_err": err,
            "detector": np.full(rows.size, each.detector),
            "x": x,
            "y": y,
            "exposure": np.full(rows.size, each.exposure),
        }
        for name, values in columns.items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}
