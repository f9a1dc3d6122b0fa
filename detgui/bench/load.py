"""What two workers compute while the window's heartbeat is listened to: pictures of 2048 x 2048 images and fits of ramps."""

from __future__ import annotations

from itertools import count

import numpy as np

from detgui.progress import Progress


def busy_work(seed: int, progress: Progress) -> None:
    """Compute until cancelled, telling the progress at every step."""
    from detgui.science import display

    rng = np.random.default_rng(seed)
    image = rng.normal(1000, 100, (2048, 2048)).astype(np.float32)
    ramps = rng.normal(0, 1, (2000, 42)).cumsum(axis=1)
    groups = np.arange(42.0)
    for step in count():
        low, high = display.limits(image, "zscale", 99.5, None, None)
        display.to_indices(image, low, high, "asinh")
        np.polyfit(groups, ramps.T, 1)
        progress(step % 1000 / 1000, f"step {step}")
