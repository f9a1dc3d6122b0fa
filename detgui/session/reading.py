"""Borrowing exposures for reads, and finding out that their files changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from detgui.data.exposure import Exposure
from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.session.cache import Cache
from detgui.session.shelf import Shelf
from detgui.session.words import sentence


class ExposureLost(BadInput):
    """The files of an open exposure are not what they were: gone, shorter or written again."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


@contextmanager
def reading(shelf: Shelf, key: str) -> Iterator[Exposure]:
    """Borrow an exposure for a read; raises `ExposureLost` where the read failed because its files changed."""
    with shelf.borrow(key) as exposure:
        try:
            yield exposure
        except Cancelled:
            raise
        except (DetguiError, OSError) as error:
            if changed := lost_file(exposure):
                raise ExposureLost(key, sentence(error) if isinstance(error, BadInput) else changed) from error
            raise


def lost_file(exposure: Exposure) -> str:
    """Which file of an exposure is not what it was when it was opened, '' for none."""
    for record in exposure.files:
        try:
            found = record.path.stat()
        except OSError:
            return f"{record.path.name} is not there any more"
        if found.st_size < record.size:
            return f"{record.path.name} was cut short from {record.size} to {found.st_size} bytes while it was open"
        if (found.st_size, found.st_mtime) != (record.size, record.mtime):
            return f"{record.path.name} was changed while it was open"
    return ""


def remember(shelf: Shelf, cache: Cache, exposure: str, key: Hashable, thing: object, nbytes: int) -> None:
    """Keep a thing in the cache unless its exposure was closed meanwhile."""
    if shelf.get(exposure) is not None:
        cache.put(key, thing, nbytes)
