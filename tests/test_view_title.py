"""The title of an image is cut where it matters least."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics

from detgui.gui.image.caption import SEPARATOR
from detgui.gui.image.elided_label import ElidedLabel, widest_that_fits

NAME = "jw99999001001_04101_00001_nrs1_slopes"
FACTS = ("SLOPE", "DN/group", "groups 1-19, integrations 1-24")


def test_the_longest_parts_give_way():
    assert widest_that_fits([100, 20, 30], 200) == 100
    assert widest_that_fits([100, 20, 30], 120) == 70
    assert widest_that_fits([100, 20, 90], 120) == 50
    assert widest_that_fits([], 10) == 0


@pytest.mark.parametrize("text", ["reads 393 kB twice, about 1 s", "exact · gain 1.43 e-/DN · read noise 8.49 DN", f"{NAME}{SEPARATOR}DN"])
def test_what_fits_is_not_cut(qtbot, text):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(QFontMetrics(label.font()).horizontalAdvance(text) + 3, 20)
    label.show_text(text)
    assert label.text() == text


def test_a_long_name_is_cut_before_what_is_said_of_it(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    metrics = QFontMetrics(label.font())
    label.resize(metrics.horizontalAdvance(SEPARATOR.join(["x" * 20, *FACTS])), 20)
    label.show_text(SEPARATOR.join([NAME, *FACTS]))
    name, *facts = label.text().split(SEPARATOR)
    assert tuple(facts) == FACTS
    assert "…" in name and name.startswith("jw9") and name.endswith("slopes")
    label.show_text(SEPARATOR.join([NAME, "SLOPE", f"− {NAME}", "DN/group"]))
    name, *_, other, unit = label.text().split(SEPARATOR)
    assert unit == "DN/group" and "…" in name and "…" in other
    assert label.toolTip() == label.whole
