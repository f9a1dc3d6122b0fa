"""``python -m detgui`` is ``detgui``."""

import sys

from detgui.cli import main

if __name__ == "__main__":
    sys.exit(main())
