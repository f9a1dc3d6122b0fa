"""The errors a person is meant to read: one clear sentence each, never a traceback."""


class DetguiError(Exception):
    """Something went wrong and its text is one sentence for the user; exit status 1."""

    exit_status = 1


class BadInput(DetguiError):
    """A file, an option or a pixel that cannot be used; the text names it and the cause; exit status 2."""

    exit_status = 2


class NotOneExposure(BadInput):
    """A file that was given as a piece of an exposure and is not."""


class Cancelled(DetguiError):
    """The user stopped the task; raised out of ``progress`` calls, never shown as an error."""

    exit_status = 130
