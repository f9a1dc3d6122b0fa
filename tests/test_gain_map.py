"""The gain map from files: known gain per sector, voids, a bad first pair, IPC, bad input."""

import numpy as np
import pytest
from astropy.io import fits
from gain_fakes import pairs

from detgui.analysis import gain_map
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput, Cancelled
from detgui.science.ipc import kernel_factor

SIDE = 192


def write_flat(path, reads, **keywords):
    """A calibrated ramp (1, groups, ny, nx) that begins at column 416 of NRCB1: sector 1 and 2."""
    header = fits.Header()
    groups, ny, nx = reads.shape
    header.update(
        TELESCOP="JWST", INSTRUME="NIRCAM", DETECTOR="NRCB1", READPATT="RAPID", FILTER="F200W", FASTAXIS=1, SLOWAXIS=-2, SUBSTRT1=417,
        SUBSTRT2=801, SUBSIZE1=nx, SUBSIZE2=ny, NGROUPS=groups, NINTS=1, TFRAME=10.7, TGROUP=10.7, NFRAMES=1, GROUPGAP=0,
        NOUTPUTS=4, DATAMODL="RampModel", S_LINEAR="COMPLETE", **{"DATE-OBS": "2014-07-01"},
    )  # fmt: skip
    header.update(keywords)
    dq = np.zeros((1, *reads.shape), np.uint8)
    hdus = [fits.PrimaryHDU(header=header), fits.ImageHDU(reads[None], name="SCI"), fits.ImageHDU(dq, name="GROUPDQ")]
    fits.HDUList([*hdus, fits.ImageHDU(np.zeros(reads.shape[1:], np.int32), name="PIXELDQ")]).writeto(path)
    return path


def flats(folder, reads, **keywords):
    return open_exposures([write_flat(folder / f"flat_{at}_ramp.fits", each, **keywords) for at, each in enumerate(reads)])


def truth():
    """Gain image: 2.0 in sector 1, 2.2 in sector 2, 5 % lower in a void across both."""
    gain = np.full((SIDE, SIDE), 2.0)
    gain[:, 512 - 416 :] = 2.2
    void = np.zeros((SIDE, SIDE), bool)
    void[40:120, 60:140] = True
    return np.where(void, 0.95 * gain, gain), void


@pytest.fixture
def opened(tmp_path):
    made = []

    def make(reads, **keywords):
        made.extend(flats(tmp_path, reads, **keywords))
        return made

    yield make
    for each in made:
        each.close()


def test_known_gains_are_recovered_within_their_errors(opened):
    gain, void = truth()
    reads = pairs(np.random.default_rng(8), (SIDE, SIDE), 6, 900.0, gain, 6.0, flats=6)
    result = gain_map.run(opened(reads), gain_map.Params(box=64, voids=(void,)))
    image, errors = result.map(), result.err_map()
    assert image.shape == (SIDE, SIDE) and image.dtype == np.float32
    assert result.pairs_used == (1, 2, 3)
    assert np.abs((image - gain) / errors).max() < 3.5  # of a dozen boxes
    assert np.median(result.gain_err / result.gain) < 0.02
    assert np.nanmax(np.abs(result.read_noise - 6.0) / result.read_noise_err) < 3.5
    assert set(result.boxes.sector) == {1, 2} and set(result.boxes.regions()) == {"bulk", "void"}
    assert set(result.estimators) == {"classic", "adjacent", "lag1", "lag2"}
    at_boxes = np.array([gain[result.boxes.labels == box].mean() for box in range(len(result.boxes))])
    for each in result.estimators.values():
        assert np.nanmax(np.abs(each.gain - at_boxes) / each.err) < 3.5
    np.testing.assert_allclose(result.flat_signal, 5 * 900.0, rtol=2e-3)


def test_noise_of_the_reset_is_told_from_that_of_reads(opened):
    """Superbias or not, a pair's difference keeps the noise of both resets: 15 DN here."""
    rng = np.random.default_rng(28)
    reads = pairs(rng, (SIDE, SIDE), 6, 900.0, 2.0, 6.0, flats=4) + 15.0 * rng.standard_normal((4, 1, SIDE, SIDE), np.float32)
    result = gain_map.run(opened(reads), gain_map.Params(box=64))
    assert [(each.sector, each.kind) for each in result.sectors] == [(1, 0), (2, 0)]
    for each in result.sectors:
        for value, error, expected in (
            (each.read_noise, each.read_noise_err, np.hypot(6.0, 15.0)),
            (each.single_read_noise, each.single_read_noise_err, 6.0),
            (each.reset_noise, each.reset_noise_err, 15.0),
        ):
            assert abs(value - expected) < 3.5 * error < 0.6 * expected
    assert np.nanmax(np.abs(result.read_noise - np.hypot(6.0, 15.0)) / result.read_noise_err) < 3.5
    assert any("of the reset" in note and "superbias" in note for note in result.notes)


def test_a_first_pair_with_another_gradient_is_left_out(opened):
    rng = np.random.default_rng(9)
    ripple = np.sin(np.arange(SIDE) / 3.0)[:, None] * np.ones(SIDE)
    first = pairs(rng, (SIDE, SIDE), 5, 900.0 * (1 + 0.006 * ripple), flats=1)
    reads = np.concatenate([first, pairs(rng, (SIDE, SIDE), 5, 900.0, flats=7)])
    result = gain_map.run(opened(reads), gain_map.Params(box=48))
    assert result.pairs_used == (2, 3, 4)
    assert not result.pairs[0].used and result.pairs[0].offset < -0.01
    assert any("left out: pair 1" in note for note in result.notes)


def test_a_uniform_drift_is_kept(opened):
    rng = np.random.default_rng(10)
    reads = np.concatenate([pairs(rng, (SIDE, SIDE), 5, rate, flats=1) for rate in (880.0, 900.0, 900.0, 900.0, 900.0, 900.0)])
    assert gain_map.run(opened(reads), gain_map.Params(box=64)).pairs_used == (1, 2, 3)


def coupled(reads, kernel):
    """Shot noise smoothed by the coupling that ``kernel`` undoes."""
    grid = np.zeros(reads.shape[-2:])
    grid[:3, :3] = kernel / kernel.sum()
    transfer = np.fft.fft2(np.roll(grid, (-1, -1), (0, 1)))
    return np.fft.ifft2(np.fft.fft2(reads.astype(np.float64)) / transfer).real.astype(np.float32)


def test_ipc_reads_high_until_it_is_corrected(opened):
    kernel = np.array([[0, -0.00625, 0], [-0.00625, 1.025, -0.00625], [0, -0.00625, 0]])
    rng, side = np.random.default_rng(12), 448
    reads = coupled(pairs(rng, (side, side), 5, 900.0, 2.0, 0.0, flats=8), kernel)
    exposures = opened(reads + rng.normal(0, 5, reads.shape).astype(np.float32))
    plain = gain_map.run(exposures, gain_map.Params(box=224))
    weights = plain.boxes.pixels / plain.boxes.pixels.sum()
    error = float(np.sqrt(((plain.gain_err * weights) ** 2).sum()))
    high = float(plain.gain @ weights)
    assert abs(high - 2.0 / kernel_factor(kernel)) < 3.0 * error < 0.02
    assert 1.04 < high / 2.0 < 1.06
    for way in ({"ipc_kernel": kernel}, {"ipc_centre": 1.025}, {"ipc_measure": True}):
        result = gain_map.run(exposures, gain_map.Params(box=224, **way))
        common = result.gain.mean() * result.ipc.measured_err / result.ipc.factor if "ipc_measure" in way else 0.0
        assert abs(float(result.gain @ weights) - 2.0) < 3.0 * np.hypot(error, common)
        if "ipc_measure" in way:
            assert abs(result.ipc.factor - kernel_factor(kernel)) < 3.0 * result.ipc.measured_err < 0.03
            assert any("in common" in note for note in result.notes)
            small = gain_map.run(exposures, gain_map.Params(box=16, **way))
            assert small.ipc.factor == pytest.approx(result.ipc.factor, abs=1e-3)  # whatever the boxes of the map
        else:
            assert result.ipc.factor == pytest.approx(kernel_factor(kernel), abs=0.003)
            assert any("0.25 % low" in note for note in result.notes) == ("ipc_centre" in way)  # of the first order
    assert kernel_factor(kernel) == pytest.approx(0.952, abs=5e-4)


def test_pairs_that_are_left_out_do_not_measure_ipc(opened):
    rng = np.random.default_rng(27)
    tilted = 900.0 * (1 + 0.05 * np.linspace(-1, 1, SIDE))[None, :] * np.ones((SIDE, 1))
    reads = np.concatenate([pairs(rng, (SIDE, SIDE), 5, tilted, flats=1), pairs(rng, (SIDE, SIDE), 5, 900.0, flats=7)])
    result = gain_map.run(opened(reads), gain_map.Params(box=96, ipc_measure=True))
    assert result.pairs_used == (2, 3, 4)
    assert abs(result.ipc.factor - 1.0) < 3.0 * result.ipc.measured_err


def test_what_the_ipc_step_corrected_is_not_corrected_again(opened):
    reads = pairs(np.random.default_rng(13), (SIDE, SIDE), 4, 900.0)
    result = gain_map.run(opened(reads, S_IPC="COMPLETE"), gain_map.Params(box=96, ipc_centre=1.025))
    assert result.ipc.factor == 1.0 and result.ipc.method == "header"
    assert any("already" in note for note in result.notes)


@pytest.mark.parametrize("centre", [0.976, 1.0, -1.0, 2.0])
def test_a_kernel_centre_that_corrects_nothing_is_refused(opened, centre):
    exposures = opened(pairs(np.random.default_rng(1), (SIDE, SIDE), 3, 900.0))
    with pytest.raises(BadInput, match="inverse 1.0246 may be meant" if centre == 0.976 else "centre"):
        gain_map.check(exposures, gain_map.Params(ipc_centre=centre))


def test_bad_flats_are_refused_in_one_sentence(opened):
    reads = pairs(np.random.default_rng(1), (SIDE, SIDE), 4, 900.0, flats=3)
    exposures = opened(reads)
    with pytest.raises(BadInput, match=r"flat_2_ramp\.fits has no partner"):
        gain_map.check(exposures, gain_map.Params())
    with pytest.raises(BadInput, match="alone"):
        gain_map.check(exposures[:1], gain_map.Params())
    with pytest.raises(BadInput, match="none was given"):
        gain_map.check([], gain_map.Params())
    with pytest.raises(BadInput, match="fewer than three groups"):
        gain_map.check(exposures[:2], gain_map.Params(limit=1500.0))
    with pytest.raises(BadInput, match="there is no pair 2"):
        gain_map.check(exposures[:2], gain_map.Params(pairs=(2,)))
    with pytest.raises(BadInput, match="whole of sector 1"):
        gain_map.check(exposures[:2], gain_map.Params(voids=(np.ones((SIDE, SIDE), bool),)))


def test_a_dark_is_no_flat(opened):
    with pytest.raises(BadInput, match="dark"):
        gain_map.check(opened(pairs(np.random.default_rng(1), (SIDE, SIDE), 4, 1.0)), gain_map.Params())


@pytest.mark.parametrize("box", [64, 256])
def test_as_many_threads_as_asked_for(opened, monkeypatch, box):
    asked, real = [], gain_map.Clipper

    def counted(*args):
        asked.append(args[3])
        return real(*args)

    monkeypatch.setattr(gain_map, "Clipper", counted)
    exposures = opened(pairs(np.random.default_rng(1), (SIDE, SIDE), 4, 900.0, flats=4))
    one = gain_map.run(exposures, gain_map.Params(box=box), workers=1)
    assert asked and set(asked) == {1}
    three = gain_map.run(exposures, gain_map.Params(box=box), workers=3)
    assert set(asked) == {1, 3}
    np.testing.assert_allclose(one.gain, three.gain)


def test_a_cancel_stops_it_at_each_step(opened):
    exposures = opened(pairs(np.random.default_rng(1), (SIDE, SIDE), 4, 900.0, flats=4))
    said = []
    gain_map.run(exposures, gain_map.Params(box=64), progress=lambda fraction, message: said.append((fraction, message)))
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions) and fractions[0] == 0.0 and fractions[-1] == 1.0
    for stop in range(len(said)):
        calls = iter(range(len(said)))

        def progress(_fraction, _message, calls=calls, stop=stop):
            if next(calls) == stop:
                raise Cancelled

        with pytest.raises(Cancelled):
            gain_map.run(exposures, gain_map.Params(box=64), progress=progress)
