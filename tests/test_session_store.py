"""Shelf, cache, JSON files and words."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_fakes import FakeExposure, entry

from detgui.errors import BadInput
from detgui.folders import state_folder
from detgui.session import changes
from detgui.session.cache import Cache
from detgui.session.codec import from_json, to_json
from detgui.session.restore import remap
from detgui.session.shelf import Shelf
from detgui.session.state import Frame, SessionState
from detgui.session.store import RECENT, RecentFiles, Settings, read_json, write_json
from detgui.session.words import sentence, trouble
from detgui.tasks.events import TaskEvent


def test_a_borrowed_exposure_is_closed_when_it_is_given_back():
    shelf, exposure = Shelf(), FakeExposure()
    shelf.put("a", exposure)
    with shelf.borrow("a") as outer:
        with shelf.borrow("a"):
            shelf.remove("a")
            assert shelf.get("a") is None
            assert not exposure.is_closed
        assert outer is exposure
        assert not exposure.is_closed
    assert exposure.is_closed
    with pytest.raises(BadInput, match="closed"), shelf.borrow("a"):
        pass


def test_shelf_closes_what_nobody_reads():
    shelf, exposures = Shelf(), [FakeExposure(), FakeExposure()]
    for key, exposure in zip("ab", exposures, strict=True):
        shelf.put(key, exposure)
    with pytest.raises(ValueError, match="in use"):
        shelf.put("a", exposures[0])
    shelf.remove("a")
    shelf.remove("a")
    assert [each.is_closed for each in exposures] == [True, False]
    shelf.clear()
    assert exposures[1].is_closed


def test_shelf_under_threads():
    shelf, exposure, wrong = Shelf(), FakeExposure(), []
    shelf.put("a", exposure)

    def read():
        for _ in range(500):
            try:
                with shelf.borrow("a") as each:
                    if each.is_closed:
                        wrong.append("closed while borrowed")
            except BadInput:
                return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    shelf.remove("a")
    for thread in threads:
        thread.join()
    assert not wrong
    assert exposure.is_closed


def test_cache_drops_the_least_recently_used():
    cache = Cache(100)
    for key in "abc":
        cache.put(key, key.upper(), 30)
    assert cache.get("a") == "A"
    cache.put("d", "D", 30)
    assert [cache.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    cache.put("huge", "H", 101)
    assert cache.get("huge") is None
    cache.drop(lambda key: key == "a")
    assert (cache.get("a"), cache.nbytes) == (None, 60)
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=40))
def test_cache_never_holds_more_than_it_may(puts):
    cache = Cache(100)
    for key, nbytes in puts:
        cache.put(key, nbytes, nbytes)
        assert cache.nbytes <= 100
        assert cache.get(key) == nbytes


def full_state() -> SessionState:
    state = changes.add_exposures(SessionState(), [entry("a", paths=(Path("/x/a.fits"),)), entry("b", spans=((1, 1), (5, 5)))])
    state = changes.toggle_pin(changes.choose_pixel(state, 2, 3), 1, 1)
    state = changes.set_blink(changes.set_difference(state, "other", Frame("b", group=2)), True)
    return changes.set_fit_last(state, 3)


def test_state_through_json_and_back():
    state = full_state()
    assert from_json(SessionState, json.loads(json.dumps(to_json(state)))) == state
    assert from_json(SessionState, {}) == SessionState()
    assert from_json(SessionState, {"tab": "Gain", "unknown": 3}).tab == "Gain"


def test_numbers_and_paths_of_one_field_stay_apart():
    state = full_state()
    for gain in (None, 1.5, Path("gain.fits")):
        made = changes.replace(state, ramp=changes.replace(state.ramp, gain=gain))
        again = from_json(SessionState, json.loads(json.dumps(to_json(made))))
        assert again.ramp.gain == gain
        assert type(again.ramp.gain) is type(gain) or isinstance(gain, Path)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"tab": 3},
        {"theme": "pink"},
        {"pixel": [1]},
        {"pixel": [1, "2"]},
        {"pins": [{"x": 1}]},
        {"exposures": [{}]},
        {"exposures": {"a": 1}},
        {"ramp": {"gain": "1.5"}},
        {"display": {"lock_limits": 1}},
    ],
)
def test_other_json_is_refused_in_one_way(data):
    with pytest.raises(ValueError, match=r"is not|is none of|has not|missing"):
        from_json(SessionState, data)


KEYS = ["exposures", "pixel", "ramp", "tab", "x"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(KEYS), children),
    max_leaves=10,
)


@given(json_values)
def test_any_json_is_a_state_or_a_value_error(data):
    with contextlib.suppress(ValueError):
        assert isinstance(from_json(SessionState, data), SessionState)


def test_json_files_are_written_whole(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]
    assert read_json(tmp_path / "none.json") is None


def test_settings_are_kept_with_bytes():
    settings = Settings()
    settings.set("geometry", b"\x00\xff\x01")
    settings.set("size", 3)
    settings.set("gone", 1)
    settings.set("gone", None)
    again = Settings()
    assert again.get("geometry") == b"\x00\xff\x01"
    assert again.get("size") == 3
    assert again.get("gone", "default") == "default"


def test_settings_that_cannot_be_read_are_set_aside():
    path = state_folder() / "settings.json"
    path.write_text("{half")
    settings = Settings()
    assert settings.get("x") is None
    settings.set("x", 1)
    assert Settings().get("x") == 1
    assert (state_folder() / "settings.json.unreadable").read_text() == "{half"


def test_settings_that_cannot_be_written_are_no_error(monkeypatch, caplog):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("detgui.session.store.write_json", refuse)
    settings = Settings()
    settings.set("x", 1)
    assert settings.get("x") == 1
    assert "No space left" in caplog.text


def test_recent_files_newest_first_and_there(tmp_path):
    recent = RecentFiles(Settings())
    files = [tmp_path / f"{i}.fits" for i in range(20)]
    for each in files:
        each.touch()
        recent.add([each])
    assert recent.paths() == files[:-16:-1]
    assert len(recent.paths()) == RECENT
    recent.add([files[10]])
    assert RecentFiles(Settings()).paths()[:2] == [files[10], files[19]]
    files[19].unlink()
    assert recent.paths()[:2] == [files[10], files[18]]
    recent.clear()
    assert recent.paths() == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BadInput("a.fits is empty"), "a.fits is empty"),
        (FileNotFoundError(2, "No such file or directory", "/data/a.fits"), "a.fits: No such file or directory"),
        (OSError("odd"), "Reading image: odd"),
        (MemoryError(), "Reading image: not enough memory"),
        (SystemExit(-1), "Reading image: a library asked the program to stop (status -1)"),
        (ValueError("bad\nsecond line"), "Reading image failed: ValueError: bad"),
        (KeyError(), "Reading image failed: KeyError"),
    ],
)
def test_errors_in_one_sentence(error, words):
    assert sentence(error, "Reading image") == words
    told = trouble(TaskEvent("failed", 1, "", 1, "Reading image", error=error, details="Traceback"), "request")
    assert (told.request, told.sentence, told.details) == ("request", words, "Traceback")


def test_a_theme_asked_for_at_the_start_stays():
    saved = SessionState(theme="light")
    assert remap(saved, {}, SessionState(theme="dark")).theme == "dark"
