"""The form of a step, made from the step's own specification."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from detgui.analysis.step_forms import Form, FormField
from detgui.gui.common.buttons import flat_button
from detgui.gui.noise.step_fields import StepField, describe

FEW = 8  # settings that are found without searching
WAITING = "Asking jwst for the settings of this step; the first time that takes some seconds…"


class StepForm(QWidget):
    """Shows a form; ``entered(step, name, text)`` with None for a default, ``reset(step)``, and ``refused(sentence)``."""

    entered = Signal(str, str, object)
    reset = Signal(str)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form: Form | None = None
        self.fields: dict[str, StepField] = {}
        self._labels: dict[str, QLabel] = {}
        self.search = QLineEdit(self, placeholderText="find a setting")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("find a setting")
        self.search.textChanged.connect(self._filter)
        self.defaults = flat_button("Defaults", "All settings of this step back to their defaults")
        self.defaults.clicked.connect(lambda: self._form is not None and self.reset.emit(self._form.step))
        self.count = QLabel(self)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.StyledPanel)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.help = QLabel(self)
        self.help.setWordWrap(True)
        self.help.setMinimumHeight(2 * self.fontMetrics().height())
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.help.setForegroundRole(self.help.foregroundRole().PlaceholderText)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.count, 1)
        head.addWidget(self.search, 1)
        head.addWidget(self.defaults)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.area, 1)
        column.addWidget(self.help)

    def show_form(self, form: Form | None, step: str, values: dict[str, str]) -> None:
        """Show the settings of a step; ``values`` as typed of those that differ from their defaults."""
        if form is None:
            self._form = None
            self.fields = {}
            self.area.setWidget(QLabel(WAITING if step else "Choose a step.", margin=8, wordWrap=True))
            self.count.setText("")
            self.search.hide()
            self.defaults.hide()
            return
        if self._form != form:
            self._build(form)
        for name, field in self.fields.items():
            field.show_value(values.get(name))
            font = self._labels[name].font()
            font.setBold(name in values)
            self._labels[name].setFont(font)
        changed = sum(name in self.fields for name in values)
        self.count.setText(f"{changed} of {len(self.fields)} changed" if changed else f"{len(self.fields)} settings, all at their defaults")
        self.defaults.setVisible(changed > 0)

    def _build(self, form: Form) -> None:
        self._form = form
        self.fields, self._labels = {}, {}
        self.help.setText("")
        inside = QWidget()
        self._rows = QFormLayout(inside)
        self._rows.setContentsMargins(6, 4, 4, 4)
        self._rows.setVerticalSpacing(2)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for each in form.fields:
            field = StepField(each)
            field.entered.connect(lambda name, text, step=form.step: self.entered.emit(step, name, text))
            field.refused.connect(self.refused)
            field.pointed.connect(self._point)
            label = QLabel(each.name)
            label.setToolTip(field.editor.toolTip())
            label.setBuddy(field.editor)
            self._rows.addRow(label, field)
            self.fields[each.name], self._labels[each.name] = field, label
        if not form.fields:
            self._rows.addRow(QLabel("This step has no settings."))
        self.area.setWidget(inside)
        self.search.clear()
        self.search.setVisible(len(form.fields) > FEW)
        self.refused.emit("")

    def _filter(self, text: str) -> None:
        wanted = text.strip().lower().replace(" ", "_")
        for place, (name, field) in enumerate(self.fields.items()):
            self._rows.setRowVisible(place, wanted in name.lower() or text.strip().lower() in field.field.help.lower())

    def _point(self, field: FormField | None) -> None:
        if field is not None:
            self.help.setText(f"{field.name}: {field.help or 'the step says no more of it'} ({describe(field)})")
