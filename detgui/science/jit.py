"""Numba in one place: imported at the first use, compiled code kept in the program's own cache folder.

Importing numba takes about a second, so nothing here does it before a kernel is called.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, overload

from detgui import folders

P = ParamSpec("P")
R = TypeVar("R")

REDUCED_FASTMATH = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})
"""Fast-math flags that let sums vectorise and still treat NaN and infinity as IEEE 754 does."""


@functools.cache
def numba_or_none() -> Any | None:
    """The numba module, or None where it cannot be imported; the first call takes about a second."""
    cached = _choose_cache_folder()
    try:
        numba = importlib.import_module("numba")
    except Exception:  # a numba that does not fit this Python or NumPy fails in many ways
        return None
    if cached and not numba.config.CACHE_DIR:
        numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
    return numba


def _choose_cache_folder() -> bool:
    """Point NUMBA_CACHE_DIR at the program's cache folder unless the user set it; False where nothing can be written there.

    An environment variable, because numba reads its settings anew whenever it compiles, and child processes share the cache.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    try:
        folder = folders.cache_folder() / "numba"
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return True


class Kernel(Generic[P, R]):
    """A function that numba compiles when it is first called; without numba it runs as plain Python.

    Kernels may call other kernels of their own module's namespace by name.
    """

    def __init__(self, func: Callable[P, R], fastmath: frozenset[str]) -> None:
        self.py_func = func
        self._fastmath = fastmath
        self._compiled: Callable[..., Any] | None = None
        functools.update_wrapper(self, func)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the compiled function."""
        call = self._compiled or self.dispatcher()
        return call(*args, **kwargs)  # type: ignore[no-any-return]

    def dispatcher(self) -> Callable[..., Any]:
        """Numba's dispatcher (or the Python function where there is no numba); imports numba, compiles nothing."""
        if self._compiled is None:
            self._resolve_called_kernels()
            self._compiled = self._jit()
        return self._compiled

    def compile(self, *signature: Any) -> None:
        """Compile for argument types now (or load from the cache), so that the first call does not have to."""
        dispatcher = self.dispatcher()
        if hasattr(dispatcher, "compile"):
            dispatcher.compile(signature)

    def _jit(self) -> Callable[..., Any]:
        numba = numba_or_none()
        if numba is None:
            return self.py_func
        options: dict[str, Any] = {"nogil": True}
        if self._fastmath:
            options["fastmath"] = set(self._fastmath)
        try:
            return numba.njit(cache=True, **options)(self.py_func)  # type: ignore[no-any-return]
        except RuntimeError:  # no folder to write the cache to
            return numba.njit(**options)(self.py_func)  # type: ignore[no-any-return]

    def _resolve_called_kernels(self) -> None:
        """Numba looks names up in the module: give it dispatchers there instead of `Kernel` objects."""
        namespace = vars(sys.modules[self.py_func.__module__])
        for name in self.py_func.__code__.co_names:
            called = namespace.get(name)
            if isinstance(called, Kernel) and called is not self:
                namespace[name] = called.dispatcher()


@overload
def kernel(func: Callable[P, R]) -> Kernel[P, R]: ...
@overload
def kernel(*, fastmath: frozenset[str] = ...) -> Callable[[Callable[P, R]], Kernel[P, R]]: ...
def kernel(func: Callable[P, R] | None = None, *, fastmath: frozenset[str] = frozenset()) -> Any:
    """Mark a function for ``numba.njit(nogil=True, cache=True)`` at its first call.

    ``@kernel`` keeps IEEE arithmetic; ``@kernel(fastmath=REDUCED_FASTMATH)`` lets sums be reordered, NaN still being NaN.
    """
    if func is not None:
        return Kernel(func, fastmath)
    return lambda function: Kernel(function, fastmath)
