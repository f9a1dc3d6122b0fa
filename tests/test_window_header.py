"""The header viewer: every HDU, search by typing, copy; checked against astropy."""

from __future__ import annotations

import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from detgui import app
from detgui.gui.window.header_viewer import short_name
from detgui.start import Start

PATIENCE = 60_000


@pytest.fixture
def viewer(qtbot, flight_ramp):
    app.application()
    start = Start(files=(flight_ramp,), size=(1280, 800))
    window = app.build_window(start)
    window.show()
    app.open_asked(window, start)
    viewer = window.header_viewer
    qtbot.waitUntil(lambda: viewer.hdu.count() > 0, timeout=PATIENCE)
    yield viewer
    window.close()
    window.deleteLater()


def rows(viewer) -> list[tuple[str, ...]]:
    table = viewer.table.model()
    return [tuple(str(table.index(row, column).data()) for column in range(3)) for row in range(table.rowCount())]


def test_all_hdus_and_cards(viewer, flight_ramp):
    with fits.open(flight_ramp) as hdus:
        names = [hdu.name for hdu in hdus]
        cards = [(card.keyword or card.value, card.comment) for card in hdus[0].header.cards]  # text without a keyword stands alone
        sci = [(card.keyword or card.value, card.comment) for card in hdus["SCI"].header.cards]
    shown = [viewer.hdu.itemText(i).split(",")[0].strip("[] ") for i in range(viewer.hdu.count())]
    assert shown == names
    assert [(row[0], row[2]) for row in rows(viewer)] == cards
    viewer.hdu.setCurrentIndex(names.index("SCI"))
    assert [(row[0], row[2]) for row in rows(viewer)] == sci


def test_headings_take_the_whole_width_also_after_a_search(qtbot, viewer):
    def heading() -> int:
        (row,) = [place for place, row in enumerate(rows(viewer)) if row[0] == "Program information"]
        return viewer.table.columnSpan(row, 0)

    assert heading() == 3
    assert viewer.table.columnSpan([row[0] for row in rows(viewer)].index("TELESCOP"), 0) == 1
    viewer.search.setFocus()
    qtbot.keyClicks(viewer.search, "program")
    assert len(rows(viewer)) < 10
    assert heading() == 3


def test_values_are_those_of_the_file(viewer, flight_ramp):
    header = fits.getheader(flight_ramp)
    shown = {row[0]: row[1] for row in rows(viewer)}
    assert shown["DETECTOR"] == header["DETECTOR"]
    assert float(shown["TGROUP"]) == header["TGROUP"]
    assert shown["SIMPLE"] == "T"


def test_search_filters_as_typed(qtbot, viewer):
    everything = len(rows(viewer))
    viewer.search.setFocus()
    qtbot.keyClicks(viewer.search, "tgr")
    assert [row[0] for row in rows(viewer)] == ["TGROUP"]
    qtbot.keyClick(viewer.search, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(viewer.search, "guider2 detector")
    found = rows(viewer)
    assert "DETECTOR" in [row[0] for row in found]
    assert all("guider2" in " ".join(row).lower() and "detector" in " ".join(row).lower() for row in found)
    viewer.search.clear()
    assert len(rows(viewer)) == everything


def test_search_says_where_else_it_is(qtbot, viewer):
    qtbot.keyClicks(viewer.search, "BZERO")
    assert rows(viewer) == []
    assert "SCI" in viewer.note.text()
    qtbot.keyClicks(viewer.search, "nonsense")
    assert viewer.note.text() == "Not found in any HDU."


def test_copy_gives_the_selected_rows(qtbot, viewer):
    qtbot.keyClicks(viewer.search, "tgroup")
    viewer.table.selectRow(0)
    viewer.copy()
    assert QApplication.clipboard().text().split("\t")[0] == "TGROUP"
    assert len(QApplication.clipboard().text().splitlines()) == 1


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_cards_outside_the_standard_are_shown_as_they_stand():
    from detgui.gui.window.header_viewer import _card

    broken = fits.Card.fromstring("BROKEN  = 'no end of the text")
    keyword, value, _ = _card(broken)
    assert keyword == "BROKEN"
    assert "no end" in value


def test_names_of_hdus_begin_with_what_differs():
    assert short_name("jw01_04101_00001-seg002_nrs1_ramp.fits: SCI") == "SCI  seg002"
    assert short_name("one.fits: PRIMARY") == "PRIMARY  one.fits"
    assert short_name("SCI,2") == "SCI,2"
