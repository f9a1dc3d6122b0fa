"""Calibration references without a network: which CRDS cache to use, and how jwst is told to leave the server alone.

jwst asks CRDS for the context it used even where every reference was given by hand, and CRDS ends the program where it has neither a
server nor a cache. So there is always a cache: the user's own where it has what is needed, else an empty one in the cache folder.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from detgui.errors import BadInput
from detgui.folders import cache_folder

EMPTY_CONTEXT = "jwst_0000.pmap"
SERVERLESS = "https://jwst-serverless.stsci.edu"
"""CRDS asks no server whose name has 'serverless' in it."""

TIMEOUT_S = 5
"""Longest wait for an answer of the user's server; CRDS itself waits for an hour."""

PROBE_S = 1.0
SPEAK_S = 2.0
"""Longest waits for a connection to the server, and for its first byte."""

NOT_APPLICABLE = "N/A"
"""In the place of a file: the step does without this reference, most are skipped then."""

_ELSEWHERE = ("CRDS_PATH_SINGLE", "CRDS_MAPPATH", "CRDS_MAPPATH_SINGLE", "CRDS_REFPATH", "CRDS_REFPATH_SINGLE", "CRDS_CFGPATH")
_LATEST = ("latest", "jwst-latest", "jwst-operational")

WORDS = "DETGUI_CRDS"
"""Variable with what sentences in that process call the cache."""

Kind = Literal["user", "server", "empty"]


@dataclass(frozen=True, slots=True)
class CrdsSetup:
    """Where references come from.

    Attributes
    ----------
    path : the cache
    context : the ``.pmap`` with the rules; '' where the server is asked for it
    server : URL of the user's server, '' for none: then nothing is ever asked over the network
    kind : 'user' the user's cache; 'server' the user's server fills it; 'empty' no reference but those given by hand
    """

    path: Path
    context: str
    server: str
    kind: Kind

    @property
    def words(self) -> str:
        """What a sentence calls it."""
        if self.kind == "empty":
            return "there is no CRDS cache, see CRDS_PATH"
        return f"CRDS cache {self.path}" + (f", context {self.context}" if self.context else "")

    def environment(self) -> dict[str, str | None]:
        """Variables for a process in which jwst is imported after that; None: to be taken away."""
        found: dict[str, str | None] = {
            "CRDS_PATH": str(self.path),
            "CRDS_CONTEXT": self.context or None,
            "CRDS_SERVER_URL": self.server or SERVERLESS,
            "CRDS_OBSERVATORY": "jwst",
            "STPIPE_DISABLE_CRDS_STEPPARS": "true",
            "CRDS_CLIENT_TIMEOUT_SECONDS": str(TIMEOUT_S),
            "CRDS_CLIENT_RETRY_COUNT": "1",
            WORDS: self.words,
        }
        if self.kind == "empty":
            found |= dict.fromkeys(_ELSEWHERE)
        return found


def find_cache(environment: Mapping[str, str] | None = None) -> CrdsSetup:
    """The cache to use, in at most `PROBE_S` + some `SPEAK_S`; an empty one is made where the user has none and no server answers.

    The user's is ``CRDS_PATH``, else ``crds_cache`` in the home folder, with ``CRDS_CONTEXT`` or the newest context that is there.
    """
    env = os.environ if environment is None else environment
    server = env.get("CRDS_SERVER_URL", "")
    if "serverless" in server or "server-less" in server:
        server = ""
    path = _user_path(env)
    if path is not None and _config(path).is_file():
        context = _context(path, env.get("CRDS_CONTEXT", ""))
        if context:
            return CrdsSetup(path, context, server, "user")
    if path is not None and server and _answers(server):
        return CrdsSetup(path, env.get("CRDS_CONTEXT", ""), server, "server")
    return CrdsSetup(empty_cache(), EMPTY_CONTEXT, "", "empty")


def empty_cache() -> Path:
    """A cache without references, in the cache folder; made if missing."""
    path = cache_folder() / "crds"
    config = _config(path)
    if not config.exists():
        config.parent.mkdir(parents=True, exist_ok=True)
        part = config.with_name(f"server_config.{os.getpid()}.part")
        part.write_text(repr(server_config(EMPTY_CONTEXT)))
        part.replace(config)
    return path


def server_config(context: str) -> dict[str, object]:
    """What the file ``config/jwst/server_config`` of a cache says, a Python literal, for a cache with one context."""
    return {
        "observatory": "jwst",
        "operational_context": context,
        "latest_context": context,
        "force_remote_mode": False,
        "bad_files": "",
        "bad_files_list": [],
        "last_synced": "2023-01-01 00:00:00",
        "crds_version": {"str": "13.0"},
        "server_version": {"str": "13.0"},
        "status": "cache",
    }


def check_reference(reftype: str, given: str | Path) -> str:
    """The absolute path of a reference file given by hand, or 'N/A'.

    Raises `BadInput` where it is missing, no file, or calls itself a reference of another type.
    """
    if str(given).upper() == NOT_APPLICABLE:
        return NOT_APPLICABLE
    path = Path(os.path.abspath(given))  # noqa: PTH100  (links keep the name that was given)
    if not path.exists():
        raise BadInput(f"{path}: this {reftype} reference does not exist")
    if not path.is_file():
        raise BadInput(f"{path}: this {reftype} reference is no file")
    said = _reftype(path)
    if said and said.lower() != reftype.lower():
        raise BadInput(f"{path.name} is a reference of type {said.lower()}, not {reftype}")
    return str(path)


def _reftype(path: Path) -> str:
    """REFTYPE of a FITS file, '' for others."""
    with path.open("rb") as file:
        start = file.read(6)
    if start == b"SIMPLE":
        return _whole_reftype(path)
    if not start.startswith(b"\x1f\x8b"):
        return ""
    from astropy.io import fits

    try:
        return str(fits.getheader(path).get("REFTYPE", "")).strip()
    except (OSError, EOFError) as error:
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def _whole_reftype(path: Path) -> str:
    """REFTYPE of a FITS file that is not packed. Raises `BadInput` where it is cut short: a step would blame the exposure for that."""
    from detgui.data.files import OpenFile
    from detgui.data.layout import scan

    file = OpenFile(path)
    try:
        _, headers, _ = scan(file)
        return str(headers[0].get("REFTYPE", "")).strip()
    finally:
        file.close()


def _user_path(env: Mapping[str, str]) -> Path | None:
    given = env.get("CRDS_PATH")
    if given:
        return Path(given).expanduser().absolute()
    try:
        return Path.home() / "crds_cache"
    except RuntimeError:
        return None


def _config(path: Path) -> Path:
    return path / "config" / "jwst" / "server_config"


def _context(path: Path, wanted: str) -> str:
    """The context that was asked for if it is there, else the newest one, '' for none."""
    folder = path / "mappings" / "jwst"
    if wanted.endswith(".pmap"):
        return wanted if (folder / wanted).is_file() else ""
    if wanted and wanted not in _LATEST and not wanted.endswith("build"):
        return ""  # a date or an edited context: only the server knows
    try:
        names = [each.name for each in folder.iterdir() if re.fullmatch(r"jwst_\d+\.pmap", each.name)]
    except OSError:
        return ""
    return max(names, default="")


def _answers(url: str) -> bool:
    """Whether a server says anything: some accept connections and stay silent, as behind a network that wants a login first."""
    parts = urlsplit(url)
    secure = parts.scheme != "http"
    try:
        host = parts.hostname or ""
        with contextlib.ExitStack() as stack:
            line: socket.socket = stack.enter_context(socket.create_connection((host, parts.port or (443 if secure else 80)), PROBE_S))
            line.settimeout(SPEAK_S)
            if secure:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only whether it speaks; nothing is sent or kept
                line = stack.enter_context(context.wrap_socket(line, server_hostname=host))
            line.sendall(f"HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            return bool(line.recv(1))
    except (OSError, ValueError):
        return False
