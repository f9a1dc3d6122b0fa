"""The gain map from files: known gain per sector, voids, a bad first pair, IPC, bad input."""

import numpy as np
import pytest
from astropy.io import fits
from gain_fakes import pairs

from detgui.analysis import gain_map
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput
from detgui.science.ipc import kernel_factor

SIDE = 192


def write_flat(path, reads, **keywords):
    """A calibrated ramp (1, groups, ny, nx) that begins at column 416 of NRCB1: sector 1 and 2."""
    header = fits.Header()
    header.update(
        TELESCOP="JWST", INSTRUME="NIRCAM", DETECTOR="NRCB1", READPATT="RAPID", FILTER="F200W", FASTAXIS=1, SLOWAXIS=-2, SUBSTRT1=417,
        SUBSTRT2=801, SUBSIZE1=SIDE, SUBSIZE2=SIDE, NGROUPS=reads.shape[0], NINTS=1, TFRAME=10.7, TGROUP=10.7, NFRAMES=1, GROUPGAP=0,
        NOUTPUTS=4, DATAMODL="RampModel", S_LINEAR="COMPLETE", **{"DATE-OBS": "2014-07-01"},
    )  # fmt: skip
    header.update(keywords)
    dq = np.zeros((1, *reads.shape), np.uint8)
    hdus = [fits.PrimaryHDU(header=header), fits.ImageHDU(reads[None], name="SCI"), fits.ImageHDU(dq, name="GROUPDQ")]
    fits.HDUList([*hdus, fits.ImageHDU(np.zeros((SIDE, SIDE), np.int32), name="PIXELDQ")]).writeto(path)
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
    assert np.abs((image - gain) / errors).max() < 4.0
    assert np.median(result.gain_err / result.gain) < 0.02
    assert np.nanmax(np.abs(result.read_noise - 6.0) / result.read_noise_err) < 4.0
    assert set(result.boxes.sector) == {1, 2} and set(result.boxes.regions()) == {"bulk", "void"}
    for name in ("adjacent", "lag1"):
        other = result.estimators[name]
        assert np.nanmax(np.abs(other.gain - result.gain) / other.err) < 4.5
    np.testing.assert_allclose(result.flat_signal, 5 * 900.0, rtol=2e-3)


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
    grid = np.zeros((SIDE, SIDE))
    grid[:3, :3] = kernel / kernel.sum()
    transfer = np.fft.fft2(np.roll(grid, (-1, -1), (0, 1)))
    return np.fft.ifft2(np.fft.fft2(reads.astype(np.float64)) / transfer).real.astype(np.float32)


def test_ipc_reads_high_until_it_is_corrected(opened):
    kernel = np.array([[0, -0.00625, 0], [-0.00625, 1.025, -0.00625], [0, -0.00625, 0]])
    rng = np.random.default_rng(12)
    reads = coupled(pairs(rng, (SIDE, SIDE), 5, 900.0, 2.0, 0.0, flats=8), kernel)
    exposures = opened(reads + rng.normal(0, 5, reads.shape).astype(np.float32))
    plain = gain_map.run(exposures, gain_map.Params(box=192))
    weights = plain.boxes.pixels / plain.boxes.pixels.sum()
    error = float(np.sqrt(((plain.gain_err * weights) ** 2).sum()))
    high = float(plain.gain @ weights)
    assert abs(high - 2.0 * 1.0503) < 3.5 * error and high > 2.0 * 1.03
    ways = ({"ipc_kernel": kernel}, {"ipc_centre": 1.025}, {"ipc_measure": True})
    for result in (gain_map.run(exposures, gain_map.Params(box=192, **way)) for way in ways):
        assert abs(float(result.gain @ weights) - 2.0) < 3.5 * error
        assert result.ipc.factor == pytest.approx(0.952, abs=0.03 if result.ipc.method == "measured" else 0.003)
    assert kernel_factor(kernel) == pytest.approx(0.952, abs=0.002)


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
