"""The list of servers that the gateway follows: who comes in, who is put out, when one has nothing left to do."""

from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stages.scripts.router import deploy_tui_router as router
from stages.scripts.router.deploy_tui_router import Server, Watch

LATE, REFUSED = "late: no token within 60 s", "refused: nothing listens there"


@pytest.mark.parametrize(
    ("before", "heard", "others", "after"),
    [
        ("new", [""], False, "in"),
        ("new", ["HTTP Error 404: Not Found"], True, "out"),
        ("in", [REFUSED], False, "out"),
        ("in", ["HTTP Error 500"], True, "in"),
        ("in", ["HTTP Error 500"] * 2, True, "out"),
        ("in", [LATE], True, "in"),
        ("in", [LATE, LATE], True, "out"),
        ("in", [LATE, LATE, LATE], False, "in"),
        ("out", [REFUSED, ""], True, "in"),
    ],
)
def test_where_a_server_stands_after_what_was_heard(before: str, heard: list[str], others: bool, after: str) -> None:
    server = Server("a", "http://a", state=before)
    for fault in heard:
        server.heard(fault, others)
    assert server.state == after


def _listed(watch: Watch) -> list[str]:
    return [one["url"] for one in json.loads(watch.manifest.read_text())["workers"]]


def _want(watch: Watch, *names: str) -> None:
    watch.file.write_text(json.dumps({"workers": [{"name": name, "url": f"http://{name}"} for name in names]}))


def test_a_server_is_listed_while_it_is_wanted_and_generates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class AtOnce(Thread):
        def start(self) -> None:
            self.run()

    faults = {"http://a": "", "http://b": REFUSED}
    monkeypatch.setattr(router, "asked", lambda url, model, key: faults[url])
    monkeypatch.setattr(router.threading, "Thread", AtOnce)
    watch = Watch(tmp_path / "workers.json", "tiny", "", 0.0)
    watch.round()
    assert _listed(watch) == [], "no file yet"
    _want(watch, "a", "b")
    watch.round()
    assert _listed(watch) == ["http://a"]
    faults["http://b"] = ""
    watch.round()
    assert _listed(watch) == ["http://a", "http://b"]
    _want(watch, "b")
    watch.round()
    told = {one["name"]: one for one in json.loads((tmp_path / "states.json").read_text())["workers"]}
    assert (_listed(watch), told["a"]["state"], told["a"]["open"]) == (["http://b"], "leaving", 0)
    watch.file.write_text("{ half a fi")
    watch.round()
    assert _listed(watch) == ["http://b"], "the list of before holds"
    _want(watch, "a", "b")
    watch.round()
    assert _listed(watch) == ["http://a", "http://b"]


def test_a_server_is_left_once_the_gateway_chooses_it_no_more(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), _Gateway) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        own = router.Gateway(router.here("0.0.0.0", server.server_address[1]), "sk-own")
        watch = Watch(tmp_path / "workers.json", "tiny", "", 3600.0, own)
        watch.servers["http://a"] = Server("a", "http://a", "in")
        _want(watch)
        said: list[tuple[list[dict[str, object]] | None, int]] = [
            (None, 1),
            ([{"url": "http://a", "status": "ready", "load": 0}], 1),
            ([{"url": "http://a/", "status": "draining", "load": 2}], 1),
            ([{"url": "http://a", "status": "draining", "load": 0}], 0),
        ]
        for _Gateway.workers, still_open in said:
            watch.round()
            assert watch.servers["http://a"].open == still_open, _Gateway.workers
        server.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_open_connections_are_counted(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        try:
            listener.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        listener.listen()
        port = listener.getsockname()[1]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        assert router.connections(url) == 0
        with socket.create_connection((host, port)):
            assert router.connections(url) == 1
        assert router.connections(url) == 0


class _Gateway(BaseHTTPRequestHandler):
    workers: list[dict[str, object]] | None = None

    def do_GET(self) -> None:
        assert (self.path, self.headers["Authorization"]) == ("/workers", "Bearer sk-own")
        self.send_response(503 if self.workers is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"workers": self.workers}).encode())

    def log_message(self, *_: object) -> None: ...


class _Engine(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        let_in = self.headers["Authorization"] == "Bearer sk-right"
        self.send_response(200 if let_in else 401)
        self.end_headers()
        self.wfile.write(b'{"choices": [{"text": "a"}]}' if let_in else b"{}")

    def log_message(self, *_: object) -> None: ...


def test_a_token_is_asked_for_with_the_key() -> None:
    with HTTPServer(("127.0.0.1", 0), _Engine) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        assert router.asked(url, "tiny", "sk-right") == ""
        assert "401" in router.asked(url, "tiny", "sk-wrong")
        server.shutdown()
    assert router.asked(url, "tiny", "").startswith("refused")
