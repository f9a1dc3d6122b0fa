"""The rows of the benchmark, their goals, and the table that a person reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach: ``sign`` '<' or '>=', ``value``, and what was measured against what."""

    sign: str
    value: float
    work: str

    def met(self, figure: float) -> bool:
        """True where the figure reaches the goal."""
        return figure < self.value if self.sign == "<" else figure >= self.value


GOALS: dict[str, Goal] = {
    "start_window_s": Goal("<", 0.3, "start to the window, s"),
    "start_image_s": Goal("<", 1.0, "start to the image view, s"),
    "start_ready_s": Goal("<", 3.0, "start to kernels ready, s"),
    "open_ms": Goal("<", 120, "open a 20-group 2048 x 2048 ramp to first image and ramp, ms"),
    "open_peak_mb": Goal("<", 100, "the same, peak memory above the idle window, MB"),
    "click_warm_ms": Goal("<", 16, "click to drawn ramp, warm, ms"),
    "frame_ms": Goal("<", 8, "step to the next 2048 x 2048 group, read ahead, whole window drawn, ms"),
    "frame_vs_pyqtgraph": Goal(">=", 1.5, "such an image read and drawn in a plot alone: pyqtgraph's default path over ours"),
    "frame_jump_ms": Goal("<", 16, "jump to a group that was not made ready, drawn, ms"),
    "pixel_cold_full_vs_memmap": Goal(">=", 20, "one pixel of 10 x 20 x 2048 x 2048 uint16, cold: memmap slice over ours"),
    "pixel_cold_sub_vs_memmap": Goal(">=", 4, "one pixel of 120 x 42 x 32 x 2048 float32, cold: memmap slice over ours"),
    "heartbeat_p99_ms": Goal("<", 50, "lateness of the window's 10 ms heartbeat while two workers compute, 99th percentile, ms"),
    "heartbeat_max_ms": Goal("<", 100, "the same, maximum, ms"),
    "step_heartbeat_max_ms": Goal("<", 100, "the same while a step runs on a full frame and its product is opened, maximum, ms"),
    "slopes_f4_vs_roof": Goal(">=", 0.8, "pass of the slope map, 120 x 42 x 32 x 2048 float32 + GROUPDQ, warm: the roof's time over ours"),
    "slopes_u2_vs_roof": Goal(">=", 0.7, "the same as uint16 without GROUPDQ"),
    "slopes_vs_lstsq": Goal(">=", 75, "the same by two vectorised least-squares fits (12 integrations, scaled): its time over ours"),
    "slopes_vs_einsum": Goal(">=", 4, "the same by einsum (20 integrations, scaled)"),
    "slopes_vs_stcal": Goal(">=", 200, "one fit by stcal OLS_C (2 integrations, scaled)"),
    "slopes_interactive_vs_roof": Goal(">=", 0.45, "pass of the binned mean ramps: the roof's time over ours"),
    "slopes_cold_vs_read": Goal(">=", 0.8, "pass of the slope map, file not in memory: a plain sequential read's time over ours"),
    "slopes_peak_mb": Goal("<", 1500, "peak memory of a process that makes the map, or the mean ramps, MB"),
    "drag_n_ms": Goal("<", 33, "map at another N out of the mean ramps, ms"),
    "drag_phase_ms": Goal("<", 33, "map of another range of integrations out of the mean ramps, ms"),
    "ptc256_vs_sigma_clip": Goal(">=", 40, "clipped moments of a pair and group of 2048 x 2048, boxes of 256 px: astropy's time over ours"),
    "ptc8_vs_sigma_clip": Goal(">=", 8, "the same, boxes of 8 px"),
    "gain_peak_mb": Goal("<", 2000, "peak memory of a process that maps the gain of ten flats x 160 groups of 2048 x 2048, MB"),
    "drag_void_hz": Goal(">=", 10, "gain maps a second while the outline of a void is dragged, five pairs of them"),
    # Two threads that only read and add, as the roof does, gain some 1.7 over one where they share a machine's memory and two cores.
    "dask2_vs_dask1": Goal(">=", 1.7, "slope map on a Dask cluster: one worker's time over two workers' (memory's own limit is near 1.7)"),
}


def as_table(figures: dict[str, float]) -> str:
    """One line a figure: key, figure, goal, whether it is met, what it is."""
    lines = [f"{'key':27} {'figure':>9} {'goal':>9}      work"]
    for key, figure in figures.items():
        goal = GOALS[key]
        lines.append(f"{key:27} {figure:9.3g} {goal.sign:>2} {goal.value:6g}  {'yes' if goal.met(figure) else 'NO ':3}  {goal.work}")
    return "\n".join(lines) + "\n"
