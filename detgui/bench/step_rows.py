"""Row of the noise tab: the window answers while a step of the pipeline runs on a full frame."""

from __future__ import annotations

import os
from pathlib import Path

from detgui.errors import DetguiError

KEYS = ("step_heartbeat_max_ms",)
STEP = "clean_flicker_noise"
"""On a rate image it needs no reference."""


def measure(folder: Path) -> dict[str, float]:
    """How late the window's heartbeat is at most from Run until the product is open and compared, of two runs; the child is warm."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["DETGUI_HOME"] = str(folder / "home")
    from detgui import app
    from detgui.bench.window_rows import Bench
    from detgui.simulate.noise_files import write_noise
    from detgui.simulate.noise_params import NoiseParams

    path = next(each for each in write_noise(NoiseParams(level="rate"), folder) if each.name.endswith("_rate.fits"))
    program = app.application()
    window = app.build_window(app.Start(size=(1600, 1000)))
    try:
        window.show()
        window.build_panels()
        bench = Bench(program, window)
        images = bench.images
        window.commands.open_paths([path])
        bench.wait(lambda: bench.images > images)
        session = window.parts.session
        session.set_tab("Noise")
        session.set_noise(steps=(STEP,), page="Run", folder=folder / "steps")
        panel = window.tabs.currentWidget()
        maker = panel.maker
        bench.wait(lambda: maker.outlook is not None and (maker.outlook.references is not None or bool(maker.outlook.trouble)))
        late = []
        for _ in range(2):
            maker.compute()
            late += bench.beats(lambda _: bool(maker.trouble) or (not maker.busy and getattr(panel.page, "result", None) is not None))
            if maker.trouble:
                raise DetguiError(f"{STEP} did not run: {maker.trouble}")
            session.choose_exposure(session.state.exposures[0].key)
            session.set_noise(page="Run", before="", after="")
            bench.wait(lambda: panel.page is not None and not hasattr(panel.page, "result"))
        return {"step_heartbeat_max_ms": max(late)}
    finally:
        window.shut()
        path.unlink()
