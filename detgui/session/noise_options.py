"""Parameters of the noise panel: what is diagnosed, which steps run with which settings, what is compared, and which page is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

DEFAULT_STEP = "clean_flicker_noise"


@dataclass(frozen=True, slots=True)
class StepSetting:
    """A setting that differs from the step's own default; ``value`` as it is typed."""

    step: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class StepReference:
    """A reference chosen by hand for all steps that use such a type: a path, or 'N/A' to do without."""

    type: str
    file: str


@dataclass(frozen=True, slots=True)
class NoiseOptions:
    """What the panel's pages share."""

    source: str = ""  # key of the exposure that is diagnosed and that steps run on; '' for the shown one
    steps: tuple[str, ...] = (DEFAULT_STEP,)  # in the order in which they run
    step: str = DEFAULT_STEP  # the one whose settings are shown
    settings: tuple[StepSetting, ...] = ()
    references: tuple[StepReference, ...] = ()
    keep_all: bool = False  # of several steps keep every result, not only the last
    folder: Path | None = None  # of the results; None: beside the input
    before: str = ""  # keys of exposures that are compared
    after: str = ""
    aperture: tuple[float, float, float, float] | None = None  # x0, y0, x1, y1 of a spectrum; None: where its profile has its light
    dispersion: int = 1  # of a spectrum: 1 along x, 2 along y
    background: Path | None = None  # combined background whose errors belong to the spectrum
    sweep: str = ""  # setting of the shown step that takes several values
    values: str = ""  # those, as typed
    page: str = "Guide"


def without_place(options: NoiseOptions) -> NoiseOptions:
    """The options without what undo leaves alone: page, exposures and the step that is shown."""
    return replace(options, page="", source="", before="", after="", step="")


def settings_of(options: NoiseOptions, step: str) -> dict[str, str]:
    """{name: value} of a step's settings that differ from its defaults."""
    return {each.name: each.value for each in options.settings if each.step == step}


def with_setting(options: NoiseOptions, step: str, name: str, value: str | None) -> NoiseOptions:
    """The options with a setting as typed, None for the step's default."""
    others = tuple(each for each in options.settings if (each.step, each.name) != (step, name))
    return replace(options, settings=others if value is None else (*others, StepSetting(step, name, value)))


def with_reference(options: NoiseOptions, reftype: str, file: str) -> NoiseOptions:
    """The options with a reference by hand, '' to leave it to CRDS."""
    others = tuple(each for each in options.references if each.type != reftype)
    return replace(options, references=others if not file else (*others, StepReference(reftype, file)))


def references_of(options: NoiseOptions, types: Iterable[str] | None = None) -> dict[str, str]:
    """{type: file} of the references by hand, of some types only where they are given."""
    wanted = None if types is None else set(types)
    return {each.type: each.file for each in options.references if wanted is None or each.type in wanted}


def with_steps(options: NoiseOptions, steps: tuple[str, ...]) -> NoiseOptions:
    """The options with other steps; the one that is shown stays if it is among them."""
    shown = options.step if options.step in steps else (steps[-1] if steps else "")
    return replace(options, steps=steps, step=shown)


def with_recipe(options: NoiseOptions, recipe: Mapping[str, Mapping[str, str]]) -> NoiseOptions:
    """The options for steps with settings, {step: {name: value}}; other settings of these steps go back to their defaults."""
    kept = tuple(each for each in options.settings if each.step not in recipe)
    new = tuple(StepSetting(step, name, value) for step, given in recipe.items() for name, value in given.items())
    return with_steps(replace(options, settings=(*kept, *new)), tuple(recipe))


def with_keys(options: NoiseOptions, keys: Mapping[str, str]) -> NoiseOptions:
    """The options with other keys in the places of the exposures', '' where there is none."""
    source, before, after = (keys.get(key, "") for key in (options.source, options.before, options.after))
    return replace(options, source=source, before=before, after=after)


def open_only(options: NoiseOptions, keys: Iterable[str]) -> NoiseOptions:
    """The options without exposures that are not open."""
    return with_keys(options, {key: key for key in keys})
