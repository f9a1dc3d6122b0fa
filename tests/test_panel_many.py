"""Points and error bars of long exposures: in their places, and nothing lost where they share a column of the screen."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage

from detgui.gui.ramp.many_points import ROUND, ManyBars, ManyPoints, joined

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def plot(qtbot):
    widget = pg.PlotWidget(background="w")
    qtbot.addWidget(widget)
    widget.resize(500, 400)
    widget.setRange(xRange=(0, 100), yRange=(0, 10), padding=0)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def pixels(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def place(widget, x, y) -> tuple[int, int]:
    point = widget.mapFromScene(widget.getPlotItem().vb.mapViewToScene(QPointF(x, y)))
    return round(point.y()), round(point.x())


@pytest.mark.parametrize("count", [9, ROUND + 1])
def test_points_are_where_their_values_are(plot, count):
    points = ManyPoints(size=5)
    points.setBrush(pg.mkBrush(QColor(*RED)))
    plot.addItem(points)
    x = np.linspace(5, 95, count)
    points.setData(x, np.full(count, 4.0))
    shown = (pixels(plot) == RED).all(axis=2)
    for value in (x[0], x[count // 2], x[-1]):
        assert shown[place(plot, value, 4.0)]
        assert not shown[place(plot, value, 5.0)]
    assert np.ptp(np.flatnonzero(shown.any(axis=1))) <= 6
    points.setData(np.zeros(0), np.zeros(0))
    assert not (pixels(plot) == RED).all(axis=2).any()


def test_bars_reach_from_end_to_end(plot):
    bars = ManyBars()
    bars.setPen(pg.mkPen(QColor(*BLUE)))
    plot.addItem(bars)
    bars.setData(np.array([20.0, 60.0]), np.array([5.0, 6.0]), np.array([4.0, 1.0]))
    shown = (pixels(plot) == BLUE).all(axis=2)
    for x, low, high in ((20.0, 3.0, 7.0), (60.0, 5.5, 6.5)):
        column = place(plot, x, low)[1]
        rows = np.flatnonzero(shown[:, column - 1 : column + 2].any(axis=1))
        assert rows.min() == pytest.approx(place(plot, x, high)[0], abs=2)
        assert rows.max() == pytest.approx(place(plot, x, low)[0], abs=2)


def test_bars_of_one_column_are_joined_and_reach_as_far():
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 50, 4000))
    low = rng.normal(0, 1, 4000)
    high = low + rng.exponential(1, 4000)
    places, lows, highs = joined(x, low, high, 2.0)
    assert len(places) == 100
    for column in (0, 17, 99):
        members = np.floor(2 * x) == column
        assert places[column] == pytest.approx((column + 0.5) / 2)
        assert lows[column] == low[members].min()
        assert highs[column] == high[members].max()


def test_bars_that_are_apart_stay_as_they_are():
    x = np.array([1.25, 2.5, 9.0])
    places, lows, highs = joined(x, x - 1, x + 1, 1.0)
    assert places is x
    assert lows.tolist() == [0.25, 1.5, 8.0]
    assert highs.tolist() == [2.25, 3.5, 10.0]
