"""What the doctor says of limits, clock, proxy, names, and of how index and hub answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.outcomes import Code
from installer.core.text.quantities import size
from installer.diagnostics.doctor_finding import DoctorFinding, ok, warning
from installer.host.runtime_conditions import Answer, Obstacle, RuntimeConditions, Service

_OPEN_FILES = 4096
"""Servers hold a socket for each request and a file for each shard; the kernel's own default is 1024."""
_CLOCK_S = 300.0
"""Certificates and signed addresses are refused when a clock is off by more."""
_SLOW_S, _SLOW_RATE = 2.0, 5e6
_TRUST = (
    "Something between here and there signs with a certificate that is not trusted here, or the trusted ones cannot be "
    "read: let SSL_CERT_FILE name a file that exists and has the company's certificate in it, and start uv with "
    "--system-certs."
)
_LOCAL = ("localhost", "127.0.0.1")


def surrounding(here: RuntimeConditions) -> Iterator[DoctorFinding]:
    """Everything worth saying about what surrounds the programs."""
    yield from _limits(here)
    yield from _clock(here)
    yield from _proxy(here)
    for answer in here.answers:
        yield from _answer(answer)


def _limits(here: RuntimeConditions) -> Iterator[DoctorFinding]:
    if here.open_files is not None and here.open_files < _OPEN_FILES:
        yield warning(
            Code.LIMITS, "The limit on open files is low, and a server needs one for each request.",
            f"ulimit -n is {here.open_files}.", "Raise it: `ulimit -n 65535`, docker --ulimit nofile=65535:65535.",
        )  # fmt: skip


def _clock(here: RuntimeConditions) -> Iterator[DoctorFinding]:
    if here.clock_off_s is not None and abs(here.clock_off_s) > _CLOCK_S:
        yield warning(
            Code.CLOCK, "The clock of this machine is wrong; certificates will be refused.",
            f"It differs by {abs(here.clock_off_s):.0f} s from the servers that answered.",
            "Set it, or start the service that does (chrony, systemd-timesyncd); in a container it is the host's.",
        )  # fmt: skip


def _proxy(here: RuntimeConditions) -> Iterator[DoctorFinding]:
    if here.proxy and not any(name.strip() in ("*", *_LOCAL) for name in here.no_proxy):
        yield warning(
            Code.NETWORK, "The proxy also applies to requests to this machine itself.",
            f"The proxy is {here.proxy}, and no_proxy does not name 127.0.0.1.",
            "export no_proxy=localhost,127.0.0.1",
        )  # fmt: skip


def _answer(answer: Answer) -> Iterator[DoctorFinding]:
    if answer.error or answer.seconds is None:
        yield warning(
            Code.NETWORK, f"The {answer.service} does not answer.",
            f"{answer.host}: {answer.error or 'no answer within a few seconds'}.", _way_out(answer),
        )  # fmt: skip
        return
    rate = f", {size(int(answer.bytes_per_second))} a second" if answer.bytes_per_second else ""
    evidence = f"{answer.host}: first answer after {answer.seconds:.2f} s{rate}."
    if answer.seconds > _SLOW_S or (answer.bytes_per_second or _SLOW_RATE) < _SLOW_RATE:
        yield warning(
            Code.NETWORK, f"The {answer.service} answers slowly; a download of some gigabytes will take long.",
            evidence,
            "Use a nearer mirror (UV_DEFAULT_INDEX, HF_ENDPOINT), or a machine with a better connection.",
        )  # fmt: skip
    else:
        yield ok(Code.NETWORK, f"The {answer.service} answers.", evidence)


def _way_out(answer: Answer) -> str:
    hub = answer.service == Service.HUB
    match answer.obstacle:
        case Obstacle.NAME:
            return "Look at /etc/resolv.conf (in a container --dns), and whether there is any network."
        case Obstacle.ADDRESS:
            return f"Correct or unset {'HF_ENDPOINT' if hub else 'UV_DEFAULT_INDEX'}: it begins with https://."
        case Obstacle.PROXY:
            return "Correct https_proxy, or unset it where this network needs no proxy."
        case Obstacle.CERTIFICATE:
            return _TRUST
    if hub:
        return "Name a mirror with HF_ENDPOINT, set https_proxy, or copy the model here as a folder."
    return "Name an index that can be reached (UV_DEFAULT_INDEX, pip's index-url), or set https_proxy."
