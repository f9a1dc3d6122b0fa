"""The settings of a step as its own specification has them: names, types, defaults, choices and help.

Importing a step takes seconds, so specifications come from the child process once and are kept in the cache folder for each version of
jwst.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from detgui.errors import BadInput
from detgui.folders import cache_folder

COMMON = (
    "pre_hooks",
    "post_hooks",
    "output_file",
    "output_dir",
    "output_ext",
    "output_use_model",
    "output_use_index",
    "save_results",
    "skip",
    "suffix",
    "search_output_file",
    "input_dir",
)
"""Parameters that every step has; detgui itself says where files go."""

PATHS = ("user_mask", "persistence_array_file")
"""Settings that name a file to read."""

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class FormField:
    """One setting.

    Attributes
    ----------
    name : of the setting
    type : 'boolean', 'integer', 'float', 'string', 'option', 'path', or a list: 'int_list', 'float_list', 'string_list', 'list'
    default : typed as it is; None where the step decides
    choices : of an option, None among them where it is one
    least, most : bounds of a number, or of the length of a list; None for no bound
    help : the specification's comment
    """

    name: str
    type: str
    default: Any = None
    choices: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Settings of a step and the types of references that it may use."""

    step: str
    fields: tuple[FormField, ...]
    references: tuple[str, ...]
    version: str

    def field(self, name: str) -> FormField:
        """The setting of that name. Raises `BadInput`, naming near matches."""
        found = next((each for each in self.fields if each.name == name), None)
        if found is None:
            names = [each.name for each in self.fields]
            near = difflib.get_close_matches(name, names, 3, 0.5)
            hint = f"do you mean {' or '.join(near)}?" if near else f"it has {', '.join(names) or 'none'}"
            raise BadInput(f"the step {self.step} has no setting {name}: {hint}")
        return found

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings with the types that the step wants; values may be texts. Raises `BadInput`, naming setting and value."""
        return {name: checked_value(self.field(name), value) for name, value in settings.items()}

    def check_references(self, types: Mapping[str, object]) -> None:
        """Raise `BadInput` for a type of reference that the step never uses."""
        for name in types:
            if name not in self.references:
                near = difflib.get_close_matches(name, self.references, 3, 0.5)
                hint = f"do you mean {' or '.join(near)}?" if near else f"it uses {', '.join(self.references) or 'none'}"
                raise BadInput(f"the step {self.step} uses no {name} reference: {hint}")


def parse_field(name: str, check: str, comment: str = "") -> FormField:
    """A setting from one entry of a specification, such as ``float(default=4.0,min=0)``; what cannot be read is a string."""
    help_text = comment.strip().lstrip("#").strip()
    try:
        call = ast.parse(check.strip(), mode="eval").body
        if isinstance(call, ast.Name):
            return FormField(name, call.id, help=help_text)
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        choices = tuple(ast.literal_eval(each) for each in call.args)
        options = {str(each.arg): _literal(each.value) for each in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        return FormField(name, "string", help=help_text)
    kind = "path" if name in PATHS else call.func.id
    return FormField(name, kind, options.get("default"), choices, options.get("min"), options.get("max"), help_text)


def _literal(node: ast.expr) -> Any:
    """Value of a keyword; ``list()`` and ``list(1, 2)`` are lists."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "list":
        return [ast.literal_eval(each) for each in node.args]
    return ast.literal_eval(node)


def checked_value(field: FormField, value: Any) -> Any:
    """A value of the field's type. Raises `BadInput`."""
    if value is None or (isinstance(value, str) and value.strip().lower() == "none" and (field.default is None or None in field.choices)):
        return None
    try:
        found = _CONVERT.get(field.type, str)(value)
    except (ValueError, TypeError):
        raise BadInput(f"{field.name} is {_KINDS.get(field.type, 'a text')}, not {value!r}") from None
    if field.type == "option":
        return _option(field, found)
    if field.type == "path":
        return _path(field, found)
    size = len(found) if isinstance(found, list) else found
    if isinstance(size, (int, float)) and not isinstance(size, bool):
        what = "number of values of " if isinstance(found, list) else ""
        if field.least is not None and size < field.least:
            raise BadInput(f"the {what}{field.name} is at least {field.least:g}, not {size:g}")
        if field.most is not None and size > field.most:
            raise BadInput(f"the {what}{field.name} is at most {field.most:g}, not {size:g}")
    return found


def _option(field: FormField, value: str) -> str:
    if value not in field.choices:
        raise BadInput(f"{field.name} is one of {', '.join(map(str, field.choices))}, not {value}")
    return value


def _path(field: FormField, value: str) -> str:
    path = Path(os.path.abspath(value))  # noqa: PTH100
    if not path.is_file():
        raise BadInput(f"{field.name}: there is no file {path}")
    return str(path)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise ValueError(value)
    return text in _TRUE


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part for part in (each.strip() for each in value.strip("[]() ").split(",")) if part]
    return list(value)


_CONVERT: dict[str, Any] = {
    "boolean": _boolean,
    "integer": _integer,
    "float": float,
    "int_list": lambda value: [_integer(each) for each in _parts(value)],
    "float_list": lambda value: [float(each) for each in _parts(value)],
    "string_list": lambda value: [str(each) for each in _parts(value)],
    "list": _parts,
    "force_list": _parts,
}
_KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "float": "a number",
    "int_list": "whole numbers with commas between them",
    "float_list": "numbers with commas between them",
}


def form_from(step: str, entries: Mapping[str, tuple[str, str]], references: tuple[str, ...], version: str) -> Form:
    """The form of a specification's entries {name: (check, comment)}."""
    names = [name for name in entries if name not in COMMON and not name.startswith("override_")]
    return Form(step, tuple(parse_field(name, *entries[name]) for name in names), references, version)


def jwst_version() -> str:
    """Version of the installed jwst, which is not imported."""
    try:
        return metadata.version("jwst")
    except metadata.PackageNotFoundError:
        raise BadInput("the jwst pipeline is not installed: pip install jwst") from None


def _file() -> Path:
    return cache_folder() / "steps" / f"forms-jwst-{jwst_version()}.json"


def kept(step: str) -> Form | None:
    """The form of a step as kept in the cache folder, None where it is not."""
    try:
        stored = json.loads(_file().read_text())[step]
        fields = tuple(FormField(**{**each, "choices": tuple(each["choices"])}) for each in stored["fields"])
        return Form(step, fields, tuple(stored["references"]), stored["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(form: Form) -> None:
    """Add a form to those in the cache folder; a folder that cannot be written to is no trouble."""
    try:
        path = _file()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            stored = json.loads(path.read_text())
        except (OSError, ValueError):
            stored = {}
        stored[form.step] = asdict(form)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(json.dumps(stored))
        part.replace(path)
    except OSError:
        return
