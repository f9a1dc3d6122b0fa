"""Settings of steps as their specifications have them; no jwst is imported here."""

from __future__ import annotations

import pytest

from detgui.analysis import step_forms
from detgui.analysis.step_forms import Form, FormField, form_from, parse_field
from detgui.analysis.step_table import CHILD_BYTES, NIR_ORDER, STEPS, gigabytes, in_order, predicted_memory, step_info
from detgui.errors import BadInput

FORM = Form(
    "clean_flicker_noise",
    (
        FormField("n_sigma", "float", 2.0),
        FormField("save_mask", "boolean", False),
        FormField("fit_method", "option", "median", ("fft", "median")),
        FormField("background_method", "option", "median", ("median", "model", None)),
        FormField("background_box_size", "int_list", None, (), 2, 2),
        FormField("user_mask", "path"),
        FormField("count", "integer", 3, (), 1, 9),
        FormField("cores", "string", "1"),
    ),
    ("flat", "gain"),
    "3.0.0",
)


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("float(default=4.0,min=0)", FormField("x", "float", 4.0, (), 0, None, "what it is")),
        ("integer(default=None)", FormField("x", "integer", None, (), None, None, "what it is")),
        ("boolean(default=True)", FormField("x", "boolean", True, (), None, None, "what it is")),
        ("string(default='1')", FormField("x", "string", "1", (), None, None, "what it is")),
        ("option('fft', 'median', None, default='median')", FormField("x", "option", "median", ("fft", "median", None), help="what it is")),
        ("int_list(min=2, max=2, default=None)", FormField("x", "int_list", None, (), 2, 2, "what it is")),
        ("float_list(default=list(1.5, 2))", FormField("x", "float_list", [1.5, 2], help="what it is")),
        ("float", FormField("x", "float", help="what it is")),
        ("something nobody knows(", FormField("x", "string", help="what it is")),
    ],
)
def test_specifications_are_read(check, expected):
    assert parse_field("x", check, "# what it is") == expected


def test_a_form_leaves_out_what_every_step_has():
    entries = {
        "skip": ("boolean(default=False)", ""),
        "output_dir": ("string(default=None)", ""),
        "override_gain": ("is_string_or_datamodel(default=None)", ""),
        "user_mask": ("string(default=None)", "# mask"),
        "n_sigma": ("float(default=2.0)", ""),
    }
    form = form_from("step", entries, ("gain",), "3.0.0")
    assert [(field.name, field.type) for field in form.fields] == [("user_mask", "path"), ("n_sigma", "float")]


def test_values_get_their_types(tmp_path):
    mask = tmp_path / "mask.fits"
    mask.write_bytes(b"")
    given = {
        "n_sigma": "3",
        "save_mask": "Yes",
        "fit_method": "fft",
        "background_method": "none",
        "background_box_size": "32, 64",
        "user_mask": str(mask),
        "count": 4.0,
        "cores": "half",
    }
    found = FORM.checked(given)
    assert found == {
        "n_sigma": 3.0,
        "save_mask": True,
        "fit_method": "fft",
        "background_method": None,
        "background_box_size": [32, 64],
        "user_mask": str(mask),
        "count": 4,
        "cores": "half",
    }
    assert type(found["count"]) is int
    assert FORM.checked({"background_box_size": (5, 6), "user_mask": None}) == {"background_box_size": [5, 6], "user_mask": None}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("nsigma", "3", "no setting nsigma: do you mean n_sigma"),
        ("zzzz", "3", "it has n_sigma, save_mask"),
        ("n_sigma", "much", "n_sigma is a number, not 'much'"),
        ("save_mask", "perhaps", "save_mask is true or false"),
        ("fit_method", "guess", "fit_method is one of fft, median, not guess"),
        ("background_box_size", "1,2,3", "number of values of background_box_size is at most 2, not 3"),
        ("background_box_size", "1,x", "whole numbers"),
        ("user_mask", "/nowhere/mask.fits", "there is no file .*mask.fits"),
        ("count", "2.5", "count is a whole number"),
        ("count", 0, "count is at least 1, not 0"),
        ("count", True, "count is a whole number"),
        ("count", "none", "count is a whole number"),
    ],
)
def test_bad_values_are_one_sentence(name, value, words):
    with pytest.raises(BadInput, match=words):
        FORM.checked({name: value})


def test_references_that_no_step_uses():
    FORM.check_references({"flat": "x"})
    with pytest.raises(BadInput, match="uses no falt reference: do you mean flat"):
        FORM.check_references({"falt": "x"})


def test_forms_are_kept_for_this_jwst(own_folders, monkeypatch):
    assert step_forms.kept(FORM.step) is None
    step_forms.keep(FORM)
    other = Form("jump", (FormField("sizes", "float_list", [1.0]),), (), "3.0.0")
    step_forms.keep(other)
    assert step_forms.kept(FORM.step) == FORM
    assert step_forms.kept("jump") == other
    with monkeypatch.context() as patch:
        patch.setattr(step_forms, "jwst_version", lambda: "99.0")
        assert step_forms.kept(FORM.step) is None
    next((own_folders / "cache" / "steps").glob("*.json")).write_text("{broken")
    assert step_forms.kept(FORM.step) is None
    step_forms.keep(FORM)
    assert step_forms.kept(FORM.step) == FORM


def test_steps_by_name_and_order():
    assert step_info(" Dark-Current").status_key == "dark_sub"
    with pytest.raises(BadInput, match="no step clean_flicker: do you mean clean_flicker_noise"):
        step_info("clean_flicker")
    with pytest.raises(BadInput, match="there are group_scale"):
        step_info("qqq")
    assert in_order(("pixel_replace", "jump", "ramp_fit", "dq_init")) == ("dq_init", "jump", "ramp_fit", "pixel_replace")
    with pytest.raises(BadInput, match="jump is named twice"):
        in_order(("jump", "jump"))
    assert NIR_ORDER[:2] == ("group_scale", "dq_init")
    assert NIR_ORDER[-1] == "gain_scale"
    assert set(NIR_ORDER) < set(STEPS)


def test_memory_grows_with_the_ramp():
    small, large = (predicted_memory("jump", (1, groups, 2048, 2048)) for groups in (6, 12))
    assert 1.7e9 < small < 2.4e9  # measured: 1.9 GB
    assert (large - CHILD_BYTES) / (small - CHILD_BYTES) == pytest.approx(2, rel=0.1)
    assert predicted_memory("superbias", (1, 6, 2048, 2048)) < small / 2
    assert predicted_memory("ramp_fit", (1, 6, 8, 8), {"algorithm": "likely"}) > predicted_memory("ramp_fit", (1, 6, 8, 8))
    assert gigabytes(1.96e9) == "2.0 GB"
    assert gigabytes(12e6) == "12 MB"


@pytest.mark.parametrize(
    ("step", "shape", "used"),
    [
        ("dq_init", (2, 8, 512, 2048), 322),
        ("dq_init", (2, 16, 1024, 2048), 623),
        ("saturation", (2, 16, 1024, 2048), 763),
        ("linearity", (2, 4, 1024, 2048), 383),
        ("dark_current", (2, 16, 1024, 2048), 1215),
        ("jump", (2, 8, 512, 2048), 1204),
        ("clean_flicker_noise", (2, 4, 1024, 2048), 620),
        ("clean_flicker_noise", (2, 1, 1024, 2048), 435),
        ("ramp_fit", (2, 4, 1024, 2048), 529),
        ("ramp_fit", (2, 16, 1024, 2048), 782),
        ("pixel_replace", (2, 1, 1024, 2048), 407),
    ],
)
def test_memory_is_predicted_a_little_above_what_jwst_3_used(step, shape, used):
    """``used``: largest resident memory of the child in MB, measured with jwst 3.0 on simulated exposures of these shapes."""
    assert 1.0 < predicted_memory(step, shape) / 1e6 / used < 1.5
