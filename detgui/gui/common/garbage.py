"""Python's garbage collector, in the window's thread only.

Left to itself the collector runs in whichever thread allocates next. In a worker it would destroy Qt objects that are part of a
cycle: Qt's locks and Python's are then taken in the opposite order to the window's thread, and both stand still.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


def collect_here_only(parent: QObject) -> QTimer:
    """Switch the automatic collector off and collect in the event loop of this thread while ``parent`` lives."""
    gc.disable()
    timer = QTimer(parent, interval=INTERVAL_MS)
    timer.timeout.connect(collect_due)
    timer.start()
    return timer


def collect_due() -> None:
    """Collect the oldest generation whose count is over its threshold, as the automatic collector would."""
    counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
    due = [generation for generation, (count, limit) in enumerate(counts) if 0 < limit < count]
    if due:
        gc.collect(due[-1])


def spare_what_is_there() -> None:
    """Leave modules and widgets that are there already out of later collections: they stay, and would make a full one take 0.3 s."""
    gc.freeze()
