"""What the non-linearity panel made of each exposure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detgui.analysis import mean_ramps, slope_map

MEANS_BYTES = 400 * 2**20  # of mean ramps kept of exposures other than the present one


@dataclass(slots=True)
class Sheet:
    """What was made of one exposure."""

    shown: slope_map.Result | None = None  # what is in the image
    exact: slope_map.Result | None = None  # the newest exact map, whose errors are carried over
    means: mean_ramps.MeanRamps | None = None
    means_params: mean_ramps.Params | None = None
    product: str = ""  # key of the shown map in the list


class Sheets(dict[str, Sheet]):
    """Sheets by the key of their exposure."""

    def make_room(self, key: str) -> None:
        """Let the mean ramps of other exposures go where they are large: they are made again when they are wanted."""
        others = [sheet for other, sheet in self.items() if other != key and sheet.means is not None]
        if sum(sheet.means.mean.nbytes for sheet in others if sheet.means is not None) > MEANS_BYTES:
            for sheet in others:
                sheet.means = None

    def closed(self, key: str) -> None:
        """Take notice that a map is not in the list any more."""
        for sheet in self.values():
            if sheet.product == key:
                sheet.product = ""
