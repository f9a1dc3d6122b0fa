"""Regions on disk: DS9 region files, and the masks that any region or mask file gives.

Positions in DS9 files are 1-based; name, kind and colour are the properties ``text``, ``tag={kind=...}`` and ``color``. A comment line
keeps the detector frame, so that a file drawn on one subarray is right on another. Layout: SAOImageDS9 reference manual, "Regions".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detgui.data.mask_files import read_fits_masks
from detgui.data.region_sky import to_pixels, to_sky
from detgui.data.region_text import is_sky, one_line, parse
from detgui.data.tables import write_whole
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.region_frames import carry
from detgui.science.region_masks import mask_of, outline, pixels_of
from detgui.science.regions import KINDS, Combined, Ellipse, Mask, Painted, Polygon, Rectangle, Region, Shape

LONGEST = 50_000_000
"""Bytes of the longest region file that is read."""

DIGITS = 12
FRAME = "# detector frame:"

COLOURS = {
    "black": "#000000",
    "white": "#ffffff",
    "red": "#ff0000",
    "green": "#00ff00",
    "blue": "#0000ff",
    "cyan": "#00ffff",
    "magenta": "#ff00ff",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "purple": "#a020f0",
    "pink": "#ffc0cb",
    "brown": "#a52a2a",
    "gold": "#ffd700",
    "gray": "#bebebe",
    "grey": "#bebebe",
}
"""DS9's named colours, and some of X11's, which it takes too."""


def read_masks(
    path: Path,
    shape: tuple[int, int],
    geometry: DetectorGeometry | None = None,
    wcs: Any = None,
    kind: str = "region of interest",
    left_out: list[str] | None = None,
) -> list[tuple[str, str, Mask]]:
    """(name, kind, mask) of every region in a DS9 region file or a FITS mask.

    Parameters
    ----------
    shape : (ny, nx) of the image that the masks are for
    geometry : frame of that image; with it, files made on another subarray are carried over, where they say what it was
    wcs : celestial WCS of that image (`astropy.wcs.WCS` or gwcs), needed for sky coordinates only
    kind : kind of what the file does not say the kind of
    left_out : takes sentences about statements of a DS9 file that cannot be used, and the others are read; without it such a statement is
        an error, but where it is one that encloses no pixel anyway, such as a point

    Raises
    ------
    BadInput
        where the file cannot be read, has another size, is in sky coordinates and there is no WCS, or covers no pixel of the image.
    """
    path = Path(path)
    if is_fits(path):
        found = read_fits_masks(path, shape, geometry, kind)
    else:
        regions = read_regions(path, geometry, wcs, kind, left_out)
        found = [(region.name, region.kind, mask_of(region.shape, shape)) for region in regions]
    found = [item for item in found if item[2].any()]
    if not found:
        raise BadInput(f"{path.name}: no region in it covers a pixel of the image of {shape[1]} x {shape[0]} pixels")
    return found


def read_regions(
    path: Path,
    geometry: DetectorGeometry | None = None,
    wcs: Any = None,
    kind: str = "region of interest",
    left_out: list[str] | None = None,
) -> list[Region]:
    """Regions of a DS9 region file; arguments and errors as `read_masks`. An excluded region is taken out of all others in the file."""
    path = Path(path)
    text = _text(path)
    items, left = parse(text)
    drawn: list[tuple[Shape, Any]] = []
    taken: list[Shape] = []
    for line, item in items:
        try:
            shape = _shape(_to_pixels(item, wcs))
        except BadInput as error:
            left.wrong.setdefault(str(error), []).append(line)
            continue
        if item.meta.get("include", True):
            drawn.append((shape, item))
        else:
            taken.append(shape)
    if not drawn or (left.wrong and left_out is None):
        raise BadInput(f"{path.name}: {'; '.join(left.sentences() or ['holds no region'])}")
    if left_out is not None:
        left_out += left.sentences()
    regions = [_region(_without(shape, taken), item, kind) for shape, item in drawn]
    return _carried(path, regions, _frame(text), geometry)


def _without(shape: Shape, taken: list[Shape]) -> Shape:
    """The shape without those of the others that are near it; joined two by two, or thousands would be a chain too long to walk."""
    low_x, low_y, high_x, high_y = shape.bounds
    boxes = [(other, other.bounds) for other in taken]
    near = [other for other, box in boxes if box[0] <= high_x and box[2] >= low_x and box[1] <= high_y and box[3] >= low_y]
    while len(near) > 1:
        pairs = [Combined(one, other, "add") for one, other in zip(near[::2], near[1::2], strict=False)]
        near = [*pairs, *near[2 * len(pairs) :]]
    return Combined(shape, near[0], "subtract") if near else shape


def is_fits(path: Path) -> bool:
    """Whether a file begins as a FITS file, compressed or not, does. Raises BadInput where it cannot be read."""
    return _starts_with(Path(path), (b"SIMPLE  =", b"\x1f\x8b"))


def needs_wcs(path: Path) -> bool:
    """Whether a DS9 region file has regions in sky coordinates. Raises BadInput where it cannot be read."""
    return is_sky(_text(Path(path)))


def write_regions(path: Path, regions: Sequence[Region], geometry: DetectorGeometry | None = None, wcs: Any = None) -> None:
    """Write a DS9 region file, in sky coordinates (ICRS) where a ``wcs`` is given, else in image coordinates.

    Brushes and combined shapes become polygons along their pixels' edges, which enclose the same pixels. Raises BadInput where the file
    cannot be written, or a region has no pixel.
    """
    from regions import Regions

    path = Path(path)
    items = [_ds9(region) for region in regions]
    if wcs is not None:
        items = [_to_sky(path, item, region.shape, wcs) for item, region in zip(items, regions, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(Regions(items).serialize(format="ds9", precision=DIGITS))
    if geometry is not None and geometry.known and wcs is None:
        first, _, rest = text.partition("\n")
        text = f"{first}\n{FRAME} {_frame_line(geometry)}\n{rest}"
    write_whole(path, text.encode())


def _starts_with(path: Path, starts: tuple[bytes, ...]) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(9).startswith(starts)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LONGEST:
            raise BadInput(f"{path.name}: is too large for a region file")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # of older programs
        if re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", text):
            raise BadInput(f"{path.name}: is neither a region file nor a FITS file") from None
    return re.sub(r"\r\n?", "\n", text)


def _to_pixels(item: Any, wcs: Any) -> Any:
    from regions import SkyRegion

    if not isinstance(item, SkyRegion):
        return item
    if wcs is None:
        raise BadInput("sky coordinates, and the image has no WCS")
    try:
        return to_pixels(item, wcs)
    except Exception as error:  # WCS of any make
        raise BadInput(f"sky coordinates that cannot be found in the image: {one_line(error)}") from error


def _to_sky(path: Path, item: Any, shape: Shape, wcs: Any) -> Any:
    try:
        return to_sky(item, shape, wcs)
    except Exception as error:  # WCS of any make
        raise BadInput(f"{path.name}: the image's WCS gives no sky coordinates: {one_line(error)}") from error


def _shape(item: Any) -> Shape:
    """Our shape of a pixel region of the regions package; its positions are 0-based already."""
    what = type(item).__name__.removesuffix("PixelRegion")
    if what == "Polygon":
        return Polygon(tuple((float(x), float(y)) for x, y in zip(item.vertices.x, item.vertices.y, strict=True)))
    if what not in ("Circle", "Ellipse", "Rectangle", "CircleAnnulus", "EllipseAnnulus", "RectangleAnnulus"):
        raise BadInput(f"a {what.lower()} has no area")
    x, y = float(item.center.x), float(item.center.y)
    if what.startswith("Circle"):
        if what == "Circle":
            return Ellipse(x, y, float(item.radius), float(item.radius))
        wide, narrow = (Ellipse(x, y, float(r), float(r)) for r in (item.outer_radius, item.inner_radius))
        return Combined(wide, narrow, "subtract")
    angle = float(item.angle.to_value("deg"))
    if not what.endswith("Annulus"):
        return _sized(what, x, y, item.width, item.height, angle)
    outer = _sized(what, x, y, item.outer_width, item.outer_height, angle)
    return Combined(outer, _sized(what, x, y, item.inner_width, item.inner_height, angle), "subtract")


def _sized(what: str, x: float, y: float, width: Any, height: Any, angle: float) -> Shape:
    if what.startswith("Rectangle"):
        return Rectangle(x, y, float(width), float(height), angle)
    return Ellipse(x, y, float(width) / 2, float(height) / 2, angle)


def _region(shape: Shape, item: Any, kind: str) -> Region:
    tags = [str(tag) for tag in item.meta.get("tag", [])]
    kinds = [tag.removeprefix("kind=") for tag in tags if tag.removeprefix("kind=") in KINDS]
    colour = str(next((item.visual[name] for name in ("color", "edgecolor", "facecolor") if name in item.visual), "")).lower()
    if re.fullmatch("#[0-9a-f]{3}", colour):
        colour = "#" + "".join(2 * digit for digit in colour[1:])
    colour = COLOURS.get(colour, colour if re.fullmatch("#[0-9a-f]{6}", colour) else "")
    names = [tag.removeprefix("name=") for tag in tags if tag.startswith("name=")]
    name = names[0] if names else str(item.meta.get("text", ""))
    return Region(shape, name, kinds[0] if kinds else kind, colour, "locked" in tags, "hidden" in tags)


def _ds9(region: Region) -> Any:
    from astropy import units
    from regions import EllipsePixelRegion, PixCoord, PolygonPixelRegion, RectanglePixelRegion, RegionMeta, RegionVisual

    tags = [f"kind={region.kind}", *(["locked"] if region.locked else []), *(["hidden"] if region.hidden else [])]
    meta = RegionMeta({"tag": tags})
    name = region.name.translate(str.maketrans("{}\n\r;", "()  ,")).strip()
    if name:
        meta["text"] = name
    if _is_number(name):  # the package reads "007" as 7
        tags.append(f"name={name}")
    visual = RegionVisual({"color": region.shown_colour})
    shape = region.shape
    if isinstance(shape, Rectangle):
        angle = shape.angle * units.deg
        return RectanglePixelRegion(PixCoord(shape.x, shape.y), shape.width, shape.height, angle, meta, visual)
    if isinstance(shape, Ellipse):
        angle = shape.angle * units.deg
        return EllipsePixelRegion(PixCoord(shape.x, shape.y), 2 * shape.rx, 2 * shape.ry, angle, meta, visual)
    if not isinstance(shape, Polygon):
        shape = outline(shape if isinstance(shape, Painted) else pixels_of(shape))
    xs, ys = zip(*shape.points, strict=True)
    return PolygonPixelRegion(PixCoord(list(xs), list(ys)), meta, visual)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _frame_line(geometry: DetectorGeometry) -> str:
    numbers = (geometry.nx, geometry.ny, geometry.fastaxis, geometry.slowaxis, geometry.xstart, geometry.ystart, geometry.noutputs)
    return " ".join((geometry.detector or "-", *map(str, numbers), "IRS2" if geometry.irs2 else "-"))


def _frame(text: str) -> DetectorGeometry | None:
    """The frame that `write_regions` noted, if any."""
    match = re.search(rf"(?m)^{FRAME} (\S+)((?: -?\d{{1,6}}){{7}}) (\S+)$", text)
    if not match:
        return None
    nx, ny, fast, slow, xstart, ystart, outputs = map(int, match[2].split())
    if {abs(fast), abs(slow)} != {1, 2}:
        return None
    return DetectorGeometry(ny, nx, match[1].strip("-"), fast, slow, xstart, ystart, outputs, match[3] == "IRS2", known=True)


def _carried(path: Path, regions: list[Region], source: DetectorGeometry | None, target: DetectorGeometry | None) -> list[Region]:
    from dataclasses import replace

    if source is None or target is None or source == target or not target.known:
        return regions
    try:
        return [replace(region, shape=carry(region.shape, source, target)) for region in regions]
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from error
