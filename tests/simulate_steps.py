"""Run by test_simulate_steps.py in a process of its own: jwst's first steps on a simulated uncal file, without CRDS."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from crds_cache import environment, write_config


def offline(folder: Path) -> None:
    """Use an empty cache in ``folder``, and no server."""
    write_config(folder)
    os.environ.update(environment(folder))


def run_steps(steps, source, references: dict[str, str]):
    """Run (step, reference types, name of its status) one after the other; returns the last result and {name: status}."""
    result, status = source, {}
    for kind, types, keyword in steps:
        step = kind()
        for reftype in types:
            setattr(step, f"override_{reftype}", references[reftype])
        result = step.run(result)
        status[keyword] = getattr(result.meta.cal_step, keyword)
    return result, status


def main(uncal: str, ramp: str, references: dict[str, str], work: Path) -> None:
    offline(work / "crds")
    from jwst.dark_current import DarkCurrentStep
    from jwst.dq_init import DQInitStep
    from jwst.jump import JumpStep
    from jwst.linearity import LinearityStep
    from jwst.ramp_fitting import RampFitStep
    from jwst.saturation import SaturationStep
    from jwst.superbias import SuperBiasStep

    steps = (
        (DQInitStep, ("mask",), "dq_init"),
        (SaturationStep, ("saturation", "superbias"), "saturation"),
        (SuperBiasStep, ("superbias",), "superbias"),
        (LinearityStep, ("linearity",), "linearity"),
        (DarkCurrentStep, ("dark",), "dark_sub"),
        (JumpStep, ("gain", "readnoise"), "jump"),
    )
    result, status = run_steps(steps, uncal, references)
    result.save(str(work / "steps_ramp.fits"))
    for name, source in (("steps", result), ("ramp", ramp)):
        step = RampFitStep()
        step.override_gain, step.override_readnoise = references["gain"], references["readnoise"]
        _, rates = step.run(source)
        status[f"ramp_fit of {name}"] = rates.meta.cal_step.ramp_fit
        rates.save(str(work / f"{name}_rateints.fits"))
    (work / "status.json").write_text(json.dumps(status))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), Path(sys.argv[4]))
