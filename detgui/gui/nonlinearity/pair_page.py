"""The Pair page: two detectors on one scale, the ratio of their ranges, and both profiles."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.pair_work import NEAR, PERCENTILES, Asked, Pair, Side, make_pair
from detgui.gui.nonlinearity.same_limits import SameLimits
from detgui.gui.nonlinearity.signs import draw_profile
from detgui.gui.nonlinearity.trace_line import TRACE
from detgui.gui.pages.page import Need, Origin, Page, Table
from detgui.gui.pages.page_images import draw_map, fit_maps, scale_text
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.session import slope_work
from detgui.session.nonlinearity import groups_in
from detgui.session.state import Frame, OpenExposure, SessionState

LANE = "pair"
REPORT_RATIO = "the report finds about 3 for NRS1 over NRS2 (STScI-009234, section 4)"
LABEL = "slope map"


class PairPage(Page):
    """Compares the maps of two exposures: ramps whose maps are made where they are missing, or maps that are open."""

    name = "pair"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, PagePlot("Two maps on one scale, and their profiles", (2, 2, 4)), parent)
        self.limits = SameLimits(self.session, self)
        self.first, self.second = QComboBox(self), QComboBox(self)
        for combo, word in ((self.first, "First"), (self.second, "Second")):
            combo.setAccessibleName(f"{word} of the pair")
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(9)
            combo.activated.connect(lambda _, combo=combo: self._chosen(combo))
        self.begin_button = flat_button("Compare", "Make what is missing of both maps with the present N and flags, and compare them")
        self.begin_button.clicked.connect(self.begin)
        self.cancel = flat_button("Cancel", "Stop making the maps")
        self.cancel.clicked.connect(lambda: self.jobs.cancel(LANE))
        self.in_image = flat_button("Show in the image", "Show both in the image, side by side on the same scale")
        self.in_image.clicked.connect(self.show_in_image)
        self.put_tools(self.begin_button, self.cancel, self.in_image, None)
        self.choices = QHBoxLayout()
        self.choices.setSpacing(4)
        for combo in (self.first, self.second):
            self.choices.addWidget(combo, 1)
        self.layout().insertLayout(0, self.choices)
        self.plot.plots[1].setXLink(self.plot.plots[0])
        self.plot.plots[0].getAxis("bottom").setStyle(showValues=False)
        self._pair: Pair | None = None
        self._made_of: tuple[Any, ...] = ()
        self._keys: tuple[str, str] = ("", "")
        self._wrong = ""
        self._drawn: Any = None
        self._products: dict[str, str] = {}  # exposure with ramps: its map in the list
        context.exposures.closed.connect(self._forget)

    # what there is

    def candidates(self) -> list[OpenExposure]:
        """Ramps, and images that are no map of an open ramp."""
        state = self.session.state
        made = {self.maker.sheet(each.key).product for each in state.exposures} | set(self._products.values())
        return [each for each in state.exposures if not each.error and each.key not in made]

    def asked(self) -> tuple[Any, ...]:
        """What the pair would be made of now, to be compared with what it was made of."""
        options = self.session.state.nonlinearity
        return (*self._keys, options.fit_last, options.flags, options.integrations, options.gain, options.read_noise)

    def need(self) -> Need | None:
        self._fill()
        if len(self.candidates()) < 2:
            return Need("Open the other detector's exposure too: two exposures or maps are compared here.")
        if self._pair is None or (self._pair.sides[0].key, self._pair.sides[1].key) != self._keys:
            names = " and ".join(self.session.state.exposure(key).name for key in self._keys)
            wrong = f"\n\n{self._wrong}" if self._wrong else ""
            return Need(f"{names}: their slope maps are made where they are missing.{wrong}", "Compare the two", self.begin, LANE)
        return None

    def _fill(self) -> None:
        """Offer what is open; the present source and its partner are chosen first."""
        known = self.candidates()
        keys = [each.key for each in known]
        if not set(self._keys) <= set(keys) or self._keys[0] == self._keys[1]:
            self._keys = first_pair(self.session.state, known, self.key)
        for combo, key in zip((self.first, self.second), self._keys, strict=True):
            if [combo.itemData(i) for i in range(combo.count())] != keys:
                combo.clear()
                for each in known:
                    combo.addItem(short_name(each), each.key)
                    combo.setItemData(combo.count() - 1, each.name, 3)  # the tooltip of an entry
            combo.setCurrentIndex(combo.findData(key))
            combo.setToolTip(next((each.name for each in known if each.key == key), ""))
        for widget in (self.first, self.second):
            widget.setVisible(len(known) > 1)

    def _chosen(self, combo: QComboBox) -> None:
        first, second = self.first.currentData(), self.second.currentData()
        if first == second:  # the other takes what this one was
            first, second = (first, self._keys[0]) if combo is self.first else (self._keys[1], second)
        self._keys = (first, second)
        self._wrong = ""
        self.refresh()

    def begin(self) -> None:
        """Make what is missing, and compare."""
        self._wrong = ""
        made_of = self.asked()
        first, second = (self._ask(key) for key in self._keys)
        names = " and ".join(self.session.state.exposure(key).name for key in self._keys)
        self.tell("")
        self.jobs.start(
            LANE, f"Maps of {names}", make_pair, self.context.exposures.shelf, first, second,
            then=lambda pair: self._came(pair, made_of), failed=self._failed,
        )  # fmt: skip

    def _ask(self, key: str) -> Asked:
        exposure, options = self.session.state.exposure(key), self.session.state.nonlinearity
        if exposure is None or not exposure.is_ramp:
            return Asked(key, None)
        params = slope_work.map_params(options)
        last = groups_in(params.fit_groups[1], exposure.shape[1])
        (low, high), wanted = exposure.integrations, params.integrations
        fits = wanted is not None and low <= wanted[0] and wanted[1] <= high
        params = replace(params, fit_groups=(1, last), integrations=wanted if fits else None)
        exact = self.maker.sheet(key).exact
        before = next((side.map for side in self._pair.sides if side.key == key), None) if self._pair is not None else None
        known = next((each for each in (exact, before) if each is not None and each.params == params and not each.approximate), None)
        return Asked(key, params, known, self.findings.get(key, TRACE))

    def _came(self, pair: Pair, made_of: tuple[Any, ...]) -> None:
        self._pair, self._made_of = pair, made_of
        for side in pair.sides:
            if side.map is not None and side.trace is not None and self.findings.get(side.key, TRACE) is None:
                self.findings.put(side.key, TRACE, side.trace)
        self.refresh()

    def _failed(self, sentence: str) -> None:
        self._wrong = sentence
        self.tell(sentence, False)

    def _forget(self, key: str) -> None:
        if self._pair is not None and key in (self._pair.sides[0].key, self._pair.sides[1].key):
            self._pair = None
        self._products = {source: product for source, product in self._products.items() if key not in (source, product)}

    # the image

    def show_in_image(self) -> None:
        """Both maps in the image view, side by side with one zoom, on the same scale."""
        if self._pair is None:
            return
        frames = [self._frame(side) for side in self._pair.sides]
        self.limits.hold([(frame.exposure, frame.plane) for frame in frames], self._pair.limit)
        self.limits.show(frames[0].exposure, frames[0].plane)
        self.session.set_blink(True, frames[1])
        if self.context.image is not None:
            self.context.image.show_beside(True)

    def _frame(self, side: Side) -> Frame:
        """Where a side's map is in the list; it is put there where it is not."""
        state = self.session.state
        key = side.key
        if side.map is not None:
            sheet = self.maker.sheet(side.key)
            key = sheet.product if sheet.exact is side.map and state.exposure(sheet.product) else self._product(side)
        exposure = self.session.state.exposure(key)
        return Frame(key, exposure.main_plane, exposure.integrations[0], 1)

    def _product(self, side: Side) -> str:
        shown = slope_work.as_exposure(side.map, self.context.exposures.exposure(side.key))
        key = self._products.get(side.key, "")
        if key and self.session.state.exposure(key) is not None:
            self.context.exposures.replace(key, shown, slope_work.words(side.map))
        else:
            self._products[side.key] = key = self.context.exposures.add_map(shown, side.key, LABEL, show=False)
        return key

    # drawing

    def draw(self) -> None:
        pair, busy = self._pair, self.jobs.runs(LANE)
        self.begin_button.setVisible(not busy)
        self.cancel.setVisible(busy)
        self.begin_button.setEnabled(self._made_of != self.asked())
        if pair is not self._drawn:
            self._drawn = pair
            self.plot.show_drawn(lambda: self._draw(pair))
            fit_maps(self.plot, (0, 1), [side.slope.shape for side in pair.sides])
            columns = [(short(side.name), pin_colour(i), facts(side, pair)) for i, side in enumerate(pair.sides)]
            self.show_facts(*columns)
        self.show_notes("" if self._made_of == self.asked() else "made with other groups, integrations or flags")

    def _draw(self, pair: Pair) -> None:
        plot = self.plot
        for row, side in enumerate(pair.sides):
            draw_map(plot, row, side.slope, pair.limit, short(side.name))
            plot.label(row, "y (pixel)")
        plot.label(1, bottom=f"x (pixel)  ·  {scale_text(pair.limit, pair.sides[0].unit)}")
        unit = pair.sides[0].unit
        plot.label(2, f"slope ({unit})" if unit else "value", "distance from the trace (px)")
        for index, (side, symbol) in enumerate(zip(pair.sides, ("o", "s"), strict=True)):
            if side.folded is not None:
                draw_profile(plot, 2, side.folded, pin_colour(index), short(side.name), shaded=False, symbol=symbol)

    # export

    def file_name(self) -> str:
        names = [each.replace("[", "_").replace("]", "") for each in (short(side.name) for side in self._pair.sides)]
        return "_and_".join(names) + "_pair"

    def table(self) -> Table:
        pair = self._pair
        columns: dict[str, Any] = {}
        for number, side in enumerate(pair.sides, 1):
            if side.folded is not None:
                columns["distance"] = (side.folded.distance, "pix")
                columns[f"slope_{number}"] = (side.folded.mean, side.unit)
                columns[f"slope_{number}_err"] = (side.folded.err, side.unit)
        meta: dict[str, object] = {"ratio": pair.ratio, "ratio_err": pair.ratio_err, "percentiles": list(PERCENTILES), "near_px": NEAR}
        meta |= {"profile_ratio": pair.profile_ratio, "profile_ratio_err": pair.profile_ratio_err}
        for number, side in enumerate(pair.sides, 1):
            meta[f"exposure_{number}"] = side.name
            meta[f"range_{number}"] = asdict(side.range)
        return columns, {**meta, "provenance": self.origin().provenance}

    def origin(self) -> Origin:
        made = {side.name: dict(side.map.provenance) if side.map is not None else {"files": list(side.files)} for side in self._pair.sides}
        parts, names = [], ("first", "second")
        for name, side in zip(names, self._pair.sides, strict=True):
            if side.map is None or "python" not in side.map.provenance or side.trace is None:
                return Origin("", "", {"analysis": "pair", "maps": made})
            find = f"{name}_trace = trace.run(exposure, trace.{side.trace.params!r}).trace"
            near = f"{name}_near = abs({name}_trace.distance(result.slope.shape[0])) <= {NEAR:g}"
            parts += [str(side.map.provenance["python"]).rstrip(), find, near, f"{name} = result", ""]
        last = f"ratio, error = region_stats.ratio(first, second, (first_near, second_near), {PERCENTILES})"
        script = "\n".join(["from detgui.analysis import region_stats, trace", *parts, last, ""])
        return Origin("", script, {"analysis": "pair", "maps": made, "python": script})


def facts(side: Side, pair: Pair) -> list[Fact]:
    """The numbers of one side; the ratios are those of this side to the other."""
    half, tip = side.range, f"{PERCENTILES[0]:g} to {PERCENTILES[1]:g} % of the pixels, {side.near}"
    ratios = [(pair.ratio, pair.ratio_err), (pair.profile_ratio, pair.profile_ratio_err)]
    if side is not pair.sides[0]:
        ratios = [(1 / value, err / value**2) if value else (value, err) for value, err in ratios]
    widened = "noise widens ranges, that of the fainter map more; "
    return [
        Fact("range", f"± {with_error(half.half, half.half_err, side.unit)}", f"half of {tip}"),
        Fact("of noise", f"± {plain(side.noise_half, 2)} {side.unit}", "range that the errors alone would give"),
        Fact("ratio", with_error(*ratios[0]), f"of the ranges, to the other; {widened}{REPORT_RATIO}"),
        Fact("of profiles", with_error(*ratios[1]), "ratio of the profiles, by least squares: noise does not widen it"),
        Fact("least", with_error(half.low, half.low_err, side.unit), tip),
        Fact("largest", with_error(half.high, half.high_err, side.unit), tip),
        Fact("pixels", side.near, "that the range is of"),
    ]


def short(name: str) -> str:
    """A name by its end, which says detector and product."""
    parts = name.split("_")
    return "_".join(parts[-2:]) if len(parts) > 2 else name or MISSING


def short_name(exposure: OpenExposure) -> str:
    """What an exposure is called in the choice."""
    return f"{short(exposure.name)}" + (f" ({exposure.label})" if exposure.label else "")


def first_pair(state: SessionState, known: list[OpenExposure], source: str) -> tuple[str, str]:
    """The present source and the other detector's exposure of the same name, else another one with ramps, else any."""
    if not known:
        return "", ""
    first = next((each for each in known if each.key == source), known[0])
    partner = partner_name(first.name)
    others = [each for each in known if each.key != first.key]
    others.sort(key=lambda each: (each.name != partner, each.is_ramp != first.is_ramp))
    return first.key, others[0].key if others else ""


def partner_name(name: str) -> str:
    """The name of the same exposure on the other NIRSpec detector, '' for none."""
    for one, other in (("_nrs1", "_nrs2"), ("_nrs2", "_nrs1")):
        if one in name:
            return name.replace(one, other)
    return ""
