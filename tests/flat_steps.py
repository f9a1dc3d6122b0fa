"""Run by test_simulate_flats_steps.py in a process of its own: jwst's first steps on simulated raw flats, without CRDS."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from simulate_steps import offline, run_steps


def main(uncal: str, references: dict[str, str], work: Path) -> None:
    offline(work / "crds")
    from jwst.dq_init import DQInitStep
    from jwst.linearity import LinearityStep
    from jwst.refpix import RefPixStep
    from jwst.saturation import SaturationStep
    from jwst.superbias import SuperBiasStep

    steps = (
        (DQInitStep, ("mask",), "dq_init"),
        (SaturationStep, ("saturation", "superbias"), "saturation"),
        (SuperBiasStep, ("superbias",), "superbias"),
        (RefPixStep, (), "refpix"),
        (LinearityStep, ("linearity",), "linearity"),
    )
    result, status = run_steps(steps, uncal, references)
    result.save(str(work / "steps_ramp.fits"))
    (work / "status.json").write_text(json.dumps(status))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]))
