"""Where a result of the non-linearity analyses comes from, for those that have no verb of the command line."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detgui.analysis.provenance import file_record, iso_time, parameters, versions
from detgui.data.exposure import Exposure


def origin(exposure: Exposure, params: Any, name: str, before: Exposure | None = None) -> dict[str, object]:
    """``analysis``, ``made`` (UTC), ``files``, ``versions``, ``parameters`` and ``python`` of the result of ``analysis.<name>.run``.

    ``before``: the first of two exposures, where the analysis takes two.
    """
    used = [exposure] if before is None else [before, exposure]
    names = ["exposure"] if before is None else ["before", "after"]
    modules: dict[str, str] = {name: f"from detgui.analysis import {name}"}
    made_with = _literal(params, modules)
    script = [
        *sorted(modules.values()),
        "from detgui.data.exposure import open_exposures",
        "",
        *(line for variable, each in zip(names, used, strict=True) for line in _opening(variable, each)),
        f"result = {name}.run({', '.join(names)}, {made_with})",
    ]
    return {
        "analysis": name,
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": [file_record(record) for each in used for record in each.files],
        "versions": versions(),
        "parameters": parameters(params),
        "python": "\n".join(script) + "\n",
    }


def _opening(variable: str, exposure: Exposure) -> tuple[str, str]:
    """Lines that open an exposure."""
    paths = ", ".join(repr(str(record.path)) for record in exposure.files)
    return (
        f"exposures = open_exposures([{paths}], neighbours=False)",
        f"{variable} = next(each for each in exposures if each.name == {exposure.name!r})",
    )


def _literal(value: Any, modules: dict[str, str]) -> str:
    """Python that makes a value again, without fields at their defaults; ``modules`` takes the imports that it needs."""
    if isinstance(value, Path):
        modules["Path"] = "from pathlib import Path"
        return f"Path({str(value)!r})"
    if isinstance(value, tuple) and any(is_dataclass(item) for item in value):
        return "(" + "".join(f"{_literal(item, modules)}, " for item in value).rstrip() + ")"
    if not is_dataclass(value):
        return repr(value)
    package, _, module = type(value).__module__.rpartition(".")
    modules[module] = f"from {package} import {module}"
    given = {field.name: getattr(value, field.name) for field in fields(value) if getattr(value, field.name) != field.default}
    return f"{module}.{type(value).__name__}({', '.join(f'{name}={_literal(item, modules)}' for name, item in given.items())})"
