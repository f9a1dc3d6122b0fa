"""``detgui step``: run a step of the jwst pipeline on an exposure; say which steps there are and what settings they have."""

from __future__ import annotations

import argparse
import contextlib
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detgui.cli.arguments import named_file
from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput

if TYPE_CHECKING:
    from detgui.analysis.step_forms import Form, FormField
    from detgui.analysis.step_references import Reference
    from detgui.analysis.steps import StepResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("step", nargs="?", metavar="STEP", help="step, or several with commas between them, run in that order: dq_init,superbias")
    add("file", nargs="?", type=named_file, metavar="FILE", help="file of one exposure; it is not changed")
    add(
        "--set",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        help="setting of the step (STEP.NAME=VALUE for one of several)",
    )
    add(
        "--reference",
        action="append",
        default=[],
        type=reference,
        metavar="TYPE=FILE",
        help="reference to use, N/A for none (default: by CRDS)",
    )
    add("--list", action="store_true", help="list the steps")
    add("--settings", action="store_true", help="list the settings and references of the step, and what FILE would use of them")
    add("--keep-all", action="store_true", help="of several steps keep every result, not only the last")
    add("--json", action="store_true", help="write a summary as JSON on stdout")
    add("-o", "--output", type=named_file, metavar="DIR", help="folder for the results; a result of the same name is replaced")


def run(args: Namespace) -> int:
    """Run, or list."""
    if args.list:
        return _list_steps(args)
    if args.step is None:
        raise BadInput("say which step: detgui step STEP FILE -o DIR (detgui step --list names them)")
    if args.settings:
        return _list_settings(args)
    if args.file is None:
        raise BadInput(f"say on which file {args.step} is to run: detgui step {args.step} FILE -o DIR")
    if args.output is None:
        raise BadInput("say where the result is to be written: -o DIR")
    from detgui.analysis import step_chain

    names = tuple(name for name in args.step.split(",") if name)
    params = step_chain.ChainParams(names, args.file, step_chain.settings_by_step(names, args.set), dict(args.reference))
    from detgui.analysis.steps import make_child

    with _no_empty_folder(args.output), make_child(warm=False) as child, ProgressBar(args.quiet) as progress:
        results = step_chain.run(params, args.output, keep_all=args.keep_all, replace=True, child=child, progress=progress)
    for result in results:
        for note in result.notes:
            say(f"warning: {result.params.step}: {note}")
    if args.json:
        put_json(step_chain.summaries(params, results, args.output, args.keep_all))
    elif not args.quiet:
        _print(results)
    return 0


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Takes a folder away that was made for results which did not come."""
    there = folder.exists()
    try:
        yield
    except BaseException:
        if not there:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _print(results: Sequence[StepResult]) -> None:
    for result in results:
        print(f"{result.params.step}: {result.status or 'no status'}, {result.seconds:.1f} s")
        for path in (*result.outputs, *result.extras):
            if path.exists():
                print(path)


def _list_steps(args: Namespace) -> int:
    from detgui.analysis.step_table import STEPS

    if args.json:
        put_json([{"step": info.name, "what": info.what, "takes": info.takes} for info in STEPS.values()])
        return 0
    width = max(map(len, STEPS))
    for info in STEPS.values():
        print(f"{info.name:<{width}}  {info.what}")
    return 0


def _list_settings(args: Namespace) -> int:
    from detgui.analysis import steps

    with steps.make_child(warm=False) as child, ProgressBar(args.quiet) as progress:
        form = steps.form(args.step, child, progress)
        used: tuple[Reference, ...] = ()
        if args.file is not None:
            params = steps.StepParams(args.step, args.file, dict(args.set), dict(args.reference))
            used = steps.references(params, child, progress)
    if args.json:
        put_json(_as_json(form, used))
        return 0
    for field in form.fields:
        print(f"--set {field.name}={_value(field.default)}\n      {_kind(field)}. {field.help}".rstrip())
    states = {each.type: f": {each.state} {each.file}".rstrip() for each in used}
    for name in form.references:
        print(f"--reference {name}=FILE{states.get(name, '')}")
    return 0


def _as_json(form: Form, used: tuple[Reference, ...]) -> dict[str, Any]:
    fields = [
        {"name": each.name, "type": each.type, "default": each.default, "choices": list(each.choices), "help": each.help}
        for each in form.fields
    ]
    found = {each.type: {"state": each.state, "file": each.file} for each in used}
    return {"step": form.step, "jwst": form.version, "settings": fields, "references": {name: found.get(name) for name in form.references}}


def _kind(field: FormField) -> str:
    if field.choices:
        return "one of " + ", ".join(map(_value, field.choices))
    bounds = [f"at least {field.least:g}" if field.least is not None else "", f"at most {field.most:g}" if field.most is not None else ""]
    return ", ".join([field.type, *filter(None, bounds)])


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def setting(text: str) -> tuple[str, str]:
    """``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not a setting such as n_sigma=3")
    return name.strip(), value.strip()


def reference(text: str) -> tuple[str, str | Path]:
    """``TYPE=FILE``."""
    name, equals, value = text.partition("=")
    if not name.strip() or not equals or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not a reference such as superbias=superbias.fits")
    return name.strip().lower(), value
