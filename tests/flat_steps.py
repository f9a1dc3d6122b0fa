"""Run by test_simulate_flats_steps.py in a process of its own: jwst's first steps on simulated raw flats, without CRDS."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from simulate_steps import offline


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
    result, status = uncal, {}
    for kind, types, keyword in steps:
        step = kind()
        for reftype in types:
            setattr(step, f"override_{reftype}", references[reftype])
        result = step.run(result)
        status[keyword] = getattr(result.meta.cal_step, keyword)
    result.save(str(work / "steps_ramp.fits"))
    (work / "status.json").write_text(json.dumps(status))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]))
