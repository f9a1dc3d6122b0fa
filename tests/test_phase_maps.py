"""Phases, their differences and the verdict: probabilities that are uniform without an effect, and the report's verdicts with one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import kstest
from trace_fakes import FakeMaps, half_width

from detgui.analysis import phase_maps, trace
from detgui.analysis.phase_maps import REPORT_PHASES, Phase
from detgui.analysis.verdict import judge
from detgui.data.exposure import open_one
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.science.structure import at_offsets, block_means, even_and_odd, hotelling, matched
from detgui.simulate.bots import correlated_noise
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams

ONE, OTHER = Phase("transit", 1730, 1830), Phase("eclipse 1", 300, 400)


@pytest.fixture(scope="module")
def nrs1():
    return FakeMaps()


@pytest.fixture(scope="module")
def nrs2():
    return FakeMaps(detector="NRS2")


def compared(maps: FakeMaps, truths: tuple[np.ndarray, np.ndarray], seed: int) -> phase_maps.Difference:
    rng = np.random.default_rng(seed)
    one, other = ((truth + maps.noise(rng), maps.err) for truth in truths)
    return phase_maps.of_maps(one, other, ONE, OTHER, maps.trace, phase_maps.Params())


def verdicts(maps: FakeMaps, noise, count: int) -> np.ndarray:
    """Probabilities (all, even, odd) of differences of noise alone."""
    found = [judge(noise(), maps.truth(), maps.trace.centre, "null") for _ in range(count)]
    return np.array([(each.probability, each.even_probability, each.odd_probability) for each in found])


def test_probabilities_are_uniform_without_an_effect(nrs1):
    rng = np.random.default_rng(1)
    p = verdicts(nrs1, lambda: nrs1.noise(rng) - nrs1.noise(rng), 200)
    for column in p.T:
        assert kstest(column, "uniform").pvalue > 0.01
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.025)


def test_probabilities_hold_with_noise_that_columns_share(nrs1):
    """1/f noise is read along columns: pixels of a column are alike, which independent errors would not know."""
    rng = np.random.default_rng(2)
    params = BotsParams(one_over_f=1.5)

    def noise() -> np.ndarray:
        return nrs1.noise(rng) - nrs1.noise(rng) + correlated_noise((32, 2048), params, rng)

    p = verdicts(nrs1, noise, 100)[:, 0]
    sample = noise()
    assert np.corrcoef(sample[0, 400:2000], sample[1, 400:2000])[0, 1] > 0.1
    assert (p < 0.05).mean() < 0.12
    assert (p < 1e-3).mean() < 0.02


def test_the_reports_verdicts(nrs1, nrs2):
    """NRS1: transit against eclipse yes, eclipse against eclipse no; NRS2: neither (figures 7 and 8), from the change of light alone."""
    for maps, expected in ((nrs1, True), (nrs2, False)):
        transit, eclipse = maps.truth(light=0.985), maps.truth(light=1.0)
        found = compared(maps, (transit, eclipse), 3)
        assert found.verdict.structure is expected
        assert ("no structure" in found.verdict.sentence) is not expected
        assert compared(maps, (eclipse, eclipse), 4).verdict.structure is False


def test_a_null_pair_gives_none(nrs1):
    same = nrs1.truth()
    words = [compared(nrs1, (same, same), seed).verdict.structure for seed in range(20, 50)]
    assert sum(words) <= 1  # one of a thousand is allowed to; two of thirty come about once in 2000 times


def test_amplitudes_have_true_errors(nrs1):
    transit, eclipse = nrs1.truth(light=0.985), nrs1.truth(light=1.0)
    exact = judge(transit - eclipse, (transit + eclipse) / 2, nrs1.trace.centre, "exact")
    rows = []
    for seed in range(80):
        verdict = compared(nrs1, (transit, eclipse), 100 + seed).verdict
        rows.append([(getattr(verdict, n) - getattr(exact, n)) / getattr(verdict, f"{n}_err") for n in ("centre", "tilt", "change")])
    pulls = np.array(rows)
    assert exact.centre > 0.1  # less light: less is lost in the middle
    for column in pulls.T:
        assert 0.8 < column.std() < 1.25
        assert abs(column.mean()) < 0.4


def test_a_moved_trace_is_opposite_above_and_below(nrs1):
    eclipse = nrs1.truth()
    moved = np.roll(eclipse, 1, axis=0) * 0.03 + eclipse * 0.97
    verdict = compared(nrs1, (moved, eclipse), 5).verdict
    assert verdict.structure
    assert verdict.odd_probability < 1e-6
    assert abs(verdict.tilt) > 4 * verdict.tilt_err


def test_structure_away_from_the_trace_makes_it_careful(nrs1):
    rng = np.random.default_rng(6)
    rows = np.repeat(rng.normal(0, 0.2, 32), 2048).reshape(32, 2048)
    verdict = judge(nrs1.noise(rng) + rows, nrs1.truth(), nrs1.trace.centre, "rows")
    assert verdict.control_factor > 2
    assert verdict.control_probability < 0.01
    assert any("away from the trace" in note for note in verdict.notes)


def test_significance_has_unit_width(nrs1):
    found = compared(nrs1, (nrs1.truth(), nrs1.truth()), 7)
    assert half_width(found.significance[np.isfinite(found.significance)]) == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(found.err, np.sqrt(2) * nrs1.err)
    pulls = found.folded.mean / found.folded.err
    assert half_width(pulls[np.isfinite(pulls)]) == pytest.approx(1, abs=0.25)


def test_too_few_columns_give_no_verdict():
    maps = FakeMaps(columns=16)
    verdict = compared(maps, (maps.truth(), maps.truth()), 8).verdict
    assert verdict.structure is None
    assert "cannot be said" in verdict.sentence


def test_hotelling_of_one_number_is_students_t():
    from scipy.stats import ttest_1samp

    values = np.random.default_rng(9).normal(0.3, 1, 40)
    test = hotelling(values[:, None])
    assert test.probability == pytest.approx(ttest_1samp(values, 0).pvalue, rel=1e-9)
    assert np.isnan(hotelling(values[:3].reshape(1, 3)).probability)


def test_offsets_and_blocks_by_hand():
    image = np.arange(20.0).reshape(5, 4)
    values = at_offsets(image, np.array([1.4, 2.6, np.nan, 0.0]), np.array([-1, 0, 1]))
    np.testing.assert_array_equal(values, [[0, 4, 8], [9, 13, 17], [np.nan] * 3, [np.nan, 3, 7]])
    means = block_means(np.repeat(np.arange(96.0)[:, None], 2, axis=1), 2)
    np.testing.assert_allclose(means[:, 0], np.arange(96).reshape(6, 16).mean(axis=1))
    even, odd = even_and_odd(np.array([[1.0, 2.0, 5.0]]))
    np.testing.assert_array_equal(even, [[2.0, 3.0]])
    np.testing.assert_array_equal(odd, [[2.0]])
    template = np.array([1.0, -2.0, 1.0])
    value, err = matched(0.25 * template + 0.01 * np.random.default_rng(3).normal(size=(50, 3)), template)
    assert abs(value - 0.25) < 4 * err
    assert err < 0.01


def test_the_reports_phases_say_what_the_text_says():
    assert [(phase.first, phase.last) for phase in REPORT_PHASES] == [(300, 400), (1730, 1830), (3130, 3230)]
    assert "1750-1850" in phase_maps.REPORT_NOTE
    assert "2130-3230" in phase_maps.REPORT_NOTE


def test_phases_are_saved_and_loaded(tmp_path):
    path = tmp_path / "phases.json"
    phases = (Phase("é 1", 3, 7, "#123456"), Phase("two", 8, 8))
    phase_maps.save_phases(path, phases)
    assert phase_maps.load_phases(path) == phases
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"phases": 3}', '{"phases": [{"name": "a"}]}', '{"phases": [{"name": "a", "first": 1.5, "last": 3}]}', '{"phases": []}',
     '{"phases": [{"name": "a", "first": 5, "last": 3}]}', "\x00\xff"],
)  # fmt: skip
def test_bad_lists_of_phases_name_the_file(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match=r"bad\.json"):
        phase_maps.load_phases(path)
    with pytest.raises(BadInput, match=r"missing\.json"):
        phase_maps.load_phases(tmp_path / "missing.json")


def test_a_simulated_pair_from_ramps_to_verdict(tmp_path):
    """More charge moves in the transit of one detector, in that of the other nothing changes."""
    phases = (Phase("transit", 5, 12), Phase("eclipse", 17, 24), Phase("after", 25, 32))
    found = {}
    for detector, change in (("NRS1", 0.4), ("NRS2", 0.0)):
        params = BotsParams(integrations=32, groups=32, columns=1024, peak=1300, detector=detector, transit=0.27, duration=0.3,
                            eclipses=(0.8, 2.0), transit_depth=0.005, migration_change=change)  # fmt: skip
        write_exposure(params, tmp_path)
        path = next(tmp_path.glob(f"*{detector.lower()}_ramp.fits"))
        with open_one([path]) as exposure:
            track = trace.run(exposure, trace.Params()).trace
            said: list[tuple[float, str]] = []
            result = phase_maps.run(exposure, phase_maps.Params(phases=phases), None, lambda *words, said=said: said.append(words))
            with pytest.raises(BadInput, match="phase late"):
                phase_maps.check(exposure, phase_maps.Params(phases=(Phase("late", 30, 40),)))
        found[detector] = [phase_maps.difference(result, first, "eclipse", track) for first in ("transit", "after")]
        assert [each.integrations for each in result.maps] == [(5, 12), (17, 24), (25, 32)]
        assert said[-1][0] == pytest.approx(1)
        assert any(message.startswith("eclipse: ") for _, message in said)
    changed, null = found["NRS1"]
    assert changed.verdict.structure is True
    assert changed.verdict.change == pytest.approx(0.32, abs=0.06)  # 0.4 more, 0.5 % less light, of the mean of both
    assert null.verdict.structure is False
    assert [each.verdict.structure for each in found["NRS2"]] == [False, False]
    columns, meta = phase_maps.as_table(changed)
    write_table(tmp_path / "difference.ecsv", columns, meta)
    assert json.dumps(meta["probability"])
    with pytest.raises(BadInput, match="no phase 'x'"):
        phase_maps.difference(result, "x", "eclipse", None)
    assert phase_maps.difference(result, "transit", "eclipse", None).verdict is None
