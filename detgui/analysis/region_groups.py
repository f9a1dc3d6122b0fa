"""Statistics of regions in every group and integration: how the pixels inside an outline charge up."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.provenance import file_record, iso_time, versions
from detgui.data.exposure import Exposure
from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.region_masks import cut_mask
from detgui.science.region_values import LEFT_OUT, Numbers, bad_pixels, of_mask
from detgui.science.regions import Mask, Region

BYTES_AT_ONCE = 64_000_000
"""Memory of the groups that are read in one piece; of larger regions one group is read at a time."""

MOST_ROWS = 2_000_000
"""Lines of the largest table."""

FIGURES = ("mean", "mean_err", "median", "median_err", "sigma", "sigma_err", "std", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Params:
    """``integrations`` and ``groups`` first and last, 1-based, None for all; ``left_out`` one of `region_values.LEFT_OUT`; ``plane``."""

    integrations: tuple[int, int] | None = None
    groups: tuple[int, int] | None = None
    left_out: str = "do not use"
    plane: str = "SCI"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One row for each region, integration and group, in this order; ``unit`` of the values. ``rows`` has one Numbers per row."""

    exposure: str
    params: Params
    names: tuple[str, ...]
    region: NDArray[np.int64]  # place in ``names``
    integration: NDArray[np.int64]
    group: NDArray[np.int64]
    rows: tuple[Numbers, ...]
    unit: str
    provenance: dict[str, object] = field(default_factory=dict)

    def column(self, name: str) -> NDArray[np.float64]:
        """A field of `Numbers` for every row."""
        return np.array([getattr(row, name) for row in self.rows], np.float64)


@dataclass(frozen=True, slots=True)
class _Area:
    """A region's box in the image and which pixels of it are inside."""

    rows: slice
    columns: slice
    inside: Mask


def run(exposure: Exposure, regions: list[Region], params: Params | None = None, progress: Progress = no_progress) -> Result:
    """Statistics of each region in every wanted frame; raises `BadInput` where a number or a region is not in the exposure."""
    params = params or Params()
    integrations, groups = _numbers(exposure, params)
    areas = [_area(exposure, region) for region in regions]
    if len(areas) * len(integrations) * len(groups) > MOST_ROWS:
        raise BadInput(f"{exposure.name}: {len(areas)} regions in {len(integrations)} integrations of {len(groups)} groups are too many")
    found: dict[tuple[int, int, int], Numbers] = {}
    steps = len(integrations) * len(areas)
    for place, integration in enumerate(integrations):
        for number, area in enumerate(areas):
            done = place * len(areas) + number
            progress(done / steps, f"integration {integration}")
            for group, row in _of_groups(exposure, area, integration, groups, params, progress, (done, steps)):
                found[number, integration, group] = row
    keys = sorted(found)
    columns = np.array(keys, np.int64).reshape(-1, 3).T
    names = tuple(region.name for region in regions)
    rows = tuple(found[key] for key in keys)
    unit = exposure.plane_unit(params.plane)
    return Result(exposure.name, params, names, columns[0], columns[1], columns[2], rows, unit, _provenance(exposure, regions, params))


def _numbers(exposure: Exposure, params: Params) -> tuple[list[int], list[int]]:
    if params.left_out not in LEFT_OUT:
        raise BadInput(f"left out are {', '.join(LEFT_OUT)}, not {params.left_out}")
    if params.plane not in exposure.planes:
        raise BadInput(f"{exposure.name} has no {params.plane}; it has {', '.join(exposure.planes)}")
    first, last = params.integrations or (int(exposure.integrations[0]), int(exposure.integrations[-1]))
    integrations = [int(each) for each in exposure.integrations if first <= each <= last]
    low, high = params.groups or (1, exposure.shape[1])
    groups = list(range(low, high + 1))
    if not integrations or not groups or low < 1 or high > exposure.shape[1]:
        raise BadInput(f"{exposure.name} has no integrations {first} to {last} with groups {low} to {high}")
    return integrations, groups


def _area(exposure: Exposure, region: Region) -> _Area:
    rows, columns, inside = cut_mask(region.shape, exposure.shape[2:])
    if not inside.any():
        raise BadInput(f"{region.name or 'the region'} has no pixel inside {exposure.name}")
    return _Area(rows, columns, inside)


def _of_groups(
    exposure: Exposure, area: _Area, integration: int, groups: list[int], params: Params, progress: Progress, at: tuple[int, int]
) -> list[tuple[int, Numbers]]:
    size = area.inside.size * exposure.shape[1] * exposure.plane_dtype(params.plane).itemsize
    whole = _box(exposure, area, params.plane, integration) if size <= BYTES_AT_ONCE else None
    bad = _Flags(exposure, area, integration, params.left_out, size <= BYTES_AT_ONCE)
    out = []
    for step, group in enumerate(groups):
        if whole is None:
            progress((at[0] + step / len(groups)) / at[1], f"integration {integration}, group {group}")
            image = exposure.read_image(params.plane, integration, group)[area.rows, area.columns]
        else:
            image = whole[min(group, whole.shape[0]) - 1]
        out.append((group, of_mask(image, area.inside, bad.of(group))))
    return out


def _box(exposure: Exposure, area: _Area, plane: str, integration: int) -> NDArray[np.generic]:
    box = (area.columns.start, area.rows.start, area.columns.stop - 1, area.rows.stop - 1)
    return exposure.read_box(*box, plane, integration)


class _Flags:
    """Which pixels of an area are left out in a group."""

    def __init__(self, exposure: Exposure, area: _Area, integration: int, left_out: str, small: bool) -> None:
        self._exposure, self._area, self._integration, self._left_out = exposure, area, integration, left_out
        planes = exposure.flag_planes if left_out != "nothing" else ()
        self._wanted = bool(planes)
        self._boxes = [_box(exposure, area, plane, integration).astype(np.uint32) for plane in planes] if small else None

    def of(self, group: int) -> Mask | None:
        """Shape of the area's box; None for none."""
        if not self._wanted:
            return None
        if self._boxes is None:
            dq = self._exposure.read_dq(self._integration, group)
            dq = None if dq is None else dq[self._area.rows, self._area.columns]
        else:
            dq = np.bitwise_or.reduce([box[min(group, box.shape[0]) - 1] for box in self._boxes])
        return bad_pixels(dq, self._left_out, self._exposure.dq_definitions)


def _provenance(exposure: Exposure, regions: list[Region], params: Params) -> dict[str, object]:
    return {
        "analysis": "region_groups",
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": [file_record(record) for record in exposure.files],
        "versions": versions(),
        "parameters": asdict(params),
        "regions": [
            {
                "name": each.name,
                "kind": each.kind,
                "shape": type(each.shape).__name__,
                "bounds": [float(edge) for edge in each.shape.bounds],
            }
            for each in regions
        ],
    }


def as_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """One line for each row, and where it comes from."""
    columns: dict[str, tuple[NDArray[np.generic], str]] = {
        "region": (np.array([result.names[place] for place in result.region]), ""),
        "integration": (result.integration, ""),
        "group": (result.group, ""),
        "pixels": (result.column("pixels").astype(np.int64), ""),
        "left_out": (result.column("left_out").astype(np.int64), ""),
    }
    columns |= {name: (result.column(name), result.unit) for name in FIGURES}
    notes = ["errors take the pixels as independent; that of the median and of sigma as Gaussian"]
    return columns, {"exposure": result.exposure, "notes": notes, "provenance": result.provenance}
