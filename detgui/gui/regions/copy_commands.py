"""Copies of regions: by the clipboard, and to other open exposures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog

from detgui.errors import BadInput
from detgui.gui.regions.edit_commands import EditCommands
from detgui.gui.regions.region_panel import RegionPanel
from detgui.gui.window.shell import Shell
from detgui.late import Late
from detgui.session.regions import region

if TYPE_CHECKING:
    from detgui.gui.regions import clipboard
    from detgui.session.region_work import Copied
else:
    clipboard = Late("detgui.gui.regions.clipboard")


NOWHERE = (
    "no other open exposure can take copies: those of this array show the regions already, and to or from a resampled image they go as"
    " DS9 regions in sky coordinates"
)


class CopyCommands:
    """Acts on the selected regions of the shown exposure.

    ``start`` begins a job (lane, title, function, its arguments, then=), ``fail`` says what went wrong, ``show`` opens a dialog.
    """

    def __init__(
        self,
        window: Shell,
        panel: RegionPanel,
        edit: EditCommands,
        start: Callable[..., object],
        fail: Callable[[str], object],
        show: Callable[[QDialog], object],
    ) -> None:
        self._window, self._panel, self._edit = window, panel, edit
        self._start, self._fail, self._show = start, fail, show
        self._parts, self._session = window.parts, window.parts.session

    def handlers(self) -> dict[str, Callable[[], object]]:
        """By name of the action."""
        return {"copy": self.copy, "paste": self.paste, "copy to": self.ask}

    def _geometry(self, key: str) -> Any:
        return getattr(self._parts.exposures.exposure(key), "geometry", None)

    def copy(self) -> None:
        """Put the selected regions on the clipboard, with the place of their array on the detector."""
        current = self._session.state.current
        if current is not None and self._edit.chosen:
            clipboard.put([each.region for each in self._edit.chosen], current.array, self._geometry(current.key))

    def paste(self) -> None:
        """Put what is on the clipboard on the shown exposure, on the same pixels of the detector."""
        current = self._session.state.current
        found = clipboard.take()
        if current is None or found is None:
            self._panel.say("there are no regions on the clipboard")
            return
        try:
            regions = clipboard.fitted(found, current.array, self._geometry(current.key))
        except BadInput as error:
            self._fail(str(error))
            return
        from detgui.session.region_work import counted, covers

        inside = [each for each in regions if covers(each.shape, current.shape[2:])]
        if inside:
            self._session.add_regions(inside, current.array, "Paste regions")
        if len(inside) < len(regions):
            self._panel.say(f"{counted(len(regions) - len(inside))} outside of {current.name} not pasted")

    def ask(self) -> None:
        """Ask on which exposures copies go."""
        from detgui.gui.regions.copy_dialog import CopyDialog, offers

        if self._session.state.current is None:
            return
        found = offers(self._session.state, self._parts.exposures.exposure)
        if not found:
            self._panel.say(NOWHERE)
            return
        dialog = CopyDialog(found, len(self._edit.chosen), self._window)
        numbers = self._edit.numbers
        dialog.chosen.connect(lambda targets: self.copy_to(numbers, targets))
        self._show(dialog)

    def copy_to(self, numbers: Sequence[int], targets: Sequence[tuple[str, str]]) -> None:
        """Put copies of regions on other exposures, (key, array) each."""
        from detgui.session import region_work

        state = self._session.state
        regions = [found.region for number in numbers if (found := region(state, number)) is not None]
        if state.current is not None and regions and targets:
            self._start("copy", "Copying regions", region_work.copy, regions, state.current.key, tuple(targets), then=self._copied)

    def _copied(self, copies: list[Copied]) -> None:
        self._session.copy_regions([(each.array, each.regions) for each in copies])
        self._panel.say("; ".join(each.said for each in copies))
