"""The Sweep page: a step with several values of one setting, and the diagnosis against them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit

from detgui.analysis.step_table import gigabytes
from detgui.data.tables import Columns
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.quantity import with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.noise.context import Context
from detgui.gui.noise.step_fields import as_text, describe
from detgui.gui.pages.page import Need, Origin, Page, Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import noise_options, noise_work

if TYPE_CHECKING:
    from detgui.analysis.step_forms import FormField
    from detgui.analysis.step_sweep import Result, Row

LANE = "noise sweep"
FOUND = "sweep"
HEADERS = (
    ("value", "of the setting"),
    ("status", "of the step, as the product's header says"),
    ("number", "that is plotted"),
    ("what it did", "against the input: what got better or worse, or why there is no result"),
)
NAMES = {
    "one_over_f_rms": "1/f noise",
    "one_over_f_rms_detrended": "1/f noise, detrended",
    "pixel_noise": "noise of a pixel",
    "background_change": "change of the background",
    "noisy_rows": "noisy lines",
    "snowballs": "snowballs",
}
COUNTS = ("noisy_rows", "snowballs")
ASK = """Choose a step on the page Run, here a setting of it and values with commas between them, such as 1.5, 2, 3.
Where nothing is typed, all values of a setting that has few are taken."""
NUMBERS = ("float", "integer")
EXAMPLE = "1.5, 2, 3"
OPEN_TIP = "Open the product of the selected value and compare it with the input"


class SweepPage(Page):
    """Runs `analysis.step_sweep` in the child process."""

    name = "sweep"
    room = "noise"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Diagnosis against the setting"), parent)
        self.setting, self.number = QComboBox(self), QComboBox(self)
        self.setting.setAccessibleName("setting")
        self.values = QLineEdit(self)
        self.values.setAccessibleName("values")
        self.run = flat_button("Sweep", "Run the step once for every value; the products go into the folder of the page Run")
        self.stop_run = flat_button("Cancel", "Kill the process that runs the step; products of values that are done stay")
        self.show_one = flat_button("Compare", OPEN_TIP)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.step_label = tool_label("")
        for widget, share in ((self.step_label, 0), (self.setting, 1), (self.values, 1), (self.run, 0), (self.stop_run, 0)):
            row.addWidget(widget, share)
        self.layout().insertLayout(0, row)
        self.put_tools(tool_label("Show", self.number), self.number, None, self.show_one)
        self.rows = RowsTable("Values of the setting", HEADERS)
        self.rows.setSelectionBehavior(RowsTable.SelectionBehavior.SelectRows)
        self.rows.setSelectionMode(RowsTable.SelectionMode.SingleSelection)
        self.numbers.hide()
        self.under.insertWidget(0, self.rows, 1)
        self._form_of = ""
        self._drawn: Any = None
        self.setting.activated.connect(lambda _: self.session.set_noise(text="Swept setting", sweep=self.setting.currentText()))
        self.values.editingFinished.connect(lambda: self.session.set_noise(text="Swept values", values=self.values.text().strip()))
        self.values.returnPressed.connect(self.values.clearFocus)
        self.run.clicked.connect(self.begin)
        self.stop_run.clicked.connect(lambda: self.jobs.cancel(LANE))
        self.number.activated.connect(lambda _: self._redraw())
        self.show_one.clicked.connect(self._compare)

    # what a person does

    def begin(self) -> None:
        """Run the step for all values."""
        from detgui.analysis.step_sweep import Params

        plan, source, options, outlook = self.maker.plan, self.maker.source, self.session.state.noise, self.maker.outlook
        setting, step = self.setting.currentText(), self.maker.step
        form = self.maker.form(step)
        field = form.field(setting) if form is not None and setting else None
        values = tuple(each.strip() for each in self.values.text().split(",") if each.strip())
        values = values or (choices(field) if field is not None else ())
        if plan is None or source is None or not values:
            self.tell(ASK, False)
            return
        if outlook is not None and outlook.trouble and plan.steps == (step,):
            self.tell(outlook.trouble, False)
            return
        settings = {name: value for name, value in noise_options.settings_of(options, step).items() if name != setting}
        references = noise_options.references_of(options, form.references if form is not None else None)
        params = Params(step, plan.inputs[0], setting, values, settings, references)
        then = lambda found, key=source.key: self.findings.put(key, FOUND, found)  # noqa: E731
        needs = f"about {gigabytes(outlook.memory[step])} of memory" if outlook is not None and step in outlook.memory else ""
        title = f"{step}: {len(values)} values of {setting}"
        self.start(LANE, title, noise_work.sweep, params, plan.folder, then=then, needs=needs)

    def _compare(self) -> None:
        row = self._selected()
        if row is None or row.output is None:
            return
        self.session.set_noise(source=self.key)
        self.maker.compare_with(self.key, (row.output,))

    def _selected(self) -> Row | None:
        at = self.rows.currentRow()
        result: Result | None = self.found(FOUND)
        return result.rows[at] if result is not None and 0 <= at < len(result.rows) else None

    # what there is

    def need(self) -> Need | None:
        self._fill()
        if self.maker.source is None or not self.maker.step:
            return Need(ASK)
        if self.found(FOUND) is None:
            return Need(ASK if not self.jobs.runs(LANE) else "Running…", "", None, LANE)
        return None

    def _fill(self) -> None:
        step, options = self.maker.step, self.session.state.noise
        form = self.maker.form(step) if step else None
        self.step_label.setText(step)
        names = [each.name for each in form.fields] if form is not None else []
        with QSignalBlocker(self.setting):
            if [self.setting.itemText(at) for at in range(self.setting.count())] != names:
                self.setting.clear()
                for each in form.fields if form is not None else ():
                    self.setting.addItem(each.name)
                    self.setting.setItemData(self.setting.count() - 1, f"{each.help}\n{describe(each)}", Qt.ItemDataRole.ToolTipRole)
                numbers = [each.name for each in form.fields if each.type in NUMBERS] if form is not None else []
                self.setting.setCurrentText((numbers or names or [""])[0])
            if options.sweep in names:
                self.setting.setCurrentText(options.sweep)
        if form is not None and self.setting.currentText():
            field = form.field(self.setting.currentText())
            self.setting.setToolTip(describe(field))
            self.values.setPlaceholderText(", ".join(choices(field)) or (EXAMPLE if field.type in NUMBERS else "values with commas"))
        if not self.values.hasFocus():
            self.values.setText(options.values)
        busy = self.jobs.runs(LANE)
        self.run.setVisible(not busy)
        self.run.setEnabled(form is not None and not self.maker.busy)
        self.stop_run.setVisible(busy and self.found(FOUND) is not None)  # else the page has a Cancel of its own

    def draw(self) -> None:
        result: Result = self.found(FOUND)
        if result is not self._drawn:
            self._drawn = result
            columns = [name for name in result.columns() if not name.endswith("_err")]
            with QSignalBlocker(self.number):
                now = self.number.currentData()
                self.number.clear()
                for name in columns:
                    self.number.addItem(title(name), name)
                self.number.setCurrentIndex(max(0, self.number.findData(now)))
            self._redraw()
        running = self.jobs.progress(LANE)
        self.show_notes(f"{running.message} · {100 * running.fraction:.0f} %" if running is not None else "")

    def _redraw(self) -> None:
        result: Result = self.found(FOUND)
        name = self.number.currentData() or ""
        self.plot.show_drawn(lambda: self._draw(result, name))
        self.plot.fit(0, 0.12)
        warning = self.plot.theme.warning
        self.rows.show_rows(
            [row_texts(each, name) for each in result.rows], [warning if each.worse or each.trouble else None for each in result.rows]
        )

    def _draw(self, result: Result, name: str) -> None:
        plot = self.plot
        x, ticks = places(result)
        y = np.array([row.numbers.get(name, np.nan) for row in result.rows])
        err = np.array([row.numbers.get(f"{name}_err", np.nan) for row in result.rows])
        plot.line(0, x, y, plot.theme.points, 0.8)
        plot.points(0, x, y, err, plot.theme.points, size=7)
        before = result.input.get(name, 0.0 if name == "background_change" and result.input else np.nan)
        if np.isfinite(before):
            ends = np.array([x.min(), x.max()]) if x.min() < x.max() else x[0] + np.array([-0.5, 0.5])
            plot.line(0, ends, np.full(2, before), plot.theme.line, name="input", style=Qt.PenStyle.DashLine)
        plot.plots[0].getAxis("bottom").setTicks([ticks] if ticks else None)
        unit = f" ({result.unit})" if result.unit and name not in COUNTS else ""
        plot.label(0, title(name) + unit, f"{result.params.setting} of {result.params.step}")

    # for files

    def table(self) -> Table:
        result: Result = self.found(FOUND)
        columns: Columns = {
            "value": (np.array([str(row.value) for row in result.rows]), ""),
            "status": (np.array([row.status for row in result.rows]), ""),
        }
        for name in result.columns():
            unit = "" if name.removesuffix("_err") in COUNTS else result.unit
            columns[name] = (np.array([row.numbers.get(name, np.nan) for row in result.rows]), unit)
        meta = {"step": result.params.step, "setting": result.params.setting, "input": dict(result.input)}
        return columns, meta | {"file": str(result.params.input)}

    def origin(self) -> Origin:
        result: Result = self.found(FOUND)
        params = result.params
        folder = next((row.output.parent for row in result.rows if row.output is not None), Path())
        lines = [
            "from pathlib import Path",
            "from detgui.analysis import step_sweep",
            f"params = step_sweep.Params({params.step!r}, Path({str(params.input)!r}), {params.setting!r}, {params.values!r}, "
            f"{dict(params.settings)!r}, {dict(params.references)!r})",
            f"result = step_sweep.run(params, Path({str(folder)!r}))",
        ]
        return Origin("", "\n".join(lines), {"params": str(params)})

    def copy_numbers(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.rows.tsv())


def choices(field: FormField) -> tuple[str, ...]:
    """All values of a setting that has few, the default first; they are swept where none are typed."""
    every = (True, False) if field.type == "boolean" else field.choices
    return tuple(as_text(each) for each in sorted(every, key=lambda each: each != field.default))


def title(name: str) -> str:
    """A number as a person calls it."""
    for start, words in (("acn_", "alternating columns, output "), ("cds_noise_", "noise of a difference, output ")):
        if name.startswith(start):
            return words + name.removeprefix(start)
    return NAMES.get(name, name.replace("_", " "))


def places(result: Result) -> tuple[np.ndarray, list[tuple[float, str]]]:
    """Where values are on the axis: numbers where they are, others side by side with their names as ticks."""
    try:
        return np.array([float(row.value) for row in result.rows]), []
    except ValueError:
        return np.arange(float(len(result.rows))), [(float(at), str(row.value)) for at, row in enumerate(result.rows)]


def row_texts(row: Row, name: str) -> tuple[str, ...]:
    """A row of the table."""
    value, err = row.numbers.get(name, np.nan), row.numbers.get(f"{name}_err", np.nan)
    said = [row.trouble] if row.trouble else [*(f"better: {each}" for each in row.better), *(f"worse: {each}" for each in row.worse)]
    return str(row.value), row.status, with_error(value, err), "; ".join(said).replace("+-", "±")
