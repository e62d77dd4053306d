"""Limits, clock, proxy, and how index and hub answer."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from installer.diagnostics.runtime_checks import surrounding
from installer.host.runtime_conditions import Answer, Obstacle, RuntimeConditions, Service, measure

FINE = RuntimeConditions(
    open_files=65535, answers=(Answer(Service.HUB, "hub.example", True, 0.2, 5e7),), clock_off_s=1.0
)


def unanswered(service: Service, obstacle: Obstacle) -> RuntimeConditions:
    return RuntimeConditions(answers=(Answer(service, "host.example", error="no", obstacle=obstacle),))


def bad(here: RuntimeConditions) -> list[str]:
    return [finding.code for finding in surrounding(here) if finding.severity != "ok"]


def test_what_is_fine_is_said_to_be() -> None:
    assert bad(FINE) == []
    assert [finding.severity for finding in surrounding(FINE)] == ["ok"]


@pytest.mark.parametrize(
    ("here", "code", "word"),
    [
        (RuntimeConditions(open_files=1024), "limits", "1024"),
        (RuntimeConditions(clock_off_s=-4000.0), "clock", "4000 s"),
        (RuntimeConditions(proxy="http://proxy:3128"), "network", "no_proxy"),
        (unanswered(Service.HUB, Obstacle.NAME), "network", "resolv.conf"),
        (RuntimeConditions(answers=(Answer(Service.INDEX, "index.example"),)), "network", "UV_DEFAULT_INDEX"),
        (unanswered(Service.HUB, Obstacle.ADDRESS), "network", "unset HF_ENDPOINT"),
        (unanswered(Service.INDEX, Obstacle.ADDRESS), "network", "unset UV_DEFAULT_INDEX"),
        (unanswered(Service.HUB, Obstacle.PROXY), "network", "https_proxy"),
        (unanswered(Service.HUB, Obstacle.CERTIFICATE), "network", "SSL_CERT_FILE"),
        (RuntimeConditions(answers=(Answer(Service.HUB, "hub.example", True, 0.1, 1e5),)), "network", "a second"),
    ],
)
def test_what_is_not_is_told(here: RuntimeConditions, code: str, word: str) -> None:
    (found,) = surrounding(here)

    assert (found.code, found.severity) == (code, "warning")
    assert word in f"{found.summary} {found.evidence} {found.fix}"


def test_a_proxy_that_leaves_this_machine_out_is_fine() -> None:
    assert bad(RuntimeConditions(proxy="http://proxy:3128", no_proxy=("localhost", "127.0.0.1"))) == []


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"x" * (1 << 20)
        self.send_response_only(200)
        self.send_header("Date", "Sun, 06 Nov 2022 08:49:37 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def test_a_real_server_is_timed_and_tells_the_time(server: str) -> None:
    here = measure({"HF_ENDPOINT": server, "UV_DEFAULT_INDEX": f"{server}/simple"})

    assert [(answer.service, answer.resolves) for answer in here.answers] == [
        (Service.INDEX, True),
        (Service.HUB, True),
    ]
    assert all(answer.seconds is not None and answer.bytes_per_second for answer in here.answers)
    assert here.clock_off_s is not None and here.clock_off_s > 1e7


def test_nobody_there_is_an_answer_as_well() -> None:
    here = measure({"HF_ENDPOINT": "http://127.0.0.1:9", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"})

    assert all(answer.seconds is None and answer.error for answer in here.answers)


@pytest.mark.parametrize(
    ("environment", "obstacle"),
    [
        ({"HF_ENDPOINT": "somewhere"}, Obstacle.ADDRESS),
        ({"HF_ENDPOINT": "http://name.invalid"}, Obstacle.NAME),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, Obstacle.SILENT),
    ],
)
def test_where_a_question_ended_is_known(environment: dict[str, str], obstacle: Obstacle) -> None:
    here = measure({"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", **environment})

    assert here.answers[1].obstacle == obstacle


def test_a_proxy_that_refuses_is_told_from_a_server_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    answer = measure({"HF_ENDPOINT": "http://hub.example", "UV_DEFAULT_INDEX": "x", "http_proxy": "http://127.0.0.1:9"})

    assert answer.answers[1].obstacle == Obstacle.PROXY and "127.0.0.1:9" in answer.answers[1].error


def test_trusted_certificates_that_are_not_there_are_no_silent_server(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")

    here = measure({"HF_ENDPOINT": "https://127.0.0.1:9", "UV_DEFAULT_INDEX": f"{server}/simple"})

    assert here.answers[1].obstacle == Obstacle.CERTIFICATE


def test_a_password_of_a_proxy_does_not_come_out() -> None:
    here = measure({"https_proxy": "http://user:secretword@proxy.example:3128", "HF_ENDPOINT": "http://127.0.0.1:9"})

    assert "secretword" not in repr(here)
