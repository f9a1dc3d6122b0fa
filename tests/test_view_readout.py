"""The read-out bar beside the panel, and the amplifiers and reference pixels over the image."""

from __future__ import annotations

import numpy as np
import pytest
from view_fakes import FakeLoader, exposure, pixels

from detgui.data.wcs import Place
from detgui.errors import BadInput
from detgui.gui.image import pixel_facts
from detgui.gui.image.image_panel import ImagePanel
from detgui.gui.image.readout_bar import ReadoutBar
from detgui.science.detector import DetectorGeometry
from detgui.session.session import Session

NRS1 = {"detector": "NRS1", "fastaxis": 2, "slowaxis": 1, "known": True}


class FakeExposures:
    """Exposures by key with a geometry and times."""

    def __init__(self, geometry: DetectorGeometry) -> None:
        self.geometry, self.name, self.files = geometry, "fake", ()
        self.shape = (3, 5, geometry.ny, geometry.nx)

    def exposure(self, key: str):
        return self if key == "a" else None

    def int_times(self):
        return {"integration_number": np.arange(1, 4), "int_mid_MJD_UTC": np.array([59945.0, 59945.5, np.nan])}


class FakeWcs:
    known = True

    def place(self, x, y):
        return Place(10.0 + x, -20.0 + y, 3.912)


@pytest.fixture
def bar(qtbot, monkeypatch):
    """A bar beside a panel that shows a 2048-wide NIRSpec subarray whose y begins at 961."""
    monkeypatch.setattr(pixel_facts, "fetch", lambda exposure, progress: {"wcs": FakeWcs(), "times": pixel_facts._times(exposure)})
    geometry = DetectorGeometry(64, 60, ystart=961, noutputs=4, **NRS1)
    session = Session()
    loader = FakeLoader(session)
    panel = ImagePanel(session, loader, exposures=FakeExposures(geometry))
    bar = ReadoutBar(None, panel)
    bar.resize(1400, 24)
    for widget in (bar, panel):
        qtbot.addWidget(widget)
    panel.resize(560, 600)
    panel.show()
    qtbot.waitExposed(panel)
    session.add_exposures([exposure("a", shape=(3, 5, 64, 60))])
    bar.keep = (session, loader, panel)
    bar.panel, bar.session = panel, session
    return bar


def test_nothing_is_said_before_a_pixel_is_chosen(bar):
    assert bar.text == ""


def test_the_chosen_pixel_is_read_out_and_the_mouse_goes_before(bar):
    bar.session.choose_pixel(4, 3)
    assert bar.text.startswith("x 4 y 3  DS9 5 4  full 5 964  det 964 5")
    assert "1103.04 DN" in bar.text
    bar.panel.hovered.emit((20, 10))
    assert bar.text.startswith("x 20 y 10")
    bar.panel.hovered.emit(None)
    assert bar.text.startswith("x 4 y 3")


def test_flags_amplifier_place_and_time(bar):
    bar.session.choose_pixel(20, 10)
    # Full-frame row 971 is in the second of four stripes of 512 rows: output B.
    for part in ("DO_NOT_USE HOT", "amp B", "RA 30.000000 Dec -10.000000", "wave 3.912 um", "2023-01-01T00:00:00.000 UTC"):
        assert part in bar.text
    bar.session.go_to(integration=2)
    assert "2023-01-01T12:00:00.000 UTC" in bar.text
    bar.session.go_to(integration=3)
    assert "UTC" not in bar.text


def test_the_read_out_is_of_the_shown_values(bar):
    bar.session.choose_pixel(0, 5)
    bar.session.go_to(group=4)
    assert "1405 DN" in bar.text
    bar.session.set_difference("previous group")
    assert "100 DN" in bar.text


def test_a_narrow_bar_keeps_value_and_flags(bar):
    bar.session.choose_pixel(20, 10)
    for width in (1400, 700, 420, 300):
        bar.resize(width, 24)
        drawn = [number for number, _, _ in bar.places()]
        assert {0, 4, 5} <= set(drawn)
        if width > 300:
            assert sum(w for _, _, w in bar.places()) <= width
    bar.resize(1400, 24)
    assert len(bar.places()) == len([part for part in bar._parts if part])


def test_parts_stay_in_place_while_the_mouse_moves(bar):
    for pixel in ((59, 63), (48, 44), (1, 1)):
        bar.panel.hovered.emit(pixel)
    places = {number: left for number, left, _ in bar.places()}
    bar.panel.hovered.emit((9, 11))
    assert {number: left for number, left, _ in bar.places()} == places


def test_the_bar_is_painted(bar):
    empty = pixels(bar)
    bar.session.choose_pixel(4, 3)
    assert (pixels(bar) != empty).any()


def test_places_come_later_and_once(qtbot, monkeypatch):
    asked = []

    class Later:
        def ask(self, lane, title, func, *args, then):
            asked.append((lane, then))

    class Answer:
        values, unit, dq, definitions = np.ones((64, 60), np.float32), "DN", None, None

        class request:  # noqa: N801
            class frame:  # noqa: N801
                exposure, integration = "a", 1

    renewed = []
    facts = pixel_facts.PixelFacts(FakeExposures(DetectorGeometry(64, 60)), Later(), lambda: renewed.append(1))
    for _ in range(3):
        assert np.isnan(facts.readout(Answer, 1, 2).ra_deg)
    assert [lane for lane, _ in asked] == ["wcs"]
    asked[0][1]({"wcs": FakeWcs(), "times": None})
    assert renewed == [1]
    assert facts.readout(Answer, 1, 2).ra_deg == 11.0
    assert facts.readout(Answer, 60, 2) is None


def test_a_file_without_wcs_is_read_out_without(tmp_path, monkeypatch):
    exposures = FakeExposures(DetectorGeometry(64, 60))

    class File:
        path = tmp_path / "gone.fits"

    exposures.files = (File,)

    def refuse(*_):
        raise BadInput("gone.fits is not there any more")

    monkeypatch.setattr("detgui.data.wcs.load_wcs", refuse)
    assert pixel_facts.fetch(exposures) == {"wcs": None, "times": {1: 59945.0, 2: 59945.5}}


def test_amplifiers_are_drawn_between_their_regions(qtbot, bar):
    before = pixels(bar.panel.view)
    bar.session.set_display(amplifiers=True)
    changed = np.argwhere((pixels(bar.panel.view) != before).any(axis=2))
    # Outputs meet at full-frame rows 1024 and 1025: between the array's rows 63 and 64, outside; only the letter is drawn.
    assert len(changed)
    assert changed[:, 0].min() > bar.panel.view.place_of(0, 63).y() - 12
    assert bar.panel.canvas.geometry.why_no_amplifiers("a") == "one output, B, reads all of this image"


def subarray(qtbot, **start) -> ImagePanel:
    """A panel that shows a ramp of a part of NRS1, 64 x 60 pixels, read through four outputs."""
    session, geometry = Session(), DetectorGeometry(64, 60, noutputs=4, **start, **NRS1)
    panel = ImagePanel(session, FakeLoader(session), exposures=FakeExposures(geometry))
    qtbot.addWidget(panel)
    panel.resize(560, 600)
    panel.show()
    session.add_exposures([exposure("a", shape=(3, 5, 64, 60))])
    return panel


def test_a_subarray_across_two_outputs_has_a_line(qtbot):
    panel = subarray(qtbot, ystart=993)
    before = pixels(panel.view)
    panel.session.set_display(amplifiers=True)
    changed = (pixels(panel.view) != before).any(axis=2)
    # Output B ends with row 1024, the array's row 31.
    edge = (panel.view.place_of(0, 31).y() + panel.view.place_of(0, 32).y()) / 2
    middle = round(panel.view.place_of(40, 0).x())
    rows = np.flatnonzero(changed[:, middle - 20 : middle + 20].any(axis=1))
    assert abs(rows - edge).max() <= 3
    assert panel.canvas.geometry.why_no_amplifiers("a") == ""


def test_reference_pixels_are_hatched_where_they_are(qtbot):
    panel = subarray(qtbot, ystart=1, xstart=1)
    before = pixels(panel.view)
    panel.session.set_display(reference_pixels=True)
    changed = (pixels(panel.view) != before).any(axis=2)
    for x, y in ((2, 30), (30, 2), (30, 30), (30, 5), (5, 30), (58, 60)):
        place = panel.view.place_of(x, y)
        patch = changed[int(place.y()) - 2 : int(place.y()) + 3, int(place.x()) - 2 : int(place.x()) + 3]
        assert patch.any() == (x < 4 or y < 4), (x, y)
