"""Help: the keys and the mouse, taken from the actions themselves, what this program is, and what it does not do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

VERSIONS_OF = ("jwst", "stdatamodels", "stcal", "astropy", "numpy", "scipy", "numba", "PySide6_Essentials", "pyqtgraph")

NON_GOALS = """\
<h3>What this program does not do</h3>
<ul>
<li>It does not replace the calibration pipeline: it shows what the detector and the pipeline's steps did to a ramp.</li>
<li>It does not download anything: exposures and reference files are the ones on your disks.</li>
<li>It never changes an input file. Everything it writes is a new file that you named.</li>
<li>It does not extract spectra, measure photometry or fit light curves.</li>
<li>It is no general image viewer: for mosaics, catalogues and regions on the sky there are DS9, Aladin and others.</li>
</ul>"""


MOUSE = (
    ("Image", "Choose a pixel", "Click"),
    ("Image", "Pin a pixel beside the chosen one, or unpin it", "Shift+click"),
    ("Image", "Zoom about the mouse", "Wheel"),
    ("Image", "Move the image", "Drag"),
    ("Image", "What can be done with a pixel", "Right click"),
    ("Integration and group", "One on or back", "Wheel over the row"),
    ("Limits", "Set a limit", "Drag its handle in the histogram"),
    ("Ramp", "Number of groups in the line, N", "Drag the vertical line"),
    ("Ramp", "N by the 10,000 DN rule again", "Double click on the vertical line"),
    ("Ramp", "Choose a neighbour", "Click in the 3 × 3 box"),
    ("Non-linearity", "N, or the range of integrations; the map follows", "Drag the line, or the range in the strip"),
    ("Non-linearity", "Ten groups, or all integrations, again", "Double click on the line, or in the range"),
    ("Non-linearity", "Region of interest", "Draw, then drag its corners, edges or middle"),
    ("Regions", "Select a region, or add it to the selected ones", "Click, Ctrl+click"),
    ("Regions", "Move, resize or turn a region; in proportion or steps", "Drag its inside, a square or the circle; then Ctrl"),
    ("Regions", "Move the selected regions by pixels", "Alt+arrow keys"),
    ("Regions", "Move a vertex, set a new one, delete one", "Drag it; double click on an edge; Delete over it"),
    ("Regions", "What can be done with a region", "Right click on it, in the image or in the list"),
    ("Regions", "Show a region and its surroundings", "Double click in the list"),
    ("Regions", "Give up a drag or a drawing, put the tool down, select nothing", "Esc"),
    ("Drawing", "Rectangle, ellipse, lasso, brush", "Drag; Ctrl makes squares and circles"),
    ("Drawing", "Polygon: vertices; close it; take one back", "Clicks; Enter or double click; Backspace"),
    ("Drawing", "Grow: the plateau under the mouse; its tolerance", "Click; drag up or down, or Ctrl+wheel"),
    ("Drawing", "Add to the selected region, take from it, keep what both have", "Shift, Alt, Shift+Alt while pressing"),
    ("Drawing", "Paint away", "Drag with the right button of the brush"),
    ("Drawing", "Size of the brush", "Ctrl+wheel"),
    ("Drawing", "Move the image", "Drag with the middle button"),
    ("Offsets", "Choose a source, and its pixel where an open image shows it", "Click a point of a step"),
    ("Offsets", "Go to a step", "Click a point of the overview"),
    ("Offsets", "Type the epoch, filter or detector of a file", "Double click in the list of inputs"),
    ("Offsets", "Choose the epoch of an image to correct", "Double click on it in the list"),
    ("Exposures", "What can be done with an exposure", "Right click"),
    ("Window", "Open files", "Drop them anywhere"),
)


LEAST_WIDTH = 640  # px of the list of keys
SIDES = 60  # px beside its columns: frame, scroll bar, margins


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One line of the list: where it belongs, what it does, which keys or mouse move do it."""

    where: str
    what: str
    keys: str


def plain_text(action: QAction) -> str:
    """An action's text without the mnemonic and the dots."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…").strip()


def keys_of(action: QAction) -> list[str]:
    """An action's keys as the platform writes them."""
    return [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts() if not key.isEmpty()]


def help_rows(where: str, actions: Iterable[QAction]) -> list[HelpRow]:
    """Rows of the actions that have keys, submenus included."""
    rows = []
    for action in actions:
        if action.menu() is not None:
            rows += help_rows(f"{where} > {plain_text(action)}" if where else plain_text(action), action.menu().actions())
        elif keys_of(action):
            rows.append(HelpRow(where, plain_text(action), "  or  ".join(keys_of(action))))
    return rows


class HelpDialog(QDialog):
    """The searchable list of keys and mouse moves."""

    def __init__(self, rows: Sequence[HelpRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.table = QTableWidget(len(rows), 3, self)
        self.table.setHorizontalHeaderLabels(["Where", "What", "Keys or mouse"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        for place, row in enumerate(rows):
            for column, text in enumerate((row.where, row.what, row.keys)):
                self.table.setItem(place, column, QTableWidgetItem(text))
        self.table.resizeColumnsToContents()
        wide = self.table.horizontalHeader().length() + SIDES
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table)
        most = parent.size() if parent is not None else QSize(LEAST_WIDTH, 0)
        self.resize(max(LEAST_WIDTH, min(wide, most.width() - SIDES)), max(560, round(0.7 * most.height())))

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for place in range(self.table.rowCount()):
            line = " ".join(self.table.item(place, column).text() for column in range(3)).casefold()
            self.table.setRowHidden(place, not all(word in line for word in words))


class TextDialog(QDialog):
    """A page of text."""

    def __init__(self, title: str, html: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        label = QLabel(html, self)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        label.setMinimumWidth(440)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.addWidget(label)


def about_html() -> str:
    """Name, version and the versions of what the numbers depend on."""
    import platform
    from importlib import metadata

    from PySide6.QtCore import qVersion

    from detgui import __version__

    lines = [("Python", platform.python_version()), ("Qt", qVersion())]
    for name in VERSIONS_OF:
        try:
            lines.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            lines.append((name, "not installed"))
    table = "".join(f"<tr><td>{name}&nbsp;&nbsp;</td><td>{version}</td></tr>" for name, version in lines)
    return f"<h3>detgui {__version__}</h3><p>See what a JWST detector did to a ramp.</p><table>{table}</table>"
