"""Files of a simulation on their way: made under temporary names in the folder where they will be, and kept all or none."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from detgui.errors import BadInput, DetguiError
from detgui.simulate.writer import BlockWriter, Part


def check_room(folder: Path, size: int) -> None:
    """Raise BadInput where the folder's disk has less than ``size`` bytes free."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise BadInput(f"{folder}: the simulation needs {size:,} bytes and only {free:,} are free")


@contextlib.contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Make the folder; take away what was made if the work fails. A disk that is full or fails is a `DetguiError` that names it."""
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder}: cannot be made into a folder ({error.strerror})") from error
    try:
        yield
    except BaseException as error:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            raise DetguiError(f"{folder}: writing failed: {error.strerror or ' '.join(str(error).split()) or 'disk full?'}") from error
        raise


class Staging:
    """Files under temporary names in the folder where they will be; moved into place together, or removed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mark = f".{uuid.uuid4().hex[:8]}.part"
        self._names: list[str] = []

    def path(self, name: str) -> Path:
        """Temporary path of the file that will be called ``name``."""
        self._names.append(name)
        return self.folder / f".{name}{self._mark}"

    def open(self, name: str, parts: Sequence[Part]) -> BlockWriter:
        """A writer for the file that will be called ``name``."""
        try:
            return BlockWriter(self.path(name), parts)
        except OSError as error:
            raise BadInput(f"{self.folder}: cannot be written to ({error.strerror})") from error

    def keep(self) -> None:
        """Give every file its name."""
        for name in self._names:
            (self.folder / f".{name}{self._mark}").replace(self.folder / name)

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            with contextlib.suppress(OSError):
                (self.folder / f".{name}{self._mark}").unlink(missing_ok=True)
