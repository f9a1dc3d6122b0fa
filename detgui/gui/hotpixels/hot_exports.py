"""What the hot-pixel tab writes beside plots: lists, tables, masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction

from detgui.analysis import hot_check, hot_list, hot_mask_file, hot_tables, ta_risk
from detgui.analysis.gain_file import Origin
from detgui.analysis.hot_history import Result as History
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.mask_form import MaskForm, TaForm


class HotExports:
    """Entries of a page's menu of exports; the page says what was written."""

    def __init__(self, page: Any, context: Context) -> None:
        self._page, self._maker = page, context.maker
        self.actions: dict[str, QAction] = {}
        self.form: MaskForm | TaForm | None = None

    def rows(self) -> dict[str, tuple[str, Callable[[], object]]]:
        """Texts and what they do, by name."""
        return {
            "trend": ("Counts and growth of all series as ECSV…", self.ask_trend),
            "disagree": ("Pixels that disagree with HOT as ECSV…", self.ask_disagree),
            "list": ("New hot pixels as ECSV…", self.ask_list),
            "mask": ("Updated MASK reference…", self.ask_mask),
            "ta": ("Mask of the target-acquisition flat…", self.ask_ta),
            "risk map": ("Map of risk as FITS…", self.ask_risk_map),
        }

    def _ask(self, kind: str, what: str, write: Callable[[Path], object]) -> None:
        name = f"{self._maker.name}_{what}".replace(" ", "_").lower()
        self._page.exporter.ask(kind, name, lambda path: self._page.exporter.run(lambda: write(path), path))

    def ask_trend(self) -> None:
        """Ask where the table of counts goes."""
        result = self._maker.result
        if result is not None:
            self._ask("ecsv", "trend", lambda path: hot_tables.write(result, path))

    def ask_disagree(self) -> None:
        """Ask where the list of pixels that disagree with HOT goes."""
        result = self._maker.result
        if result is not None:
            self._ask("ecsv", "disagree", lambda path: hot_check.write_disagreeing(result, path))

    def ask_list(self) -> None:
        """Ask where the list of new hot pixels goes."""
        history, result = self._maker.history, self._maker.result
        if history is not None and result is not None:
            self._ask("ecsv", "new", lambda path: hot_list.write([history], path, result.provenance))

    def ask_mask(self) -> None:
        """Ask what the mask says of itself and which one it updates, then where it goes."""
        history = self._maker.history
        if history is None:
            return
        self.form = MaskForm(history, self._page.window())
        form = self.form
        form.accepted_origin.connect(
            lambda origin: self._ask(
                "fits", "mask", lambda path: write_mask(history, form.former.path, form.release.isChecked(), path, origin)
            )
        )
        form.open()

    def ask_ta(self) -> None:
        """Ask which target-acquisition flat is updated, then where its mask goes."""
        history = self._maker.history
        if history is None:
            return
        self.form = TaForm(self._page.window())
        self.form.accepted_former.connect(lambda former: self._ask("fits", "ta_mask", lambda path: write_ta(history, former, path)))
        self.form.open()

    def ask_risk_map(self) -> None:
        """Ask where the map of risk goes."""
        found = self._maker.newest_risk_map
        if found is not None:
            self._ask("fits", "risk", lambda path: ta_risk.write_map(found, path))


def write_mask(history: History, former: Path | None, release: bool, path: Path, origin: Origin) -> None:
    """Write the updated mask. Raises `BadInput` for a former mask that does not fit."""
    hot = hot_mask_file.pixels_to_mask(history)
    hot_mask_file.write_mask(hot_mask_file.update(history.series, hot, former, release), path, origin)


def write_ta(history: History, former: Path | None, path: Path) -> None:
    """Write the mask of a target-acquisition flat. Raises `BadInput` for a former flat that does not fit."""
    hot = hot_mask_file.pixels_to_mask(history)
    hot_mask_file.write_ta(hot_mask_file.update_ta(history.series, hot, former), path, history.params.threshold)


def add_exports(page: Any, context: Context, names: Sequence[str]) -> HotExports:
    """Put entries before what is in a page's menu of exports."""
    made = HotExports(page, context)
    page.exports = made
    before = page.export_menu.actions()[0]
    for name in names:
        text, call = made.rows()[name]
        action = QAction(text, page.export_menu)
        action.triggered.connect(lambda _=False, call=call: call())
        page.export_menu.insertAction(before, action)
        made.actions[name] = action
    page.export_menu.insertSeparator(before)
    return made
