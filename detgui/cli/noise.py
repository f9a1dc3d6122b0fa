"""``detgui noise``: diagnose the noise of an image or a ramp."""

from __future__ import annotations

import argparse
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from detgui.cli.arguments import integration_range, named_file, positive
from detgui.cli.common import one_exposure
from detgui.cli.terminal import ProgressBar, put_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detgui.data.exposure import Exposure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("files", nargs="+", type=named_file, metavar="FILE", help="one exposure: an image, a cube or a ramp of a near-infrared detector")
    add("--extver", type=positive, metavar="N", help="EXTVER of the SCI extension, where a file has several (default: the first)")
    add("--integrations", type=integration_range, metavar="A-B", help="integrations, 1-based (default: all)")
    add("--group", type=positive, default=1, metavar="N", help="group of a ramp whose alternating columns are measured (%(default)s)")
    add("--images", type=positive, default=30, metavar="N", help="most differences of groups, or integrations, that are used (%(default)s)")
    add("--regions", type=named_file, action="append", default=[], metavar="FILE", help="regions or masks whose pixels are left out")
    add("--no-mask", action="store_true", help="do not look for sources to mask")
    add("--json", action="store_true", help="write plain numbers as JSON on stdout")


def run(args: Namespace) -> int:
    """Diagnose and print."""
    from detgui.analysis import noise
    from detgui.analysis.noise_summary import as_text, summary

    args.join = True
    with one_exposure(args, extver=args.extver) as exposure:
        params = noise.Params(integrations=args.integrations, most_images=args.images, group=args.group, mask_sources=not args.no_mask)
        excluded = _excluded(exposure, args)
        with ProgressBar(args.quiet) as progress:
            result = noise.run(exposure, params, excluded, progress)
        if args.json:
            put_json(summary(result))
        else:
            print(as_text(result))
    return 0


def _excluded(exposure: Exposure, args: Namespace) -> NDArray[Any] | None:
    """Pixels inside the regions, but for those of kind 'background': where there are any, everything outside them is left out."""
    if not args.regions:
        return None
    from detgui.data.mask_files import background_of
    from detgui.data.region_files import read_masks

    masks = []
    for path in args.regions:
        masks += read_masks(path, (exposure.shape[2], exposure.shape[3]), exposure.geometry, None, "exclude")
    shape = (exposure.shape[2], exposure.shape[3])
    return ~background_of([(name, "exclude" if kind == "region of interest" else kind, mask) for name, kind, mask in masks], shape)
