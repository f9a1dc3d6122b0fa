"""Every key of the image as an action: one table, shown in menus and in Help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action: name to call it by, text, keys; ``local`` keys work while the image has the keyboard only, since others need them too."""

    name: str
    text: str
    keys: tuple[str, ...]
    local: bool = False
    repeat: bool = False


ROWS = (
    ActionRow("previous_group", "Previous group", ("[",), repeat=True),
    ActionRow("next_group", "Next group", ("]",), repeat=True),
    ActionRow("first_group", "First group", ("Home",), local=True),
    ActionRow("last_group", "Last group", ("End",), local=True),
    ActionRow("previous_integration", "Previous integration", ("{", ","), repeat=True),
    ActionRow("next_integration", "Next integration", ("}", "."), repeat=True),
    ActionRow("play", "Play or pause", ("Space",), local=True),
    ActionRow("blink", "Blink", ("B",)),
    ActionRow("beside", "Side by side, with linked zoom", ("V",)),
    ActionRow("difference", "Difference with the previous group", ("D",)),
    ActionRow("flags", "Data quality flags over the image", ("Q",)),
    ActionRow("amplifiers", "Amplifiers over the image", ("A",)),
    ActionRow("reference_pixels", "Reference pixels over the image", ("R",)),
    ActionRow("stretch", "Next stretch", ("S",)),
    ActionRow("colormap", "Next colour map", ("C",)),
    ActionRow("zscale", "Limits by zscale", ("Z",)),
    ActionRow("minmax", "Limits from minimum to maximum", ("M",)),
    ActionRow("lock", "Lock the limits", ("L",)),
    ActionRow("fit", "Fit the image into the view", ("F",)),
    ActionRow("one_to_one", "One image pixel on one screen pixel", ("1",)),
    ActionRow("zoom_in", "Zoom in", ("+", "="), repeat=True),
    ActionRow("zoom_out", "Zoom out", ("-",), repeat=True),
    ActionRow("zoom_to_pixel", "Zoom to the chosen pixel", ("X",)),
    ActionRow("fill", "Fill the view, pixels not square", ("W",)),
    ActionRow("go_to", "Go to pixel…", ("G",)),
    ActionRow("left", "Pixel to the left", ("Left",), local=True, repeat=True),
    ActionRow("right", "Pixel to the right", ("Right",), local=True, repeat=True),
    ActionRow("down", "Pixel below", ("Down",), local=True, repeat=True),
    ActionRow("up", "Pixel above", ("Up",), local=True, repeat=True),
    ActionRow("far_left", "Ten pixels to the left", ("Shift+Left",), local=True, repeat=True),
    ActionRow("far_right", "Ten pixels to the right", ("Shift+Right",), local=True, repeat=True),
    ActionRow("far_down", "Ten pixels down", ("Shift+Down",), local=True, repeat=True),
    ActionRow("far_up", "Ten pixels up", ("Shift+Up",), local=True, repeat=True),
    ActionRow("pin", "Pin the chosen pixel", ("P",)),
    ActionRow("unpin", "Delete the selected region or vertex, or unpin the pixel", ("Del", "Backspace"), local=True),
    ActionRow("unpin_all", "Give up drawing, put the tool down, or unpin all pixels", ("Esc",), local=True),
)
REGION_ROWS = (
    ActionRow("tool_edit", "Arrow: choose regions, move and change them", ("E",)),
    ActionRow("tool_rectangle", "Draw a rectangle", ("Shift+R",)),
    ActionRow("tool_ellipse", "Draw an ellipse", ("Shift+E",)),
    ActionRow("tool_polygon", "Draw a polygon", ("Shift+P",)),
    ActionRow("tool_lasso", "Draw with the lasso", ("Shift+L",)),
    ActionRow("tool_brush", "Paint with the brush", ("Shift+B",)),
    ActionRow("tool_grow", "Grow a region from a pixel", ("Shift+G",)),
    ActionRow("next_how", "New region, add, subtract, intersect", ("Shift+M",)),
    ActionRow("next_kind", "Next kind of new regions", ("Shift+K",)),
    ActionRow("smaller_brush", "Smaller brush or tolerance", ("9",), repeat=True),
    ActionRow("larger_brush", "Larger brush or tolerance", ("0",), repeat=True),
)
CHECKABLE = (
    *("play", "blink", "beside", "difference", "flags", "amplifiers", "reference_pixels", "lock", "fill"),
    *(row.name for row in REGION_ROWS if row.name.startswith("tool_")),
)


def make_actions(panel: QWidget, do: dict[str, Callable[[], None]], rows: Sequence[ActionRow] = ROWS) -> dict[str, QAction]:
    """An action for each row, added to the panel; ``do`` holds what each does. Raises KeyError where one is missing."""
    actions = {}
    for row in rows:
        action = QAction(row.text, panel)
        action.setObjectName(row.name)
        action.setShortcuts([QKeySequence(key) for key in row.keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut if row.local else Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(row.repeat)
        action.setCheckable(row.name in CHECKABLE)
        # Without this an icon or role guessed from the text would move actions around on macOS.
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.triggered.connect(lambda _checked=False, act=do[row.name]: act())
        panel.addAction(action)
        actions[row.name] = action
    return actions
