"""A clicked pixel from exposure to result."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from ramp_fakes import MemoryExposure, simulate_groups

from detgui.analysis import ramp
from detgui.analysis.pixel_noise import noise_table
from detgui.analysis.ramp_reading import INTEGRATIONS_FOR_SCATTER
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput, Cancelled
from detgui.science.timing import GroupTiming

TIMING = GroupTiming(20, 0.9, 0.9)


def exposure(nints=1, timing=TIMING, rate=1000.0, seed=1, level=2000.0, flags=None, **more):
    """Pixel (1, 0) of a 2 x 3 array has ramps, the others none."""
    rng = np.random.default_rng(seed)
    signal = np.zeros((nints, timing.ngroups, 2, 3), dtype=np.float32)
    signal[:, :, 0, 1] = level + simulate_groups(rng, timing, rate, 1.5, 8.0, nints)
    planes = {"SCI": signal, "PIXELDQ": np.arange(6, dtype=np.uint32).reshape(2, 3)}
    if flags is not None:
        planes["GROUPDQ"] = np.zeros(signal.shape, dtype=np.uint8)
        planes["GROUPDQ"][:, :, 0, 1] = flags
    return MemoryExposure(planes, timing, **more)


def pixel(**more):
    return ramp.Params(x=1, y=0, **{"gain": 1.5, "read_noise": 8.0, **more})


def test_read_noise_of_a_group_is_that_of_the_mean_of_its_frames():
    timing = GroupTiming(20, 3.6, 0.9, nframes=4)
    result = ramp.run(exposure(timing=timing), pixel())
    assert result.group_read_noise == pytest.approx(8.0 / 2)
    assert result.read_noise == 8.0


def test_early_groups_by_default():
    """10,000 DN above the zero level take 12 groups of 900 DN."""
    result = ramp.run(exposure(), pixel())
    assert result.fit_groups == (1, 12)
    assert result.zero_level == pytest.approx(2000.0, abs=150.0)
    assert result.zero_source == "first group extrapolated back by one group"
    assert result.used.sum() == 12
    assert list(np.flatnonzero(result.late) + 1) == list(range(13, 21))
    signal = result.signal
    slope, _ = np.polyfit(np.arange(1, 13), signal[:12], 1)
    per_s, intercept = np.polyfit(result.time[:12], signal[:12], 1)
    assert result.slope == pytest.approx(slope)
    assert result.slope_per_s == pytest.approx(per_s)
    assert result.intercept == pytest.approx(intercept)
    assert result.late_slope == pytest.approx(np.polyfit(np.arange(13, 21), (signal - intercept - per_s * result.time)[12:], 1)[0])
    assert result.pixeldq == 1
    assert result.segment_starts == (1,)
    assert result.time == pytest.approx(0.9 * np.arange(1, 21))


def test_superbias_removed_by_the_pipeline():
    result = ramp.run(exposure(level=0.0, steps={"superbias": "COMPLETE"}), pixel())
    assert (result.zero_level, result.zero_source) == (0.0, "superbias removed")
    assert ramp.run(exposure(level=0.0, kind="ramp"), pixel()).zero_source == "superbias removed"
    assert ramp.run(exposure(kind="ramp", steps={"superbias": "SKIPPED"}), pixel()).zero_source.startswith("first group")
    assert ramp.run(exposure(kind="ramp", instrument="MIRI"), pixel()).zero_source.startswith("first group")


def test_superbias_reference_gives_the_zero_level(tmp_path):
    from test_ramp_references import write_reference

    bias = write_reference(tmp_path / "bias.fits", np.full((2, 3), 1000.0), "SUPERBIAS")
    result = ramp.run(exposure(level=2400.0), pixel(superbias=bias))
    assert (result.zero_level, result.zero_source) == (1000.0, "superbias bias.fits")
    assert result.fit_groups == (1, 10)  # the pixel stands 1400 DN above it already
    full = write_reference(tmp_path / "full.fits", np.full((2, 3), 60_000.0), "SATURATION")
    assert ramp.run(exposure(), pixel(saturation=full)).saturation == 60_000.0
    clean = ramp.run(exposure(level=0.0, steps={"superbias": "COMPLETE"}), pixel(superbias=bias, saturation=full))
    assert (clean.zero_level, clean.saturation) == (0.0, 59_000.0)
    raw = ramp.run(exposure(level=0.0, steps={"superbias": "COMPLETE"}), pixel(saturation=full))
    assert any("saturation level is that of raw counts" in note for note in raw.notes)


def test_a_faint_pixel_uses_all_groups_and_has_no_late_line():
    result = ramp.run(exposure(rate=10.0), pixel())
    assert result.fit_groups == (1, 20)
    assert not result.late.any()
    assert np.isnan([result.late_slope, result.late_slope_err]).all()
    assert np.isfinite([result.chi2, result.probability, result.slope_err]).all()


def test_a_bright_pixel_has_at_least_three_groups():
    assert ramp.run(exposure(rate=9000.0), pixel()).fit_groups == (1, 3)


def test_two_groups():
    timing = GroupTiming(2, 0.9, 0.9)
    result = ramp.run(exposure(timing=timing), pixel(method="gls"))
    assert result.slope == pytest.approx(result.signal[1] - result.signal[0])
    assert result.fit_groups == (1, 2)
    assert np.isnan([result.chi2, result.probability, result.late_slope]).all()
    assert "two groups: no residual" in result.notes
    assert result.slope_err == pytest.approx(np.sqrt(2 * 64.0 + result.slope / 1.5))


@pytest.mark.parametrize(("kept", "note"), [((), "no usable group"), ((4,), "one usable group")])
def test_too_few_usable_groups(kept, note):
    flags = np.ones(20, dtype=np.uint8)
    flags[list(kept)] = 0
    result = ramp.run(exposure(flags=flags), pixel())
    assert np.isnan([result.slope, result.slope_err, result.intercept, result.chi2]).all()
    assert any(note in each for each in result.notes)


def test_flags_make_segments_and_end_the_ramp():
    flags = np.zeros(20, dtype=np.uint8)
    flags[4], flags[9], flags[16:] = 4, 1, 2
    result = ramp.run(exposure(flags=flags), pixel(fit_groups=(2, 12)))
    assert result.segment_starts == (1, 5)
    assert list(np.flatnonzero(result.used) + 1) == [2, 3, 4, 5, 6, 7, 8, 9, 11, 12]
    assert list(np.flatnonzero(result.late) + 1) == [13, 14, 15, 16]
    assert result.dof == 10 - 2 - 1
    assert "saturated from group 17" in result.notes


@pytest.mark.parametrize("wrong", [(0, 5), (5, 4), (1, 21)])
def test_groups_that_are_not_there(wrong):
    with pytest.raises(BadInput, match=r"memory_uncal: groups -?\d+-\d+ are not there; the ramp has groups 1 to 20"):
        ramp.run(exposure(), pixel(fit_groups=wrong))


def test_pixels_and_integrations_that_are_not_there():
    with pytest.raises(BadInput, match="pixel 3, 0 is not there; x goes from 0 to 2, y from 0 to 1"):
        ramp.run(exposure(), ramp.Params(3, 0))
    with pytest.raises(BadInput, match="pixel 0, -1 is not there"):
        ramp.overview(exposure(), ramp.Params(0, -1))
    gapped = exposure(nints=4)
    gapped.integrations = np.array([1, 2, 7, 8])
    with pytest.raises(BadInput, match="integration 5 is not there; it has 1 to 2, 7 to 8"):
        ramp.run(gapped, pixel(integration=5))


def test_no_ramp_in_it():
    with pytest.raises(BadInput, match=r"memory_uncal\.fits: no ramp in it"):
        ramp.run(exposure(timing=GroupTiming(1, 0.9, 0.9), kind="rate"), pixel())


@pytest.mark.parametrize("wrong", [{"gain": 0.0}, {"gain": -1.0}, {"read_noise": -1.0}, {"gain": float("nan")}])
def test_noise_that_no_detector_has(wrong):
    with pytest.raises(BadInput, match="is not possible"):
        ramp.run(exposure(), pixel(**wrong))


def test_unknown_method():
    with pytest.raises(BadInput, match="'ols' or 'gls'"):
        ramp.run(exposure(), pixel(method="magic"))


def test_refitting_reads_nothing_and_takes_new_numbers():
    memory = exposure(nints=5)
    data = ramp.load(memory, pixel(integration=2))
    reads = memory.reads
    for last in range(3, 20):
        result = ramp.fit(data, pixel(integration=2, fit_groups=(1, last), method="gls"))
        assert result.fit_groups == (1, last)
    noisy = ramp.fit(data, pixel(integration=2, read_noise=800.0))
    assert noisy.slope_err > 2 * ramp.fit(data, pixel(integration=2)).slope_err
    assert noisy.read_noise == 800.0
    assert memory.reads == reads


def test_noise_from_references(tmp_path):
    from test_ramp_references import write_reference

    gain = write_reference(tmp_path / "gain.fits", np.full((2, 3), 1.25))
    noise = write_reference(tmp_path / "noise.fits", np.full((2, 3), 10.0), "READNOISE", unit="DN")
    result = ramp.run(exposure(detector="NRS1"), pixel(gain=gain, read_noise=noise))
    assert (result.gain, result.gain_source) == (1.25, "gain.fits")
    assert result.read_noise == pytest.approx(10.0 / np.sqrt(2.0))
    assert result.read_noise_source == "noise.fits / sqrt(2)"
    assert len(result.provenance["references"]) == 2
    electrons = write_reference(tmp_path / "electrons.fits", np.full((2, 3), 10.0), "READNOISE", unit="ELECTRONS")
    result = ramp.run(exposure(detector="NRS1"), pixel(gain=gain, read_noise=electrons))
    assert result.read_noise == pytest.approx(10.0 / np.sqrt(2.0) / 1.25)
    assert "electrons" in result.read_noise_source


def test_a_reference_without_a_value_at_the_pixel_is_passed_over(tmp_path):
    from test_ramp_references import write_reference

    gain = write_reference(tmp_path / "gain.fits", np.full((2, 3), np.nan), detector="NIS")
    result = ramp.run(exposure(detector="NIS"), pixel(gain=gain, read_noise=None))
    assert "gain.fits has no gain at this pixel" in result.notes
    assert result.gain == noise_table()["NIS", ""].gain
    assert result.gain_source.startswith("built-in: ")


def test_built_in_table():
    result = ramp.run(exposure(detector="NRCA1"), pixel(gain=None, read_noise=None))
    assert result.gain == 2.13
    assert result.read_noise == pytest.approx(15.99 / np.sqrt(2.0) / 2.13, rel=1e-3)
    assert "JDox" in result.read_noise_source
    assert ramp.run(exposure(detector="MIRIMAGE"), pixel(gain=None, read_noise=None)).read_noise == 6.0
    full = ramp.run(exposure(detector="NRS2", subarray="FULL"), pixel(gain=None)).gain
    assert full == 1.0
    assert ramp.run(exposure(detector="NRS2", subarray="GENERIC"), pixel(gain=None)).gain == 1.43
    assert ramp.run(exposure(detector="NRS2", subarray="SUB2048"), pixel(gain=None)).gain == pytest.approx(1.43 * full, rel=1e-3)


def test_the_built_in_table_reads_the_same_with_astropy_and_has_sources():
    from astropy.table import QTable

    from detgui.resources import resource

    table = QTable.read(resource("noise.ecsv"))
    assert len(table) == len(noise_table())
    readouts = table["readout"].filled("")
    for row, readout in zip(table, readouts, strict=True):
        ours = noise_table()[str(row["detector"]), str(readout)]
        assert ours.gain == row["gain"].value
        assert ours.gain_source
        assert bool(ours.read_noise_source) == np.isfinite(ours.read_noise)
        assert ours.read_noise == pytest.approx(float(row["read_noise"]), nan_ok=True)


def test_noise_from_the_scatter_between_integrations():
    result = ramp.run(exposure(nints=60), pixel(gain=None, read_noise=None, integration=30))
    assert result.gain_source == f"scatter between {INTEGRATIONS_FOR_SCATTER} integrations"
    assert result.gain == pytest.approx(1.5, rel=0.35)
    assert np.isfinite([result.slope_err, result.read_noise, result.chi2]).all()


def test_errors_from_the_scatter_where_it_cannot_be_taken_apart():
    timing = GroupTiming(2, 0.9, 0.9)
    memory = exposure(nints=40, timing=timing)
    result = ramp.run(memory, pixel(gain=None, read_noise=None))
    slopes = np.diff(memory.arrays["SCI"][:32, :, 0, 1].astype(np.float64), axis=1)
    assert result.slope_err == pytest.approx(np.std(slopes, ddof=1))
    assert np.isnan([result.gain, result.read_noise, result.chi2]).all()
    assert any("errors are the scatter between 32 integrations" in note for note in result.notes)


def test_without_any_source_errors_are_nan_with_the_reason():
    result = ramp.run(exposure(nints=2), pixel(gain=None, read_noise=None))
    assert np.isnan([result.slope_err, result.intercept_err, result.late_slope_err, result.chi2, result.gain, result.read_noise]).all()
    assert np.isfinite([result.slope, result.intercept, result.late_slope]).all()
    assert "no errors: the gain and read noise of the pixel are not known and there are fewer than three integrations" in result.notes


def test_no_times_in_the_file():
    result = ramp.run(exposure(timing=GroupTiming(20, 1.0, 1.0, known=False)), pixel())
    assert np.isnan(result.slope_per_s)
    assert result.slope == pytest.approx(np.polyfit(np.arange(1, 13), result.signal[:12], 1)[0], rel=1e-3)
    assert "no group times in the file: time counts groups" in result.notes


@pytest.mark.parametrize("method", ["ols", "gls"])
@pytest.mark.parametrize("fit_groups", [None, (2, 9)])
def test_overview_is_every_run(method, fit_groups):
    flags = np.where(np.random.default_rng(2).random((30, 20)) < 0.05, 4, 0)
    memory = exposure(nints=30, flags=flags, mid=60000.0 + np.arange(30))
    params = pixel(method=method, fit_groups=fit_groups)
    found = ramp.overview(memory, params)
    assert found.integration.tolist() == list(range(1, 31))
    assert found.time_mjd[3] == 60003.0
    assert np.array_equal(found.signal, memory.arrays["SCI"][:, :, 0, 1])
    for index in range(0, 30, 3):
        one = ramp.run(memory, pixel(method=method, fit_groups=fit_groups, integration=index + 1))
        assert found.slope[index] == pytest.approx(one.slope, rel=1e-9)
        assert found.slope_err[index] == pytest.approx(one.slope_err, rel=1e-9)


def test_overview_without_noise_has_the_scatter_of_neighbours():
    timing = GroupTiming(2, 0.9, 0.9)
    found = ramp.overview(exposure(nints=400, timing=timing), pixel(gain=None, read_noise=None))
    assert np.unique(found.slope_err).size == 1
    assert found.slope_err[0] == pytest.approx(np.std(found.slope), rel=0.15)
    assert np.isnan(found.time_mjd).all()


def test_overview_can_be_cancelled():
    def progress(fraction, message):
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        ramp.overview(exposure(nints=300), pixel(), progress=progress)


@pytest.fixture
def flight(flight_ramp):
    (found,) = open_exposures([flight_ramp])
    yield found
    found.close()


def test_flight_ramp_is_what_astropy_reads(flight, flight_ramp):
    """FGS GUIDER2, two groups, six integrations: the slope is the difference, its error the scatter between the integrations."""
    raw = fits.getdata(flight_ramp).astype(np.float64)
    differences = raw[:, 1] - raw[:, 0]
    for x, y, integration in ((60, 70, 3), (0, 0, 1), (127, 127, 6), (63, 64, 2)):
        result = ramp.run(flight, ramp.Params(x, y, integration))
        assert result.signal.tolist() == raw[integration - 1, :, y, x].tolist()
        assert result.slope == pytest.approx(differences[integration - 1, y, x], abs=1e-9)
        assert result.slope_per_s == pytest.approx(differences[integration - 1, y, x] / 0.364, abs=1e-9)
        assert result.slope_err == pytest.approx(np.std(differences[:, y, x], ddof=1))
        assert result.residual == pytest.approx([0.0, 0.0], abs=1e-6)
        assert np.isnan([result.chi2, result.late_slope]).all()
        assert "two groups: no residual" in result.notes
    found = ramp.overview(flight, ramp.Params(60, 70))
    assert found.slope == pytest.approx(differences[:, 70, 60], abs=1e-9)


def test_flight_ramp_with_noise_given(flight):
    result = ramp.run(flight, ramp.Params(60, 70, 2, gain=1.9, read_noise=7.0, method="gls"))
    assert result.slope_err == pytest.approx(np.sqrt(2 * 49.0 + max(result.slope, 0.0) / 1.9))
    assert (result.gain_source, result.read_noise_source) == ("given", "given")
