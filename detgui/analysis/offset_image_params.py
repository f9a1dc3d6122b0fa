"""How sources of images are found and measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detgui.errors import BadInput


@dataclass(frozen=True, slots=True)
class ImageParams:
    """How sources are found and measured.

    threshold: of a detection, in sigma of the background (5). pixels: least size of a segment (8). smooth: FWHM of the Gaussian that the
    image is smoothed with for the detection, pixels (2). contrast: of deblending, 1 for none (0.005). box: side of the background's boxes,
    pixels (64). mag_limit and snr_limit: as in `offset_types.Params` (22 mag: paper, section 3.1). compact: largest half-light radius over
    that of the most compact (2). magnitude: 'iso' (paper: MAG_ISO) or 'kron'. reference: epoch whose images are searched, '' for the first.
    values: epoch, filter or detector of files whose headers do not say.
    """

    threshold: float = 5.0
    pixels: int = 8
    smooth: float = 2.0
    contrast: float = 0.005
    box: int = 64
    mag_limit: float = 22.0
    snr_limit: float = 10.0
    compact: float = 2.0
    magnitude: str = "iso"
    reference: str = ""
    values: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        """Raises `BadInput` for values that cannot be used."""
        if not (0 < self.threshold < np.inf and self.pixels > 0 and self.smooth > 0 and self.box > 0 and self.compact > 0 < self.contrast):
            raise BadInput("threshold, pixels, smoothing, contrast, box and compactness are numbers above 0")
        if self.magnitude not in ("iso", "kron"):
            raise BadInput(f"magnitudes are iso or kron, not {self.magnitude}")
