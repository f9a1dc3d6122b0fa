"""The dock and the menu of regions in the window, by real mouse and keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from cli_help import run
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from window_help import PATIENCE, opened

from detgui.gui.regions import clipboard
from detgui.gui.regions.region_list import EYE, KIND, LOCK, NAME
from detgui.science.region_masks import mask_of, painted
from detgui.science.regions import Ellipse, Polygon, Rectangle, Region

SIZE = (128, 128)
SHAPES = (Ellipse(40, 50, 18, 12, 20), Rectangle(90, 90, 30, 20), Polygon(((60, 20), (100, 20), (80, 50))))
REG = """# Region file format: DS9
image
ellipse(41,51,18,12,20) # text={void one} tag={kind=void}
box(91,91,30,20,0) # text={sky} tag={kind=background}
polygon(61,21,101,21,81,51) # text={star} tag={kind=source}
"""


@pytest.fixture
def window(qtbot, make_window, flight_ramp):
    made = make_window(flight_ramp, panels=True)
    opened(qtbot, made)
    return made


@pytest.fixture
def drawn(qtbot, window):
    kinds = ("void", "background", "source")
    window.parts.session.add_regions([Region(shape, f"{kind} r", kind) for shape, kind in zip(SHAPES, kinds, strict=True)])
    window.parts.session.select_regions(())
    return window


@pytest.fixture
def image(flight_ramp) -> np.ndarray:
    """SCI, (integrations, groups, rows, columns)."""
    with fits.open(flight_ramp) as hdus:
        return hdus["SCI"].data.astype(float)


def click(window, row: int, column: int = NAME, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier) -> None:
    tree = window.region_panel.list
    item = tree.topLevelItem(row)
    QTest.mouseClick(tree.viewport(), button, keys, QPoint(*_place(tree, item, column)))
    QApplication.processEvents()


def _place(tree, item, column) -> tuple[int, int]:
    rect = tree.visualRect(tree.indexFromItem(item, column))
    return rect.center().x(), rect.center().y()


def rows(window) -> list[tuple[str, str]]:
    tree = window.region_panel.list
    return [(tree.topLevelItem(row).text(NAME), tree.topLevelItem(row).text(KIND)) for row in range(tree.topLevelItemCount())]


def region(window, number: int) -> Region:
    return next(each.region for each in window.parts.session.state.regions if each.number == number)


def number(window, name: str) -> str:
    return window.region_panel.numbers.values[name].text()


def test_rows_and_selection_are_the_sessions_both_ways(drawn):
    session, tree = drawn.parts.session, drawn.region_panel.list
    assert rows(drawn) == [("void r", "void"), ("background r", "background"), ("source r", "source")]
    click(drawn, 1)
    assert session.state.selected == (2,)
    click(drawn, 0, keys=Qt.KeyboardModifier.ControlModifier)
    assert session.state.selected == (2, 1)  # in the order of choosing: the first is what others are added to
    session.select_regions((3,))
    assert [item.text(NAME) for item in tree.selectedItems()] == ["source r"]
    click(drawn, 0, keys=Qt.KeyboardModifier.ShiftModifier)
    assert set(session.state.selected) == {1, 2, 3}


def test_eye_and_lock_act_on_their_row_or_all_selected(drawn):
    session = drawn.parts.session
    click(drawn, 0)
    click(drawn, 2, EYE)
    assert [region(drawn, each).hidden for each in (1, 2, 3)] == [False, False, True]
    assert session.state.selected == (1,)
    click(drawn, 1, keys=Qt.KeyboardModifier.ControlModifier)
    click(drawn, 1, LOCK)
    assert [region(drawn, each).locked for each in (1, 2, 3)] == [True, True, False]
    click(drawn, 1, LOCK)
    assert not any(region(drawn, each).locked for each in (1, 2, 3))
    assert session.undo_text == "Unlock region"


def test_rename_in_the_row(qtbot, drawn):
    click(drawn, 1)
    drawn.region_commands.actions.by_name["rename"].trigger()
    editor = drawn.region_panel.list.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "flat sky")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: region(drawn, 2).name == "flat sky")
    assert drawn.parts.session.undo_text == "Rename region"


def test_delete_key_spares_what_is_locked_and_says_so(qtbot, drawn):
    drawn.parts.session.set_region((1,), locked=True)
    click(drawn, 0)
    click(drawn, 1, keys=Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(drawn.region_panel.list, Qt.Key.Key_Delete)
    assert rows(drawn) == [("void r", "void"), ("source r", "source")]
    assert "1 locked region not deleted" in drawn.region_panel.note.text()
    qtbot.keyClick(drawn, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(rows(drawn)) == 3


def test_numbers_follow_selection_outline_and_group(qtbot, drawn, image):
    session = drawn.parts.session

    def says(values: np.ndarray) -> bool:
        found = number(drawn, "mean").split(" ± ")
        error = values.std(ddof=1) / np.sqrt(values.size)
        same = number(drawn, "pixels") == str(values.size) and len(found) == 2
        return same and abs(float(found[0]) - values.mean()) <= 0.06 * error and found[1].endswith(" DN")

    click(drawn, 0)
    inside = [mask_of(shape, SIZE) for shape in SHAPES]
    qtbot.waitUntil(lambda: says(image[0, 0][inside[0]]), timeout=PATIENCE)
    assert drawn.region_panel.numbers.title.whole == "void r"
    session.step_group(1)
    qtbot.waitUntil(lambda: says(image[0, 1][inside[0]]), timeout=PATIENCE)
    for step in range(20):
        session.set_region_shape(1, Ellipse(40 + step, 50, 18, 12, 20), commit=False)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: says(image[0, 1][mask_of(Ellipse(59, 50, 18, 12, 20), SIZE)]), timeout=PATIENCE)
    click(drawn, 1, keys=Qt.KeyboardModifier.ControlModifier)
    both = mask_of(Ellipse(59, 50, 18, 12, 20), SIZE) | inside[1]
    qtbot.waitUntil(lambda: says(image[0, 1][both]), timeout=PATIENCE)
    assert drawn.region_panel.numbers.title.whole == "2 regions together"
    session.select_regions(())
    assert number(drawn, "mean") == "–"


def test_a_hidden_dock_measures_nothing(qtbot, drawn):
    drawn.regions_dock.close()
    drawn.parts.session.select_regions((1,))
    QApplication.processEvents()
    assert number(drawn, "mean") == "–"
    drawn.regions_dock.show()
    drawn.regions_dock.raise_()
    qtbot.waitUntil(lambda: number(drawn, "mean") != "–", timeout=PATIENCE)


def drop(window, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    actions, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(50, 50), actions, mime, button, none))


def test_region_files_dropped_on_the_window_are_drawn(qtbot, window, tmp_path):
    (tmp_path / "v.reg").write_text(REG)
    drop(window, tmp_path / "v.reg")
    qtbot.waitUntil(lambda: len(rows(window)) == 3, timeout=PATIENCE)
    session = window.parts.session
    for each, shape in zip(session.state.regions, SHAPES, strict=True):
        assert np.array_equal(mask_of(each.region.shape, SIZE), mask_of(shape, SIZE))
    assert rows(window)[0] == ("void one", "void")
    assert "3 regions read from v.reg" in window.region_panel.note.text()
    drop(window, tmp_path / "v.reg")
    qtbot.waitUntil(lambda: "3 of them there already" in window.region_panel.note.text(), timeout=PATIENCE)
    assert len(window.parts.session.state.regions) == 3
    session.undo()
    assert rows(window) == []
    (tmp_path / "bad.reg").write_text("nothing of the kind")
    drop(window, tmp_path / "bad.reg")
    qtbot.waitUntil(lambda: "bad.reg" in window.task_bar.failure.label.text(), timeout=PATIENCE)


def test_region_file_with_its_exposure(qtbot, make_window, flight_ramp, tmp_path):
    (tmp_path / "v.reg").write_text(REG)
    for how in ({"regions": (tmp_path / "v.reg",)}, None):
        window = make_window(*([flight_ramp] if how else []), panels=True, **(how or {}))
        if how is None:
            drop(window, flight_ramp, tmp_path / "v.reg")
        qtbot.waitUntil(lambda window=window: "3 regions read" in window.region_panel.note.text(), timeout=PATIENCE)
        qtbot.waitUntil(lambda window=window: window.parts.keeper._started, timeout=PATIENCE)
        assert len(rows(window)) == 3  # those of the window before are kept, and are the same
        window.close()


def test_region_file_without_an_exposure_is_one_sentence(qtbot, make_window, tmp_path):
    (tmp_path / "v.reg").write_text(REG)
    window = make_window(panels=True)
    drop(window, tmp_path / "v.reg")
    qtbot.waitUntil(lambda: "open one first" in window.task_bar.failure.label.text(), timeout=PATIENCE)


def test_regions_on_the_command_line_need_an_exposure(capsys, tmp_path):
    status, out, lines = run(capsys, "--regions", tmp_path / "v.reg")
    assert (status, out, len(lines)) == (2, "", 1)
    assert "v.reg: --regions needs an exposure" in lines[0]


def test_export_by_the_menu(qtbot, drawn, tmp_path):
    commands = drawn.region_commands
    commands.actions.by_name["export mask"].trigger()
    assert commands.dialog.isVisible()
    commands.dialog.reject()
    commands.export("mask", tmp_path / "m.fits")
    qtbot.waitUntil(lambda: "3 regions written" in drawn.region_panel.note.text(), timeout=PATIENCE)
    drawn.parts.session.select_regions((2,))
    commands.export("ds9", tmp_path / "one.reg", selected=True)
    qtbot.waitUntil(lambda: "1 region written" in drawn.region_panel.note.text(), timeout=PATIENCE)
    with fits.open(tmp_path / "m.fits") as hdus:
        masks = [hdu.data.astype(bool) for hdu in hdus if hdu.name == "MASK"]
    assert all(np.array_equal(mask, mask_of(shape, SIZE)) for mask, shape in zip(masks, SHAPES, strict=True))


def test_actions_are_there_for_what_is_selected(drawn):
    session, actions = drawn.parts.session, drawn.region_commands.actions.by_name

    def enabled() -> set[str]:
        return {name for name, action in actions.items() if action.isEnabled()}

    assert {"import", "all", "export ds9", "paste"} <= enabled()
    assert not {"add", "rename", "delete", "kind void"} & enabled()
    session.select_regions((1,))
    assert {"rename", "delete", "islands", "grow"} <= enabled()
    assert "add" not in enabled()
    assert actions["kind void"].isChecked()
    actions["kind exclude"].trigger()
    actions["kind exclude"].trigger()  # once more: it stays checked
    assert actions["kind exclude"].isChecked()
    assert region(drawn, 1).kind == "exclude"
    assert not actions["kind void"].isChecked()
    actions["all"].trigger()
    assert session.state.selected == (1, 2, 3)
    assert {"add", "subtract", "intersect"} <= enabled()
    assert "rename" not in enabled()
    actions["lock"].trigger()
    assert all(region(drawn, each).locked for each in (1, 2, 3))
    actions["lock"].trigger()
    actions["add"].trigger()
    assert len(rows(drawn)) == 1
    actions["islands"].trigger()
    session.close_exposure(session.state.current.key)
    assert enabled() == set()


def test_grow_and_split_run_in_workers(qtbot, drawn):
    commands, session = drawn.region_commands, drawn.parts.session
    session.select_regions((1,))
    commands.edit.grow(3.0)
    qtbot.waitUntil(lambda: session.undo_text == "Grow region", timeout=PATIENCE)
    before, after = mask_of(SHAPES[0], SIZE), mask_of(region(drawn, 1).shape, SIZE)
    assert np.array_equal(before & after, before)
    assert after.sum() > before.sum()
    session.select_regions((1, 2))
    commands.actions.by_name["add"].trigger()
    commands.actions.by_name["islands"].trigger()
    qtbot.waitUntil(lambda: len(rows(drawn)) == 3, timeout=PATIENCE)
    assert session.undo_text == "Split region"
    commands.actions.by_name["islands"].trigger()  # two are selected now: nothing happens
    session.select_regions((session.state.selected[0],))
    commands.actions.by_name["islands"].trigger()
    qtbot.waitUntil(lambda: "is one part" in drawn.region_panel.note.text(), timeout=PATIENCE)


def test_menu_of_a_region_in_the_image(drawn):
    session, menu = drawn.parts.session, QMenu()
    drawn.image_panel.intents.more_for_menu(menu, 40, 50)
    assert session.state.selected == (1,)
    (inner,) = (action.menu() for action in menu.actions() if action.menu())
    assert inner.title() == "void r"
    next(action for action in inner.actions() if action.text() == "&Hide").trigger()
    assert region(drawn, 1).hidden
    menu.clear()
    drawn.image_panel.intents.more_for_menu(menu, 40, 50)  # hidden: there is nothing to be seen there
    assert [action.text() for action in menu.actions()] == ["&Paste"]
    session.select_regions((1, 2))
    drawn.image_panel.intents.more_for_menu(menu, 90, 90)
    assert session.state.selected == (1, 2)
    assert any(action.text() == "2 regions" for action in menu.actions())


def test_double_click_shows_the_region(drawn):
    tree, view = drawn.region_panel.list, drawn.image_panel.view
    item = tree.topLevelItem(1)
    place = QPoint(*_place(tree, item, NAME))
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    rect = view.box.viewRect()
    low_x, low_y, high_x, high_y = SHAPES[1].bounds
    assert rect.contains(low_x, low_y)
    assert rect.contains(high_x, high_y)
    assert rect.width() < 100


def test_statistics_of_every_group(qtbot, drawn, image, tmp_path):
    from astropy.table import QTable

    drawn.parts.session.select_regions((1, 3))
    drawn.region_commands.actions.by_name["statistics"].trigger()
    dialog = drawn.region_commands.dialog
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=PATIENCE)
    dialog.last.setValue(3)
    QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dialog.found.rows) == 2 * 3 * 2, timeout=PATIENCE)
    expected = image[2, 1][mask_of(SHAPES[2], SIZE)].mean()
    assert dialog.found.rows[-1].mean == pytest.approx(expected)
    assert dialog.table.model().rowCount() == 12
    assert dialog.plot.legends[0].items
    for name in ("t.ecsv", "p.png"):
        dialog.write(tmp_path / name)
        qtbot.waitUntil((tmp_path / name).exists, timeout=PATIENCE)
    assert list(QTable.read(tmp_path / "t.ecsv")["region"][:6]) == ["void r"] * 6
    dialog.close()


def test_copies_on_another_subarray(qtbot, drawn, flight_ramp, tmp_path):
    """The same detector, 30 columns and 10 rows further: on the same detector pixels, and told what is outside."""
    with fits.open(flight_ramp) as hdus:
        hdus[0].header["SUBSTRT1"] += 30
        hdus[0].header["SUBSTRT2"] += 10
        hdus.writeto(tmp_path / "moved_uncal.fits")
    session, commands = drawn.parts.session, drawn.region_commands
    drawn.commands.open_paths([tmp_path / "moved_uncal.fits"])
    opened(qtbot, drawn, 2)
    assert rows(drawn) == []
    first, second = (each.key for each in session.state.exposures)
    session.choose_exposure(first)
    commands.actions.by_name["all"].trigger()
    commands.actions.by_name["copy to"].trigger()
    dialog = commands.dialog
    assert dialog.list.count() == 1
    assert "GUIDER2" in dialog.list.item(0).text()
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "copied to moved" in drawn.region_panel.note.text(), timeout=PATIENCE)
    session.choose_exposure(second)
    assert [name for name, _ in rows(drawn)] == ["void r", "background r", "source r"]
    copies = [each.region for each in session.state.regions if each.frame == session.state.current.array]
    assert (copies[1].shape.x, copies[1].shape.y) == (SHAPES[1].x - 30, SHAPES[1].y - 10)
    masks = [mask_of(shape, SIZE) for shape in SHAPES]
    outside = sum(mask.sum() - mask[10:, 30:].sum() for mask in masks)
    assert f"; {outside} of {sum(mask.sum() for mask in masks)} pixels are outside" in drawn.region_panel.note.text()
    session.undo()
    assert rows(drawn) == []
    session.choose_exposure(first)
    session.select_regions((2,))
    commands.actions.by_name["copy"].trigger()
    session.choose_exposure(second)
    commands.actions.by_name["paste"].trigger()
    (pasted,) = (each.region for each in session.state.regions if each.frame == session.state.current.array)
    assert (pasted.shape.x, pasted.shape.y) == (SHAPES[1].x - 30, SHAPES[1].y - 10)
    far = tuple(replace(pasted, shape=Rectangle(900 * way, 4, 3, 3)) for way in (1, -1))
    clipboard.put((pasted, *far), session.state.current.array, None)
    commands.actions.by_name["paste"].trigger()
    assert "2 regions outside of moved_uncal not pasted" in drawn.region_panel.note.toolTip()
    assert sum(each.frame == session.state.current.array for each in session.state.regions) == 2
    QApplication.clipboard().setText("something else")
    commands.actions.by_name["paste"].trigger()
    assert "no regions on the clipboard" in drawn.region_panel.note.text()


@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440)])
def test_the_dock_leaves_room_for_the_exposures(qtbot, make_window, flight_ramp, size):
    window = make_window(flight_ramp, panels=True, size=size)
    opened(qtbot, window)
    window.parts.session.add_regions([Region(shape) for shape in SHAPES])
    qtbot.wait(50)
    assert window.exposure_list.height() >= 200
    assert window.regions_dock.visibleRegion().isEmpty() is False
    assert window.region_panel.list.height() >= 100
    assert window.exposures_dock.width() <= 360


def test_the_tools_are_in_the_menu_and_all_mouse_moves_in_help(window):
    draw = window.region_commands.actions.menu.actions()[0].menu()
    texts = [action.text() for action in draw.actions()]
    assert "Draw with the lasso" in texts
    next(action for action in draw.actions() if action.text() == "Draw with the lasso").trigger()
    assert window.parts.session.state.tools.tool == "lasso"
    rows = window.commands.help_rows()
    assert ("Regions > Draw", "Draw with the lasso", "Shift+L") in [(row.where, row.what, row.keys) for row in rows]
    assert len([row for row in rows if row.what == "Draw with the lasso"]) == 1
    assert {"Regions", "Drawing"} <= {row.where for row in rows}


def test_long_names_of_files_are_not_cut(window):
    name = "jw99999003001_02101_00001_nrcb1_void_outlined_by_hand.reg"
    panel = window.region_panel
    panel.say(f"1 region read from {name}")
    assert panel.note.text().replace("\u200b", "") == f"1 region read from {name}"
    parts = panel.note.text().replace("\u200b", " ").split()
    assert max(panel.note.fontMetrics().horizontalAdvance(part) for part in parts) < 150
    assert panel.note.toolTip() == f"1 region read from {name}"


def test_what_was_painted_is_turned_into_a_polygon(qtbot, window):
    session = window.parts.session
    session.add_regions([Region(painted(mask_of(Ellipse(60, 60, 25, 15), SIZE)), "spot")])
    window.region_commands.actions.by_name["polygon"].trigger()
    qtbot.waitUntil(lambda: isinstance(session.state.regions[0].region.shape, Polygon), timeout=PATIENCE)
    assert "vertices" in window.region_panel.note.text()
    session.undo()
    assert not isinstance(session.state.regions[0].region.shape, Polygon)
