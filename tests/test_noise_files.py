"""``detgui noise`` on files: simulated ones, found at their size, clean ones, real ones, and bad ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from cli_help import run
from data_files import write
from noise_frames import keywords, ramp_file, rate_file, striped

from detgui.analysis import noise
from detgui.analysis.noise_summary import summary
from detgui.data.exposure import open_one
from detgui.errors import BadInput, Cancelled
from detgui.simulate.noise_files import write_noise
from detgui.simulate.noise_params import NoiseParams

KEYS = ("one_over_f_rms", "one_over_f_rms_detrended", "acn_by_amplifier", "pixel_noise")


def diagnosed(path, exclude=None, **params):
    with open_one([path], neighbours=False) as exposure:
        return noise.run(exposure, noise.Params(**params), exclude)


def simulated(folder, **values):
    data, truth = write_noise(NoiseParams(**values), folder)
    return data, truth


@pytest.mark.parametrize("detector", ("NRS1", "NRCBLONG"))
def test_a_simulated_rate_is_found_at_its_size(tmp_path, detector):
    half = (1.5, 0.0, -1.0, 0.5)
    path, truth = simulated(tmp_path, detector=detector, seed=3, columns_half=half, noisy_rows=4)
    told = summary(diagnosed(path))
    levels, rows = fits.getdata(truth, "LEVELS")[0, 0], sorted(fits.getdata(truth, "ROWS")["row"].tolist())
    assert told["one_over_f_rms"] == pytest.approx(levels[4:-4].std(ddof=1), abs=5 * told["one_over_f_rms_err"])
    assert told["amplifiers"] == 4
    for name, value in zip(fits.getdata(truth, "COLUMNS")["output"], fits.getdata(truth, "COLUMNS")["half"], strict=True):
        assert told["acn_by_amplifier"][name] == pytest.approx(value, abs=5 * told["acn_by_amplifier_err"][name])
    assert told["noisy_rows"].tolist() == rows
    np.testing.assert_allclose(told["noisy_rows_noise"], 24.0, rtol=0.1)
    assert {each["key"] for each in told["diagnoses"] if each["found"]} == {"one_over_f", "alternating_columns", "noisy_rows"}


def test_clean_frames_have_nothing_to_find(tmp_path):
    found = {"one_over_f": 0, "alternating_columns": 0, "noisy_rows": 0}
    for seed in range(20):
        path, _ = write_noise(NoiseParams(rows=128, columns=128, seed=seed, detector="NRS2", sources=5).clean, tmp_path / str(seed))
        for each in diagnosed(path, spectra=False).diagnoses:
            found[each.key] += each.found
    assert max(found.values()) <= 1, found


def test_a_simulated_ramp_is_found_at_its_size(tmp_path):
    path, truth = simulated(tmp_path, detector="NRS2", level="ramp", rows=256, columns=256, groups=10, integrations=2, seed=5, sources=10)
    found = diagnosed(path)
    told = summary(found)
    levels = np.diff(fits.getdata(truth, "LEVELS"), axis=1)
    true = np.sqrt((levels.std(axis=-1, ddof=1) ** 2).mean())
    assert told["one_over_f_rms"] == pytest.approx(true, abs=max(6 * told["one_over_f_rms_err"], 0.03 * true))
    balls = fits.getdata(truth, "SNOWBALLS")
    assert len(told["snowballs"]) == len(balls)
    for ball in balls:
        near = min(told["snowballs"], key=lambda each: np.hypot(each["x"] - ball["x"], each["y"] - ball["y"]))
        assert (near["integration"], near["group"]) == (ball["integration"], ball["group"])
        assert near["area"] == pytest.approx(ball["area"], rel=0.05)
        assert near["core"] == pytest.approx(ball["core"], rel=0.1)
        assert near["area"] == near["core"] + near["halo"]
    assert told["read_noise_by_amplifier"]["A"] == pytest.approx(8.3, abs=0.8)  # white 8 DN, 1/f noise of 2 DN, noisy lines
    assert found.ramp.beyond.shape == (4, 4)
    assert told["cds_noise_by_amplifier"]["A"] == pytest.approx(12.2, abs=1.0)
    real = {(row["x"], row["y"]) for row in fits.getdata(truth, "TELEGRAPH")}
    hits = {(each["x"], each["y"]) for each in told["telegraph_pixels"]}
    assert hits <= real
    for each in told["telegraph_pixels"]:
        assert each["step"] == pytest.approx(60.0, abs=5 * each["step_err"])


def test_snowballs_without_flags_are_found_in_the_differences(tmp_path):
    path, truth = simulated(tmp_path, detector="NIS", level="uncal", rows=256, columns=256, groups=8, seed=6, sources=5)
    found = diagnosed(path, telegraph=False)
    balls = fits.getdata(truth, "SNOWBALLS")
    assert len(found.clusters) == len(balls)
    for ball in balls:
        near = min(found.clusters, key=lambda each: np.hypot(each.x - ball["x"], each.y - ball["y"]))
        assert near.group == ball["group"]
        assert near.area == pytest.approx(ball["area"], rel=0.15)
        assert near.core == pytest.approx(ball["core"], rel=0.1)
    assert any("no jumps are flagged" in note for note in found.notes)


def test_noisy_reference_samples_of_a_raw_irs2_frame(tmp_path):
    # The slow axis is short; all samples of a line are there.
    irs2 = pytest.importorskip("jwst.refpix.irs2_subtract_reference")
    science = np.asarray(irs2.make_irs2_mask(3200, 2048, 16, 4), bool)
    bad = np.flatnonzero(~science[640:])[[50, 200, 333]] + 640
    rng = np.random.default_rng(8)
    data = rng.normal(10000, 8, (1, 3, 3200, 256))
    data[:, :, bad] += rng.normal(0, 60, (1, 3, 3, 256))
    words = keywords("NRS1", 3200, 256, READPATT="NRSIRS2RAPID", TGROUP=14.6, TFRAME=14.6, NGROUPS=3, DATAMODL="Level1bModel")
    words |= {"SUBSIZE1": 2048, "SUBSIZE2": 2048, "SUBSTRT1": 1, "SUBSTRT2": 1, "SUBARRAY": "FULL"}
    path = write(tmp_path / "irs2_uncal.fits", words, ("SCI", data.astype(np.float32), {"BUNIT": "DN"}))
    found = diagnosed(path, telegraph=False)
    assert found.reference_samples.tolist() == bad.tolist()
    assert summary(found)["amplifiers"] == 4
    assert "ovr_corr_mitigation_ftr" in next(each for each in found.diagnoses if each.key == "noisy_rows").sentence


def test_the_flight_ramp_has_its_known_even_and_odd_rows(flight_ramp):
    found = diagnosed(flight_ramp)
    order = found.order
    assert (order.fast_is_x, order.names) == (False, ("A",))
    with open_one([flight_ramp]) as exposure:
        image = exposure.read_image("SCI", 1, 1).astype(float)
    even_odd = np.median(image[0::2], axis=1).mean() - np.median(image[1::2], axis=1).mean()
    sign = 1 if order.parity[0] == 1 else -1
    assert found.columns.half[0] == pytest.approx(sign * even_odd / 2, abs=4 * found.columns.err[0])
    assert abs(found.columns.half[0]) == pytest.approx(2231 / 2, rel=0.03)
    assert found.clusters == ()


def test_real_files(shared_file, capsys):
    for name, unit in (("jw01227002001_02105_00001_nrcalong_crop100_cal.fits", "MJy/sr"), ("jwst_nirspec_dark_0046.fits", "ADU")):
        status, out, _ = run(capsys, "noise", shared_file(name), "--json")
        told = json.loads(out)
        assert (status, told["unit"], told["amplifiers"]) == (0, unit, 1)
        assert 0 < told["one_over_f_rms"] < 3
        assert told["noisy_rows"] == []


def test_the_keys_that_scripts_rely_on(tmp_path, capsys):
    rng = np.random.default_rng(10)
    image, level = striped(rng, "NRS1", (2048, 2048), 1.0, 5.0)
    image[1000] += rng.normal(0, 30, 2048).astype(np.float32)
    status, out, err = run(capsys, "noise", rate_file(tmp_path / "full_rate.fits", "NRS1", image), "--json")
    told = json.loads(out)
    assert (status, err) == (0, [])
    for key in KEYS:
        assert f"{key}_err" in told
    assert told["one_over_f_rms"] == pytest.approx(level[4:-4].std(ddof=1), abs=0.02)
    assert list(told["acn_by_amplifier"]) == ["A", "B", "C", "D"]
    assert max(abs(told["acn_by_amplifier"][name]) for name in "ABCD") < 5 * max(told["acn_by_amplifier_err"].values())
    assert told["noisy_rows"] == [1000]
    assert "cds_noise_by_amplifier" not in told
    assert "snowballs" not in told


def test_regions_are_left_out(tmp_path, capsys):
    rng = np.random.default_rng(11)
    image, _ = striped(rng, "NRCA1", (128, 128), 1.0, 4.0)
    image[20:100, 30:90] += np.linspace(0, 6, 80)[:, None]  # too smooth and faint to be masked
    path = rate_file(tmp_path / "one_rate.fits", "NRCA1", image)
    region = tmp_path / "box.reg"
    region.write_text("image\nbox(60.5,60.5,62,82,0)\n")
    with_box = json.loads(run(capsys, "noise", path, "--regions", region, "--json")[1])
    exclude = np.zeros((128, 128), bool)
    exclude[20:101, 30:91] = True
    assert with_box["one_over_f_rms"] == pytest.approx(diagnosed(path, exclude).one_over_f.rms.rms, rel=0.05)
    assert with_box["masked_fraction"] < 0.02


@pytest.mark.parametrize(("words", "image", "says"), [
    ({"DETECTOR": "MIRIMAGE", "INSTRUME": "MIRI"}, (64, 64), "near-infrared"),
    ({}, (4, 4), "at least 8 x 8"),
    ({"DATAMODL": "ImageModel"}, None, "no pixel is left"),
])  # fmt: skip
def test_bad_input_is_one_sentence(tmp_path, capsys, words, image, says):
    shape = image or (64, 64)
    data = np.ones(shape, np.float32) if image else np.full(shape, np.nan, np.float32)
    path = write(tmp_path / "bad_rate.fits", keywords("NRS1", *shape) | words, ("SCI", data))
    if image is None:
        with open_one([path]) as exposure, pytest.raises(BadInput, match=says):
            noise.run(exposure, exclude=np.ones(shape, bool))
        return
    status, out, err = run(capsys, "noise", path)
    assert (status, out, len(err)) == (2, "", 1)
    assert says in err[0]


def test_a_file_that_is_missing_and_an_image_without_any_number(tmp_path, capsys):
    status, _, err = run(capsys, "noise", tmp_path / "none.fits")
    assert (status, len(err)) == (2, 1)
    path = rate_file(tmp_path / "nan_rate.fits", "NRS1", np.full((64, 64), np.nan))
    status, out, _ = run(capsys, "noise", path, "--json")
    assert status == 0
    assert json.loads(out)["one_over_f_rms"] is None


def test_it_can_be_cancelled(tmp_path):
    path = ramp_file(tmp_path / "one_ramp.fits", "NRS1", np.random.default_rng(0).normal(0, 5, (1, 6, 64, 64)))
    calls = []

    def stop(fraction, message=""):
        calls.append(fraction)
        if len(calls) > 4:
            raise Cancelled

    with open_one([path]) as exposure:
        with pytest.raises(Cancelled):
            noise.run(exposure, progress=stop)
        seen = []
        noise.run(exposure, progress=lambda fraction, message: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_integrations_of_a_cube_are_pooled(tmp_path):
    rng = np.random.default_rng(12)
    images = [striped(rng, "NRS1", (64, 128), 1.0, 4.0)[0] for _ in range(20)]
    words = keywords("NRS1", 64, 128, DATAMODL="CubeModel", NINTS=20)
    path = write(tmp_path / "one_rateints.fits", words, ("SCI", np.array(images), {"BUNIT": "DN/s"}))
    found = diagnosed(path)
    assert found.images == 20
    assert found.one_over_f.rms.rms == pytest.approx(1.0, abs=5 * found.one_over_f.rms.err)
    assert found.telegraph == ()
    assert diagnosed(path, integrations=(3, 4)).images == 2


def test_a_smooth_trend_is_not_called_white_noise(tmp_path):
    rng = np.random.default_rng(13)
    image = rng.normal(0, 2, (256, 256)) + 3 * np.linspace(-1, 1, 256)[None, :] ** 2
    found = diagnosed(rate_file(tmp_path / "one_rate.fits", "NRS1", image))
    told = next(each for each in found.diagnoses if each.key == "one_over_f")
    assert (told.found, told.value > 20 * told.err) == (False, True)
    assert "smooth trend" in told.sentence
    flat = diagnosed(rate_file(tmp_path / "two_rate.fits", "NRS1", rng.normal(0, 2, (256, 256))))
    assert "smooth trend" not in next(each for each in flat.diagnoses if each.key == "one_over_f").sentence


def test_whether_pixels_were_replaced_is_read_from_the_header(tmp_path):
    path = rate_file(tmp_path / "one_cal.fits", "NRS1", np.zeros((16, 16)), S_PXREPL="COMPLETE")
    with open_one([path]) as exposure:
        assert exposure.cal_step("pixel_replace") == "COMPLETE"
