"""A client of a Dask scheduler, or one sentence on why there is none."""

from __future__ import annotations

import re
import socket
import warnings
from typing import Any

from detgui.errors import BadInput, DetguiError

GREETING_BYTES = 1 << 20
"""A scheduler's first message, whose size its first 8 bytes say (little-endian), is shorter."""

INSTALL = "pip install 'detgui[cluster]'"
SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")


def check_address(address: str) -> str:
    """The address as Dask wants it, ``tcp://HOST:PORT``. Raises `BadInput` where it is none."""
    found = re.fullmatch(rf"(?:({'|'.join(SCHEMES)})://)?([^\s/:]+|\[[0-9a-fA-F:]+\]):(\d{{1,5}})/?", address.strip())
    if found is None or not 0 < int(found[3]) < 65536:
        raise BadInput(f"{address!r} is not the address of a Dask scheduler such as tcp://HOST:8786")
    return f"{found[1] or 'tcp'}://{found[2]}:{found[3]}"


def probe(address: str, timeout: float) -> None:
    """Raise `DetguiError` where no Dask scheduler greets: a Dask client waits for ever for one that is silent, and takes what another
    program says for the size of a message."""
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout) as line:
            if scheme != "tcp":
                return
            line.settimeout(timeout)
            greeting = line.recv(8, socket.MSG_WAITALL)
    except TimeoutError:
        raise DetguiError(f"no Dask scheduler answers at {address} within {timeout:g} s") from None
    except (OSError, UnicodeError) as error:
        raise DetguiError(f"no Dask scheduler at {address}: {getattr(error, 'strerror', None) or error}") from None
    if len(greeting) < 8 or int.from_bytes(greeting, "little") > GREETING_BYTES:
        raise DetguiError(f"what answers at {address} is no Dask scheduler")


def library() -> Any:
    """The package ``distributed``, made quiet. Raises `BadInput`, saying how to install it, where it is missing."""
    try:
        import distributed
    except ImportError:
        raise BadInput(f"a Dask cluster needs Dask here too: {INSTALL}") from None
    _quiet()
    return distributed


def client(distributed: Any, address: str, timeout: float) -> Any:
    """A connected ``distributed.Client``. Raises `DetguiError` where that fails."""
    try:
        return distributed.Client(address, timeout=timeout, set_as_default=False, direct_to_workers=False, name="detgui")
    except ImportError as error:  # a scheduler of another version may be refused
        raise DetguiError(f"the Dask scheduler {address} cannot be used: {words(error)}") from None
    except Exception as error:
        raise DetguiError(f"the Dask scheduler {address} cannot be connected to: {words(_root(error))}") from None


def _quiet() -> None:
    """What distributed logs about lost workers and other versions is said in our own sentences instead."""
    import logging

    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm", "distributed.worker"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"distributed\..*")


def _root(error: BaseException) -> BaseException:
    return _root(error.__cause__) if error.__cause__ is not None else error


def words(error: BaseException) -> str:
    """An error's text in one line."""
    return " ".join(str(error).split()) or type(error).__name__
