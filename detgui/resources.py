"""Where the program's own data files are: inside an installed package, or beside it in a checkout."""

from pathlib import Path


def resource(name: str) -> Path:
    """Path of a file of ``resources/``; raises FileNotFoundError naming it."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_resources", here.parent / "resources"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"resource {name} is missing from the installation")
