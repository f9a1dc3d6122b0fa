"""What is said of an error that a job in a child process raised."""

from __future__ import annotations

from detgui.errors import BadInput, DetguiError


def kind_of(error: BaseException) -> str:
    """Whether it is bad use or a failure."""
    return "BadInput" if isinstance(error, BadInput) else "DetguiError"


def sentence(error: BaseException) -> str:
    """One sentence."""
    text = " ".join(str(error).split())
    if isinstance(error, DetguiError):
        return text
    if isinstance(error, MemoryError):
        return "not enough memory" + (f": {text}" if text else "")
    if isinstance(error, SystemExit):
        return f"a library ended the program (exit status {error.code})"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
