"""What all pages of the non-linearity tab share: the exposure, N, the integrations, the flags that exclude, Compute and Cancel."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.labels import TroubleLabel
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.image.menus import StickyMenu, checkable
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.noise_options import NoiseOptions
from detgui.gui.nonlinearity.words import cost, range_text, used
from detgui.session.nonlinearity import LEAST_AFTER, LEAST_BEFORE, REPORT_GROUPS
from detgui.session.state import SessionState

N_TIP = f"""N: last group of the early line, 1-based; at least {LEAST_BEFORE} groups before it and {LEAST_AFTER} after it.
Default: {REPORT_GROUPS}, the first ten groups (STScI-009234, section 3.2).
Once computed, the map follows N at once: approximate while it moves, exact a moment after."""
RANGE_TIP = """First and last integration of the mean, 1-based and inclusive.
Default: all integrations of the exposure."""
FLAGS_TIP = """DQ flags that exclude a pixel of an integration, in GROUPDQ of any group or in PIXELDQ.
Default: any flag at all, DQ = 0 (STScI-009234, section 3.2)."""


class SharedHeader(QWidget):
    """Shows the session's `NonlinearityOptions` and sends what a person enters to the session; ``compute`` and ``cancel`` are asked."""

    compute_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker, self._exposures = context.session, context.maker, context.exposures
        self._choices: tuple[tuple[str, str], ...] = ()
        self._make()
        self._lay_out()
        self._connect()

    def _make(self) -> None:
        self.source = QComboBox(self)
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.source.setMinimumContentsLength(12)
        self.source.setAccessibleName("Exposure whose ramps are used")
        self.n = _spin("N, last group of the early line", N_TIP)
        self.first, self.last = _spin("First integration", RANGE_TIP), _spin("Last integration", RANGE_TIP)
        self.all = flat_button("All", "All integrations")
        self.flags_menu = StickyMenu(self)
        self.flags = menu_button("Any flag", FLAGS_TIP, self.flags_menu)
        self.options = flat_button("Options", "Gain and read noise of the errors")
        self.options.setCheckable(True)
        self.noise = NoiseOptions(self._session.set_nonlinearity, self)
        self.noise.hide()
        self.compute = flat_button("Compute", "Make the map: one pass for it, one for the mean ramps that follow the mouse (Ctrl+Return)")
        self.cancel = flat_button("Cancel", "Stop the pass over the ramps")
        self.cancel.hide()
        self.status = ElidedLabel(self)
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.trouble = TroubleLabel(self)

    def _lay_out(self) -> None:
        dash, integrations, exclude = QLabel("–"), QLabel("Integrations"), QLabel("Exclude")
        exclude.setToolTip(FLAGS_TIP)
        exclude.setBuddy(self.flags)
        integrations.setBuddy(self.first)
        rows = (
            (self.source, exclude, self.flags),
            (QLabel("N"), self.n, integrations, self.first, dash, self.last, self.all, None, self.options),
            (self.compute, self.cancel, self.status),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for widgets in rows:
            row = QHBoxLayout()
            row.setSpacing(4)
            for widget in widgets:
                if widget is None:
                    row.addStretch(1)
                else:
                    row.addWidget(widget, 1 if widget in (self.source, self.status) else 0)
            column.addLayout(row)
        column.insertWidget(2, self.noise)
        column.addWidget(self.trouble)

    def _connect(self) -> None:
        set_ = self._session.set_nonlinearity
        self.source.activated.connect(lambda place: set_(text="Exposure", source=self.source.itemData(place)))
        self.n.valueChanged.connect(lambda n: set_(text="Fitted groups", fit_last=n))
        for spin in (self.first, self.last):
            spin.valueChanged.connect(lambda _: set_(text="Integrations", integrations=(self.first.value(), self.last.value())))
        self.all.clicked.connect(lambda: set_(text="Integrations", integrations=None))
        self.options.toggled.connect(self.noise.setVisible)
        self.compute.clicked.connect(self.compute_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self.flags_menu.aboutToShow.connect(self._fill_flags)
        self.flags_menu.addAction("…")  # an empty menu is not opened at all

    def show_state(self, state: SessionState) -> None:
        """Show the options and the exposures to choose from."""
        self._show_sources(state)
        source, options = self._maker.source, self._maker.options
        with QSignalBlocker(self.n), QSignalBlocker(self.first), QSignalBlocker(self.last):
            if source is not None:
                self.n.setRange(min(LEAST_BEFORE, source.shape[1]), max(source.shape[1] - LEAST_AFTER, LEAST_BEFORE))
                for spin in (self.first, self.last):
                    spin.setRange(*source.integrations)
                first, last = options.integrations or source.integrations
                self.first.setValue(first)
                self.last.setValue(last)
            self.n.setValue(options.fit_last)
        several = source is not None and source.integrations[0] != source.integrations[1]
        for widget in (self.first, self.last):
            widget.setEnabled(several)
        self.all.setEnabled(options.integrations is not None)
        for widget in (self.n, self.compute, self.flags, self.options):
            widget.setEnabled(source is not None)
        self.noise.show_options(options)
        self.flags.setText("Any flag" if options.flags is None else range_text(options.flags))
        self.show_work()

    def _show_sources(self, state: SessionState) -> None:
        ramps = tuple((each.key, each.name) for each in state.exposures if each.is_ramp)
        source = self._maker.source
        with QSignalBlocker(self.source):
            if ramps != self._choices:
                self._choices = ramps
                self.source.clear()
                for key, name in ramps:
                    self.source.addItem(name, key)
            self.source.setCurrentIndex(self.source.findData(source.key) if source is not None else -1)
        self.source.setToolTip(source.name if source is not None else "Open a ramp")

    def show_work(self) -> None:
        """Show what runs, what it will cost, or what was used; and what is wrong."""
        running = self._maker.running
        self.cancel.setVisible(running is not None)
        self.compute.setEnabled(running is None and self._maker.source is not None)
        result = self._maker.result
        if running is not None:
            text = f"{running.title.partition(' of ')[0].lower()} {100 * running.fraction:.0f} %"
            tip = running.message
        elif result is None:
            text, tip = cost(self._maker), "Two passes over the ramps: one for the exact map, one for the mean ramps."
        else:
            text, tip = used(result)
        self.noise.show_used(result)
        self.status.show_text(text)
        self.status.setToolTip(tip)
        self.trouble.show_sentence(self._maker.trouble)

    def _fill_flags(self) -> None:
        from detgui.science.dq import PIXEL

        chosen = self._session.state.nonlinearity.flags
        self.flags_menu.clear()
        checkable(self.flags_menu, "Any flag at all (DQ = 0)", chosen is None).triggered.connect(lambda _: self._choose_flag("", True))
        self.flags_menu.addSeparator()
        for name in PIXEL:
            act = checkable(self.flags_menu, name, chosen is not None and name in chosen)
            act.setData(name)
            act.triggered.connect(lambda on, name=name: self._choose_flag(name, on))

    def _choose_flag(self, name: str, on: bool) -> None:
        before = self._session.state.nonlinearity.flags or ()
        left = tuple(each for each in before if each != name)
        flags = (*left, name) if on and name else left
        self._session.set_nonlinearity(text="Flags that exclude", flags=flags if name and flags else None)
        shown = self._session.state.nonlinearity.flags
        for act in self.flags_menu.actions():  # the menu stays open
            if act.isCheckable():
                act.setChecked(act.data() in shown if act.data() and shown else not act.data() and shown is None)


def _spin(name: str, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setKeyboardTracking(False)
    spin.setRange(1, 1_000_000)
    spin.setAccessibleName(name)
    spin.setToolTip(tip)
    spin.setMinimumWidth(54)
    return spin
