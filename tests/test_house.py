"""What the import contracts of pyproject.toml cannot say: which parts of Qt a room may use."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "detgui"
QT_BELOW_GUI = {"PySide6.QtCore"}


def qt_modules(path: Path) -> set[str]:
    """Modules of PySide6 that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("PySide6")}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("PySide6"):
            found |= {f"PySide6.{alias.name}" for alias in node.names} if node.module == "PySide6" else {node.module}
    return found


def test_the_check_sees_qt():
    assert qt_modules(PACKAGE / "gui" / "window" / "main_window.py") > QT_BELOW_GUI


@pytest.mark.parametrize("path", sorted((PACKAGE / "session").rglob("*.py")), ids=lambda path: path.name)
def test_session_uses_qtcore_only(path):
    assert qt_modules(path) <= QT_BELOW_GUI
