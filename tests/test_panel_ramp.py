"""The ramp panel as a person uses it: what it shows in every state, keys, buttons, menus, neighbours and overview."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from panel_help import FakeLoader, Point, exposure, make_panel, overview, signal, state
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.analysis import ramp
from detgui.gui.ramp import neighbours_box, ramp_overview
from detgui.gui.ramp.ramp_panel import BUSY_MS, prompt
from detgui.session.requests import RampRequest, Trouble
from detgui.session.state import Frame, SessionState


def click(widget, place: QPoint) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def cell(panel, label: str, column: int = 0) -> str:
    """The text of a row of the table of numbers."""
    return next(fact.text for fact in panel.ui.numbers.model().columns[column][2] if fact.label == label)


# states


def test_prompts_say_what_to_do():
    assert prompt(SessionState()) == "The ramp of a pixel is shown here once a file is open"
    assert prompt(state(pixel=None)) == "Click a pixel in the image"
    rate = exposure("r", nints=1, ngroups=1, kind="rate")
    assert prompt(state(rate)) == f"{rate.name} has no ramp: it holds one image"
    assert prompt(state(exposure("r", nints=4, ngroups=1, kind="rateints"))).endswith("holds one image for each integration")
    assert prompt(state(exposure(error="gone.fits is not there any more"))) == "gone.fits is not there any more"
    assert prompt(state(pixel=(64, 3))).startswith("Pixel x 64, y 3 is outside")
    assert prompt(state()) == ""


def test_the_prompt_gives_way_to_the_ramp(qtbot):
    panel, session, _ = make_panel(qtbot, state(pixel=None))
    assert panel.ui.message.isVisible()
    session.choose_pixel(3, 4)
    assert panel.ui.plot.isVisible()
    assert cell(panel, "pixel") == "3, 4  (DS9 4, 5)"
    session.put(SessionState())
    assert panel.ui.message.text() == "The ramp of a pixel is shown here once a file is open"
    assert panel.ui.message.isVisible()


def test_busy_mark_after_a_while_only(qtbot):
    panel, session, loader = make_panel(qtbot, state())
    loader.quiet = True
    session.choose_pixel(11, 11)
    assert not panel.ui.busy.isVisible()
    qtbot.waitUntil(panel.ui.busy.isVisible, timeout=20 * BUSY_MS)
    loader.quiet = False
    loader.answer()
    assert not panel.ui.busy.isVisible()
    qtbot.wait(2 * BUSY_MS)
    assert not panel.ui.busy.isVisible()


def test_trouble_is_one_sentence_until_the_ramp_comes(qtbot):
    panel, session, loader = make_panel(qtbot, state())
    loader.quiet = True
    session.choose_pixel(11, 11)
    request = RampRequest("a", ramp.Params(11, 11, 1), "chosen", 0)
    loader.ramps.emit(())
    loader.trouble.emit(Trouble((request,), "a.fits was cut short", "traceback"))
    assert panel.ui.trouble.isVisible()
    assert panel.ui.trouble.text() == "a.fits was cut short"
    qtbot.wait(2 * BUSY_MS)
    assert not panel.ui.busy.isVisible()
    loader.quiet = False
    loader.answer()
    assert not panel.ui.trouble.isVisible()


def test_trouble_with_a_compared_file_stays_while_it_lasts(qtbot):
    panel, session, loader = make_panel(qtbot, state(exposure("a"), exposure("b")))
    loader.trouble.emit(Trouble(RampRequest("b", ramp.Params(10, 12, 1), "compare", 0), "b.fits is not there any more", ""))
    session.choose_pixel(12, 12)
    assert panel.ui.trouble.text() == "b.fits is not there any more"
    session.compare_exposures(["b"])
    assert not panel.ui.trouble.isVisible()


def test_trouble_of_the_image_is_not_for_this_panel(qtbot):
    panel, _, loader = make_panel(qtbot, state())
    loader.trouble.emit(Trouble(object(), "no image", ""))
    assert not panel.ui.trouble.isVisible()


# numbers


def test_numbers_carry_error_unit_and_source(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    result = panel.chosen.result
    assert cell(panel, "slope") == f"{result.slope:.2f} ± 0.71 DN/group"
    assert cell(panel, "slope / s") == f"{result.slope / 0.9:.2f} ± 0.79 DN/s"
    assert cell(panel, "late slope").endswith(f"DN/group ({abs(result.late_slope) / 2.2:.1f} σ)")
    assert cell(panel, "N") == f"{result.fit_groups[1]} groups reach 10,000 DN"
    assert cell(panel, "gain") == "1.5 e-/DN"
    more = {fact.label: fact.more for fact in panel.ui.numbers.model().columns[0][2]}
    assert "NRS1 NRSRAPID" in more["read noise"]


def test_missing_numbers_give_the_reason(qtbot):
    panel, _, loader = make_panel(qtbot, state())
    nan = float("nan")
    why = "errors are NaN: gain and read noise of this detector are not known"
    answer = panel.chosen
    unknown = dict.fromkeys(("slope_err", "late_slope", "late_slope_err", "chi2", "probability", "gain"), nan)
    poor = replace(answer.result, **unknown, gain_source=why, signal_err=None, notes=(why,))
    loader.ramps.emit((replace(answer, result=poor),))
    assert cell(panel, "gain") == f"– {why}"
    assert cell(panel, "χ² / dof") == f"– {why}"
    assert cell(panel, "late slope") == "– no groups after N that can be fitted"
    assert "±" not in cell(panel, "slope")
    assert panel.ui.notes.isVisible()
    assert not panel.ui.plot.chosen.bars.isVisible()


def test_a_file_without_times_counts_groups(qtbot):
    panel, session, loader = make_panel(qtbot, state())
    session.set_ramp(x_axis="time")
    answer = panel.chosen
    loader.ramps.emit((replace(answer, result=replace(answer.result, slope_per_s=float("nan"), slope_per_s_err=float("nan"))),))
    assert cell(panel, "slope / s") == "– no group times in the file"
    assert panel.ui.plot.residual.getAxis("bottom").labelText == "group"


def test_set_by_hand_is_said(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_fit_last(7)
    assert cell(panel, "N") == "7 (set by hand)"
    assert panel.ui.why.text() == "set by hand"
    session.set_fit_last(None)
    session.choose_pixel(0, 0)  # 280 DN a group never gets to 10,000
    assert panel.ui.why.text() == "all: below 10,000 DN"


def test_pins_and_compared_files_have_columns_and_traces(qtbot):
    panel, session, _ = make_panel(qtbot, state(exposure("a"), exposure("b")))
    session.toggle_pin(11, 12)
    session.compare_exposures(["b"])
    names = [name for name, _, _ in panel.ui.numbers.model().columns]
    assert names == ["x 10, y 12", "11, 12", exposure("b").name]
    pinned, compared = panel.ui.plot._others[:2]
    np.testing.assert_array_equal(pinned.points.getData()[1], signal(11, 12, 1, 20))
    assert compared.style.open_points
    assert panel.ui.plot.legend.items[0][1].text == "11, 12"


def test_copy_gives_tab_separated_numbers(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.toggle_pin(11, 12)
    QTest.keyClick(panel, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert rows[0] == ["quantity", "x 10, y 12", "11, 12"]
    assert {len(row) for row in rows} == {3}
    assert {row[0]: row[1] for row in rows}["slope"] == cell(panel, "slope")


def test_selected_cells_are_copied(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    table = panel.ui.numbers
    table.setFocus()
    table.selectAll()
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[0] == cell(panel, "pixel")


# keys


@pytest.mark.parametrize(
    ("key", "modifier", "change"),
    [
        (Qt.Key.Key_BracketRight, Qt.KeyboardModifier.ControlModifier, +1),
        (Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.ControlModifier, -1),
        (Qt.Key.Key_N, Qt.KeyboardModifier.NoModifier, +1),
        (Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier, -1),
    ],
)
def test_keys_move_n(qtbot, key, modifier, change):
    panel, session, _ = make_panel(qtbot, state())
    n = panel.chosen.result.fit_groups[1]
    QTest.keyClick(panel, key, modifier)
    assert session.state.ramp.fit_last == n + change
    assert panel.ui.n.value() == n + change
    QTest.keyClick(panel, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert session.state.ramp.fit_last is None


def test_keys_of_axis_method_and_views(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    QTest.keyClick(panel, Qt.Key.Key_T)
    assert session.state.ramp.x_axis == "time"
    assert panel.deeds.time.isChecked()
    QTest.keyClick(panel, Qt.Key.Key_K)
    assert session.state.ramp.method == "ols"
    for key, show in ((Qt.Key.Key_O, "overlay"), (Qt.Key.Key_H, "slopes"), (Qt.Key.Key_I, "ramp")):
        QTest.keyClick(panel, key)
        assert session.state.ramp.show == show
        assert panel.ui.plot.isVisible() == (show == "ramp")


def test_no_key_is_given_twice_or_taken_from_the_image(qtbot):
    from detgui.gui.image.image_actions import ROWS

    panel, _, _ = make_panel(qtbot, state())
    mine = [key.toString() for action in panel.actions_for_menu() for key in action.shortcuts()]
    assert len(mine) == len(set(mine))
    assert not set(mine) & {key for row in ROWS for key in row.keys}


def test_spin_box_sets_n(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    panel.ui.n.selectAll()
    QTest.keyClicks(panel.ui.n, "9")
    QTest.keyClick(panel.ui.n, Qt.Key.Key_Return)
    assert session.state.ramp.fit_last == 9
    click(next(b for b in panel.findChildren(type(panel.ui.options_button)) if b.text() == "Rule"), QPoint(8, 8))
    assert session.state.ramp.fit_last is None


# options


def test_options_take_numbers_and_files_and_refuse_in_place(qtbot, tmp_path):
    panel, session, _ = make_panel(qtbot, state())
    click(panel.ui.options_button, QPoint(8, 8))
    field = panel.ui.options.gain
    assert field.edit.placeholderText() == "1.5"
    assert "built-in table: NRS1" in field.edit.toolTip()
    field.edit.setFocus()
    QTest.keyClicks(field.edit, "2.05")
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert session.state.ramp.gain == 2.05
    assert not field.edit.hasFocus(), "the next key is not for the field"
    field.edit.clear()
    QTest.keyClicks(field.edit, "-3")
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert session.state.ramp.gain == 2.05
    assert panel.ui.options.message.text() == "gain: -3 is not a positive number"
    field.edit.clear()
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert session.state.ramp.gain is None
    assert not panel.ui.options.message.isVisible()
    file = tmp_path / "readnoise.fits"
    file.write_bytes(b"")
    noise = panel.ui.options.read_noise
    QTest.keyClicks(noise.edit, str(file))
    QTest.keyClick(noise.edit, Qt.Key.Key_Return)
    assert session.state.ramp.read_noise == file
    with pytest.raises(ValueError, match=r"superbias: nowhere\.fits is not a file"):
        panel.ui.options.superbias.parse("nowhere.fits")


def test_method_by_the_box(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    click(panel.ui.options_button, QPoint(8, 8))
    panel.ui.options.method.setFocus()
    QTest.keyClick(panel.ui.options.method, Qt.Key.Key_Down)
    assert session.state.ramp.method == "ols"


# neighbours


def test_neighbours_lie_as_on_the_image_and_a_click_chooses(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    box = panel.ui.neighbours
    for dx, dy in ((1, 1), (-1, 0), (0, -1)):
        session.choose_pixel(10, 12)
        QApplication.processEvents()
        click(box, box.cell(dx, dy).center().toPoint())
        assert session.state.pixel == (10 + dx, 12 + dy)
    assert box.cell(0, 1).top() < box.cell(0, -1).top(), "larger y is higher"


def test_neighbours_outside_the_array_cannot_be_chosen(qtbot):
    panel, session, _ = make_panel(qtbot, state(pixel=(0, 0)))
    click(panel.ui.neighbours, panel.ui.neighbours.cell(-1, 0).center().toPoint())
    assert session.state.pixel == (0, 0)


def test_neighbours_slopes_are_least_squares():
    rng = np.random.default_rng(3)
    ramps = rng.normal(size=(12, 3, 3)).cumsum(axis=0)
    wanted = [[np.polyfit(np.arange(8), ramps[2:10, j, i], 1)[0] for i in range(3)] for j in range(3)]
    np.testing.assert_allclose(neighbours_box.slopes(ramps, 3, 10), wanted)


# all integrations


def test_in_a_narrow_panel_the_numbers_of_a_pin_are_seen_to_be_there(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    panel.resize(380, 700)
    session.toggle_pin(20, 5)
    QApplication.processEvents()
    table = panel.ui.numbers
    assert table.columnViewportPosition(1) < 0.75 * table.viewport().width()


def test_click_on_a_slope_goes_to_its_integration(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_ramp(show="slopes")
    session.go_to(group=6)
    session.set_difference("other", Frame("a", "SCI", 1, 2))
    plot = panel.ui.overview
    QApplication.processEvents()
    place = Point(plot, plot.plot)(4.1)
    QTest.mouseMove(plot.viewport(), place)
    click(plot.viewport(), place)
    assert session.state.frame.integration == 4
    assert session.state.difference.other == Frame("a", "SCI", 4, 2), "what is subtracted goes along"
    assert plot.marker.value() == 4
    slopes = overview("a", ramp.Params(10, 12), 5, 20).slope
    np.testing.assert_allclose(plot.points.getData()[1], slopes)


def test_slopes_against_time(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_ramp(show="slopes", x_axis="time")
    assert panel.ui.overview.plot.getAxis("bottom").labelText == "time (MJD UTC − 59800, days)"
    np.testing.assert_allclose(panel.ui.overview.points.getData()[0], 0.25 + np.arange(1, 6) * 1e-3)


def test_overlay_of_a_few_is_every_ramp(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_ramp(show="overlay")
    _, y = panel.ui.overview.lines.getData()
    np.testing.assert_allclose(y.reshape(5, 20), [signal(10, 12, i, 20) for i in range(1, 6)])
    assert panel.ui.overview.lines.opts["connect"].reshape(5, 20)[:, -1].tolist() == [0] * 5
    session.go_to(integration=3)
    np.testing.assert_allclose(panel.ui.overview.current.getData()[1], signal(10, 12, 3, 20))


def test_click_on_a_ramp_of_the_overlay_goes_to_it(qtbot):
    panel, session, _ = make_panel(qtbot, state(exposure(nints=30)))
    session.set_ramp(show="overlay")
    QApplication.processEvents()
    plot = panel.ui.overview
    click(plot.viewport(), Point(plot, plot.plot)(15, signal(10, 12, 23, 20)[14]))
    chosen = session.state.frame.integration
    ends = [abs(signal(10, 12, i, 20)[14] - signal(10, 12, 23, 20)[14]) for i in range(1, 31)]
    pixel_height = float(np.diff(plot.plot.vb.viewRange()[1])[0] / plot.plot.vb.height())
    assert ends[chosen - 1] < 2 * pixel_height


def test_overlay_of_thousands_is_percentile_bands(qtbot):
    panel, session, _ = make_panel(qtbot, state(exposure(nints=900)))
    session.set_ramp(show="overlay")
    assert not panel.ui.overview.lines.isVisible()
    assert all(item.isVisible() for item in panel.ui.overview.bands)
    rng = np.random.default_rng(5)
    ramps = rng.normal(size=(1000, 4))
    ramps[0, 2] = np.nan
    low, high = ramp_overview.bands(ramps)[2]
    np.testing.assert_allclose(low, np.nanpercentile(ramps, 16, axis=0))
    np.testing.assert_allclose(high, np.nanpercentile(ramps, 84, axis=0))


def test_a_late_overview_of_another_pixel_is_not_drawn(qtbot):
    panel, session, loader = make_panel(qtbot, state())
    session.set_ramp(show="slopes")
    shown = panel.ui.overview.points.getData()[1]
    loader.overview.emit(overview("a", ramp.Params(1, 1), 5, 20))
    np.testing.assert_array_equal(panel.ui.overview.points.getData()[1], shown)


# compare and script


def test_compare_menu_lists_the_other_ramps(qtbot):
    panel, session, _ = make_panel(qtbot, state(exposure("a"), exposure("b"), exposure("r", ngroups=1, kind="rate")))
    menu = panel.ui.compare_menu
    menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()] == [exposure("b").name]
    menu.actions()[0].trigger()
    assert session.state.ramp.compare == ("b",)
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    assert session.state.ramp.compare == ()


def test_script_is_shown_and_copied(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    assert panel.ui.script.line.text().startswith("detgui ramp")
    click(panel.ui.script.copy, QPoint(6, 8))
    assert QGuiApplication.clipboard().text() == panel.ui.script.line.text()
    panel.ui.script.copy_python()
    assert QGuiApplication.clipboard().text().startswith("from detgui.analysis import ramp")


def test_a_loader_without_a_word_leaves_the_panel_alone(qtbot):
    panel, session, loader = make_panel(qtbot, SessionState())
    assert isinstance(loader, FakeLoader)
    loader.ramps.emit(())
    loader.overview.emit(None)
    session.set_ramp(show="overlay")
    panel.copy_table()
    panel.ask_export("png")
    assert panel.ui.message.text() == "The ramp of a pixel is shown here once a file is open"
