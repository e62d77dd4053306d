"""Reaching the outside, against a real server on this machine."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator

import pytest

from installer.host import reachability


@pytest.fixture
def server() -> Iterator[str]:
    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


DEAD = "http://127.0.0.1:9"


@pytest.mark.parametrize("which", ["UV_DEFAULT_INDEX", "HF_ENDPOINT"])
def test_one_that_answers_is_enough(server: str, which: str) -> None:
    environment = {"UV_DEFAULT_INDEX": DEAD, "HF_ENDPOINT": DEAD, which: server, "HOME": "/nowhere"}

    assert reachability.online(environment) is True


def test_none_that_answers_is_offline() -> None:
    environment = {"UV_DEFAULT_INDEX": DEAD, "HF_ENDPOINT": "not an address", "HOME": "/nowhere"}

    assert reachability.online(environment) is False


def test_a_temporary_folder_that_is_gone_is_not_the_network(server: str) -> None:
    configured = {**os.environ, "UV_DEFAULT_INDEX": f"{server}/simple", "UV_NO_CONFIG": "1", "TMPDIR": "/gone"}

    assert reachability.default_index(configured) == f"{server}/simple"


def test_without_any_temporary_folder_it_is_unknown_what_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/gone/too")
    environment = {"HF_ENDPOINT": "not an address", "HOME": "/nowhere", "PIP_CONFIG_FILE": "/dev/null"}

    assert reachability.online(environment) is None


def test_the_machines_own_configuration_says_where_the_index_is() -> None:
    environment = {"PIP_INDEX_URL": "https://mirror.example/simple", "PIP_CONFIG_FILE": "/dev/null", "HOME": "/nowhere"}

    assert reachability.addresses(environment) == ("https://mirror.example/simple", "https://huggingface.co")
    assert (
        reachability.addresses({**environment, "UV_DEFAULT_INDEX": "https://other.example/"})[0]
        == "https://other.example/"
    )


def test_uv_says_which_index_it_asks(server: str) -> None:
    configured = {**os.environ, "UV_DEFAULT_INDEX": f"{server}/simple", "UV_NO_CONFIG": "1"}

    assert reachability.default_index(configured) == f"{server}/simple"
