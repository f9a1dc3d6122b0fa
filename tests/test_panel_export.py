"""Files that leave the ramp panel: readable by others, complete, and saying how they were made."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from panel_help import PROVENANCE, make_panel, signal, state
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog

from detgui.errors import BadInput
from detgui.gui.common import export
from detgui.gui.window.theme import palette

SVG = "{http://www.w3.org/2000/svg}"


def written(qtbot, panel, path):
    """Export and wait for the panel's word."""
    with qtbot.waitSignal(panel._exporter.finished, timeout=60_000) as word:
        panel.export_to(path)
    return word.args


def png_texts(content: bytes) -> dict[str, str]:
    """Text chunks of a PNG, read by hand (PNG specification, 11.3.4)."""
    found, place = {}, 8
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + length]
        if kind == b"tEXt":
            key, text = body.split(b"\0", 1)
            found[key.decode()] = text.decode("latin-1")
        elif kind == b"zTXt":
            key, text = body.split(b"\0", 1)
            found[key.decode()] = zlib.decompress(text[1:]).decode("latin-1")
        elif kind == b"iTXt":
            key, rest = body.split(b"\0", 1)
            text = rest[2:].split(b"\0", 2)[2]
            found[key.decode()] = (zlib.decompress(text) if rest[0] else text).decode()
        place += 12 + length
    return found


@pytest.mark.parametrize("kind", ["ecsv", "csv"])
def test_tables_are_read_by_astropy(qtbot, tmp_path, kind):
    from astropy.table import Table

    panel, session, _ = make_panel(qtbot, state())
    session.set_fit_last(8)
    path = tmp_path / f"ramp.{kind}"
    sentence, fine = written(qtbot, panel, path)
    assert fine
    assert sentence == f"Wrote {path}"
    table = Table.read(path, format="ascii.ecsv" if kind == "ecsv" else "ascii.csv", **({} if kind == "ecsv" else {"comment": "#"}))
    np.testing.assert_allclose(table["signal"], signal(10, 12, 1, 20))
    if kind == "ecsv":
        assert str(table["signal"].unit) == "DN"
        assert table.meta["slope"] == pytest.approx(np.polyfit(np.arange(8), signal(10, 12, 1, 20)[:8], 1)[0])
        assert table.meta["provenance"]["command"] == PROVENANCE["command"]
    assert list(tmp_path.iterdir()) == [path]


def test_the_slopes_of_all_integrations_are_a_table(qtbot, tmp_path):
    from astropy.table import Table

    panel, session, _ = make_panel(qtbot, state())
    session.set_ramp(show="slopes")
    assert written(qtbot, panel, tmp_path / "slopes.ecsv")[1]
    table = Table.read(tmp_path / "slopes.ecsv", format="ascii.ecsv")
    np.testing.assert_allclose(table["slope"], [np.polyfit(np.arange(8), signal(10, 12, i, 20)[:8], 1)[0] for i in range(1, 6)])
    assert "DN/group" in str(table["slope_err"].unit).replace(" ", "")
    assert table.meta["pixel"] == [10, 12]
    session.set_ramp(show="overlay")
    assert written(qtbot, panel, tmp_path / "ramps.csv")[1]
    table = Table.read(tmp_path / "ramps.csv", format="ascii.csv", comment="#")
    third = table[table["integration"] == 3]
    np.testing.assert_allclose(third["signal"], signal(10, 12, 3, 20))
    assert third["group"].tolist() == list(range(1, 21))


def test_png_says_how_it_was_made(qtbot, tmp_path):
    panel, _, _ = make_panel(qtbot, state())
    path = tmp_path / "ramp.png"
    assert written(qtbot, panel, path)[1]
    content = path.read_bytes()
    texts = png_texts(content)
    assert texts["Command"] == PROVENANCE["command"]
    assert json.loads(texts["Provenance"])["files"] == ["a.fits"]
    image = QImage(str(path))
    assert image.width() == panel.ui.plot.width() * export.SCALE
    assert image.pixelColor(2, 2).name() == "#ffffff", "figures are black on white"
    grey = image.scaled(200, 200).convertToFormat(QImage.Format.Format_Grayscale8)
    assert min(grey.pixelColor(x, y).lightness() for x in range(0, 200, 2) for y in range(0, 200, 2)) < 200, "something is drawn"


def on_screen(widget) -> np.ndarray:
    """The plot as the screen shows it on paper's colours, blurred to a few hundred cells, 0 to 255."""
    with export.on_paper(widget):
        widget.setUpdatesEnabled(True)
        return cells(widget.grab().toImage())


def cells(image: QImage) -> np.ndarray:
    small = image.scaled(60, 60, mode=Qt.TransformationMode.SmoothTransformation).convertToFormat(QImage.Format.Format_Grayscale8)
    return np.array([[small.pixelColor(x, y).lightness() for x in range(60)] for y in range(60)], dtype=float)


def without_footer(image: QImage) -> QImage:
    part = export.FOOTER / (image.height() / export.SCALE)
    return image.copy(0, 0, image.width(), round(image.height() * (1 - part)))


def drawing(path) -> QImage:
    """A PNG, or an SVG drawn by Qt's own reader."""
    if path.suffix == ".png":
        return QImage(str(path))
    reader = QSvgRenderer(str(path))
    image = QImage(reader.defaultSize() * export.SCALE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    reader.render(painter)
    painter.end()
    return image


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures_look_like_the_screen(qtbot, tmp_path, kind):
    panel, session, _ = make_panel(qtbot, state(pixel=(20, 5)))
    session.toggle_pin(11, 12)
    path = tmp_path / f"ramp.{kind}"
    assert written(qtbot, panel, path)[1]
    shown, exported = on_screen(panel.ui.plot), cells(without_footer(drawing(path)))
    ink = (255 - shown).ravel(), (255 - exported).ravel()
    assert np.corrcoef(*ink)[0, 1] > 0.8, "axes or points are out of place; one cell off gives less than 0.5"


def test_svg_is_shapes_with_a_description(qtbot, tmp_path):
    panel, _, _ = make_panel(qtbot, state())
    path = tmp_path / "ramp.svg"
    assert written(qtbot, panel, path)[1]
    root = ET.parse(path).getroot()
    space = {"s": SVG.strip("{}")}
    assert "x 10 y 12" in root.find("s:title", space).text
    assert PROVENANCE["command"] in root.find("s:desc", space).text
    assert not root.findall(".//s:image", space), "points are shapes, not pictures"
    assert len(root.findall(".//s:path", space)) > 20


def test_pdf_carries_title_and_provenance(qtbot, tmp_path):
    panel, _, _ = make_panel(qtbot, state())
    path = tmp_path / "ramp.pdf"
    assert written(qtbot, panel, path)[1]
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert "x 10 y 12".encode("utf-16-be") in content
    assert b"provenance.json" in content or "provenance.json".encode("utf-16-be") in content


def test_the_shown_view_is_exported_and_the_screen_keeps_its_colours(qtbot, tmp_path):
    panel, session, _ = make_panel(qtbot, state())
    session.set_ramp(show="slopes")
    theme = panel.ui.overview.theme
    panel.setPalette(palette(dark=True))
    assert panel.ui.overview.theme != theme
    theme = panel.ui.overview.theme
    assert written(qtbot, panel, tmp_path / "slopes.svg")[1]
    texts = ["".join(element.itertext()) for element in ET.parse(tmp_path / "slopes.svg").getroot().iter(f"{SVG}text")]
    assert any("slope (DN/group)" in text for text in texts)
    assert panel.ui.overview.theme == theme


def test_a_place_that_cannot_be_written_is_one_sentence(qtbot, tmp_path):
    panel, _, _ = make_panel(qtbot, state())
    for kind in ("ecsv", "png"):
        sentence, fine = written(qtbot, panel, tmp_path / "no folder" / f"ramp.{kind}")
        assert not fine
        assert "no folder" in sentence
        assert panel.ui.trouble.text() == sentence
        assert panel.ui.trouble.isVisible()


def test_other_endings_are_refused(qtbot, tmp_path):
    panel, _, _ = make_panel(qtbot, state())
    sentence, fine = written(qtbot, panel, tmp_path / "ramp.jpg")
    assert not fine
    assert "jpg" in sentence
    with pytest.raises(BadInput):
        export.picture(panel.ui.plot, "gif", "", "", {})


def test_the_dialog_proposes_a_name_and_does_not_block(qtbot, tmp_path):
    panel, _, _ = make_panel(qtbot, state())
    panel.ui.export_actions["csv"].trigger()
    dialog = next(d for d in panel.findChildren(QFileDialog) if d.isVisible())
    assert dialog.selectedFiles()[0].endswith("jw01366004001_04101_0000a_nrs1_ramp_x10_y12_int1.csv")
    with qtbot.waitSignal(panel._exporter.finished, timeout=60_000):
        dialog.fileSelected.emit(str(tmp_path / "out.csv"))
    dialog.close()
    assert (tmp_path / "out.csv").exists()


def test_work_goes_to_the_engine_where_there_is_one(qtbot, tmp_path):
    from detgui.tasks.engine import Engine

    panel, _, _ = make_panel(qtbot, state())
    with Engine(workers=1) as engine:
        panel._exporter._engine = engine
        _, fine = written(qtbot, panel, tmp_path / "ramp.ecsv")
    assert fine
    assert (tmp_path / "ramp.ecsv").exists()
