"""Catalogs of sources of several epochs: ECSV, FITS tables and CSV, whatever their columns are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data import catalog_dates
from detgui.data.catalog_columns import NEEDED, ROLES, Guess, column_values, guess, texts
from detgui.data.catalog_files import META_NAMES, read_any
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.offset_detectors import detector_name

Array = NDArray[np.float64]
Texts = NDArray[np.str_]

NO_MAG = 90.0
"""Magnitudes of at least this stand for none (SExtractor writes 99)."""


class NoneUsable(BadInput):
    """None of several files could be used; ``sentences`` one for each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(sentences[-1])
        self.sentences = tuple(sentences)


@dataclass(frozen=True, slots=True)
class Columns:
    """How catalogs are read: ``names`` (role, column) before what is recognised, ``values`` (role, value, file name or '') for what
    no column holds. Roles: id, ra, dec, mag, mag_err, detector, epoch, filter, x, y, exposure."""

    names: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        """Raises `BadInput` for a role that there is not."""
        for role in (*(each[0] for each in self.names), *(each[0] for each in self.values)):
            if role not in ROLES:
                raise BadInput(f"{role!r} is no role of a catalog's column: {', '.join(ROLES)}")


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """Measurements of sources, arrays of shape (n,).

    ``ra``, ``dec`` in degrees (ICRS), ``mag`` and ``err`` in mag; ``x``, ``y`` in pixels of the detector, 0-based as the file has them, NaN
    where not known; ``ident`` and ``exposure`` '' where there is none; ``detector`` 'nrca1' ... 'nrcblong'; ``filter`` in small letters.
    ``shared_ids``: the identifiers are meant to be the same in all epochs. ``long_axis_pa``: degrees, as the meta say, or None;
    ``angles``: what they say where the catalogs differ; ``dates``: epoch, its first and last day (UTC), where known. ``refused``: one
    sentence for each file that cannot be used. ``photometry``: (parameter, value) of the measurement where ``files`` are images.
    """

    ident: Texts
    ra: Array
    dec: Array
    mag: Array
    err: Array
    detector: Texts
    epoch: Texts
    filter: Texts
    x: Array
    y: Array
    exposure: Texts
    shared_ids: bool = False
    long_axis_pa: float | None = None
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    magnitudes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    angles: tuple[float, ...] = ()
    dates: tuple[tuple[str, date, date], ...] = ()
    photometry: tuple[tuple[str, Any], ...] = ()

    def __len__(self) -> int:
        return int(self.ra.size)

    def take(self, which: NDArray[Any]) -> Catalog:
        """The rows that an index or a mask chooses."""
        return replace(self, **{name: getattr(self, name)[which] for name in ARRAYS})


ARRAYS = ("ident", "ra", "dec", "mag", "err", "detector", "epoch", "filter", "x", "y", "exposure")
"""Fields of `Catalog` that are columns."""


def columns_of(path: str | Path) -> tuple[dict[str, str], Guess]:
    """(columns and their units, roles recognised and what lacks) of a file. Raises `BadInput`."""
    table = read_any(Path(path))
    return {name: str(table.columns[name].unit or "") for name in table.columns}, guess(table)


def read_catalogs(paths: Sequence[str | Path], columns: Columns | None = None, progress: Progress = no_progress) -> Catalog:
    """All measurements of some files, each of one epoch and filter or of several.

    Epoch, filter and detector come from columns, else from the meta, else from ``columns.values``. Rows without position, magnitude,
    error or detector are left out, which the notes say, and so are files that cannot be used, which ``refused`` tells. Raises `BadInput`
    naming the file and what lacks where none can be used.
    """
    if not paths:
        raise BadInput("no catalog was given")
    found, refused = [], []
    for at, path in enumerate(paths):
        progress(at / len(paths), f"reading {Path(path).name}")
        try:
            found.append(read_catalog(Path(path), columns or Columns()))
        except BadInput as error:
            refused.append(str(error))
    if not found:
        raise NoneUsable(refused)
    return replace(join(found), refused=tuple(refused))


def join(parts: Sequence[Catalog]) -> Catalog:
    """Several catalogs as one."""
    angles = sorted({each.long_axis_pa for each in parts if each.long_axis_pa is not None})
    arrays: dict[str, Any] = {name: np.concatenate([getattr(each, name) for each in parts]) for name in ARRAYS}
    return Catalog(
        **arrays,
        shared_ids=all(each.shared_ids for each in parts),
        long_axis_pa=angles[0] if len(angles) == 1 else None,
        angles=tuple(angles) if len(angles) > 1 else (),
        files=tuple(path for each in parts for path in each.files),
        notes=tuple(note for each in parts for note in each.notes),
        magnitudes=tuple(dict.fromkeys(name for each in parts for name in each.magnitudes)),
        dates=catalog_dates.joined([(sorted(set(each.epoch.tolist())), each.dates) for each in parts]),
    )


def read_catalog(path: Path, columns: Columns) -> Catalog:
    """One file; see `read_catalogs`."""
    table = read_any(path)
    names = dict(columns.names)
    known = guess(table, names)
    for role, name in names.items():
        if name not in table.columns:
            raise BadInput(f"{path.name} has no column {name!r} for {role}: it has {', '.join(table.columns)}")
    missing = [role for role in NEEDED if role not in known.roles]
    if missing:
        raise BadInput(
            f"{path.name} has no column for {', '.join(missing)}: it has {', '.join(table.columns)}; name them with --column ROLE=NAME"
        )
    numbers = {role: column_values(path, table, known.roles, role) for role in ("ra", "dec", "mag", "mag_err", "x", "y")}
    size = numbers["ra"].size
    words = {role: _words(path, table, known.roles, columns, role, size) for role in ("detector", "epoch", "filter")}
    labels = {role: texts(table.columns[known.roles[role]]) if role in known.roles else np.full(size, "") for role in ("id", "exposure")}
    whole = Catalog(
        ident=labels["id"],
        ra=numbers["ra"],
        dec=numbers["dec"],
        mag=numbers["mag"],
        err=numbers["mag_err"],
        detector=_detectors(path, words["detector"]),
        epoch=words["epoch"],
        filter=np.char.lower(words["filter"]),
        x=numbers["x"],
        y=numbers["y"],
        exposure=_exposures(path, table, known.roles, labels["exposure"]),
        shared_ids="id" in known.roles and (known.shared or "id" in names) and bool((labels["id"] != "").all()),
        long_axis_pa=_angle(path, table.meta),
        files=(path,),
        magnitudes=(known.roles["mag"],),
        dates=catalog_dates.dates_of_catalog(table.meta, sorted(set(words["epoch"].tolist()))),
    )
    return _usable(path, whole)


def _usable(path: Path, whole: Catalog) -> Catalog:
    good = np.isfinite(whole.ra) & np.isfinite(whole.dec) & (np.abs(whole.dec) <= 90) & np.isfinite(whole.mag) & (whole.mag < NO_MAG)
    good &= np.isfinite(whole.err) & (whole.err > 0) & (whole.detector != "") & (whole.epoch != "") & (whole.filter != "")
    if not good.any():
        raise BadInput(f"{path.name} has no row with a position, a magnitude and its error, a detector, an epoch and a filter")
    lost = int((~good).sum())
    notes = (f"{path.name}: {lost} of {good.size} rows lack a position, a magnitude, its error or a detector",) if lost else ()
    return replace(whole.take(good), notes=notes)


def _words(path: Path, table: Any, roles: Mapping[str, str], columns: Columns, role: str, size: int) -> Texts:
    """Detector, epoch or filter of every row: a value that was given, else the column, else the meta."""
    given = [value for name, value, file in columns.values if name == role and file in (path.name, str(path))]
    given = given or [value for name, value, file in columns.values if name == role and not file]
    if given:
        return np.full(size, str(given[-1]).strip())
    if role in roles:
        return texts(table.columns[roles[role]])
    meta = {str(name).lower(): value for name, value in table.meta.items() if isinstance(value, str | int | float | np.generic)}
    for name in META_NAMES[role]:
        if name in meta and str(meta[name]).strip():
            return np.full(size, _plain(meta[name]))
    raise BadInput(
        f"{path.name} does not say its {role}: neither a column nor the meta do; give --column {role}=NAME or --value {role}=VALUE"
    )


def _plain(value: object) -> str:
    text = str(value).strip()
    return text[:-2] if isinstance(value, float) and text.endswith(".0") else text


def _detectors(path: Path, given: Texts) -> Texts:
    names = {text: detector_name(text) for text in np.unique(given).tolist()}
    unknown = sorted(text for text, name in names.items() if text and not name)
    if unknown:
        raise BadInput(f"{path.name}: {unknown[0]!r} is no NIRCam detector such as nrca1 or nrcblong")
    return np.array([names[text] for text in given.tolist()], dtype="U8")


def _exposures(path: Path, table: Any, roles: Mapping[str, str], labels: Texts) -> Texts:
    if "exposure" in roles:
        return labels
    meta = {str(name).lower(): value for name, value in table.meta.items()}
    value = meta.get("exposure")
    return np.full(labels.size, str(value).strip() if isinstance(value, str | int) else "")


def _angle(path: Path, meta: Mapping[str, Any]) -> float | None:
    value = next((value for name, value in meta.items() if str(name).lower() == "long_axis_pa_deg"), None)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        angle = float(value)
    except (TypeError, ValueError):
        angle = np.nan
    if not np.isfinite(angle):
        raise BadInput(f"{path.name}: long_axis_pa_deg is no angle in degrees but {value!r}")
    return angle % 360.0
