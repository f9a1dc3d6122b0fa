"""Tiny exposures and references for steps that the simulated NIRSpec time series has none for: MIRI's, ipc, picture_frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FREQUENCY = 390.625  # Hz, of the interference
ROW_CLOCKS, FRAME_CLOCKS = 28, 15904  # of SLITLESSPRISM, in units of 10 us
SKIP = 2  # groups that the made rscd reference leaves out, in later integrations
RESET = 25.0  # DN, what the made reset reference subtracts from the first two groups
IPC = 0.01  # part of a pixel's charge that is seen in each of its four neighbours


def miri_ramp(path: Path) -> Path:
    """Two integrations of 12 groups, 32 rows of 72 pixels: straight ramps of 100 DN a group with interference of 40 DN."""
    from stdatamodels.jwst import datamodels

    groups = 100.0 * np.arange(1, 13)
    data = np.broadcast_to(groups[None, :, None, None], (2, 12, 32, 72)) + 40.0 * np.sin(2 * np.pi * clock() * 1e-5 * FREQUENCY)
    with datamodels.RampModel(data=data.astype(np.float32)) as model:
        model.groupdq, model.pixeldq = np.zeros(data.shape, np.uint8), np.zeros(data.shape[2:], np.uint32)
        meta = model.meta
        meta.telescope, meta.instrument.name, meta.instrument.detector = "JWST", "MIRI", "MIRIMAGE"
        meta.observation.date, meta.observation.time = "2024-01-01", "00:00:00"
        meta.exposure.type, meta.exposure.readpatt, meta.exposure.nsamples = "MIR_LRS-SLITLESS", "FASTR1", 1
        meta.exposure.nints, meta.exposure.ngroups, meta.exposure.nframes, meta.exposure.groupgap = 2, 12, 1, 0
        meta.exposure.frame_time = meta.exposure.group_time = 0.159
        subarray = meta.subarray
        subarray.name, subarray.fastaxis, subarray.slowaxis = "SLITLESSPRISM", 1, 2
        subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 529, 72, 32
        model.save(str(path))
    return path


def clock() -> np.ndarray:
    """When each sample is read, in 10 us since the exposure began, shape (2, 12, 32, 72): four pixels at a time; the other rows of the
    detector take 7 each, and a frame of reset lies between integrations (as jwst's emicorr has it)."""
    integration, group, row, column = np.ogrid[:2, :12, :32, :72]
    frame = 32 * ROW_CLOCKS + (1024 - 32) * 7
    return integration * (12 * frame + FRAME_CLOCKS) + group * frame + row * ROW_CLOCKS + column // 4


def miri_references(folder: Path) -> dict[str, Path]:
    """reset, rscd and emicorr for `miri_ramp`."""
    from stdatamodels.jwst import datamodels

    folder.mkdir(parents=True, exist_ok=True)
    reset = datamodels.ResetModel(data=np.full((2, 2, 32, 72), RESET, np.float32), dq=np.zeros((32, 72), np.uint32))
    reset.meta.exposure.nints = reset.meta.exposure.ngroups = 2
    reset.meta.exposure.readpatt = "FASTR1"
    subarray = reset.meta.subarray
    subarray.name, subarray.fastaxis, subarray.slowaxis = "SLITLESSPRISM", 1, 2
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 529, 72, 32
    rscd = datamodels.RSCDModel()
    rscd.rscd_group_skip_table = np.array([("SLITLESSPRISM", "FASTR1", 1, SKIP)], rscd.get_dtype("rscd_group_skip_table"))
    wave = np.sin(2 * np.pi * (np.arange(500) + 0.5) / 500).astype(np.float32)
    emi = datamodels.EmiModel()
    emi.frequencies = {"Hz390": {"frequency": FREQUENCY, "phase_amplitudes": wave}}
    case = {"rowclocks": ROW_CLOCKS, "frameclocks": FRAME_CLOCKS, "freqs": {"FAST": ["Hz390"], "SLOW": {"MIRIMAGE": ["Hz390"]}}}
    emi.subarray_cases = {"SLITLESSPRISM": case}
    return {
        "reset": _saved(reset, folder / "reset.fits", "MIRI", "MIRIMAGE"),
        "rscd": _saved(rscd, folder / "rscd.fits", "MIRI", "MIRIMAGE"),
        "emicorr": _saved(emi, folder / "emicorr.asdf", "MIRI", "MIRIMAGE"),
    }


def ipc_reference(path: Path) -> Path:
    """A kernel that undoes what four neighbours see of a pixel, to first order."""
    from stdatamodels.jwst import datamodels

    kernel = np.array([[0, -IPC, 0], [-IPC, 1 + 4 * IPC, -IPC], [0, -IPC, 0]], np.float32)
    return _saved(datamodels.IPCModel(data=kernel), path, "NIRSPEC", "NRS1")


def picture_frame_reference(path: Path, frame: np.ndarray) -> Path:
    """``frame`` (2048, 2048), DN/s, as the picture frame."""
    from stdatamodels.jwst import datamodels

    return _saved(datamodels.PictureFrameModel(data=frame.astype(np.float32)), path, "NIRSPEC", "NRS1")


def _saved(model, path: Path, instrument: str, detector: str) -> Path:
    with model:
        meta = model.meta
        meta.telescope, meta.instrument.name, meta.instrument.detector = "JWST", instrument, detector
        meta.author, meta.description, meta.pedigree = "detgui", "made for a test", "DUMMY"
        meta.useafter, meta.reftype = "2022-01-01T00:00:00", path.stem
        model.save(str(path))
    return path
