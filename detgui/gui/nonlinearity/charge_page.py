"""The Charge page: how much charge moves for each DN of contrast, found in two ways."""

from __future__ import annotations

from functools import partial
from math import erfc, isfinite, sqrt
from typing import Any

import numpy as np
from PySide6.QtWidgets import QSizePolicy, QSpinBox, QWidget

from detgui.analysis import brighter_fatter, slope_map
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.quantity import plain, probability, with_error
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.page_work import begin_measuring
from detgui.gui.pages.page import Need, Origin, Page, Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact

LANE = "charge"
UNIT = "DN per 1000 DN"
START_TIP = """Signal above which charge moves, DN above the reset; 0: at any signal.
Default: 10,000 DN (STScI-009234, section 3.2, after Goudfrooij et al. 2024)."""
SHARED = "part of the charge that neighbours share at any signal (inter-pixel capacitance), from the same covariance"
WAYS = ("slopes", "neighbours", "along x", "along y")


class ChargePage(Page):
    """Measures once asked to; the slope map is used where it is there."""

    name = "charge"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, PagePlot("Residual slope against contrast, and the estimates", (5, 3)), parent)
        self.begin_at = QSpinBox(self)
        self.begin_at.setRange(0, 1_000_000)
        self.begin_at.setSingleStep(1000)
        self.begin_at.setGroupSeparatorShown(True)
        self.begin_at.setSuffix(" DN")
        self.begin_at.setValue(int(brighter_fatter.START))
        self.begin_at.setKeyboardTracking(False)
        self.begin_at.setToolTip(START_TIP)
        self.begin_at.setAccessibleName("Signal above which charge moves")
        self.begin_at.valueChanged.connect(lambda _: self.refresh())
        self.again = flat_button("Measure", "Measure with the present N, integrations, flags and start")
        self.again.clicked.connect(self.begin)
        self.cancel = flat_button("Cancel", "Stop measuring")
        self.cancel.clicked.connect(lambda: self.jobs.cancel(LANE))
        self.put_tools(tool_label("Above", self.begin_at), self.begin_at, self.again, self.cancel, None)
        self.words = sentence_label(self)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.content.layout().insertWidget(1, self.words)
        self.plot.plots[1].getAxis("bottom").setTicks([list(enumerate(WAYS))])
        self._drawn: Any = None

    # what there is

    @property
    def result(self) -> brighter_fatter.Result | None:
        """What was measured of the present source."""
        return self.found(LANE)

    def params(self) -> brighter_fatter.Params:
        """What it would be measured with now."""
        options = self.maker.options
        return brighter_fatter.Params(
            fit_groups=(1, options.fit_last), integrations=options.integrations, start=float(self.begin_at.value()), flags=options.flags
        )

    def need(self) -> Need | None:
        if self.maker.source is None:
            return Need("Open a ramp")
        if self.result is None:
            words = (
                "How much charge moves to a neighbour for each DN of contrast: from the residual slopes against the contrast of the image, "
                "and from the noise that neighbours share in group differences that do not overlap."
            )
            return Need(words, "Measure both", self.begin, LANE)
        return None

    def begin(self) -> None:
        """Measure both ways; the exact map is used where it was made with the same options."""
        params = self.params()
        run = partial(brighter_fatter.run, slopes=self._known_map(params))
        begin_measuring(self, LANE, "Charge moved in", brighter_fatter.check, run, params)

    def _known_map(self, params: brighter_fatter.Params) -> slope_map.Result | None:
        """The exact map, where it was made with the same groups, integrations and flags."""
        exact = self.maker.sheet().exact
        if exact is None or exact.approximate:
            return None
        names = ("fit_groups", "integrations", "flags")
        return exact if all(getattr(exact.params, name) == getattr(params, name) for name in names) else None

    # drawing

    def draw(self) -> None:
        result, busy = self.result, self.jobs.runs(LANE)
        self.again.setVisible(not busy)
        self.cancel.setVisible(busy)
        self.again.setEnabled(result.params != self.params())
        if result is not self._drawn:
            self._drawn = result
            self.plot.show_drawn(lambda: self._draw(result))
            self.words.setText(in_words(result))
            self.show_facts((result.exposure, None, facts(result)), notes=result.notes)
            self.plot.plots[1].setXRange(-0.5, len(WAYS) - 0.5, padding=0)
        self.show_notes("" if result.params == self.params() else "measured with other groups, integrations, flags or start")

    def _draw(self, result: brighter_fatter.Result) -> None:
        plot, theme = self.plot, self.plot.theme
        plot.label(0, "slope (DN/group)", "late slope of the contrast with the neighbours (DN/group)")
        plot.label(1, UNIT)
        contrast, slope, err = result.slopes.binned
        plot.level(0)
        plot.level(0, 0.0, 90)
        plot.points(0, contrast, slope, err, theme.points, name="mean of pixels")
        if contrast.size and isfinite(result.slopes.coefficient):
            ends = np.array([contrast.min(), contrast.max()])
            value, error = result.slopes.coefficient, result.slopes.coefficient_err
            low, high = (-(value + sign * error) * ends for sign in (1, -1))
            plot.band(0, ends, low, high, theme.line)
            plot.line(0, ends, -value * ends, theme.line, name="fit")
        values, errors = (1000 * np.array(each, float) for each in zip(*estimates(result), strict=True))
        plot.level(1)
        if isfinite(values[0]):
            level = np.array([-0.5, len(WAYS) - 0.5])
            plot.band(1, level, np.full(2, values[0] - errors[0]), np.full(2, values[0] + errors[0]), theme.line)
        plot.points(1, np.arange(values.size), values, errors, theme.points, size=7.0)

    # export

    def table(self) -> Table:
        return brighter_fatter.as_table(self.result)

    def origin(self) -> Origin:
        return Origin.of(self.result.provenance)


def estimates(result: brighter_fatter.Result) -> list[tuple[float, float]]:
    """Coefficients and their errors in the order of `WAYS`, DN per DN; NaN where there is none."""
    pairs = [
        (each.coefficient, each.coefficient_err) if each is not None else (np.nan, np.nan) for each in (result.along_x, result.along_y)
    ]
    return [(result.slopes.coefficient, result.slopes.coefficient_err), (result.pair_coefficient, result.pair_err), *pairs]


def couplings(result: brighter_fatter.Result) -> list[tuple[str, float, float]]:
    """Names, values and errors of what neighbours share at any signal, part of the charge; NaN where there is none."""
    fits = (("coupling x", result.along_x), ("coupling y", result.along_y))
    return [(name, *((fit.capacitance, fit.capacitance_err) if fit is not None else (np.nan, np.nan))) for name, fit in fits]


def in_words(result: brighter_fatter.Result) -> str:
    """What the numbers mean, in two sentences."""
    value, err = result.slopes.coefficient, result.slopes.coefficient_err
    above = f" above {result.params.start:,.0f} DN" if result.params.start > 0 else ""
    if not isfinite(value):
        return "There are too few pixels with a slope and a contrast to tell how much charge moves."
    if not abs(value) > 3 * err:
        first = f"No charge is seen to move: {with_error(1000 * value, 1000 * err)} DN for each 1000 DN of contrast{above}."
    elif value > 0:
        first = (
            f"Where a pixel is 1000 DN brighter than its neighbour{above}, {with_error(1000 * value, 1000 * err)} DN of its charge "
            "end up in that neighbour: bright features become wider."
        )
    else:
        first = (
            f"Brighter pixels gain: {with_error(1000 * value, 1000 * err)} DN for each 1000 DN of contrast{above}; charge does not move so."
        )
    return f"{first} {agreement(result)}"


def agreement(result: brighter_fatter.Result) -> str:
    """Whether the second way says the same."""
    if not isfinite(result.pair_coefficient):
        return f"The noise of neighbours tells nothing: {result.why_not}." if result.why_not else "The noise of neighbours tells nothing."
    value = with_error(1000 * result.pair_coefficient, 1000 * result.pair_err)
    chance = erfc(abs(result.agreement) / sqrt(2))
    word = "agrees" if chance >= 0.01 else "does not agree"
    return f"The noise that neighbours share says {value}: it {word} (P = {probability(chance)})."


def facts(result: brighter_fatter.Result) -> list[Fact]:
    """The numbers of both ways."""
    fit = result.slopes
    rows = []
    stories = (
        "regression of the residual slope on the contrast of the image",
        "covariance of group differences of neighbours, mean of both directions",
        "neighbours along x",
        "neighbours along y",
    )
    for name, (value, err), story in zip(WAYS, estimates(result), stories, strict=True):
        rows.append(Fact(name, with_error(1000 * value, 1000 * err, UNIT), story))
    difference = (
        f"{result.agreement:+.1f} σ, P = {probability(erfc(abs(result.agreement) / sqrt(2)))}" if isfinite(result.agreement) else "–"
    )
    gain = with_error(result.gain, result.gain_err, "e-/DN") if isfinite(result.gain) else "–"
    bend = with_error(100 * fit.curvature, 100 * fit.curvature_err, "%")
    return [
        *rows,
        Fact("agreement", difference, "difference of the two ways in its error; P: chance of a larger one"),
        Fact("curvature", bend, "part by which the coefficient is larger at the largest contrast"),
        Fact("correlation", plain(fit.correlation, 3), f"of slope and contrast, {fit.pixels} pixels"),
        *(Fact(name, with_error(100 * value, 100 * err, "%"), SHARED) for name, value, err in couplings(result)),
        Fact("gain", gain, "from the same group differences"),
        Fact("read noise", f"{plain(result.read_noise, 3)} DN" if isfinite(result.read_noise) else "–", "of a single read, with 1/f noise"),
    ]
