"""What the Correction page says: pure functions from results to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detgui.analysis.offset_factor import SHARE_NOTE, ZERO_NOTE
from detgui.gui.common.quantity import MISSING
from detgui.gui.offsets import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from detgui.analysis.offset_types import Result
    from detgui.session.offsets import OffsetsMaker
    from detgui.session.offsets_cals import CalFacts, Written
    from detgui.session.offsets_correction import Correction

MOST_SAID = 6


def effect_rows(before: Result | None, after: Result | None) -> list[list[str]]:
    """Rows of the table of the effect: every step before and after."""
    rows = []
    for each in before.pairs if before is not None else ():
        then = after.pair(*each.key) if after is not None else None
        row = [each.number, each.filter.upper(), ", ".join(each.epochs), words.number(each.fit.offset, each.fit.offset_err)]
        if then is None:
            row += ["…" if after is None else MISSING, ""]
        else:
            row += [words.number(then.fit.offset, then.fit.offset_err), words.number(then.fit.slope, then.fit.slope_err)]
        rows.append(row)
    return rows


def notes(maker: OffsetsMaker, correction: Correction) -> str:
    """What must be known of the table and of the prediction."""
    found = []
    before, after = maker.result, correction.predicted
    if before is not None and after is not None and before.rows and after.rows:
        sizes = [max(abs(row.dmag_ab) for row in each.rows) for each in (before, after)]
        found.append(f"the largest offset of epochs {' and '.join(before.pair_epochs)} goes from {sizes[0]:.3f} to {sizes[1]:.3f} mag")
        found += [each for each in after.notes if each not in before.notes and "fainter" not in each]
    table = correction.table
    if table is not None and any(row.slope for row in table.rows):
        found.append(SHARE_NOTE)
        if not table.own:
            found.append(ZERO_NOTE)
    return "  ".join(f"{each[:1].upper()}{each[1:]}." for each in dict.fromkeys(found))


def cannot(cals: Sequence[CalFacts]) -> str:
    """Why images cannot be corrected, the first reason with how many there are; '' where all can."""
    why = [each for each in cals if each.why]
    if not why:
        return ""
    rest = f" ({len(why)} of {len(cals)} images cannot be corrected)" if len(cals) > 1 else ""
    return f"{_named(why[0].path.name, why[0].why)}{rest}."


def _named(name: str, sentence: str) -> str:
    return sentence if name in sentence else f"{name}: {sentence}"


def doubts(cals: Sequence[CalFacts]) -> str:
    """What speaks against the epochs that were said, the first with how many there are; '' for nothing."""
    found = [each for each in cals if each.doubt and each.usable]
    if not found:
        return ""
    rest = f" ({len(found)} of {len(cals)} images)" if len(found) > 1 else ""
    return f"{found[0].path.name}: {found[0].doubt}{rest}."


def written(done: Written | None, stopped: Path | None = None) -> str:
    """What became of images that were written, or the folder where the writing was ``stopped``."""
    if done is None:
        return f"Stopped; images that were written until then are in {stopped}." if stopped is not None else ""
    count = len(done.done.files)
    what = "without the correction" if done.undone else "corrected"
    lines = [f"{count} image{'s' if count != 1 else ''} {what} in {done.folder}."]
    refused = done.done.refused
    lines += [f"{each[:1].upper()}{each[1:]}." for each in refused[:MOST_SAID]]
    if len(refused) > MOST_SAID:
        lines.append(f"{len(refused) - MOST_SAID} more were refused.")
    return "\n".join(lines)
