"""Menus of the image's bar that are made when they open: difference, blink, flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from detgui.gui.common.colours import flag_colour, flag_pattern
from detgui.gui.image import hatching
from detgui.gui.image.caption import frame_name
from detgui.gui.image.choose_frame import ChooseFrame
from detgui.gui.image.menus import checkable
from detgui.gui.image.partners import Offer, offers, other_files
from detgui.session.session import Session
from detgui.session.state import Frame, OpenExposure, SessionState

PERIODS_MS = (200, 400, 600, 1000, 2000)


def fill_difference(menu: QMenu, session: Session) -> None:
    """Nothing, the previous group, other frames of this exposure, other files."""
    state, mode = session.state, session.state.difference.mode
    menu.clear()
    checkable(menu, "No difference", mode == "none").triggered.connect(lambda: session.set_difference("none"))
    following = checkable(menu, "Previous group, following\tD", mode == "previous group")
    following.setEnabled(state.current is not None and state.current.is_ramp)
    following.triggered.connect(lambda: session.set_difference("previous group"))
    shown = state.difference.other if mode == "other" else None
    _offer(menu, state, shown, lambda frame: session.set_difference("other", frame), "Subtract", same_unit=True)


def fill_blink(menu: QMenu, session: Session, actions: Mapping[str, QAction]) -> None:
    """On or off, side by side, how fast, against what."""
    state = session.state
    menu.clear()
    for name in ("blink", "beside"):
        menu.addAction(actions[name])
    speed = menu.addMenu("Period")
    for period in PERIODS_MS:
        entry = checkable(speed, f"{period / 1000:g} s", period == state.blink.period_ms)
        entry.triggered.connect(lambda _=False, p=period: session.set_blink(session.state.blink.on, session.state.blink.other, p))
    other = state.blink.other if state.blink.on else None
    _offer(menu, state, other, lambda frame: session.set_blink(True, frame), "Blink against")


def _offer(menu: QMenu, state: SessionState, shown: Frame | None, use: Callable[[Frame], None], what: str, same_unit: bool = False) -> None:
    here, files = offers(state), other_files(state)
    if shown is not None and shown not in [offer.frame for offer in (*here, *files)]:
        here.append(Offer(frame_name(state, shown), shown))
    if not here and not files:
        menu.addAction("no other frame of this size is open").setEnabled(False)
    for title, found in (("This exposure", here), ("Other files", files)):
        if found:
            menu.addSection(title)
        for offer in found:
            other = state.exposure(offer.frame.exposure)
            fits = not same_unit or other is None or state.current is None or other.unit == state.current.unit
            entry = checkable(menu, offer.text if fits else f"{offer.text}  (in {other.unit or 'no unit'})", offer.frame == shown)
            entry.setEnabled(fits)
            entry.triggered.connect(lambda _=False, frame=offer.frame: use(frame))
    current, start = state.current, shown or state.frame
    if current is not None and start is not None and max(current.shape[:2]) > 1:
        menu.addSeparator()
        menu.addAction("Another group or integration…").triggered.connect(
            lambda: ask_frame(what, current, start, use, menu.parentWidget().window())
        )


def ask_frame(what: str, exposure: OpenExposure, start: Frame, use: Callable[[Frame], None], parent: QWidget) -> None:
    """Ask for one of all frames of an exposure by its numbers."""
    dialog = ChooseFrame(what, exposure, start, parent)
    dialog.chosen.connect(use)
    dialog.open()


def fill_flags(
    menu: QMenu, shown: tuple[str, ...], counts: dict[str, int] | None, use: Callable[[str, bool], None], has_dq: bool = True
) -> None:
    """Flags that occur in the image, with their counts; ``counts`` None: still counting. ``use(name, on)``; '' is all of them."""
    menu.clear()
    if not has_dq:
        menu.addAction("this image has no data quality").setEnabled(False)
        return
    if counts is None:
        menu.addAction("counting…").setEnabled(False)
        return
    names = sorted(set(counts) | set(shown), key=lambda name: (-counts.get(name, 0), name))
    if not names:
        menu.addAction("no pixel of this image is flagged").setEnabled(False)
        return
    checkable(menu, "None", not shown).triggered.connect(lambda: use("", False))
    menu.addSection("Flags in this image: pixels")
    for name in names:
        action = checkable(menu, f"{name}\t{counts.get(name, 0):,}", name in shown)
        action.setIcon(hatching.swatch(flag_colour(name), flag_pattern(name)))
        action.setData(name)
        action.triggered.connect(lambda on, n=name: use(n, on))
