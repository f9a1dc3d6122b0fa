"""Set detgui up in .venv beside pyproject.toml, then run it, test it, or stop there. Standard library only.

python packaging/start.py run [FILE ...]     open the window (on example exposures where no file is given)
python packaging/start.py test [ARG ...]     run the tests (arguments go to pytest)
python packaging/start.py setup              only set up
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
VENV = Path(os.environ.get("DETGUI_VENV", TOP / ".venv"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

sys.path.insert(0, str(TOP))
from detgui.display import QT_LIBRARIES, XCB_LIBRARIES, loads  # noqa: E402  (needs nothing but the standard library)


def stop(sentence: str) -> None:
    """Say why it cannot go on and end."""
    print(sentence, file=sys.stderr)
    sys.exit(1)


def run(*command: object) -> None:
    """Run a command; end with its own exit status where it fails."""
    done = subprocess.run([str(part) for part in command], cwd=TOP, check=False)
    if done.returncode:
        stop(f"This failed (exit status {done.returncode}): {' '.join(str(part) for part in command)}")


def may_install() -> bool:
    """True for root on a system with apt."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: list[str]) -> None:
    """Install Debian or Ubuntu packages; the caller checks whether it helped."""
    print(f"Installing {' '.join(packages)} ...", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=quiet, stdout=sys.stderr, check=False)


def missing_libraries() -> dict[str, str]:
    """Libraries that Qt needs of a Linux system and that are not there, with the Debian and Ubuntu packages that hold them."""
    return {library: package for library, package in (QT_LIBRARIES | XCB_LIBRARIES).items() if not loads(library)}


def has_fonts() -> bool:
    """True where the system has a font that Qt can draw with."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts", Path.home() / ".local/share/fonts"]
    return any(next(folder.rglob("*.[to]tf"), None) is not None for folder in folders if folder.is_dir())


def system_libraries() -> None:
    """Install what Qt needs from a Linux system, or name it."""
    if not sys.platform.startswith("linux"):
        return
    packages = sorted(set(missing_libraries().values())) + ([] if has_fonts() else ["fonts-dejavu-core"])
    if packages and may_install():
        apt_install(packages)
    missing = missing_libraries()
    if missing:
        print(
            f"Qt needs system libraries that are missing: {', '.join(missing)} "
            f"(Debian, Ubuntu: apt-get install {' '.join(sorted(set(missing.values())))}).",
            file=sys.stderr,
        )


def make_venv() -> None:
    """Make the virtual environment; Debian keeps a part of that module in a package of its own."""
    if PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if may_install():
            apt_install([package])
            importlib.invalidate_caches()
        if importlib.util.find_spec("ensurepip") is None:
            stop(f"Python's venv module is incomplete here; install it (Debian, Ubuntu: apt-get install {package}) and start this again.")
    run(sys.executable, "-m", "venv", VENV)


def install(extras: str) -> None:
    """Install the checkout with its dependencies, unless that was done for this very pyproject.toml."""
    stamp = VENV / f"installed-{extras or 'run'}"
    wanted = hashlib.sha256((TOP / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Setting up .venv (some minutes the first time) ...", file=sys.stderr)
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", f"{TOP}[{extras}]" if extras else TOP)
    stamp.write_text(wanted)


def main() -> None:
    """Set up, then do what the first argument says."""
    verb, *rest = sys.argv[1:] or ["run"]
    if verb not in ("run", "test", "setup"):
        stop(f"{verb}: use run, test or setup")
    if not (3, 11) <= sys.version_info[:2] < (3, 15):
        stop(f"detgui needs Python 3.11 to 3.14, this is {sys.version.split()[0]}.")
    system_libraries()
    make_venv()
    install("cluster,test" if verb == "test" else "")
    if verb == "run":
        command = [str(PYTHON), "-m", "detgui", *(rest or ["demo"])]
    elif verb == "test":
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [str(PYTHON), "-m", "pytest", "-n", "auto", *rest]
    else:
        return
    sys.exit(subprocess.run(command, cwd=TOP if verb == "test" else None, check=False).returncode)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
