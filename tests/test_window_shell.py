"""The main window: opening by name, by drop and from the recent files; keys; themes; troubles; closing while work runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox
from window_help import PATIENCE, opened

from detgui import app
from detgui.gui.window.actions import ROWS
from detgui.gui.window.main_window import MainWindow
from detgui.gui.window.panels import PANELS
from detgui.session.requests import Trouble
from detgui.start import Start


def copy_of(flight_ramp: Path, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(flight_ramp.read_bytes())
    return path


def drop(window: MainWindow, *paths: Path) -> QDropEvent:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), Qt.DropAction.CopyAction, mime, buttons, modifiers)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, mime, buttons, modifiers)
    QApplication.sendEvent(window, event)
    return event


# Opening


def test_nothing_open_welcomes(make_window):
    window = make_window()
    assert window.centre.currentWidget() is window.welcome
    assert not window.welcome.reopen_button.isVisible()


def test_file_of_the_command_line_is_shown(qtbot, make_window, flight_ramp):
    window = make_window(flight_ramp, pixel=(61, 70), integration=4, group=2)
    opened(qtbot, window)
    qtbot.waitUntil(lambda: window.image_panel is not None and window.centre.currentWidget() is window.image_panel, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.image_panel.answer is not None, timeout=PATIENCE)
    state = window.parts.session.state
    assert (state.frame.integration, state.frame.group, state.pixel) == (4, 2, (61, 70))
    assert state.current.name in window.windowTitle()
    assert window.tabs.count() == len(PANELS)


def test_image_that_came_before_its_panel_is_shown(qtbot, flight_ramp):
    """The image may be read before the modules that show it are imported."""
    app.application()
    window = app.build_window(Start(files=(flight_ramp,)))
    try:
        app.open_asked(window, Start(files=(flight_ramp,)))
        with qtbot.waitSignal(window.parts.loader.image, timeout=PATIENCE, check_params_cb=lambda answer: answer is not None):
            pass
        assert window.image_panel is None
        window.build_panels()
        qtbot.waitUntil(lambda: window.image_panel.answer is not None, timeout=PATIENCE)
    finally:
        window.close()
        window.deleteLater()


def test_pixel_that_is_not_there_is_told(qtbot, make_window, flight_ramp):
    window = make_window(flight_ramp, pixel=(400, 3))
    opened(qtbot, window)
    qtbot.waitUntil(lambda: window.troubles.box is not None, timeout=PATIENCE)
    assert "no pixel 400, 3" in window.troubles.box.text()
    window.troubles.box.close()


def test_drop_opens_and_list_shows_each(qtbot, make_window, flight_ramp, tmp_path):
    one = copy_of(flight_ramp, tmp_path, "jw01019001001_03101_00001_guider2_uncal.fits")
    two = copy_of(flight_ramp, tmp_path, "jw01019001001_03101_00002_guider2_uncal.fits")
    window = make_window()
    drop(window, one)
    opened(qtbot, window, 1)
    drop(window, two)
    opened(qtbot, window, 2)
    tree = window.exposure_list
    assert [tree.topLevelItem(i).text(0) for i in range(2)] == [path.name.removesuffix("_uncal.fits") for path in (one, two)]
    child = tree.topLevelItem(0).child(0)
    assert (child.text(0), child.text(1)) == ("uncal", "6×2×128×128")
    assert str(one) in child.toolTip(0)


def test_catalogs_go_to_the_offsets_tab_and_the_rest_opens(qtbot, make_window, flight_ramp, tmp_path):
    table = tmp_path / "epoch1_f150w_cat.ecsv"
    table.write_text("# not read before Measure\n")
    window = make_window(panels=True)
    drop(window, table, flight_ramp)
    opened(qtbot, window, 1)
    state = window.parts.session.state
    assert (state.tab, [each.path for each in state.offsets.files]) == ("Offsets", [table])
    assert not window.troubles.box or not window.troubles.box.isVisible()


def test_a_tab_chosen_before_the_panels_are_built_stays_in_front(make_window, tmp_path):
    table = tmp_path / "one.csv"
    table.write_text("ra,dec\n")
    window = make_window()
    drop(window, table)
    window.build_panels()
    assert window.tabs.tabText(window.tabs.currentIndex()) == window.parts.session.state.tab == "Offsets"


def test_keyboard_in_the_list_shows_the_other_exposure(qtbot, make_window, flight_ramp, tmp_path):
    names = ["jw01019001001_03101_00001_guider2_uncal.fits", "jw01019001001_03101_00002_guider2_uncal.fits"]
    window = make_window(*(copy_of(flight_ramp, tmp_path, name) for name in names))
    opened(qtbot, window, 2)
    tree, session = window.exposure_list, window.parts.session
    assert session.state.current.name == names[0].removesuffix(".fits")
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_End)
    assert session.state.current.name == names[1].removesuffix(".fits")
    assert tree.currentItem() is tree.topLevelItem(1).child(0)
    qtbot.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert session.state.current.name == names[0].removesuffix(".fits")
    assert tree.currentItem() is tree.topLevelItem(0).child(0)


def test_context_menu_puts_one_beside_the_other(qtbot, make_window, flight_ramp, tmp_path):
    names = ["jw01019001001_03101_00001_guider2_uncal.fits", "jw01019001001_03101_00002_guider2_uncal.fits"]
    window = make_window(*(copy_of(flight_ramp, tmp_path, name) for name in names))
    opened(qtbot, window, 2)
    session = window.parts.session
    first, second = session.state.exposures
    tree = window.exposure_list
    place = tree.visualItemRect(tree.topLevelItem(1).child(0)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.RightButton, pos=place)
    assert session.state.frame.exposure == first.key  # asking what can be done with it does not show it
    tree.customContextMenuRequested.emit(place)
    (menu,) = (each for each in tree.findChildren(QMenu) if each.isVisible())
    entries = {action.text(): action for action in menu.actions()}
    entries["Compare in the ramp panel"].trigger()
    assert session.state.ramp.compare == (second.key,)
    entries["Subtract from the shown image"].trigger()
    assert session.state.difference.other.exposure == second.key
    entries["Copy path"].trigger()
    assert QApplication.clipboard().text() == str(tmp_path / names[1])
    entries["Close"].trigger()
    assert session.state.exposures == (first,)
    assert session.state.ramp.compare == ()


def test_recent_files_are_remembered(qtbot, make_window, flight_ramp, tmp_path):
    path = copy_of(flight_ramp, tmp_path, "jw01019001001_03101_00001_guider2_uncal.fits")
    window = make_window(path)
    opened(qtbot, window)
    window.close()
    again = make_window()
    assert again.parts.recent.paths() == [path]
    again.commands._recent_menu.aboutToShow.emit()
    (entry,) = again.commands._recent_menu.actions()
    assert path.name in entry.text()
    entry.trigger()
    opened(qtbot, again)
    assert again.parts.session.state.exposures[0].paths == (path,)


def test_last_session_is_offered_not_opened(qtbot, make_window, flight_ramp, tmp_path):
    path = copy_of(flight_ramp, tmp_path, "jw01019001001_03101_00001_guider2_uncal.fits")
    window = make_window(path)
    opened(qtbot, window)
    window.parts.session.choose_pixel(7, 9)
    window.close()
    again = make_window()
    qtbot.waitUntil(again.welcome.reopen_button.isVisible)
    assert again.parts.session.state.exposures == ()
    qtbot.mouseClick(again.welcome.reopen_button, Qt.MouseButton.LeftButton)
    opened(qtbot, again)
    qtbot.waitUntil(lambda: again.parts.session.state.pixel == (7, 9), timeout=PATIENCE)


# Troubles


def test_bad_files_are_told_in_one_dialog_and_the_rest_opens(qtbot, make_window, flight_ramp, tmp_path):
    bad = []
    for number in range(3):
        path = tmp_path / f"broken{number}.fits"
        path.write_bytes(b"no FITS at all")
        bad.append(path)
    window = make_window()
    drop(window, bad[0], flight_ramp, *bad[1:])
    opened(qtbot, window)
    qtbot.waitUntil(lambda: window.troubles.box is not None, timeout=PATIENCE)
    text = window.troubles.box.text()
    assert all(path.name in text for path in bad)
    assert "Traceback" not in text
    assert not window.troubles.box.isModal()
    window.troubles.box.close()


def test_trouble_has_details_and_is_told_once(qtbot, make_window):
    window = make_window()
    trouble = Trouble(None, "the file went away", "Traceback (most recent call last): ...")
    window.show_trouble(trouble)
    qtbot.waitUntil(lambda: window.troubles.box is not None)
    assert window.troubles.box.detailedText() == trouble.details
    window.troubles.box.close()
    qtbot.waitUntil(lambda: window.troubles.box is None)
    window.show_trouble(trouble)
    qtbot.wait(400)
    assert window.troubles.box is None
    note = window.task_bar.failure
    assert note.label.toolTip() == trouble.sentence
    qtbot.mouseClick(note.details_button, Qt.MouseButton.LeftButton)
    assert isinstance(window.commands.dialog, QMessageBox)
    assert window.commands.dialog.detailedText() == trouble.details
    window.commands.dialog.close()


def test_exception_in_a_slot_shows_a_dialog_and_the_program_goes_on(qtbot, make_window, own_folders):
    from detgui import signals

    window = make_window()
    signals.show_unexpected(window.show_unexpected)
    try:
        import sys

        try:
            raise ZeroDivisionError("in a slot")
        except ZeroDivisionError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    finally:
        signals.show_unexpected(None)
    qtbot.waitUntil(lambda: window.troubles.box is not None)
    assert "in a slot" in window.troubles.box.text()
    assert "Traceback" in window.troubles.box.detailedText()
    assert "in a slot" in (own_folders / "state" / "log" / "detgui.log").read_text()
    window.troubles.box.close()


# Keys


def all_actions(window: MainWindow) -> list[QAction]:
    return [action for action in window.findChildren(QAction) if any(not key.isEmpty() for key in action.shortcuts())]


def test_every_own_action_has_a_key(make_window):
    window = make_window(panels=True)
    without = [row.name for row in ROWS if window.menus.actions[row.name].shortcut().isEmpty()]
    assert without == []


def test_no_key_means_two_things(make_window):
    """Keys of the whole window must differ; those of one widget only may repeat elsewhere, not in the same widget."""
    window = make_window(panels=True)
    wide = (Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut)
    seen: dict[tuple[object, str], str] = {}
    for action in all_actions(window):
        for key in action.shortcuts():
            place = "window" if action.shortcutContext() in wide else id(action.parent())
            name = (place, key.toString())
            assert name not in seen, f"{key.toString()} is {action.text()!r} and {seen[name]!r}"
            seen[name] = action.text()
    assert len(seen) > len(ROWS)
    assert [key for place, key in seen if place != "window" and ("window", key) in seen] == []


def test_help_lists_every_key_and_searches(qtbot, make_window):
    window = make_window(panels=True)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    table, search = window.commands.dialog.table, window.commands.dialog.search
    lines = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
    listed = " ".join(line[2] for line in lines)
    missing = [a.text() for a in all_actions(window) if not any(k.toString(k.SequenceFormat.NativeText) in listed for k in a.shortcuts())]
    assert missing == []
    assert [column for column in range(3) if table.columnWidth(column) < table.sizeHintForColumn(column)] == []
    qtbot.keyClicks(search, "full screen")
    shown = [line for row, line in enumerate(lines) if not table.isRowHidden(row)]
    assert [line[2] for line in shown] == ["F11"]
    window.commands.dialog.close()
