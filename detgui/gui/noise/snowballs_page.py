"""The Snowballs page: clusters of jumps in a list, one after the other on the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QComboBox

from detgui.analysis.noise_types import Result
from detgui.data.tables import Columns
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.noise.context import Context
from detgui.gui.noise.noise_page import NoisePage
from detgui.gui.pages.page import Need
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.snowballs import SHOWER, SNOWBALL, TRACK, Cluster
from detgui.session.noise import TAB
from detgui.session.state import SessionState

HEADERS = (
    ("kind", "snowball: round; shower: large and ragged; track: narrow, a grazing cosmic ray"),
    ("int", "integration"),
    ("group", "in which it came"),
    ("x, y", "centre, pixels, 0-based"),
    ("area", "pixels"),
    ("core", "pixels that saturate"),
    ("halo", "pixels that only jump"),
    ("radius", "of a circle of that area, pixels"),
)
KINDS = {"large": (SNOWBALL, SHOWER), "snowballs": (SNOWBALL,), "showers": (SHOWER,), "and tracks": None}
ROOM = 6.0  # radii of a cluster that are shown about it
LEAST_ROOM = 40.0  # pixels


class SnowballsPage(NoisePage):
    """Shows clusters; the selected one is gone to: integration, group, and the middle of the image."""

    name = "snowballs"
    shows = ("snowballs",)

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Sizes of the clusters", (1,)), parent)
        self.previous = flat_button("◀ Prev", "The cluster before, on the image")
        self.following = flat_button("Next ▶", "The next cluster, on the image")
        self.previous.clicked.connect(lambda: self.step(-1))
        self.following.clicked.connect(lambda: self.step(1))
        self.kind = QComboBox(self)
        self.kind.addItems(list(KINDS))
        self.kind.setToolTip("Which clusters are listed; large: snowballs and showers")
        self.kind.activated.connect(lambda _: self.draw_result(self.result))
        self.put_tools(self.again, self.previous, self.following, self.kind, None)
        self.rows = RowsTable("Clusters of jumps", HEADERS)
        self.rows.setSelectionBehavior(RowsTable.SelectionBehavior.SelectRows)
        self.rows.setSelectionMode(RowsTable.SelectionMode.SingleSelection)
        self.rows.itemSelectionChanged.connect(self._go)
        self.listed: tuple[Cluster, ...] = ()
        self.numbers.hide()
        self.under.insertWidget(1, self.rows, 1)
        self.splitter.setSizes([230, 400])
        self.circles: list[pg.PlotCurveItem] = []
        if context.image is not None:
            for depth, pen in enumerate((pg.mkPen((0, 0, 0, 200), width=3), pg.mkPen("#F0E442", width=1.5))):
                item = pg.PlotCurveItem(pen=pen)
                item.setZValue(12 + depth)
                item.hide()
                context.image.view.box.addItem(item, ignoreBounds=True)
                self.circles.append(item)
        self.session.changed.connect(self._follow)

    def missing(self) -> Need | None:
        if self.result.clusters is not None:
            return None
        why = next((note for note in self.result.notes if "jump" in note), "This exposure has no groups to see a jump between")
        return Need(f"{why[:1].upper()}{why[1:]}.")

    def draw_result(self, result: Result) -> None:
        wanted = KINDS[self.kind.currentText()]
        self.listed = tuple(each for each in result.clusters or () if wanted is None or each.kind in wanted)
        self.rows.show_rows([texts(each) for each in self.listed])
        self.rows.clearSelection()
        self.rows.setCurrentCell(-1, -1)
        for button in (self.previous, self.following):
            button.setEnabled(bool(self.listed))
        self.plot.show_drawn(lambda: self._draw(result))
        self.plot.fit(0, 0.4)
        self._circle(None)

    def _draw(self, result: Result) -> None:
        plot = self.plot
        many = self._integrations() > 1
        colours = {SNOWBALL: plot.theme.line, SHOWER: plot.theme.warning, TRACK: plot.theme.faint}
        for kind, colour in colours.items():
            some = [each for each in self.listed if each.kind == kind]
            if some:
                when = np.array([each.integration + each.group / (max(1, self._groups()) + 1) if many else each.group for each in some])
                plot.points(0, when, np.array([float(each.area) for each in some]), None, colour, size=6, name=kind)
        plot.plots[0].getAxis("bottom").setTickSpacing(*((1, 1) if not many and self._groups() <= 12 else (None, None)))
        plot.label(0, "area (pixels)", "integration" if many else "group")

    def _groups(self) -> int:
        source = self.maker.source
        return source.shape[1] if source is not None else 1

    def _integrations(self) -> int:
        source = self.maker.source
        return source.shape[0] if source is not None else 1

    # one after the other

    def step(self, step: int) -> None:
        """Go to the next one, round and round."""
        if self.listed:
            now = self.rows.currentRow()
            self.rows.selectRow((now + step) % len(self.listed) if now >= 0 else 0 if step > 0 else len(self.listed) - 1)

    @property
    def selected(self) -> Cluster | None:
        """The cluster that is gone to, None for none."""
        row = self.rows.currentRow()
        return self.listed[row] if self.rows.selectedItems() and 0 <= row < len(self.listed) else None

    def _go(self) -> None:
        one = self.selected
        if one is None:
            return
        self.session.go_to(exposure=self.key, integration=one.integration, group=one.group)
        if self.session.state.difference.mode == "none" and self._groups() > 1:
            self.session.set_difference("previous group")
        self.session.choose_pixel(round(one.x), round(one.y))
        if self.context.image is not None:
            view = self.context.image.view
            size = max(ROOM * one.radius, LEAST_ROOM)
            view.show_range(_square(one.x, one.y, size))
        self._circle(one)

    def _circle(self, one: Cluster | None) -> None:
        turn = np.linspace(0, 2 * np.pi, 73)
        for item in self.circles:
            if one is not None:
                item.setData(one.x + (one.radius + 1) * np.cos(turn), one.y + (one.radius + 1) * np.sin(turn))
            item.setVisible(one is not None)

    def _follow(self, old: SessionState, new: SessionState) -> None:
        one = self.selected
        here = new.frame is not None and new.frame.exposure == self.key and new.tab == TAB and new.noise.page == "Snowballs"
        on = one is not None and here and (new.frame.integration, new.frame.group) == (one.integration, one.group)
        for item in self.circles:
            item.setVisible(on)

    def columns(self) -> Columns:
        listed = self.listed
        units = {"x": "pix", "y": "pix", "area": "pix2", "core": "pix2", "halo": "pix2", "radius": "pix"}
        names = ("integration", "group", "kind", "x", "y", "area", "core", "halo", "radius", "axis_ratio")
        return {name: (np.array([getattr(each, name) for each in listed]), units.get(name, "")) for name in names}


def texts(each: Cluster) -> tuple[str, ...]:
    """A row of the list."""
    where = f"{each.x:.0f}, {each.y:.0f}"
    return each.kind, str(each.integration), str(each.group), where, str(each.area), str(each.core), str(each.halo), f"{each.radius:.1f}"


def _square(x: float, y: float, size: float) -> Any:
    from PySide6.QtCore import QRectF

    return QRectF(x - size / 2, y - size / 2, size, size)
