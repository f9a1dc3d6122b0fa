"""What the gain tab writes beside plots: the GAIN reference file, the table of sectors, and the outlines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from detgui.analysis import gain_file, gain_table
from detgui.errors import DetguiError
from detgui.gui.gain.context import Context
from detgui.gui.gain.origin_form import OriginForm
from detgui.session import gain_work, regions


class ReferenceExports(QObject):
    """Entries of a page's menu of exports; the page says what was written."""

    def __init__(self, page: Any, context: Context) -> None:
        super().__init__(page)
        self._page, self._context = page, context
        self.actions: dict[str, QAction] = {}
        self.form: OriginForm | None = None

    def add_to(self, menu: QMenu) -> None:
        """Put the entries before what is there."""
        before = menu.actions()[0]
        rows = (
            ("reference", "GAIN reference file…", self.ask_reference),
            ("sectors", "Table of sectors as ECSV…", self.ask_sectors),
            ("voids", "Outlines of the voids as DS9 regions…", self.ask_voids),
        )
        for name, text, call in rows:
            action = QAction(text, menu)
            action.triggered.connect(lambda _=False, call=call: call())
            menu.insertAction(before, action)
            self.actions[name] = action
        menu.insertSeparator(before)

    def ask_reference(self) -> None:
        """Ask what the file says of itself, then where it goes."""
        result = self._context.maker.result
        if result is None:
            return
        header = gain_file.as_hdus(result, "gain.fits", gain_file.Origin())[0].header
        self.form = OriginForm(header, "GAIN reference file", self._page.window())
        self.form.accepted_origin.connect(lambda origin: self._ask_place(result, origin))
        self.form.open()

    def _ask_place(self, result: Any, origin: gain_file.Origin) -> None:
        name = gain_work.map_name(self._context.maker.source.name)
        self._page.exporter.ask("fits", name, lambda path: self.write_reference(result, path, origin))

    def write_reference(self, result: Any, path: Path, origin: gain_file.Origin) -> None:
        """Write the reference file, and the outlines that its command names beside it."""
        self._write_beside(result, path, lambda made: gain_file.write(made, path, origin))

    def _write_beside(self, result: Any, path: Path, write: Callable[[Any], object]) -> None:
        """Write a file of a map, and beside it the outlines the map was made with, under a name that is free."""
        maker = self._context.maker
        wish = maker.made_for if maker.result is result else None
        size = result.boxes.labels.shape

        def work() -> None:
            from detgui.data import region_files

            beside = free_name(path.with_name(f"{path.stem}_voids.reg"))
            outlines = gain_work.outlines_of(wish, size) if wish is not None else ()
            if outlines:
                region_files.write_regions(beside, outlines, result.geometry)
            write(gain_work.with_command(result, str(beside.absolute())))

        self._page.exporter.run(work, path)

    def ask_sectors(self) -> None:
        """Ask where the table goes."""
        result = self._context.maker.result
        if result is not None:
            name = f"{gain_work.map_name(self._context.maker.source.name)}_sectors"
            write = lambda path: self._write_beside(result, path, lambda made: gain_table.write(made, path))  # noqa: E731
            self._page.exporter.ask("ecsv", name, write)

    def ask_voids(self) -> None:
        """Ask where the outlines go."""
        self._page.exporter.ask("reg", Path(gain_work.VOID_FILE).stem, self._write_voids)

    def _write_voids(self, path: Path) -> None:
        self._page.exporter.run(lambda: self.write_voids(path), path)

    def _geometry(self, key: str) -> Any:
        exposure = self._context.exposures.exposure(key)
        return exposure.geometry if exposure is not None else None

    def write_voids(self, path: Path) -> None:
        """Write voids and excluded regions of the flats. Raises `DetguiError` where there are none."""
        from detgui.data import region_files

        source = self._context.maker.source
        drawn = regions.regions_of(self._context.session.state, source.key) if source is not None else ()
        chosen = [each.region for each in drawn if each.region.kind in ("void", "exclude")]
        if not chosen:
            raise DetguiError("no void and no excluded region is drawn")
        region_files.write_regions(path, chosen, self._geometry(source.key))


def free_name(path: Path) -> Path:
    """``path``, or the first of ``name_2``, ``name_3``, ... that is not taken."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}_{number}")
    return found
