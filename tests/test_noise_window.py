"""The noise tab in the window, with mouse and keys: guide, run, compare, regions as masks."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from mouse_help import drag
from noise_window_help import PATIENCE, by_hand, page_of, press, step_child, typed
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from step_help import write_bots
from window_help import opened

from detgui.analysis.step_forms import FormField
from detgui.gui.noise.guide import ISSUES
from detgui.gui.noise.pages import PAGES
from detgui.gui.noise.sweep_page import choices
from detgui.science.regions import Rectangle, Region
from detgui.session.noise import TAB
from detgui.session.noise_options import settings_of
from detgui.session.state import Frame


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    return write_bots(tmp_path_factory.mktemp("bots"))


@pytest.fixture(scope="module")
def child(tmp_path_factory):
    with step_child(tmp_path_factory.mktemp("child")) as one:
        yield one


@pytest.fixture
def tab(qtbot, make_window, bots, child, tmp_path):
    """A window with rates and the noise tab in front, results going to a folder of their own."""
    window = make_window(bots.rateints, panels=True)
    opened(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    panel = window.tabs.currentWidget()
    assert window.parts.session.state.tab == TAB
    window.parts.session.set_noise(folder=tmp_path)
    qtbot.waitUntil(lambda: window.image_panel.is_drawn and window.image_panel.answer is not None, timeout=PATIENCE)
    yield window, panel
    qtbot.waitUntil(lambda: not panel.maker._tasks, timeout=PATIENCE)  # a child that is killed has to be started again


def run_page(qtbot, panel):
    """The Run page with its form and references known."""
    page = page_of(panel, "Run")
    qtbot.waitUntil(lambda: bool(page.form.fields) and panel.maker.outlook is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: panel.maker.outlook.references is not None or bool(panel.maker.outlook.trouble), timeout=PATIENCE)
    QApplication.processEvents()
    return page


def compared(qtbot, panel):
    """The Compare page once it has opened by itself and has compared."""
    state = panel.context.session.state
    qtbot.waitUntil(lambda: panel.context.session.state.noise.page == "Compare", timeout=PATIENCE)
    assert state.noise is not None
    qtbot.waitUntil(lambda: panel.page.result is not None, timeout=PATIENCE)
    QApplication.processEvents()
    return panel.page


def test_every_page_is_listed_once():
    assert len({row.title for row in PAGES}) == len(PAGES)


def test_pages_of_the_guide_exist_and_its_recipes_are_settings_of_their_steps(child):
    from detgui.analysis import steps

    titles = {row.title for row in PAGES}
    for issue in ISSUES:
        assert issue.page in titles
        assert issue.recipes or issue.link in titles
        for recipe in issue.recipes:
            for step, given in recipe.steps.items():
                steps.form(step, child).checked(given)
    assert {issue.number for issue in ISSUES if issue.number} == {"NS-G03", "NS-G06", "NS-G09"}


def test_the_guide_fills_the_form_and_runs_nothing(qtbot, tab):
    window, panel = tab
    guide = panel.page
    card = next(each for each in guide.cards if each.issue.title.startswith("Stripes"))
    press(card.buttons["Try: By amplifier"])
    state = window.parts.session.state
    assert (state.noise.page, state.noise.steps) == ("Run", ("clean_flicker_noise",))
    assert settings_of(state.noise, "clean_flicker_noise") == {"fit_by_channel": "true"}
    page = run_page(qtbot, panel)
    assert page.form.fields["fit_by_channel"].editor.isChecked()
    assert page.form.fields["fit_by_channel"].back.isVisible()
    assert not page.form.fields["autoparam"].back.isVisible()
    assert "--set fit_by_channel=true" in page.script.line.text()
    assert "1 of 14 changed" in page.form.count.text()
    assert not panel.maker.busy
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert settings_of(window.parts.session.state.noise, "clean_flicker_noise") == {}


def test_see_opens_the_diagnosis(tab):
    window, panel = tab
    card = next(each for each in panel.page.cards if each.issue.number == "NS-G06")
    press(card.buttons["See: Columns"])
    assert window.parts.session.state.noise.page == "Columns"


def test_what_is_typed_is_checked_and_reset(qtbot, tab):
    window, panel = tab
    page = run_page(qtbot, panel)
    field = page.form.fields["n_sigma"]
    page.form.area.ensureWidgetVisible(field)
    typed(field.editor, "many")
    assert "n_sigma is a number" in page.outlook.text()
    assert not page.run.isEnabled()
    typed(field.editor, "3.5")
    noise = window.parts.session.state.noise
    assert settings_of(noise, "clean_flicker_noise") == {"n_sigma": "3.5"}
    assert "n_sigma" in page.outlook.text() or "Takes about" in page.outlook.text() or "looking" in page.outlook.text()
    press(field.back)
    assert settings_of(window.parts.session.state.noise, "clean_flicker_noise") == {}
    assert field.editor.text() == "2.0"
    typed(field.editor, "2")  # the default in other words is no change
    assert settings_of(window.parts.session.state.noise, "clean_flicker_noise") == {}


def test_the_wheel_over_a_choice_scrolls_the_form(qtbot, tab):
    _, panel = tab
    page = run_page(qtbot, panel)
    choices = page.form.fields["fit_method"].editor
    before = choices.currentText()
    QTest.mouseMove(choices)
    from PySide6.QtGui import QWheelEvent

    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(choices.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(choices, wheel)
    assert choices.currentText() == before


def test_help_of_a_setting_is_said(qtbot, tab):
    _, panel = tab
    page = run_page(qtbot, panel)
    page.form.fields["n_sigma"].editor.setFocus()
    QApplication.processEvents()
    assert "Clipping level" in page.form.help.text()
    assert "default 2.0" in page.form.help.text()
    assert "Clipping level" in page.form.fields["n_sigma"].editor.toolTip()


def test_a_setting_is_found_by_its_name_or_help(qtbot, tab):
    _, panel = tab
    page = run_page(qtbot, panel)
    QTest.keyClicks(page.form.search, "clipping")
    QApplication.processEvents()
    assert {name for name, field in page.form.fields.items() if field.isVisible()} == {"n_sigma"}


def test_steps_are_added_in_the_order_of_the_pipeline(qtbot, tab):
    window, panel = tab
    page = run_page(qtbot, panel)
    page.picker._fill()
    actions = {action.data(): action for action in page.picker.menu.actions() if action.data()}
    assert not actions["jump"].isEnabled()  # takes ramps
    assert not actions["reset"].isEnabled()  # MIRI
    actions["pixel_replace"].trigger()
    actions["gain_scale"].trigger()
    assert window.parts.session.state.noise.steps == ("clean_flicker_noise", "gain_scale", "pixel_replace")
    press(page.picker.buttons["clean_flicker_noise"])
    qtbot.waitUntil(lambda: "n_sigma" in page.form.fields, timeout=PATIENCE)
    assert page.keep.isVisible()


def test_a_missing_reference_is_said_and_chosen_by_hand(qtbot, tab, bots):
    window, panel = tab
    page = run_page(qtbot, panel)
    window.parts.exposures.open([bots.ramp])
    opened(qtbot, window, 2)
    window.parts.session.set_noise(steps=("jump",), step="jump", references=by_hand(bots.references, "readnoise"))
    qtbot.waitUntil(lambda: "jump finds no gain reference" in page.outlook.text(), timeout=PATIENCE)
    assert not page.run.isEnabled()
    assert page.table.selected.type == "gain"
    page.table.take([bots.references["gain"]])
    qtbot.waitUntil(lambda: page.run.isEnabled() and page.table.rows.item(0, 1).text() == "by hand", timeout=PATIENCE)
    assert window.parts.session.state.noise.references == by_hand(bots.references, "readnoise", "gain")
    press(page.table.automatic)
    qtbot.waitUntil(lambda: page.table.rows.item(0, 1).text() == "missing", timeout=PATIENCE)
    page.table.take([bots.references[name] for name in ("gain", "readnoise")])
    qtbot.waitUntil(lambda: page.table.rows.item(0, 1).text() == "by hand", timeout=PATIENCE)
    assert {each.type for each in window.parts.session.state.noise.references} == {"gain", "readnoise"}


def test_run_shows_log_and_status_and_the_comparison_opens(qtbot, tab, tmp_path):
    window, panel = tab
    page = run_page(qtbot, panel)
    assert "Takes about" in page.outlook.text() and "are free" in page.outlook.text()
    press(page.run)
    qtbot.waitUntil(lambda: page.cancel.isVisible(), timeout=PATIENCE)
    compare = compared(qtbot, panel)
    assert "instance created" in page.log.toPlainText()
    state = window.parts.session.state
    assert state.current.paths[0].parent == tmp_path
    keys = {change.key for change in compare.result.changes}
    assert {"background", "one_over_f", "pixel_noise"} <= keys
    assert compare.rows.item(0, 0).text().startswith("Level of the background")
    assert compare.verdict.text()
    assert not compare.plot.plots[1].isVisible()
    assert "Click a pixel" in compare.notes.text()
    state = window.parts.session.state
    window.parts.session.choose_pixel(40, 12)
    qtbot.waitUntil(lambda: compare.plot.plots[1].isVisible(), timeout=PATIENCE)  # two integrations
    assert "Click" not in compare.notes.text()
    page = page_of(panel, "Run")
    assert "clean_flicker_noise: COMPLETE" in page.ended.text()
    assert page.compare.isVisible()


def test_split_line_follows_the_mouse(qtbot, tab):
    window, panel = tab
    page = run_page(qtbot, panel)
    press(page.run)
    compare = compared(qtbot, panel)
    split = compare.modes.split
    qtbot.waitUntil(split.line.isVisible, timeout=PATIENCE)
    view = window.image_panel.view
    ny, nx = split.part.indices.shape
    y, x0, x1 = ny / 3 + 0.3, split.line.value(), nx / 4
    start, end = (view.mapFromScene(view.box.mapViewToScene(QPointF(x, y))) for x in (x0, x1))
    drag(view, start, end)
    assert split.line.value() == pytest.approx(x1, abs=2.0)
    assert split.part.split == split.line.value()
    assert split.other.exposure == window.parts.session.state.noise.before


def test_blink_difference_and_back(qtbot, tab):
    window, panel = tab
    page = run_page(qtbot, panel)
    press(page.run)
    compare = compared(qtbot, panel)
    session, modes = window.parts.session, compare.modes
    before, after = session.state.noise.before, session.state.noise.after
    press(modes.buttons["difference"])
    assert session.state.difference.other == Frame(before, "SCI", 1, 1)
    session.step_integration(1)
    assert session.state.difference.other == Frame(before, "SCI", 2, 1)  # the other one follows
    press(modes.buttons["blink"])
    assert session.state.difference.mode == "none"
    assert session.state.blink.on and session.state.blink.other == Frame(before, "SCI", 2, 1)
    press(modes.buttons["beside"])
    assert session.state.frame.exposure == before
    assert session.state.blink.other == Frame(after, "SCI", 2, 1)  # on the right
    press(modes.buttons["before"])
    assert not session.state.blink.on
    assert session.state.frame.exposure == before
    press(modes.buttons["split"])
    assert session.state.frame.exposure == after
    qtbot.waitUntil(modes.split.line.isVisible, timeout=PATIENCE)
    page_of(panel, "Guide")
    qtbot.waitUntil(lambda: not modes.split.line.isVisible(), timeout=PATIENCE)
    session.choose_pixel(40, 12)
    page_of(panel, "Compare")
    session.choose_pixel(41, 12)
    qtbot.waitUntil(lambda: compare.pixel is not None and compare.pixel.x == 41, timeout=PATIENCE)
    for key, (_, values) in ((before, compare.pixel.first), (after, compare.pixel.second)):
        with fits.open(session.state.exposure(key).paths[0]) as hdus:
            np.testing.assert_allclose(values, hdus["SCI"].data[:, 12, 41], rtol=1e-6)


def test_a_region_becomes_the_mask_of_a_run(qtbot, tab):
    window, panel = tab
    page = run_page(qtbot, panel)
    assert not page.regions.isEnabled()
    window.parts.session.add_regions([Region(Rectangle(60.0, 27.0, 100.0, 6.0), "", "background")])
    QApplication.processEvents()
    press(page.regions)
    compared(qtbot, panel)
    mask = settings_of(window.parts.session.state.noise, "clean_flicker_noise")["user_mask"]
    expected = np.zeros((32, 128))
    expected[24:30, 10:110] = 1
    np.testing.assert_array_equal(fits.getdata(mask, "SCI"), expected)
    assert panel.maker.result.results[0][0].params.settings == {"user_mask": mask}
    page = page_of(panel, "Run")
    assert "measures 1/f noise on 15 % of the image" in page.outlook.text()
    window.parts.session.set_noise(settings=())
    assert "measures" not in page.outlook.text()


def test_cancel_ends_the_run_at_once(qtbot, tab, tmp_path):
    window, panel = tab
    page = run_page(qtbot, panel)
    window.parts.session.set_noise(steps=("clean_flicker_noise", "pixel_replace"))
    panel.maker.compute()
    qtbot.waitUntil(lambda: page.cancel.isVisible(), timeout=PATIENCE)
    press(page.cancel)
    qtbot.waitUntil(lambda: not panel.maker.busy, timeout=3000)
    assert "Cancelled" in page.ended.text()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_results_is_there_again(qtbot, tab, make_window, bots, tmp_path):
    window, panel = tab
    qtbot.waitUntil(lambda: not panel.maker._tasks, timeout=PATIENCE)  # nobody hears their end when the window is gone
    window.shut()
    again = make_window(bots.rateints, panels=True)
    opened(qtbot, again)
    QTest.keyClick(again, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert again.parts.session.state.noise.folder == tmp_path
    again.parts.session.set_noise(folder=None)
    assert again.parts.settings.get("folder of steps") is None


def test_the_comparison_is_made_in_advance_while_a_person_looks_at_the_run_page(qtbot, tab):
    _, panel = tab
    shown = run_page(qtbot, panel)
    qtbot.waitUntil(lambda: "Compare" in panel._built, timeout=PATIENCE)
    assert panel.page is shown
    assert not panel._built["Compare"].isVisible()
    assert page_of(panel, "Compare") is panel._built["Compare"]


def test_all_values_of_a_setting_that_has_few_are_swept_the_default_first():
    assert choices(FormField("single_mask", "boolean", True)) == ("true", "false")
    assert choices(FormField("fit_method", "option", "median", ("fft", "median"))) == ("median", "fft")
    assert choices(FormField("n_sigma", "float", 2.0)) == ()


def test_a_sweep_of_a_choice_by_mouse(qtbot, tab, tmp_path):
    window, panel = tab
    run_page(qtbot, panel)
    page = page_of(panel, "Sweep")
    assert page.setting.currentText() == "n_sigma"  # the first number
    window.parts.session.set_noise(sweep="single_mask")
    assert page.values.placeholderText() == "true, false"
    press(page.run)
    qtbot.waitUntil(lambda: page.found("sweep") is not None, timeout=PATIENCE)
    assert [row.value for row in page.found("sweep").rows] == ["true", "false"]
    assert [row.status for row in page.found("sweep").rows] == ["COMPLETE", "COMPLETE"]
    assert {path.name.rpartition("_single_mask-")[2] for path in tmp_path.glob("*.fits")} == {
        f"{value}_clean_flicker_noise.fits" for value in ("true", "false")
    }
    page.rows.selectRow(1)
    press(page.show_one)
    compare = compared(qtbot, panel)
    assert compare.result.names[1].endswith("single_mask-false_clean_flicker_noise")
