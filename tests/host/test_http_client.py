"""HTTP against a real server on this machine: what the network does is a value, and nothing goes through a proxy."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import certifi
import pytest

from installer.host import http_client


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]]

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        if self.path.startswith("/wheel"):
            self.head(200, int(self.path.rpartition("-")[2]))
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/wheel-77")
            self.end_headers()
        elif self.path == "/hangs":
            time.sleep(30)
        else:
            self.head(404, 9)

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Host", "")))
        if self.path == "/drips":
            self.drip()
            return
        body = "grüße".encode()
        self.head(200 if self.path == "/" else 404, len(body))
        self.wfile.write(body)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/refuses":
            self.head(400, 4)
            self.wfile.write(b"why?")
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b": a comment\n\ndata: " + json.dumps(sent).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def drip(self) -> None:
        self.head(200, 1000)
        try:
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    def head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()


@pytest.fixture
def url() -> Iterator[str]:
    Handler.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_an_answer_is_a_value_whatever_its_status(url: str) -> None:
    assert (http_client.get(url + "/").status, http_client.get(url + "/").body) == (200, "grüße")
    missing = http_client.get(url + "/x")
    assert (missing.status, missing.ok) == (404, False)


def test_nobody_there_is_a_value_too(nobody: str) -> None:
    for answer in (http_client.get(nobody), http_client.post(nobody, {})):
        assert (answer.status, answer.ok) == (0, False)
        assert answer.body


@pytest.mark.parametrize("bad", ["", "nonsense", "http://", "http://[::1", "ftp://host/file", "http://host:99999/"])
def test_an_impossible_address_is_a_value_too(bad: str) -> None:
    assert http_client.get(bad).status == 0


def test_an_answer_that_never_completes_is_given_up(url: str) -> None:
    answer = http_client.get(url + "/drips", timeout_s=0.2)
    assert (answer.status, answer.body) == (0, "no complete answer within 0.2 s")


def test_this_machine_is_never_reached_through_a_proxy(url: str, nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert http_client.get(url + "/").ok
    # Everybody else is: the proxy that is not there is why this fails.
    assert http_client.get("http://example.invalid/").status == 0


def test_a_proxy_sees_requests_for_others(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    http_client.get("http://example.invalid/page")
    assert [host for _, host in Handler.seen] == ["example.invalid"]


@pytest.mark.parametrize(("name", "value"), [("HTTPS_PROXY", "not a proxy"), ("SSL_CERT_FILE", "/nonexistent.pem")])
def test_a_broken_environment_is_a_value_too(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert http_client.get("https://example.invalid/").status == 0


def test_a_stream_comes_as_its_data(url: str) -> None:
    with http_client.stream(url + "/", {"a": 1}) as lines:
        assert list(lines) == ['{"a": 1}', "[DONE]"]


def test_a_stream_that_cannot_begin_says_why(url: str, nobody: str) -> None:
    with pytest.raises(ConnectionError, match="HTTP 400: why"), http_client.stream(url + "/refuses", {}):
        pass
    with pytest.raises(ConnectionError), http_client.stream(nobody, {}):
        pass


def test_what_the_reader_of_a_stream_raises_stays_what_it_is(url: str) -> None:
    with pytest.raises(ValueError, match="mine"), http_client.stream(url + "/", {}) as _:
        raise ValueError("mine")


def test_sizes_are_those_that_answered(url: str, nobody: str) -> None:
    wanted = {f"{url}/wheel-{number}": number for number in range(1, 60)}
    asked = [*wanted, f"{url}/moved", f"{url}/gone", f"{nobody}/wheel-1", "file:///tmp/x.whl", "nonsense"]
    assert http_client.sizes(asked) == {**wanted, f"{url}/moved": 77}
    assert http_client.sizes([]) == {}


def test_sizes_do_not_wait_for_the_slowest(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_SIZES_S", 0.5)
    assert http_client.sizes([f"{url}/hangs", f"{url}/wheel-5"]) == {f"{url}/wheel-5": 5}


def test_certificates_are_read_once_for_each_place_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with ThreadPoolExecutor(8) as pool:
        contexts = list(pool.map(lambda _: http_client.trust(), range(8)))
    assert len(set(map(id, contexts))) == 1
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    assert http_client.trust() is not contexts[0]
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    assert http_client.get("https://example.invalid/").status == 0
