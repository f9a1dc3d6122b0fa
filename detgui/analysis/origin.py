"""Where a result of the non-linearity analyses comes from, for those that have no verb of the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from detgui.analysis.provenance import file_record, iso_time, parameters, versions
from detgui.data.exposure import Exposure


def origin(exposure: Exposure, params: Any, name: str) -> dict[str, object]:
    """``analysis``, ``made`` (UTC), ``files``, ``versions``, ``parameters`` and ``python`` of the result of ``analysis.<name>.run``."""
    paths = ", ".join(repr(str(record.path)) for record in exposure.files)
    script = [
        f"from detgui.analysis import {name}",
        *(["from detgui.analysis.phase_maps import Phase"] if "Phase(" in repr(params) else []),
        "from detgui.data.exposure import open_exposures",
        "",
        f"exposures = open_exposures([{paths}], neighbours=False)",
        f"exposure = next(each for each in exposures if each.name == {exposure.name!r})",
        f"result = {name}.run(exposure, {name}.{params!r})",
    ]
    return {
        "analysis": name,
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": [file_record(record) for record in exposure.files],
        "versions": versions(),
        "parameters": parameters(params),
        "python": "\n".join(script) + "\n",
    }
