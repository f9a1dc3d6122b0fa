"""Which CRDS cache is used, and references chosen by hand."""

from __future__ import annotations

import ast
import http.server
import socket
import threading

import numpy as np
import pytest
from astropy.io import fits

from detgui.data import crds
from detgui.data.crds import EMPTY_CONTEXT, SERVERLESS, TIMEOUT_S, check_reference, find_cache, server_config
from detgui.errors import BadInput


@pytest.fixture
def cache(tmp_path):
    """A user's cache with two contexts."""
    folder = tmp_path / "cache"
    (folder / "config" / "jwst").mkdir(parents=True)
    (folder / "config" / "jwst" / "server_config").write_text(repr(server_config("jwst_1100.pmap")))
    (folder / "mappings" / "jwst").mkdir(parents=True)
    for name in ("jwst_0999.pmap", "jwst_1100.pmap", "jwst_nircam_0400.imap"):
        (folder / "mappings" / "jwst" / name).write_text("")
    return folder


def test_without_a_cache_an_empty_one_is_made(own_folders, tmp_path):
    setup = find_cache({"CRDS_PATH": str(tmp_path / "nothing")})
    assert setup.kind == "empty"
    assert own_folders in setup.path.parents
    config = ast.literal_eval((setup.path / "config" / "jwst" / "server_config").read_text())
    assert config["observatory"] == "jwst"
    assert config["latest_context"] == setup.context == EMPTY_CONTEXT
    env = setup.environment()
    assert env["CRDS_PATH"] == str(setup.path)
    assert env["CRDS_SERVER_URL"] == SERVERLESS
    assert env["CRDS_CLIENT_TIMEOUT_SECONDS"] == str(TIMEOUT_S)
    assert env["STPIPE_DISABLE_CRDS_STEPPARS"] == "true"
    assert env["CRDS_MAPPATH"] is None
    assert "CRDS_PATH" in setup.words
    assert find_cache({"CRDS_PATH": str(tmp_path / "nothing")}) == setup


@pytest.mark.parametrize(
    ("wanted", "context"),
    [("", "jwst_1100.pmap"), ("latest", "jwst_1100.pmap"), ("jwst_0999.pmap", "jwst_0999.pmap"), ("jwst-operational", "jwst_1100.pmap")],
)
def test_the_users_cache_is_respected(cache, wanted, context):
    setup = find_cache({"CRDS_PATH": str(cache), "CRDS_CONTEXT": wanted})
    assert (setup.kind, setup.path, setup.context, setup.server) == ("user", cache, context, "")
    assert setup.environment()["CRDS_SERVER_URL"] == SERVERLESS
    assert str(cache) in setup.words


def test_the_users_server_is_asked_only_where_it_is_set(cache):
    setup = find_cache({"CRDS_PATH": str(cache), "CRDS_SERVER_URL": "https://crds.example.org"})
    assert setup.kind == "user"
    assert setup.environment()["CRDS_SERVER_URL"] == "https://crds.example.org"


@pytest.mark.parametrize("wanted", ["jwst_1234.pmap", "jwst-2020-01-01", "jwst-edit"])
def test_a_context_that_is_not_there_is_not_replaced(cache, wanted):
    assert find_cache({"CRDS_PATH": str(cache), "CRDS_CONTEXT": wanted}).kind == "empty"


def test_a_server_that_does_not_answer_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(crds, "SPEAK_S", 0.2)
    with socket.socket() as quiet:
        quiet.bind(("127.0.0.1", 0))  # nobody listens
        address = f"127.0.0.1:{quiet.getsockname()[1]}"
        assert find_cache({"CRDS_PATH": str(tmp_path), "CRDS_SERVER_URL": f"http://{address}"}).kind == "empty"
        quiet.listen()  # accepts and says nothing
        for scheme in ("http", "https"):
            assert find_cache({"CRDS_PATH": str(tmp_path), "CRDS_SERVER_URL": f"{scheme}://{address}"}).kind == "empty"


def test_a_server_that_answers_is_used(tmp_path):
    with http.server.HTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        setup = find_cache({"CRDS_PATH": str(tmp_path), "CRDS_SERVER_URL": url})
        thread.join()
    assert (setup.kind, setup.server, setup.path) == ("server", url, tmp_path)
    assert setup.environment()["CRDS_CONTEXT"] is None


class Silent(http.server.BaseHTTPRequestHandler):
    """Answers, and logs nothing."""

    def log_message(self, *args):
        pass


def test_references_chosen_by_hand(tmp_path):
    path = tmp_path / "bias.fits"
    hdu = fits.PrimaryHDU(np.zeros((2, 2)))
    hdu.header["REFTYPE"] = "SUPERBIAS"
    hdu.writeto(path)
    assert check_reference("superbias", path) == str(path)
    assert check_reference("superbias", "n/a") == "N/A"
    with pytest.raises(BadInput, match=r"bias\.fits is a reference of type superbias, not dark"):
        check_reference("dark", path)
    with pytest.raises(BadInput, match=r"none\.fits: this dark reference does not exist"):
        check_reference("dark", tmp_path / "none.fits")
    with pytest.raises(BadInput, match="is no file"):
        check_reference("dark", tmp_path)
    text = tmp_path / "notes.asdf"
    text.write_text("#ASDF 1.0.0")
    assert check_reference("dark", text) == str(text)
    whole = path.read_bytes()
    for length in (100, 2885):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"bias\.fits is cut short"):
            check_reference("superbias", path)
