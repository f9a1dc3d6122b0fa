"""Catalogs of simulated fields in memory."""

from __future__ import annotations

import numpy as np

from detgui.data.catalogs import Catalog, join
from detgui.simulate.imaging import make_catalog
from detgui.simulate.imaging_params import ImagingParams
from detgui.simulate.imaging_scene import make_scene


def catalog_of(params: ImagingParams) -> Catalog:
    """What reading the catalogs that `simulate imaging` writes gives."""
    scene = make_scene(params)
    parts = []
    for name in params.filters:
        for epoch in range(params.epochs):
            c = make_catalog(params, scene, name, epoch)
            n = c["ra"].size
            parts.append(
                Catalog(
                    ident=c["id"].astype(str), ra=c["ra"], dec=c["dec"], mag=c["mag"], err=c["mag_err"], detector=c["detector"],
                    epoch=np.full(n, str(epoch + 1)), filter=np.full(n, name), x=c["x"], y=c["y"], exposure=c["exposure"],
                    shared_ids=True, long_axis_pa=params.long_axis,
                )
            )  # fmt: skip
    return join(parts)
