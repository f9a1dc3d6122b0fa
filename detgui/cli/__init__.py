"""The command line: ``detgui [FILE ...]`` opens the window, the other verbs run one analysis and write a file.

Nothing heavy is imported before it is known which verb runs, so that ``--help`` and a mistyped option answer at once.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from detgui.cli.interrupt import interrupts
from detgui.cli.parser import parse
from detgui.cli.terminal import say, take_any_name
from detgui.cli.verbs import VERBS, module_of
from detgui.errors import BadInput, Cancelled, DetguiError

__all__ = ["VERBS", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status: 0, 1 failure, 2 bad use or input, 130 interrupted."""
    take_any_name()
    with interrupts:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        except (KeyboardInterrupt, Cancelled):
            say("interrupted")
            return interrupts.exit_status


def _run(argv: Sequence[str]) -> int:
    try:
        args = parse(argv)
        if args.scheduler and args.verb != "slopes":
            raise BadInput("--scheduler: only slopes runs on a cluster")
        return module_of(args.verb).run(args)
    except SystemExit as end:  # argparse: --help, --version, bad use
        return int(end.code or 0)
    except Cancelled:
        raise
    except DetguiError as error:
        say(str(error))
        return error.exit_status
    except BrokenPipeError:
        # The reader of our output went away (`detgui info FILE | head`): keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        say(_os_sentence(error))
        return 1
    except Exception as error:
        interrupts.check()
        say(_unexpected(error))
        return 1


def _os_sentence(error: OSError) -> str:
    if error.errno == errno.EMFILE:
        return "too many files are open: close some programs, or raise the limit (ulimit -n)"
    cause = error.strerror or " ".join(str(error).split()) or type(error).__name__
    return f"{error.filename}: {cause}" if error.filename else cause


def _unexpected(error: Exception) -> str:
    from detgui.troubles import log_traceback

    where = log_traceback(error)
    text = " ".join(str(error).split()) or type(error).__name__
    return f"unexpected failure, {type(error).__name__}: {text}" + (f" (details in {where})" if where else "")
