"""Tables and lists of files, and the label that says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from detgui.gui.common.colours import warning_colour
from detgui.gui.common.labels import TroubleLabel
from detgui.gui.common.listed_files import ListedFiles
from detgui.gui.common.paths_table import FILE, PathsTable
from detgui.gui.window.theme import palette

PATHS = [Path("a/one.fits"), Path("b/two.fits"), Path("b/three.fits")]


@dataclass(frozen=True)
class Listed:
    path: Path
    use: bool = True


@pytest.fixture
def sent():
    """What was sent to the session: (text, files)."""
    return []


@pytest.fixture
def files(sent):
    return ListedFiles("darks", lambda: tuple(map(Listed, PATHS)), lambda text, files: sent.append((text, files)))


@pytest.fixture
def table(qtbot):
    found = PathsTable("Files", (("file", ""), ("missing", "")), 100)
    qtbot.addWidget(found)
    found.paths = list(PATHS)
    found.show_rows([[path.name, "nothing"] for path in PATHS])
    for row in range(len(PATHS)):
        found.show_use(row, True)
    found.itemChanged.connect(lambda item: found.send_use(item) if item.column() == FILE else None)
    return found


def test_files_are_left_out_and_removed(files, sent):
    assert files.folder == "b"
    files.use(PATHS[1:], False)
    files.remove([PATHS[0]])
    files.remove([Path("a/other.fits")])  # is not there: nothing to undo
    files.clear()
    assert [text for text, _ in sent] == ["Leave out darks", "Remove darks", "Remove darks"]
    assert [each.use for each in sent[0][1]] == [True, False, False]
    assert [each.path for each in sent[1][1]] == PATHS[1:]
    assert sent[2][1] == ()


def test_a_box_counts_for_all_selected_rows(files, sent, table):
    table.use_wanted.connect(files.use)
    table.item(0, FILE).setCheckState(Qt.CheckState.Unchecked)
    assert [each.use for each in sent.pop()[1]] == [False, True, True]
    table.setSelectionMode(table.SelectionMode.MultiSelection)
    table.selectRow(1)
    table.selectRow(2)
    table.item(2, FILE).setCheckState(Qt.CheckState.Unchecked)
    assert [each.use for each in sent.pop()[1]] == [True, False, False]


def test_delete_takes_the_selected_rows_away(files, sent, table):
    table.remove_wanted.connect(files.remove)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert not sent
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert [each.path for each in sent[0][1]] == [PATHS[0], PATHS[2]]


def test_selected_files_stay_selected_where_their_rows_change(table):
    def show(paths: list[Path]) -> None:
        table.paths = paths
        table.show_rows([[path.name, "nothing"] for path in paths])

    table.selectRow(0)
    show([PATHS[1], PATHS[2], PATHS[0]])  # what becomes known of a file moves it to the end
    assert table.selected_paths() == [PATHS[0]]
    assert table.currentRow() == 2
    show([PATHS[1], PATHS[2]])
    assert table.selected_paths() == []  # a second Delete takes nothing more away
    show(list(PATHS))
    table.selectAll()
    show([PATHS[2], PATHS[0]])
    assert table.selected_paths() == [PATHS[2], PATHS[0]]


@pytest.mark.parametrize("dark", [True, False])
def test_what_is_wrong_follows_the_colours_of_the_window(qtbot, table, dark):
    window = QWidget()
    qtbot.addWidget(window)
    label = TroubleLabel(window)
    for widget in (window, table):
        widget.setPalette(palette(not dark))
    table.warn(1, 1, True)
    said = []
    table.itemChanged.connect(said.append)
    for widget in (window, table):
        widget.setPalette(palette(dark))
    assert label.palette().windowText().color() == warning_colour(dark)
    assert table.item(1, 1).foreground().color() == warning_colour(dark)
    assert table.item(0, 1).data(Qt.ItemDataRole.ForegroundRole) is None
    assert not said  # colours are no edits
    assert label.isHidden()
    label.show_sentence("There are no darks.")
    assert not label.isHidden()
    label.show_sentence("")
    assert label.isHidden()
