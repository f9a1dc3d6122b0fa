"""What each verb does with its options; heavy imports stay inside the functions."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.cli.terminal import ProgressBar, put_json, say
from detgui.errors import BadInput, NotOneExposure

if TYPE_CHECKING:
    from detgui.data.exposure import Exposure
    from detgui.start import Start


def window(args: Namespace) -> int:
    """Open the window with files, or write a picture of it."""
    _no_scheduler(args)
    from detgui.display import check_display

    if args.regions and not args.files:
        raise BadInput(f"{args.regions[0].name}: --regions needs an exposure to draw on")
    if args.screenshot:
        return _screenshot(args)
    check_display()
    from detgui import app

    return app.run(_start(args))


def _screenshot(args: Namespace) -> int:
    from detgui.display import offscreen_if_needed

    if not args.files:
        raise BadInput("--screenshot needs a file to show")
    if args.screenshot.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise BadInput(f"{args.screenshot}: a picture of the window is written as .png or .jpg")
    _check_folder(args.screenshot)
    offscreen_if_needed()
    from detgui import app

    return app.screenshot(_start(args), args.screenshot)


def _start(args: Namespace) -> Start:
    from detgui.start import Start

    return Start(
        files=tuple(args.files),
        join=args.join,
        size=args.size,
        theme=args.theme,
        pixel=(args.pixel[0], args.pixel[1]) if args.pixel else None,
        integration=args.integration,
        group=args.group,
        workers=args.workers,
        regions=tuple(args.regions),
    )


def demo(args: Namespace) -> int:
    """Open the window on the example exposures; they are made in a task of the window."""
    _no_scheduler(args)
    from detgui.display import check_display

    check_display()
    from detgui import app
    from detgui.start import Start

    return app.run(Start(demo=True, theme=args.theme, workers=args.workers))


def info(args: Namespace) -> int:
    """Say what files are."""
    _no_scheduler(args)
    exposures = _open_usable(args, neighbours=False)
    try:
        from detgui.analysis.info import as_text, describe

        described = [describe(exposure) for exposure in exposures]
        if args.json:
            put_json(described[0] if len(described) == 1 else described)
        else:
            print("\n\n".join(as_text(one).rstrip() for one in described))
    finally:
        _close(exposures)
    return 0


def ramp(args: Namespace) -> int:
    """Fit one pixel's ramp."""
    _no_scheduler(args)
    if args.output is None and not args.json:
        raise BadInput("say where the ramp is to be written: -o ramp.ecsv")
    if args.output is not None:
        from detgui.data.tables import check_extension

        _check_output(args.output, [*args.files, *_references(args)])
        check_extension(args.output)
    exposures = _open_usable(args, neighbours=args.join, as_one=True)
    try:
        exposure = _one_exposure(exposures, args.extver)
        _ramp_of(exposure, args)
        _say_warnings(exposure, 1 if args.extver else len(exposures))
    finally:
        _close(exposures)
    return 0


def _references(args: Namespace) -> list[Path]:
    return [each for each in (args.gain, args.read_noise, args.superbias, args.saturation) if isinstance(each, Path)]


def _ramp_of(exposure: Exposure, args: Namespace) -> None:
    from detgui.analysis import ramp as analysis
    from detgui.analysis.ramp_table import summary, write

    params = analysis.Params(
        x=args.pixel[0],
        y=args.pixel[1],
        integration=args.integration,
        fit_groups=args.fit_groups,
        method=args.method,
        gain=args.gain,
        read_noise=args.read_noise,
        superbias=args.superbias,
        saturation=args.saturation,
    )
    with ProgressBar(args.quiet) as progress:
        result = analysis.run(exposure, params, progress=progress)
        if args.output is not None:
            write(result, args.output)
    if args.json:
        put_json(summary(result) | ({"output": args.output} if args.output else {}))


def slopes(args: Namespace) -> int:
    """Map the residual late slope."""
    from detgui.cli.slopes import run

    return run(args)


def gain(args: Namespace) -> int:
    """Map the gain."""
    _no_scheduler(args)
    from detgui.cli.gain import run

    return run(args)


def noise(args: Namespace) -> int:
    """Diagnose noise."""
    _no_scheduler(args)
    from detgui.cli.noise import run

    return run(args)


def step(args: Namespace) -> int:
    """Run a step of the jwst pipeline."""
    _no_scheduler(args)
    from detgui.cli.step import run

    return run(args)


def hotpixels(args: Namespace) -> int:
    """Count hot pixels through time."""
    _no_scheduler(args)
    from detgui.cli.hotpixels import run

    return run(args)


def ta_risk(args: Namespace) -> int:
    """Risk for target acquisition."""
    _no_scheduler(args)
    from detgui.cli.ta_risk import run

    return run(args)


def offsets(args: Namespace) -> int:
    """Measure offsets between modules."""
    _no_scheduler(args)
    from detgui.cli.offsets import run

    return run(args)


def correct(args: Namespace) -> int:
    """Correct images for them."""
    _no_scheduler(args)
    from detgui.cli.correct import run

    return run(args)


def simulate(args: Namespace) -> int:
    """Write exposures with known truth."""
    _no_scheduler(args)
    from detgui.simulate import cli

    with ProgressBar(args.quiet) as progress:
        written = cli.run(args, progress)
    if getattr(args, "json", False):
        put_json({"files": written})
    elif not args.quiet:
        for path in written:
            print(path)
    return 0


def bench(args: Namespace) -> int:
    """Measure."""
    _no_scheduler(args)
    from detgui import bench

    with ProgressBar(args.quiet) as progress:
        bench.run(as_json=args.json, rows=args.keys or None, progress=progress)
    return 0


VERB_FUNCTIONS: dict[str, Callable[[Namespace], int]] = {
    "window": window,
    "info": info,
    "ramp": ramp,
    "slopes": slopes,
    "gain": gain,
    "noise": noise,
    "step": step,
    "hotpixels": hotpixels,
    "ta-risk": ta_risk,
    "offsets": offsets,
    "correct": correct,
    "simulate": simulate,
    "demo": demo,
    "bench": bench,
}


def _no_scheduler(args: Namespace) -> None:
    if args.scheduler:
        raise BadInput("--scheduler: only slopes runs on a cluster")


def _open_usable(args: Namespace, *, neighbours: bool, as_one: bool = False) -> list[Exposure]:
    """Open what can be opened; the files that cannot are named in one line each.

    Raises `BadInput` where none is left and, with ``as_one``, where a segment does not belong to the others.
    """
    from detgui.data.exposure import open_many

    with ProgressBar(args.quiet) as progress:
        exposures, refused = open_many(args.files, join=args.join, neighbours=neighbours, progress=progress)
    apart = next((error for error in refused if isinstance(error, NotOneExposure)), None)
    if as_one and apart is not None:
        _close(exposures)
        raise apart
    for error in refused[: None if exposures else -1]:
        say(str(error))
    if not exposures:
        raise refused[-1]
    return exposures


def _one_exposure(exposures: Sequence[Exposure], extver: int | None) -> Exposure:
    """The exposure that the files make; of a file with several SCI extensions that of ``extver``, None for the first."""
    first = exposures[0]
    for other in exposures[1:]:
        if other.files != first.files:
            reason = first.why_apart(other) or "--no-join keeps segments apart, so give one of them"
            raise NotOneExposure(f"{other.name} does not belong to the exposure of {first.name}: {reason}")
    if extver is None or (extver == 1 and len(exposures) == 1):
        return first
    found = next((each for each in exposures if each.name.endswith(f"[SCI,{extver}]")), None)
    if found is None:
        raise BadInput(f"{first.files[0].path.name} has no SCI extension {extver} to show: it has {', '.join(e.name for e in exposures)}")
    return found


def _say_warnings(exposure: Exposure, images: int) -> None:
    """After the work, so that what cannot be done is said in one line."""
    if images > 1:
        say(f"warning: the file holds {images} images, {exposure.name} is used")
    for warning in exposure.warnings:
        say(f"warning: {warning}")


def _close(exposures: Sequence[Exposure]) -> None:
    for exposure in exposures:
        exposure.close()


def _check_output(output: Path, inputs: Sequence[Path]) -> None:
    _check_folder(output)
    if output.exists() and any(os.path.exists(path) and output.samefile(path) for path in inputs):  # noqa: PTH110  (never raises)
        raise BadInput(f"{output}: the result would replace an input file")


def _check_folder(output: Path) -> None:
    try:
        if not output.parent.is_dir():
            raise BadInput(f"{output}: there is no folder {output.parent}")
        if output.is_dir():
            raise BadInput(f"{output}: this is a folder, not a file")
        output.exists()
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror or error}") from None
