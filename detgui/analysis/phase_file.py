"""The maps of phases and a difference of two on disk: FITS."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detgui.data.tables import plain, write_whole

if TYPE_CHECKING:
    from detgui.analysis.phase_maps import Difference, Result


def write(result: Result, found: Difference | None, path: Path) -> None:
    """Write DIFFERENCE, DIFF_ERR and SIGNIFICANCE, and SLOPE, ERR and COUNT of every phase, EXTVER counting the phases from 1.

    The headers of the extensions name the phase and its integrations; PROVENANCE is a table with one JSON text. The file appears complete
    or not at all. Raises `BadInput` for a place that cannot be written to.
    """
    _write(as_hdus(result, found), result.provenance, path)


def as_hdus(result: Result, found: Difference | None) -> list[Any]:
    """The HDUs that `write` writes before PROVENANCE."""
    hdus = [_primary(result.exposure), *(_difference(found) if found is not None else [])]
    for number, (phase, map_) in enumerate(zip(result.params.phases, result.maps, strict=True), 1):
        for name, image, unit in (("SLOPE", map_.slope, map_.unit), ("ERR", map_.err, map_.unit), ("COUNT", map_.count, "integration")):
            hdu = _image(name, image, unit, number)
            hdu.header["PHASE"] = (_ascii(phase.name), "name of the phase")
            hdu.header["INTFIRST"] = (phase.first, "first integration")
            hdu.header["INTLAST"] = (phase.last, "last integration")
            hdu.header["FITGRP1"], hdu.header["FITGRP2"] = map_.params.fit_groups
            hdu.header["APPROX"] = (map_.approximate, "made of binned mean ramps")
            hdus.append(hdu)
    return hdus


def _primary(name: str) -> Any:
    from astropy.io import fits

    hdu = fits.PrimaryHDU()
    hdu.header["DETGUI"] = ("phases", "product of detgui")
    hdu.header["EXPNAME"] = (_ascii(name), "what the maps are of")
    return hdu


def _difference(found: Difference) -> list[Any]:
    hdus = []
    for name, image, unit in (
        ("DIFFERENCE", found.slope, found.unit),
        ("DIFF_ERR", found.err, found.unit),
        ("SIGNIFICANCE", found.significance, ""),
    ):
        hdu = _image(name, image, unit)
        hdu.header["PHASE1"] = (_ascii(str(found.first)), "minus PHASE2")
        hdu.header["PHASE2"] = _ascii(str(found.second))
        if found.verdict is not None:
            hdu.header["PROB"] = (_known(found.verdict.probability), "probability without structure along the trace")
        hdus.append(hdu)
    return hdus


def _image(name: str, image: Any, unit: str, version: int = 1) -> Any:
    from astropy.io import fits

    hdu = fits.ImageHDU(np.asarray(image, np.int32 if image.dtype.kind in "iu" else np.float32), name=name, ver=version)
    if unit:
        hdu.header["BUNIT"] = unit
    return hdu


def _write(hdus: list[Any], provenance: Mapping[str, object], path: Path) -> None:
    from astropy.io import fits

    text = json.dumps(plain(dict(provenance)), ensure_ascii=True, default=str)
    table = fits.BinTableHDU.from_columns([fits.Column("json", f"{len(text)}A", array=np.array([text]))], name="PROVENANCE")
    content = io.BytesIO()
    fits.HDUList([*hdus, table]).writeto(content)
    write_whole(Path(path), content.getvalue())


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ascii(text: str) -> str:
    """Text as a FITS header takes it."""
    return text.encode("ascii", "replace").decode()
