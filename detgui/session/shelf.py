"""Open exposures by key, lent to workers; an exposure taken off is closed when the last reader has given it back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from detgui.data.exposure import Exposure
from detgui.errors import BadInput


@dataclass(slots=True)
class _Place:
    exposure: Exposure
    readers: int = 0


class Shelf:
    """Thread-safe. Closing a file under a read could make the read end in another file that got its descriptor."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    def put(self, key: str, exposure: Exposure) -> None:
        """Make an exposure known by a key that is not in use."""
        with self._lock:
            if key in self._places:
                raise ValueError(f"{key} is in use")
            self._places[key] = _Place(exposure)

    def get(self, key: str) -> Exposure | None:
        """The exposure of a key, not protected from being closed."""
        with self._lock:
            place = self._places.get(key)
        return place.exposure if place else None

    def replace(self, key: str, exposure: Exposure) -> None:
        """Put another exposure in the place of a key; the older one is closed now, or by its last reader. Raises `BadInput` where the
        key was closed."""
        with self._lock:
            place = self._places.get(key)
            if place is None:
                raise BadInput("the exposure was closed")
            self._places[key] = _Place(exposure)
            idle = place.readers == 0
        if idle:
            place.exposure.close()

    @contextmanager
    def borrow(self, key: str) -> Iterator[Exposure]:
        """The exposure of a key, open as long as the block runs; raises `BadInput` where it was closed before."""
        with self._lock:
            place = self._places.get(key)
            if place is None:
                raise BadInput("the exposure was closed")
            place.readers += 1
        try:
            yield place.exposure
        finally:
            with self._lock:
                place.readers -= 1
                last = place.readers == 0 and self._places.get(key) is not place
            if last:
                place.exposure.close()

    def remove(self, key: str) -> None:
        """Take an exposure off; its files are closed now, or by the last reader."""
        with self._lock:
            place = self._places.pop(key, None)
            idle = place is not None and place.readers == 0
        if place is not None and idle:
            place.exposure.close()

    def clear(self) -> None:
        """Take off all."""
        with self._lock:
            keys = list(self._places)
        for key in keys:
            self.remove(key)
