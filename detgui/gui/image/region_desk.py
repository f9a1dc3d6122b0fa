"""What the image panel has for regions: the tools, what is drawn over its views, and the boxes of a label image."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QPainterPath

from detgui.gui.image.image_actions import REGION_ROWS, make_actions
from detgui.gui.image.region_hand import RegionHand
from detgui.gui.image.region_labels import border_paths
from detgui.gui.image.region_strip import TOOLS
from detgui.gui.image.region_table import Table
from detgui.science.regions import KINDS
from detgui.session.regions import How
from detgui.session.state import SessionState

CORNER = 6
"""Pixels from the axes of the image to the plate with the options."""


class RegionDesk(QObject):
    """Keeps strip, options and the views of one image panel in step with the session's regions."""

    def __init__(self, panel: Any) -> None:
        super().__init__(panel)
        self._panel, self._session = panel, panel.session
        self._canvases = (panel.canvas, panel.second.canvas)
        answers = (lambda: panel.answer, lambda: panel.other_answer)
        self.tables = tuple(
            Table(canvas.view, canvas.regions, self._session, answer, panel.message.note, self._geometry)
            for canvas, answer in zip(self._canvases, answers, strict=True)
        )
        self.hands = tuple(RegionHand(table, panel.asker) for table in self.tables)
        self.actions = make_actions(panel, self._acts(), REGION_ROWS)
        self._tips()
        self._connect()
        self._show_tools(self._session.state)

    def _geometry(self, key: str) -> Any:
        exposures = self._panel.exposures
        return getattr(exposures.exposure(key), "geometry", None) if exposures is not None else None

    def _acts(self) -> dict[str, Any]:
        def take(tool: str) -> Any:
            return lambda: self._wanted({"tool": tool})

        return {
            **{name: take(tool) for tool, _, name in TOOLS},
            "next_how": lambda: self._wanted({"how": _after(get_args(How), self._session.state.tools.how)}),
            "next_kind": lambda: self._wanted({"kind": _after(KINDS, self._session.state.tools.kind)}),
            "smaller_brush": lambda: self.change(-1),
            "larger_brush": lambda: self.change(1),
        }

    def _tips(self) -> None:
        tips = {
            "tool_rectangle": "Rectangle of whole pixels: drag; Ctrl makes it a square",
            "tool_ellipse": "Ellipse: drag the box around it; Ctrl makes it a circle",
            "tool_polygon": "Polygon: click its vertices; Enter, double click or the first one closes it, Backspace goes back, Esc ends",
            "tool_lasso": "Lasso: drag around the pixels",
            "tool_brush": "Brush: paint; the right button, or Alt, paints away. 9 and 0 or Ctrl+wheel change its size",
            "tool_grow": "Grow from a pixel: a click takes its plateau; drag up for a larger tolerance, down for a smaller one",
        }
        for name, tip in tips.items():
            self.actions[name].setToolTip(tip)
        self._panel.strip.name_tools(self.actions)

    def _connect(self) -> None:
        panel = self._panel
        panel.strip.wanted.connect(self._wanted)
        panel.options.wanted.connect(self._wanted)
        panel.options.entered.connect(panel.view.setFocus)
        self._session.changed.connect(self._follow)
        panel.shown.connect(lambda _: self._show_options(self._session.state))
        panel.view.box.sigResized.connect(lambda *_: self._place_options())

    def _wanted(self, fields: dict[str, Any]) -> None:
        """A person chose a tool or changed what it does; the image takes the keyboard where a tool waits for it."""
        self._session.set_tools(**fields)
        self._show_tools(self._session.state)  # a button that was pressed twice has unchecked itself
        if "tool" in fields:
            self._panel.view.setFocus()

    def change(self, step: int) -> None:
        """Make the brush or the tolerance larger or smaller."""
        self.hands[0].drawing.change(step)

    # The session

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if (old.tools, old.selected, old.frame) != (new.tools, new.selected, new.frame):
            for hand in self.hands:
                hand.follow(old, new)
        if old.tools != new.tools:
            self._show_tools(new)
        if old.regions is not new.regions or old.selected != new.selected:
            self.show()

    def show(self) -> None:
        """Draw the regions of what each view shows."""
        for table in self.tables:
            table.show()

    def _show_tools(self, state: SessionState) -> None:
        self._panel.strip.show_tools(state.tools)
        for tool, _, name in TOOLS:
            self.actions[name].setChecked(tool == state.tools.tool)
        self._show_options(state)

    def _show_options(self, state: SessionState) -> None:
        answer = self._panel.answer
        self._panel.options.show_tools(state.tools, answer.unit if answer is not None else "")
        self._place_options()

    def _place_options(self) -> None:
        corner = self._panel.view.mapFromScene(self._panel.view.box.sceneBoundingRect().bottomLeft())
        self._panel.options.move(corner.x() + CORNER, corner.y() - CORNER - self._panel.options.height())

    # Boxes

    def show_labels(self, labels: NDArray[Any] | None, void_by_label: NDArray[Any] | None = None) -> None:
        """Draw the borders of boxes over images of their shape, None for nothing; computed in a worker, the newest counts."""
        ask = self._panel.asker.ask
        if labels is None:
            ask("label borders", "", _nothing, then=lambda _: self._show_borders((0, 0), None))
            return
        void = np.zeros(0, np.bool_) if void_by_label is None else np.asarray(void_by_label, np.bool_)
        missing = int(labels.max(initial=-1)) + 1 - void.size
        if missing > 0:
            void = np.append(void, np.zeros(missing, np.bool_))
        ask("label borders", "", border_paths, labels, void, then=lambda paths, shape=labels.shape: self._show_borders(shape, paths))

    def _show_borders(self, shape: tuple[int, ...], paths: tuple[QPainterPath, QPainterPath] | None) -> None:
        for canvas in self._canvases:
            canvas.show_labels(shape, paths)


def _nothing(progress: Any) -> None:
    return None


def _after(choices: tuple[str, ...], value: str) -> str:
    return choices[(choices.index(value) + 1) % len(choices)]
