"""What a page says beside its plots: what is missing, and how what is shown was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication

from detgui.gui.common.script_line import ScriptLine


@dataclass(frozen=True, slots=True)
class Need:
    """What is missing: a sentence, and the button that gets it; ``lane`` of the job that does, '' for the passes over the ramps."""

    sentence: str
    button: str = ""
    get: Callable[[], object] | None = None
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """How what is shown was made: a command line where there is one, Python, and the provenance for files."""

    command: str = ""
    python: str = ""
    provenance: Mapping[str, object] | None = None

    @classmethod
    def of(cls, provenance: Mapping[str, object]) -> Origin:
        """Out of a result's provenance."""
        return cls(str(provenance.get("command", "")), str(provenance.get("python", "")), provenance)

    @property
    def line(self) -> str:
        """One line: the command, else what Python runs."""
        if self.command:
            return self.command
        return next((line for line in reversed(self.python.splitlines()) if line.strip()), "")


class PageScript(ScriptLine):
    """Where there is no command the button copies the Python, of which the line shows the last step."""

    def show_origin(self, origin: Origin) -> None:
        """Show how something was made."""
        self._whole = origin.command or origin.python
        self.show_script(origin.line, origin.python)
        what = "command" if origin.command else "Python"
        self.copy.setToolTip(f"Copy the {what}")
        self.line.setToolTip(self._whole)
        self.line.setAccessibleName(f"{what} that makes this result again")

    def copy_command(self) -> None:
        QGuiApplication.clipboard().setText(self._whole)
