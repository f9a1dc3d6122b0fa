"""Things that were read or made and may be wanted again, up to a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from detgui.session.buffers import Buffers


class Cache:
    """Least recently used things go first. Thread-safe; what is in it must not be changed.

    ``buffers`` gives memory for the next things, that of things which are gone first.
    """

    def __init__(self, max_bytes: int, spare_bytes: int = 0) -> None:
        self._max = max_bytes
        self.buffers = Buffers(spare_bytes)
        self._lock = threading.Lock()
        self._things: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._things)

    def get(self, key: Hashable) -> Any:
        """The thing of a key, None where it is not (or no longer) there."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def put(self, key: Hashable, thing: Any, nbytes: int) -> None:
        """Keep a thing of that size; one larger than the whole cache is not kept."""
        with self._lock:
            self._drop(key)
            if nbytes > self._max:
                return
            self._things[key] = (thing, nbytes)
            self._bytes += nbytes
            while self._bytes > self._max:
                self._drop(next(iter(self._things)))

    def drop(self, unwanted: Callable[[Any], bool]) -> None:
        """Drop what ``unwanted(key)`` says."""
        with self._lock:
            for key in [each for each in self._things if unwanted(each)]:
                self._drop(key)

    def clear(self) -> None:
        """Drop everything."""
        self.drop(lambda key: True)

    def _drop(self, key: Hashable) -> None:
        _, nbytes = self._things.pop(key, (None, 0))
        self._bytes -= nbytes
