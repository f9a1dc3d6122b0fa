"""What the gain tab says; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detgui.gui.common.quantity import plain
from detgui.progress import clock

if TYPE_CHECKING:
    from detgui.analysis.gain_types import Result
    from detgui.session.gain import GainMaker

BOX_TIP = """Nominal side of a box, pixels: each amplifier's sector is cut into a grid of such boxes.
Default: 256 (JWST-STScI-004622, section 4); twice the side halves the error."""
LIMIT_TIP = """Largest signal of the fitted line, DN on the single frame; that is half of the sum frame's.
Default: 5,000 DN, 7,500 DN for the long wave detectors (JWST-STScI-004622, section 4: 10,000 and 15,000 on the sum)."""
PAIRS_TIP = """Which pairs are averaged.
auto: all but pairs whose map is off by more than 1 % and more than 4 of its errors from the median of the others
(JWST-STScI-004622, section 5.4, left out pairs that were 1.5 to 4 % low); all; chosen: those ticked on the page Pairs.
Default: auto."""
IPC_TIP = """Correction for inter-pixel capacitance, which makes variances small and the gain read high.
none; centre: gain x (1 - 2 (k11 - 1)), k11 the centre of the correction kernel (above 1; 1.025 in JWST-STScI-004622, equation 2);
file: the whole kernel of an IPC reference file; measured: from the covariance of neighbouring pixels in the flats themselves.
Files in which IPC was corrected already are recognised by their header.
Default: none."""
IPC_VALUE_TIP = "Centre of the correction kernel (no unit, above 1), or the path of an IPC reference file."
CLIP_TIP = """Standard deviations of the iterative clipping of every box; 0 for none.
Default: 3 (JWST-STScI-004622, section 4)."""
CORRECT_TIP = """Correct variances for what clipping takes from a Gaussian (0.970 at 3 sigma in large boxes; tabulated by simulation).
Default: on. Off shows the uncorrected figure, as in JWST-STScI-004622: the gain reads about 3 % high."""


def used(result: Result) -> tuple[str, str]:
    """(line, tooltip) of what a map was made with."""
    pairs = ", ".join(map(str, result.pairs_used))
    ipc = "no IPC correction" if result.ipc.method == "none" else f"IPC x {plain(result.ipc.factor, 4)} ({result.ipc.method})"
    parts = [f"pair{'s' if len(result.pairs_used) > 1 else ''} {pairs}", f"up to {result.limit:,.0f} DN", ipc]
    return " · ".join(parts), "\n".join([f"Error: {result.error_method}", *(f"Note: {note}" for note in result.notes)])


def status(maker: GainMaker) -> tuple[str, str]:
    """(line, tooltip) of what the maker does, or of the map that is there."""
    running, result = maker.running, maker.result
    if running is not None:
        return f"{running.message or 'gain map'} · {100 * running.fraction:.0f} %", running.title
    if maker.busy:
        return "waiting…", ""
    if result is None:
        return "", ""
    line, tip = used(result)
    if maker.approximate is not None:
        return "approximate until the outline is let go", tip
    if not maker.is_current:
        return f"of other parameters: Compute ({clock(maker.seconds)})", tip
    return line, tip


def flats_line(maker: GainMaker) -> str:
    """The flats in a few words."""
    flats = maker.flats
    if not flats:
        return ""
    ngroups, ny, nx = flats[0].shape[1:]
    count = sum(each.shape[0] for each in flats)
    pairs = f"{count // 2} pair{'s' if count // 2 != 1 else ''}"
    return f"{pairs} of {nx} x {ny}, {ngroups} groups"
