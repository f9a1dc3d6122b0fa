"""The two plots: what is drawn where, and the boundary N under the mouse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mouse_help import drag
from panel_help import READ_NOISE, ZERO, Point, exposure, make_panel, signal, state
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.gui.ramp import group_flags
from detgui.gui.ramp.ramp_trace import links


def test_flags_choose_the_look():
    dq = np.array([0, 4, 2, 1, 64, 2 | 4, 1 | 2, 1 | 4], dtype=np.uint32)
    names = [group_flags.STYLES[i].name for i in group_flags.classify(dq)]
    assert names == ["good", "JUMP_DET", "SATURATED", "DO_NOT_USE", "other flag", "SATURATED", "SATURATED", "JUMP_DET"]
    assert len({style.symbol for style in group_flags.STYLES}) == len(group_flags.STYLES)
    assert group_flags.flag_names(5) == "DO_NOT_USE JUMP_DET"


def test_points_and_lines_are_the_results(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    trace, result = panel.ui.plot.chosen, panel.chosen.result
    np.testing.assert_array_equal(trace.points.getData()[1], signal(10, 12, 1, 20))
    # independent of the code under test: the early line through the first N groups
    n = result.fit_groups[1]
    slope, intercept = np.polyfit(np.arange(1, n + 1), signal(10, 12, 1, 20)[:n], 1)
    np.testing.assert_allclose(trace.early.getData()[1], intercept + slope * np.arange(1, 21))
    np.testing.assert_allclose(trace.left.getData()[1], signal(10, 12, 1, 20) - intercept - slope * np.arange(1, 21), atol=1e-6)


def test_bars_of_the_residual_are_the_read_noise_of_a_group(qtbot):
    panel, session, loader = make_panel(qtbot, state())
    trace = panel.ui.plot.chosen
    assert trace.left_bars.isVisible()
    np.testing.assert_allclose(trace.left_bars.opts["height"], READ_NOISE)  # from half below to half above, of 4 averaged reads
    np.testing.assert_allclose(trace.left_bars.opts["y"], trace.left.getData()[1])
    session.toggle_pin(20, 5)
    assert not panel.ui.plot._others[0].left_bars.isVisible(), "bars of several ramps could not be told apart"
    (answer, *_) = panel._answers
    loader.ramps.emit((replace(answer, result=replace(answer.result, group_read_noise=np.nan)),))
    assert not trace.left_bars.isVisible()


def test_the_early_line_is_solid_to_n_and_dashed_beyond(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_fit_last(8)
    trace = panel.ui.plot.chosen
    early, beyond = trace.early.opts["connect"], trace.beyond.opts["connect"]
    assert np.flatnonzero(early).tolist() == list(range(7))
    assert np.flatnonzero(beyond).tolist() == list(range(7, 19))
    assert trace.early.opts["pen"].style() == Qt.PenStyle.SolidLine
    assert trace.beyond.opts["pen"].style() == Qt.PenStyle.DashLine


def test_lines_break_where_a_jump_starts_a_segment(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    result = replace(panel.chosen.result, segment_starts=(1, 6))
    assert links(result, np.ones(20, dtype=bool)).tolist() == [1] * 4 + [0] + [1] * 14 + [0]


def test_groups_that_were_left_out_are_hollow(qtbot):
    panel, _, _ = make_panel(qtbot, state(pixel=(20, 5)))
    plot = panel.ui.plot
    spots = plot.chosen.points.points()
    filled = [spot.brush().color() != plot.theme.background for spot in spots]
    assert filled == [False] + [True] * 13 + [False] * 6
    symbols = [spot.symbol() for spot in spots]
    assert symbols[0] == "x"
    assert symbols[6] == "t1"
    assert set(symbols[14:]) == {"s"}
    shown = [label.text for _, label in plot.legend.items]
    assert shown == ["good", "JUMP_DET", "SATURATED", "DO_NOT_USE"]


def test_no_legend_where_all_is_good(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    assert not panel.ui.plot.legend.isVisible()


def test_dragging_n_moves_the_fit_live_and_is_one_undo(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    plot = panel.ui.plot
    at = Point(plot, plot.ramp)
    ruled = panel.chosen.result.fit_groups[1]
    seen = []
    session.changed.connect(lambda _old, new: seen.append(new.ramp.fit_last))
    drag(plot, at(ruled + 0.5), at(6.4))
    assert session.state.ramp.fit_last == 6
    assert panel.chosen.result.fit_groups == (1, 6)
    assert plot.boundary.value() == pytest.approx(6.5)
    assert plot.boundary_below.value() == pytest.approx(6.5)
    assert np.flatnonzero(plot.chosen.early.opts["connect"]).tolist() == list(range(5))
    assert len(set(seen)) > 3, "the fit must follow the mouse, not wait for the release"
    session.undo()
    assert session.state.ramp.fit_last is None
    assert plot.boundary.value() == pytest.approx(ruled + 0.5)
    assert session.undo_text == ""


def test_n_stops_at_the_ends(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    plot = panel.ui.plot
    at = Point(plot, plot.ramp)
    drag(plot, at(panel.chosen.result.fit_groups[1] + 0.5), at(0.5))
    assert session.state.ramp.fit_last == 2
    drag(plot, at(2.5), at(20.8))
    assert session.state.ramp.fit_last == 20


def test_double_click_on_the_line_takes_the_rule_again(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_fit_last(7)
    plot = panel.ui.plot
    place = Point(plot, plot.ramp)(7.5)
    QTest.mouseMove(plot.viewport(), place)
    for send in (QTest.mousePress, QTest.mouseRelease, QTest.mouseDClick, QTest.mouseRelease):
        send(plot.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert session.state.ramp.fit_last is None


def test_drag_on_the_time_axis(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_ramp(x_axis="time")
    plot = panel.ui.plot
    at = Point(plot, plot.ramp)
    n = panel.chosen.result.fit_groups[1]
    drag(plot, at((n + 0.5) * 0.9), at(5.4 * 0.9))
    assert session.state.ramp.fit_last == 5
    assert plot.boundary.value() == pytest.approx(5.5 * 0.9)
    assert "s" in plot.residual.getAxis("bottom").labelText


def test_both_plots_share_the_axis_and_the_left_edge(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    plot = panel.ui.plot
    plot.ramp.setXRange(3, 9, padding=0)
    QApplication.processEvents()
    assert plot.residual.vb.viewRange()[0] == pytest.approx([3, 9], abs=0.1)
    edges = [p.vb.sceneBoundingRect().left() for p in (plot.ramp, plot.residual)]
    assert edges[0] == pytest.approx(edges[1])


def test_wheel_zooms_and_the_next_pixel_keeps_the_groups(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    plot = panel.ui.plot
    before = np.diff(plot.ramp.vb.viewRange()[0])
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    place = QPointF(Point(plot, plot.ramp)(4.0))
    event = QWheelEvent(
        place, QPointF(plot.viewport().mapToGlobal(place.toPoint())), QPoint(0, 0), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)
    zoomed = plot.ramp.vb.viewRange()[0]
    assert np.diff(zoomed) < before
    session.choose_pixel(15, 12)
    assert plot.ramp.vb.viewRange()[0] == pytest.approx(zoomed)
    panel.deeds.whole.trigger()
    assert np.diff(plot.ramp.vb.viewRange()[0]) == pytest.approx(before)


def test_a_wild_group_that_must_not_be_used_does_not_squeeze_the_plot(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    result = panel.chosen.result
    wild, dq = result.signal.copy(), result.groupdq.copy()
    wild[3], dq[3] = 4e7, 1
    used = result.used.copy()
    used[3] = False
    panel.ui.plot.show_ramps(replace(result, signal=wild, groupdq=dq, used=used), [], "group")
    assert panel.ui.plot.ramp.vb.viewRange()[1][1] < 30000


def test_two_groups_say_so(qtbot):
    panel, _, _ = make_panel(qtbot, state(exposure(ngroups=2)))
    assert panel.ui.plot.slope_text.toPlainText() == "two groups: no residual"
    assert "two groups: no residual" in panel.ui.numbers.tsv()


def test_late_slope_is_written_beside_its_line(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.set_fit_last(10)
    late = panel.chosen.result.late_slope
    assert panel.ui.plot.slope_text.toPlainText() == f"after N: {late:.1f} ± 2.2 DN/group"


def test_items_are_kept_between_pixels(qtbot):
    panel, session, _ = make_panel(qtbot, state())
    session.toggle_pin(11, 12)
    session.toggle_pin(12, 12)
    before = [id(item) for plot in (panel.ui.plot.ramp, panel.ui.plot.residual) for item in plot.items]
    for x in range(13, 20):
        session.choose_pixel(x, 12)
    assert [id(item) for plot in (panel.ui.plot.ramp, panel.ui.plot.residual) for item in plot.items] == before
    session.clear_pins()
    assert not any(trace.points.isVisible() for trace in panel.ui.plot._others)


def test_palette_change_recolours(qtbot):
    from detgui.gui.window import theme

    panel, _, _ = make_panel(qtbot, state())
    for dark in (True, False):
        panel.setPalette(theme.palette(dark))
        QApplication.processEvents()
        lightness = panel.ui.plot.chosen.points.points()[0].brush().color().lightnessF()
        assert (lightness > 0.5) == dark


def test_saturation_and_the_level_of_the_rule_are_lines(qtbot):
    panel, _, _ = make_panel(qtbot, state())
    plot, result = panel.ui.plot, panel.chosen.result
    assert not plot.saturation.isVisible()
    assert plot.level.value() == ZERO + 10_000
    plot.show_ramps(replace(result, saturation=15_500.0), [], "group")
    assert plot.saturation.isVisible()
    assert plot.saturation.value() == 15_500
    assert plot.saturation.label.toPlainText() == "saturation 15500 DN"
    assert plot.boundary.label.toPlainText() == f"N = {result.fit_groups[1]}"


@pytest.mark.filterwarnings("error")
def test_a_pixel_without_a_single_number_is_drawn_as_nothing(qtbot):
    panel, session, loader = make_panel(qtbot, state())
    result = panel.chosen.result
    nothing, none = np.full(20, np.nan), np.zeros(20, dtype=bool)
    nan = float("nan")
    names = (
        "zero_level",
        "intercept",
        "intercept_err",
        "slope",
        "slope_err",
        "slope_per_s",
        "slope_per_s_err",
        "late_slope",
        "late_slope_err",
    )
    empty = replace(
        result, signal=nothing, fit=nothing, residual=nothing, late_line=nothing, signal_err=nothing, used=none, late=none,
        chi2=nan, probability=nan, **dict.fromkeys(names, nan),
    )  # fmt: skip
    loader.ramps.emit((replace(panel.chosen, result=empty, neighbours=np.full((20, 3, 3), np.nan)),))
    QApplication.processEvents()
    assert len(panel.ui.plot.chosen.points.getData()[0]) == 0
    assert "slope\t–" in panel.ui.numbers.tsv()
    session.choose_pixel(11, 11)
    assert len(panel.ui.plot.chosen.points.getData()[0]) == 20


def test_a_point_says_what_it_is(qtbot):
    panel, _, _ = make_panel(qtbot, state(pixel=(20, 5)))
    said = panel.ui.plot.chosen._describe(0.0, 0.0, 15)
    assert said.startswith(f"group 16, 14.4 s: {signal(20, 5, 1, 20)[15]:.6g}"[:24])
    assert "SATURATED" in said
    assert "left out" in said
