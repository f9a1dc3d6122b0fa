"""Where settings and caches live: the platform's own folders, or below ``DETGUI_HOME`` where that is set."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Folder for things that can be made again (example exposures, compiled kernels, unpacked files); made if missing."""
    return _folder("cache")


def state_folder() -> Path:
    """Folder for what the user would miss (session, recent files, settings); made if missing."""
    return _folder("state")


def _folder(kind: str) -> Path:
    home = os.environ.get("DETGUI_HOME")
    if home:
        path = Path(home) / kind
    else:
        import platformdirs

        path = Path(platformdirs.user_cache_dir("detgui", False) if kind == "cache" else platformdirs.user_state_dir("detgui", False))
    path.mkdir(parents=True, exist_ok=True)
    return path
