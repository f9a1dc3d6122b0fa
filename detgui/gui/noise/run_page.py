"""The Run page: which steps, with what settings and references; what it takes; the run with its log; what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QMenu, QProgressBar, QSplitter, QVBoxLayout, QWidget

from detgui.analysis.step_table import gigabytes
from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.fields import stretched_row
from detgui.gui.common.files import ask_folder
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.script_line import ScriptLine
from detgui.gui.gain.calibrate_work import reference_types
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.noise import words
from detgui.gui.noise.context import Context
from detgui.gui.noise.log_view import LogView
from detgui.gui.noise.reference_table import ReferenceTable
from detgui.gui.noise.step_form import StepForm
from detgui.gui.noise.step_picker import StepPicker, unfit
from detgui.science.regions import Region
from detgui.session import noise_options
from detgui.session.noise import CLEAN, COMPARE
from detgui.session.regions import regions_of
from detgui.session.state import SessionState
from detgui.session.step_work import Ran

REGION_TIP = """Write the selected regions, or all where none is selected, as user_mask of clean_flicker_noise, and run.
1/f noise is measured on background and plain regions, or on everything where there are none;
sources, voids and excluded regions are left out."""
KEEP_TIP = "Write the result of every step, not only that of the last"


class RunPage(QWidget):
    """Shows the session's steps and sends what a person enters to the session; `NoiseMaker` runs them."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context, self._session, self._maker = context, context.session, context.maker
        self._refused = ""  # what was typed and cannot be used
        self._said = ""  # what is wrong with what was chosen last
        self._make()
        self._lay_out()
        self._connect()

    def _make(self) -> None:
        self.picker = StepPicker(self)
        self.form = StepForm(self)
        self.table = ReferenceTable(self)
        self.folder_menu = QMenu(self)
        self.folder_menu.addAction("Choose a folder…", self.ask_folder)
        self.beside = self.folder_menu.addAction("Beside the input", lambda: self._session.set_noise(text="Folder", folder=None))
        self.folder = menu_button("Folder", "Where the results go. Default: beside the input", self.folder_menu)
        self.place = ElidedLabel(self)
        self.keep = QCheckBox("keep all", self)
        self.keep.setToolTip(KEEP_TIP)
        self.run = flat_button("Run", "Run the steps; the result is a new file and a new exposure (Ctrl+Shift+Y)")
        self.run.setProperty("icon_name", "mdi6.play")
        self.cancel = flat_button("Cancel", "Kill the process that runs the steps; nothing half written is left")
        self.regions = flat_button("Run with the selected region as user_mask", REGION_TIP)
        self.outlook, self.ended = sentence_label(self), sentence_label(self)
        self.bar = QProgressBar(self, maximum=1000, textVisible=False)
        self.bar.setMaximumHeight(8)
        self.doing = ElidedLabel(self)
        self.compare = flat_button("Compare", "What the steps did: input against result")
        self.log = LogView(self)
        self.log.hide()
        self.script = ScriptLine(self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.picker)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setObjectName("noise run")
        below = QWidget(self)
        inside = QVBoxLayout(below)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(3)
        inside.addLayout(stretched_row(self.run, self.cancel, self.keep, self.folder, self.place))
        inside.addWidget(self.regions)
        inside.addWidget(self.outlook)
        inside.addWidget(self.bar)
        inside.addWidget(self.doing)
        inside.addLayout(stretched_row(self.compare, self.ended))
        inside.addWidget(self.log, 1)
        for widget, share in ((self.form, 4), (self.table, 1), (below, 0)):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(self.splitter.count() - 1, share)
        self.splitter.setSizes([380, 130, 60])
        column.addWidget(self.splitter, 1)
        column.addWidget(self.script)

    def _connect(self) -> None:
        session, maker = self._session, self._maker
        self.picker.chosen.connect(self._choose_steps)
        self.picker.shown.connect(lambda step: session.set_noise(step=step))
        self.form.entered.connect(self._set)
        self.form.reset.connect(self._reset)
        self.form.refused.connect(self._refuse)
        self.table.wanted.connect(self._set_reference)
        self.table.several.connect(self._set_references)
        self.keep.toggled.connect(lambda on: session.set_noise(text="Results to keep", keep_all=on))
        self.run.clicked.connect(maker.compute)
        self.cancel.clicked.connect(maker.cancel)
        self.regions.clicked.connect(self._use_regions)
        self.compare.clicked.connect(lambda: session.set_noise(page=COMPARE))
        session.changed.connect(self._changed)
        maker.changed.connect(self.refresh)
        maker.logged.connect(self._logged)

    # what a person does

    def _choose_steps(self, steps: tuple[str, ...]) -> None:
        options = noise_options.with_steps(self._session.state.noise, steps)
        new = [step for step in steps if step not in self._session.state.noise.steps]
        self._session.set_noise(text="Steps", steps=options.steps, step=new[-1] if new else options.step)

    def _set(self, step: str, name: str, text: str | None) -> None:
        options = noise_options.with_setting(self._session.state.noise, step, name, text)
        self._session.set_noise(text=f"Setting {name}", settings=options.settings)

    def _reset(self, step: str) -> None:
        left = tuple(each for each in self._session.state.noise.settings if each.step != step)
        self._session.set_noise(text=f"Defaults of {step}", settings=left)

    def _drawn(self) -> tuple[Region, ...]:
        """The selected regions of the exposure in use, all of them where none is selected."""
        source, state = self._maker.source, self._session.state
        here = regions_of(state, source.key) if source is not None else ()
        chosen = tuple(each.region for each in here if each.number in state.selected)
        return chosen or tuple(each.region for each in here)

    def _use_regions(self) -> None:
        self._maker.run_with_mask(self._drawn())

    def _refuse(self, why: str) -> None:
        self._refused = why
        self.refresh()

    def _set_reference(self, reftype: str, file: str) -> None:
        options = noise_options.with_reference(self._session.state.noise, reftype, file)
        self._session.set_noise(text=f"Reference {reftype}", references=options.references)

    def _set_references(self, paths: list[Path]) -> None:
        failed = lambda why: self.tell(why)  # noqa: E731
        self.context.jobs.start("noise references", "", reference_types, paths, then=self._types_came, failed=failed, quick=True)

    def _types_came(self, found: dict[str, Path]) -> None:
        options = self._session.state.noise
        for reftype, path in found.items():
            options = noise_options.with_reference(options, reftype, str(path))
        self._session.set_noise(text="References", references=options.references)

    def ask_folder(self) -> None:
        """Ask where the results go."""
        plan = self._maker.plan
        take = lambda path: self._session.set_noise(text="Folder", folder=path)  # noqa: E731
        ask_folder(self, "Folder of the results", take, str(plan.folder) if plan is not None else "", only_folders=True)

    def tell(self, sentence: str) -> None:
        """Say what is wrong with what was chosen."""
        self._said = sentence
        self.refresh()

    # what there is

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if old.noise is not new.noise:
            self._said = ""
        if any(getattr(old, name) is not getattr(new, name) for name in ("exposures", "frame", "noise", "tab", "regions", "selected")):
            self.refresh()

    def _logged(self, lines: list[str]) -> None:
        if not self.log.isVisible():
            self.log.show()
            high = self.splitter.height()
            self.splitter.setSizes([round(0.36 * high), round(0.16 * high), round(0.48 * high)])
        self.log.add(lines)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def came_to_front(self) -> None:
        """The page was chosen."""
        self.refresh()

    def refresh(self) -> None:
        """Show what is chosen, what it takes, what runs and what came of it."""
        if not self.isVisible():
            return
        maker, options, source = self._maker, self._session.state.noise, self._maker.source
        instrument = self._instrument()
        changed = {each.step for each in options.settings}
        self.picker.show_steps(options.steps, maker.step, tuple(changed), lambda info: unfit(info, source, instrument))
        self.form.show_form(maker.form(maker.step) if maker.step else None, maker.step, noise_options.settings_of(options, maker.step))
        outlook = maker.outlook
        self.table.show_references(outlook.references if outlook is not None else None if maker.plan is not None else ())
        self.keep.setVisible(len(options.steps) > 1)
        if self.keep.isChecked() != options.keep_all:
            self.keep.setChecked(options.keep_all)
        self.regions.setVisible(CLEAN in options.steps)
        self.regions.setEnabled(bool(self._drawn()) and not maker.busy)
        self._show_work()
        plan = maker.plan
        self.script.show_script(plan.command if plan is not None else "", plan.python if plan is not None else "")

    def _instrument(self) -> str:
        source = self._maker.source
        exposure: Any = self.context.exposures.exposure(source.key) if source is not None else None
        return (exposure.meta.instrument or "") if exposure is not None else ""

    def _show_work(self) -> None:
        maker, plan, outlook = self._maker, self._maker.plan, self._maker.outlook
        busy, running = maker.busy, maker.running
        theme = plot_theme.from_palette(self.palette())
        self.run.setVisible(not busy)
        self.run.setEnabled(outlook is not None and not outlook.trouble and not self._refused)
        self.cancel.setVisible(busy)
        self.place.show_text(f"into {plan.folder}" if plan is not None else "")
        self.beside.setEnabled(self._session.state.noise.folder is not None)
        for widget in (self.bar, self.doing):
            widget.setVisible(busy)
        if busy and running is not None:
            self.bar.setRange(0, 1000 if running.fraction > 0 else 0)  # a step says what it does, and not how far it is
            self.bar.setValue(round(1000 * running.fraction))
            self.doing.show_text(running.message or running.title)
        wrong = self._refused or self._said or (outlook.trouble if outlook is not None else "")
        takes = words.outlook(outlook, gigabytes) or ("" if plan is None else "looking what this takes…")
        self.outlook.setText(wrong or f"{takes} {words.mask(maker.mask_part)}".strip())
        self.outlook.setStyleSheet(f"color: {(theme.warning if wrong else theme.foreground).name()}")
        self._show_end(theme)

    def _show_end(self, theme: plot_theme.PlotTheme) -> None:
        maker, result = self._maker, self._maker.result
        self.compare.setVisible(result is not None and bool(self._session.state.noise.after))
        if maker.busy:
            self.ended.setText("")
        elif result is not None:
            self.ended.setText(words.ended(result))
            self.ended.setToolTip("\n".join(map(str, _files(result))))
        else:
            self.ended.setText(maker.trouble or ("Cancelled; nothing was written." if maker.ended == "cancelled" else ""))
            self.ended.setToolTip("")
        fine = result is not None and all(each.status in ("COMPLETE", "") for chain in result.results for each in chain)
        self.ended.setStyleSheet(f"color: {(theme.foreground if fine or maker.busy else theme.warning).name()}")
        self.ended.setVisible(bool(self.ended.text()))


def _files(result: Ran) -> list[Path]:
    return [path for chain in result.results for each in chain for path in (*each.outputs, *each.extras) if path.exists()]
