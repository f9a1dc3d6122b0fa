"""Makes the maps of the phases and their difference, keeps them as products of the list, and lets them follow the mouse."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.analysis import phase_file, phase_maps, slope_map, trace
from detgui.analysis.phases import check_phases
from detgui.data.exposure import Exposure
from detgui.data.memory_exposure import MapExposure
from detgui.errors import BadInput
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.phase_text import as_phases
from detgui.gui.nonlinearity.phase_work import Compared, Known, compare, maps_of, quick_maps
from detgui.gui.nonlinearity.trace_line import TRACE
from detgui.gui.pages.findings import findings_of
from detgui.session import changes, slope_work
from detgui.session.state import SessionState

LANE, QUICK, PAIR = "phases", "phases quick", "phases pair"
SETTLE_MS = 600  # after the last change of a phase the exact pass begins
SIGMA_LIMIT = 5.0  # significances are shown from -5 to 5


@dataclass(slots=True)
class PhaseSheet:
    """What was made of one exposure."""

    result: phase_maps.Result | None = None
    compared: Compared | None = None
    pair: tuple[str, str] | None = None
    known: dict[slope_map.Params, slope_map.Result] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)  # name of a phase, '' for the difference: key in the list
    labels: dict[str, str] = field(default_factory=dict)


class PhaseMaker(QObject):
    """Once computed, the maps follow N and the phases: out of mean ramps while they move, exact a moment after."""

    changed = Signal()

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._maker, self._jobs = context, context.session, context.maker, context.jobs
        self._exposures = context.exposures
        self._findings = findings_of(context)
        self._sheets: dict[str, PhaseSheet] = {}
        self.trouble = ""
        self._again = False
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        self._session.changed.connect(self._follow)
        self._maker.held_changed.connect(lambda held: None if held else self._released())
        self._exposures.closed.connect(self._forget)

    # what there is

    @property
    def key(self) -> str:
        """Key of the present source, '' for none."""
        source = self._maker.source
        return source.key if source is not None else ""

    @property
    def sheet(self) -> PhaseSheet:
        """What was made of the present source."""
        return self._sheets.setdefault(self.key, PhaseSheet())

    def params(self) -> phase_maps.Params:
        """What the maps would be made of now."""
        options = self._maker.options
        slopes = replace(slope_work.map_params(options), integrations=None)
        return phase_maps.Params(phases=as_phases(options.phases), slopes=slopes)

    @property
    def is_current(self) -> bool:
        """Whether the maps are the exact ones of the present phases and options."""
        result = self.sheet.result
        return result is not None and result.params == self.params() and not any(each.approximate for each in result.maps)

    # what a person does

    def compute(self) -> None:
        """Make the exact maps of the present phases; says what is wrong in ``trouble``."""
        source = self._maker.source
        if source is None:
            return
        key, params, sheet = source.key, self.params(), self.sheet
        try:
            check_phases(params.phases)
            with self._exposures.shelf.borrow(key) as exposure:
                phase_maps.check(exposure, params)
        except BadInput as error:
            self._tell(str(error))
            return
        self._tell("")
        find = trace.Params(fit_groups=(1, min(10, source.shape[1])), flags=params.slopes.flags)
        self._jobs.start(
            LANE, f"Phase maps of {source.name}", maps_of, self._exposures.shelf, key, params, self._known(sheet),
            self._findings.get(key, TRACE), find, then=partial(self._came, key), failed=self._tell,
        )  # fmt: skip

    def choose(self, first: str, second: str) -> None:
        """Compare two phases."""
        if first != second:
            self.sheet.pair = (first, second)
            self._compare(self.key)

    # from the state to tasks

    def _follow(self, old: SessionState, new: SessionState) -> None:
        before, after = old.nonlinearity, new.nonlinearity
        names = ("phases", "fit_last", "flags", "gain", "read_noise")
        if all(getattr(before, name) == getattr(after, name) for name in names):
            return
        sheet = self._sheets.get(self.key)
        if sheet is None or sheet.result is None or not after.phases or self.is_current:
            self._settle.stop()
            return
        self._quick()
        self._settle.start()

    def _quick(self) -> None:
        """Maps out of mean ramps; one at a time and the newest wish next, so that a drag never starves."""
        sheet, means, params = self.sheet, self._maker.sheet().means, self.params()
        fits = means is not None and self._maker.sheet().means_params == slope_work.means_params(self._session.state.nonlinearity)
        if sheet.result is None or not fits:
            return
        try:
            check_phases(params.phases)
        except BadInput:
            return
        if self._jobs.runs(QUICK):
            self._again = True
            return
        self._again = False
        self._jobs.start(
            QUICK, "", quick_maps, means, params, self._known(sheet), sheet.result, then=partial(self._came_quick, self.key), quick=True
        )  # fmt: skip

    def _settled(self) -> None:
        if not self._maker.held and not self.is_current:
            self.compute()

    def _released(self) -> None:
        sheet = self._sheets.get(self.key)
        if sheet is not None and sheet.result is not None and self._session.state.nonlinearity.phases and not self.is_current:
            self._settle.start()

    @staticmethod
    def _known(sheet: PhaseSheet) -> Known:
        return dict(sheet.known)

    # from answers to the list

    def _came(self, key: str, answer: tuple[phase_maps.Result, trace.Result | None]) -> None:
        result, found = answer
        if self._session.state.exposure(key) is None:
            return
        sheet = self._sheets.setdefault(key, PhaseSheet())
        sheet.known = {each.params: each for each in result.maps}
        if found is not None and self._findings.get(key, TRACE) is None:
            self._findings.put(key, TRACE, found)
        self._take(key, result)

    def _came_quick(self, key: str, result: phase_maps.Result) -> None:
        if key in self._sheets and not (self.is_current and key == self.key):
            self._take(key, result)
        if self._again:
            self._quick()

    def _take(self, key: str, result: phase_maps.Result) -> None:
        sheet, source = self._sheets[key], self._exposures.exposure(key)
        if source is None:
            return
        sheet.result = result
        names = [phase.name for phase in result.params.phases]
        for name in [each for each in sheet.products if each and each not in names]:
            self._drop(sheet, name)
        for phase, map_ in zip(result.params.phases, result.maps, strict=True):
            shown = slope_work.as_exposure(map_, source)
            shown.name = f"{shown.name}-{_word(phase.name)}"
            self._put(sheet, key, phase.name, f"{phase.name}: slopes", shown, slope_work.words(map_))
        if sheet.pair is None or not set(sheet.pair) <= set(names):
            sheet.pair = first_pair(names)
        self._compare(key)
        self.changed.emit()

    def _compare(self, key: str) -> None:
        sheet = self._sheets[key]
        if sheet.result is None or sheet.pair is None:
            sheet.compared = None
            self.changed.emit()
            return
        self._jobs.start(
            f"{PAIR} {key}", "", compare, sheet.result, *sheet.pair, self._findings.get(key, TRACE),
            then=partial(self._compared, key), failed=self._tell, quick=True,
        )  # fmt: skip

    def _compared(self, key: str, compared: Compared) -> None:
        sheet, source = self._sheets.get(key), self._exposures.exposure(key)
        if sheet is None or source is None or sheet.result is None:
            return
        sheet.compared = compared
        difference = compared.difference
        label = f"{difference.first.name} − {difference.second.name}"
        shown = as_exposure(difference, source, sheet.result)
        self._put(sheet, key, "", label, shown, f"{difference.first} − {difference.second}")
        self.changed.emit()

    def _put(self, sheet: PhaseSheet, source: str, name: str, label: str, exposure: Exposure, note: str) -> None:
        """Put a product into the list, or newer values into its place."""
        key = sheet.products.get(name, "")
        there = self._session.state.exposure(key) if key else None
        if there is not None and sheet.labels.get(name) == label:
            self._exposures.replace(key, exposure, note)
            return
        shown = there is not None and self._session.state.frame is not None and self._session.state.frame.exposure == key
        if there is not None:
            self._exposures.close_exposure(key)
        sheet.products[name] = self._exposures.add_map(exposure, source, label, show=shown)
        sheet.labels[name] = label
        self._session.put(changes.revise(self._session.state, sheet.products[name], note))

    def _drop(self, sheet: PhaseSheet, name: str) -> None:
        key = sheet.products.pop(name)
        sheet.labels.pop(name, None)
        self._exposures.close_exposure(key)

    def _forget(self, key: str) -> None:
        self._sheets.pop(key, None)
        for sheet in self._sheets.values():
            for name in [each for each, product in sheet.products.items() if product == key]:
                del sheet.products[name]

    def _tell(self, trouble: str) -> None:
        self.trouble = trouble
        self.changed.emit()


def first_pair(names: list[str]) -> tuple[str, str] | None:
    """What is compared first: the transit with the first other phase, else the first two; None for fewer than two."""
    if len(names) < 2:
        return None
    transit = next((name for name in names if "transit" in name.lower()), names[0])
    return transit, next(name for name in names if name != transit)


def as_exposure(difference: phase_maps.Difference, source: Exposure, result: phase_maps.Result) -> MapExposure:
    """A difference as an exposure with the planes DIFFERENCE, ERR and SIGNIFICANCE."""
    planes = {"DIFFERENCE": difference.slope, "ERR": difference.err, "SIGNIFICANCE": difference.significance}
    root = slope_work.map_name(source.name).removesuffix("_slopes")
    return MapExposure(
        f"{root}_{_word(difference.first.name)}-{_word(difference.second.name)}",
        planes,
        unit=difference.unit,
        units={"SIGNIFICANCE": "σ"},
        signed=("DIFFERENCE", "SIGNIFICANCE"),
        source=source,
        headers=lambda: [(hdu.name, hdu.header) for hdu in phase_file.as_hdus(result, difference)],
        write=lambda path: phase_file.write(result, difference, path),
    )


def _word(name: str) -> str:
    """A name as a part of a product's, whose parts are set off by underscores."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)
