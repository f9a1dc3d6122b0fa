"""The session object: signals in their order, undo texts, nothing said where nothing changed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from session_fakes import entry

from detgui.session.session import Session
from detgui.session.state import Frame


@pytest.fixture
def session(qapp):
    made = Session()
    made.add_exposures([entry("a"), entry("b", (3, 8, 4, 6))])
    return made


def test_every_intent_reaches_the_state(session):
    session.choose_exposure("b")
    session.go_to(integration=2, group=4)
    session.step_group(1)
    session.step_integration(1)
    session.set_plane("PIXELDQ")
    assert session.state.frame == Frame("b", "PIXELDQ", 3, 5)
    session.set_difference("previous group")
    session.set_blink(True, period_ms=100)
    session.set_display(stretch="log")
    session.set_tab("Gain")
    session.set_theme("dark")
    session.choose_pixel(1, 2)
    session.move_pixel(1, 1)
    session.toggle_pin(0, 0)
    session.set_fit_last(4)
    session.set_ramp(method="ols")
    session.compare_exposures(["a"])
    state = session.state
    assert (state.difference.mode, state.blink.on, state.blink.period_ms, state.display.stretch) == ("previous group", True, 100, "log")
    assert (state.tab, state.theme, state.pixel, len(state.pins)) == ("Gain", "dark", (2, 3), 1)
    assert (state.ramp.fit_last, state.ramp.method, state.ramp.compare) == (4, "ols", ("a",))
    session.clear_pins()
    assert session.state.pins == ()
    session.set_error("a", "gone")
    session.close_exposure("b")
    assert session.state.current.error == "gone"


def test_nothing_changed_is_nothing_said(session):
    said = []
    session.changed.connect(lambda old, new: said.append(new))
    session.step_group(-1)
    session.choose_pixel(99, 0)
    session.choose_exposure("a")
    session.update(tab="Ramp")
    session.undo()
    session.redo()
    assert said == []


def test_all_hear_changes_in_their_order(session):
    """The first listener changes the state again; the second must not end with the older state."""
    heard = []

    def first(old, new):
        if new.frame.group == 2:
            session.step_group(1)

    session.changed.connect(first)
    session.changed.connect(lambda old, new: heard.append((old.frame.group, new.frame.group)))
    session.step_group(1)
    assert heard == [(1, 2), (2, 3)]
    assert session.state.frame.group == 3


def test_undo_texts_are_told(session):
    told = []
    session.undo_changed.connect(lambda undo, redo: told.append((undo, redo)))
    session.choose_pixel(1, 1)
    session.toggle_pin(2, 2)
    session.toggle_pin(2, 2)
    session.undo()
    session.undo()
    assert told == [
        ("Choose pixel", ""),
        ("Pin pixel", ""),
        ("Unpin pixel", ""),
        ("Pin pixel", "Unpin pixel"),
        ("Choose pixel", "Pin pixel"),
    ]
    assert session.state.pins == ()
    session.redo()
    assert len(session.state.pins) == 1
    session.forget()
    assert (session.undo_text, session.redo_text) == ("", "")


def test_a_dragged_n_is_one_undo(session):
    session.choose_pixel(1, 1)
    for last in (4, 3, 2):
        session.set_fit_last(last, commit=False)
    session.set_fit_last(2)
    session.undo()
    assert session.state.ramp.fit_last is None
    session.redo()
    assert session.state.ramp.fit_last == 2


def test_moves_before_and_after_an_undo_are_two(session):
    session.choose_pixel(0, 0)
    session.move_pixel(1, 0)
    session.move_pixel(1, 0)
    session.choose_pixel(5, 3)
    session.undo()
    session.move_pixel(0, 1)
    session.undo()
    assert session.state.pixel == (2, 0)


def test_session_starts_without_heavy_imports():
    code = "import sys, detgui.session.session, detgui.session.loader, detgui.session.restore; print(*sys.modules)"
    modules = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert modules.isdisjoint({"astropy", "numba", "scipy", "jwst", "stdatamodels", "pyqtgraph", "PySide6.QtWidgets", "PySide6.QtGui"})
