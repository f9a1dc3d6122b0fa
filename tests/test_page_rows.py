"""The tables of pages name widgets that are there."""

from __future__ import annotations

from importlib import import_module

import pytest
from PySide6.QtWidgets import QWidget


@pytest.mark.parametrize("room", ["gain", "hotpixels", "noise", "nonlinearity", "offsets"])
def test_every_row_names_a_widget(room):
    rows = import_module(f"detgui.gui.{room}.pages").PAGES
    assert len({row.title for row in rows}) == len(rows) >= 5
    for row in rows:
        assert issubclass(getattr(import_module(row.module), row.widget), QWidget)
        assert row.tip
