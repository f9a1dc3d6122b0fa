"""The kinds of files that regions are written to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Export:
    """A way to write regions: what the menu says, the ending of the file, what kind of file it is."""

    name: str
    text: str
    ending: str
    filter: str


EXPORTS = (
    Export("ds9", "DS9 regions, image coordinates", "reg", "DS9 region file (*.reg)"),
    Export("sky", "DS9 regions, sky coordinates", "reg", "DS9 region file (*.reg)"),
    Export("mask", "Boolean masks", "fits", "FITS file (*.fits)"),
    Export("labels", "Label image", "fits", "FITS file (*.fits)"),
    Export("dq", "JWST MASK (DQ)", "fits", "FITS file (*.fits)"),
    Export("user mask", "user_mask of clean_flicker_noise", "fits", "FITS file (*.fits)"),
)
