"""Build the wheel and check that everything under resources/ is inside."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(TOP)], check=True)
    (wheel,) = Path(folder).glob("detgui-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
wanted = {
    f"detgui/_resources/{path.relative_to(TOP / 'resources').as_posix()}" for path in (TOP / "resources").rglob("*") if path.is_file()
}
missing = sorted(wanted - inside)
if missing or "detgui/cli/__init__.py" not in inside:
    sys.exit(f"missing from {wheel.name}: {missing or 'detgui/cli/__init__.py'}")
print(f"{wheel.name}: {len(inside)} files, all {len(wanted)} resources inside")
