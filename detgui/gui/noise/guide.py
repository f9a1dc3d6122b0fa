"""What is known to hurt NIRSpec and other near-infrared data: the symptom, how to see it here, what to try, and when that does harm.

Source: JWST documentation, "NIRSpec Known Issues" (artifacts, pipeline notes, table of common issues NS-G03, NS-G06, NS-G09), in other
words; settings as jwst 3.0 has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Recipe:
    """Something to try: steps with settings, {step: {name: value}}, that a button puts into the form of the Run page."""

    label: str
    steps: Mapping[str, Mapping[str, str]]
    tip: str = ""


IRS2, TRADITIONAL = "IRS2", "Traditional"
"""How the label of a recipe begins that is for one way of reading only."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An artifact. ``page`` of the tab shows it, '' for none; ``number`` is that of the documentation, '' for none."""

    title: str
    number: str
    symptom: str
    cause: str
    page: str
    see: str
    caveat: str
    recipes: tuple[Recipe, ...] = field(default=())
    link: str = ""  # a page that does what the recipes cannot
    link_text: str = ""
    keys: tuple[str, ...] = ()  # of the diagnoses that show it


CLEAN = "clean_flicker_noise"

ISSUES = (
    Issue(
        "Stripes along the slow read direction (1/f noise)",
        "",
        "Bands a line wide, vertical in NIRSpec images and horizontal in NIRCam's, that differ from exposure to exposure.",
        "The read-out electronics drift while a frame is read. IRS2 removes most of it; subarrays and traditional read-out keep it.",
        "1/f",
        "Level of every line with sources masked, and the power spectrum of each amplifier in the order in which pixels were read.",
        "The background is fitted too: a mask that lets light through makes it worse, and the level of a real background may move. "
        "Compare background and noise before and after. fft does not apply to NIRCam images.",
        (
            Recipe("Medians of lines", {CLEAN: {}}, "clean_flicker_noise as it comes: fit_method median, background_method median"),
            Recipe("By amplifier", {CLEAN: {"fit_by_channel": "true"}}, "where the stripes differ between the amplifiers"),
            Recipe("Fourier (NSClean)", {CLEAN: {"fit_method": "fft"}}, "fits the drift in Fourier space; slow on large ramps"),
            Recipe("Science regions masked", {CLEAN: {"mask_science_regions": "true"}}, "for spectra with a WCS: slits and MSA traces"),
        ),
        keys=("one_over_f",),
    ),
    Issue(
        "Rows that are bright and dark in turn (alternating columns)",
        "NS-G06",
        "Every other image row is brighter, over an amplifier or part of one. Rows of NIRSpec and NIRISS images are detector columns.",
        "Odd and even detector columns have amplifiers of their own, whose offsets drift apart, also after a cosmic ray.",
        "Columns",
        "Half the difference of odd and even detector columns, by amplifier and along the slow direction, with errors.",
        "Helps some exposures and harms others, in both directions: keep what the numbers say is better.",
        (
            Recipe("Traditional: do not separate", {"refpix": {"odd_even_columns": "false"}}, "default there: on"),
            Recipe("IRS2: separate", {"refpix": {"odd_even_columns": "true"}}, "for IRS2 ramps, jwst 1.14 and later"),
            Recipe("IRS2: mean first", {"refpix": {"irs2_mean_subtraction": "true"}}, "subtract mean offsets of the outputs before IRS2"),
        ),
        keys=("alternating_columns",),
    ),
    Issue(
        "Rows with too much noise or that jump (IRS2)",
        "",
        "A few image rows stand out, noisy or switching between two levels, in rates of IRS2 exposures.",
        "A reference pixel is bad itself, and what it reads is subtracted from the science pixels near it.",
        "Lines",
        "Noise of every line against its neighbours; for IRS2 the reference pixels that belong to it, and pixels that switch.",
        "A lower factor rejects more reference pixels; with few left the correction itself gets noisier.",
        (
            Recipe("Reject more", {"refpix": {"ovr_corr_mitigation_ftr": "1.5"}}, "ovr_corr_mitigation_ftr, default 3"),
            Recipe("Keep reference pixels", {"refpix": {"preserve_irs2_refpix": "true"}}, "leaves them in the product, to be looked at"),
        ),
        keys=("noisy_rows",),
    ),
    Issue(
        "Snowballs and showers",
        "",
        "Round patches with a saturated core and a halo that jump in one group; showers are faint and wide.",
        "Large cosmic-ray events; the step flags their cores and misses halos unless it is told to grow them.",
        "Snowballs",
        "Clusters of jumps with area, core and group, one after the other on the image.",
        "Flags can grow over real sources. Dithers remain the best remedy. find_showers was made for MIRI.",
        (
            Recipe("Grow large events", {"jump": {"expand_large_events": "true"}}, "jump with its snowball detector on"),
            Recipe(
                "Cores need not saturate",
                {"jump": {"expand_large_events": "true", "sat_required_snowball": "false"}},
                "also events whose core is not saturated: more false ones",
            ),
        ),
        keys=("snowballs",),
    ),
    Issue(
        "Divots and spikes one pixel wide in 1-D spectra",
        "NS-G03",
        "The extracted spectrum has narrow dips, sometimes peaks, that are not in the source.",
        "Pixels that are DO_NOT_USE are left out of the sum. One near the centre of the profile takes much of the light with it.",
        "Spectrum",
        "The aperture on the 2-D spectrum with its flagged pixels, and what each of them takes from the sum.",
        "Off by default: replaced values may be too large, and errors then spread when spectra are combined (stage 3).",
        (
            Recipe("Gradient", {"pixel_replace": {"algorithm": "mingrad"}}, "from the neighbours along the smaller gradient"),
            Recipe("Profile", {"pixel_replace": {"algorithm": "fit_profile"}}, "from the mean profile of adjacent columns"),
        ),
    ),
    Issue(
        "No flux or negative flux in a 1-D spectrum",
        "",
        "The extracted spectrum is empty or negative although the source is there in the 2-D image.",
        "The aperture is put where the target's coordinates are, and these or the WCS are off.",
        "Spectrum",
        "Drag the aperture onto the source; the profile beside the image shows where the light is.",
        "An EXTRACT1D reference fixes the aperture for every source of that slit.",
        (),
        "Spectrum",
        "Place the aperture and write EXTRACT1D",
    ),
    Issue(
        "Errors of a subtracted background are missing",
        "NS-G09",
        "ERR of a background-subtracted spectrum or image is too small.",
        "The background step does not add the uncertainty of the combined background to that of the science data.",
        "Spectrum",
        "Give the combined background (background.save_combined_background) and see the errors with it.",
        "Right only where the background's own errors are: dithers of one exposure share flat and dark.",
        (),
        "Spectrum",
        "Combine the errors",
    ),
    Issue(
        "Noise between groups that is more than read noise and photons",
        "",
        "Differences of groups scatter too much, or are correlated beyond what neighbouring differences share.",
        "1/f noise from group to group, telegraph pixels, light or temperature that changes.",
        "CDS",
        "Noise of group differences by amplifier in time and in space, and a map of the covariance beyond lag one.",
        "Cleaning every group costs time (about five times the ramp in memory) and needs a mask that is right in all of them.",
        (
            Recipe("Clean every group", {CLEAN: {"single_mask": "true"}}, "clean_flicker_noise on the ramp, before ramp_fit"),
            Recipe("Clean, then fit", {CLEAN: {}, "ramp_fit": {}}, "and the rates at once"),
        ),
        keys=("cds_noise",),
    ),
)


def recipes_for(keys: Iterable[str], irs2: bool) -> tuple[Recipe, ...]:
    """What to try for diagnoses, the best first; only what is for exposures read with IRS2, or without it."""
    wanted, other = set(keys), TRADITIONAL if irs2 else IRS2
    return tuple(each for issue in ISSUES if wanted & set(issue.keys) for each in issue.recipes if not each.label.startswith(other))
