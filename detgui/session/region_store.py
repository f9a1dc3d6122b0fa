"""All regions that were ever drawn and not deleted, in one file, whatever is open.

Regions are kept apart from the session: declining to open the last session again loses none, and they are there again whenever an
exposure of their array is opened. Programs that run at the same time share the file: each writes what it changed itself and leaves the
rest; a region that two of them changed is kept twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile

from detgui.folders import state_folder
from detgui.science.regions import Region
from detgui.session.codec import from_json, to_json
from detgui.session.regions import DrawnRegion
from detgui.session.store import read_json, write_json

VERSION = 1
LOCK_MS = 5000  # how long another program may take to write

Entry = dict[str, Any]


def regions_file() -> Path:
    """Where all regions are kept."""
    return state_folder() / "regions.json"


class RegionStore:
    """Reads and writes the file; used by one thread at a time.

    Every region has an identity of its own in the file, by which programs that run at the same time know it; here it has its number.
    Regions that this program cannot read, of a newer one, stay in the file as they are.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or regions_file()
        self._names: dict[int, str] = {}  # identity by number
        self._known: dict[str, Entry] = {}  # what the file and this program agreed on last
        self._made: dict[int, tuple[Region, Entry]] = {}  # JSON of regions that did not change since

    def load(self, taken: Iterable[int] = ()) -> tuple[tuple[DrawnRegion, ...], str]:
        """The regions of the file, numbered from the first number that is free, and what is wrong with it, '' for nothing.

        A file that cannot be read is renamed, so that it is neither lost nor written over.
        """
        try:
            entries = self._entries()
        except ValueError as error:
            aside = _set_aside(self.path)
            return (), f"the drawn regions {self.path.name} cannot be read{f'; it was renamed to {aside.name}' if aside else ''} ({error})"
        number, found = max(taken, default=0), []
        for name, entry in (entries or {}).items():
            try:
                array, region = str(entry["array"]), from_json(Region, entry["region"])
            except (ValueError, KeyError, TypeError):
                continue
            number += 1
            self._names[number], self._known[name] = name, entry
            self._made[number] = (region, entry)
            found.append(DrawnRegion(number, array, region))
        return tuple(found), ""

    def save(self, regions: tuple[DrawnRegion, ...]) -> None:
        """Write what changed here since the last time; raises OSError."""
        mine = {self._names.setdefault(each.number, uuid.uuid4().hex): self._entry(each) for each in regions}
        if mine == self._known and self.path.exists():
            return
        lock = QLockFile(str(self.path.with_name(f"{self.path.name}.lock")))
        locked = lock.tryLock(LOCK_MS)
        try:
            theirs = self._theirs()
            merged, renamed = merge(self._known, mine, theirs)
            if merged != theirs or not self.path.exists():
                write_json(self.path, {"version": VERSION, "regions": [{"id": name, **entry} for name, entry in merged.items()]})
        finally:
            if locked:
                lock.unlock()
        self._names = {each.number: renamed.get(self._names[each.number], self._names[each.number]) for each in regions}
        self._made = {number: self._made[number] for number in self._names}
        self._known = {renamed.get(name, name): entry for name, entry in mine.items()}

    def _entry(self, each: DrawnRegion) -> Entry:
        made = self._made.get(each.number)
        if made is None or made[0] is not each.region or made[1]["array"] != each.frame:
            made = (each.region, {"array": each.frame, "region": to_json(each.region)})
            self._made[each.number] = made
        return made[1]

    def _entries(self) -> dict[str, Entry] | None:
        """The file's regions by identity, None where there is no file; raises ValueError where it is not one of this version."""
        data = read_json(self.path)
        if data is None:
            return None
        if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("regions"), list):
            raise ValueError("not regions of this version")
        listed = [each for each in data["regions"] if isinstance(each, dict) and isinstance(each.get("id"), str)]
        return {each["id"]: {name: value for name, value in each.items() if name != "id"} for each in listed}

    def _theirs(self) -> dict[str, Entry]:
        """What the file holds now; what was agreed on last where it is gone or was damaged."""
        try:
            found = self._entries()
        except ValueError:
            _set_aside(self.path)
            found = None
        return dict(self._known) if found is None else found


def _set_aside(path: Path) -> Path | None:
    """Rename a file that cannot be used to a name that is free: no older one is written over. None where that failed."""
    number = 1
    while (aside := path.with_name(f"{path.name}.unreadable{number if number > 1 else ''}")).exists():
        number += 1
    try:
        path.replace(aside)
    except OSError:
        return None
    return aside


def merge(known: Mapping[str, Entry], mine: Mapping[str, Entry], theirs: Mapping[str, Entry]) -> tuple[dict[str, Entry], dict[str, str]]:
    """(regions to write, new identities of mine): ``theirs`` with what changed from ``known`` to ``mine``.

    What both changed is kept twice, mine under a new identity; what one changed and the other deleted stays.
    """
    merged, renamed = dict(theirs), {}
    for name, entry in mine.items():
        if known.get(name) == entry:
            continue
        if name in theirs and theirs[name] not in (entry, known.get(name)):
            renamed[name] = uuid.uuid4().hex
        merged[renamed.get(name, name)] = entry
    for name in known.keys() - mine.keys():
        if name in theirs and theirs[name] == known[name]:
            del merged[name]
    return merged, renamed
