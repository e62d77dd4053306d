"""What goes into a ticket holds no secret and no name, and everything else is as it was."""

from __future__ import annotations

import json

import pytest

from installer.core.machine.names import Names
from installer.core.secrets import secrets_of
from installer.diagnostics.ticket.cleaning import Cleaner
from installer.diagnostics.ticket.secret_scan import refuse_secrets
from tests.core.secrets import planted
from tests.core.secrets.test_redactor import HARMLESS, dumps

NAMES = Names(("pod-7.example.org", "pod-7"), ("marlene",), ("/home/marlene",), ("10.20.30.40", "fe80::1234:5678"))
GPU = "GPU-1a2b3c4d-0011-2233-4455-66778899aabb"
KEPT = [line for line in HARMLESS if "GPU-" not in line]


def cleaner() -> Cleaner:
    return Cleaner(secrets_of(planted.ENVIRONMENT), NAMES)


@pytest.mark.parametrize("form", list(dumps()))
def test_planted_secrets_of_forty_kinds_are_in_no_log_and_no_document(form: str) -> None:
    lines = dumps()[form].splitlines()
    log = "\n".join(cleaner().lines(lines))
    document = json.dumps(cleaner().value({"what": dumps()[form], "lines": lines, "environment": planted.ENVIRONMENT}))
    assert planted.found(log) == [] and planted.found(document) == []
    refuse_secrets({"log": log, "document": document})


@pytest.mark.parametrize("line", KEPT)
def test_hashes_versions_flags_and_figures_survive(line: str) -> None:
    assert cleaner().lines([line]) == [line]
    assert cleaner().value([line]) == [line]


@pytest.mark.parametrize("width", [7, 20, 33])
def test_a_secret_that_a_terminal_wrapped_or_coloured_is_found(width: int) -> None:
    token = planted.BY_NAME["HF_TOKEN"]
    wrapped = [token[at : at + width] for at in range(0, len(token), width)]
    told = cleaner().lines(["before", *wrapped, "after", f"\x1b[1m{token[:9]}\x1b[0m{token[9:]}"])
    assert token not in "".join(told) and token[width:] not in "".join(told)
    assert len(told) == len(wrapped) + 3 and (told[0], told[-2]) == ("before", "after")


def test_a_log_that_begins_inside_of_a_private_key_shows_none_of_it() -> None:
    inside = planted.PEM.splitlines()[2:]
    told = cleaner().lines([*inside[:2], "ready"], torn=True)
    assert told[0] == "***" and told[-1] == "ready" and not set(inside[:1]) & set(told)


def test_names_are_the_same_placeholder_everywhere() -> None:
    own = cleaner()
    log = own.lines(
        [
            f"marlene@pod-7:/home/marlene/x {GPU} pod-7.example.org",
            f"{GPU} 10.20.30.40 http://93.184.216.34:80/ 203.0.113.9:4711 http://127.0.0.1:8000",
            "/home/otto/models GPU-ffffffff-0011-2233-4455-66778899aabb",
        ]
    )
    assert log == [
        "[user-1]@[host-2]:[home-1]/x [gpu-1] [host-1]",
        "[gpu-1] [address-1] http://[address-2]:80/ [address-3]:4711 http://127.0.0.1:8000",
        "[home-2]/models [gpu-2]",
    ]
    assert own.value({"gpu": GPU, "n": 3, "none": None}) == {"gpu": "[gpu-1]", "n": 3, "none": None}


@pytest.mark.parametrize(
    "line",
    [
        "nvidia-cublas==13.0.0.19 nvidia-curand-cu12 10.3.9.90 cuda 12.8.4.1",
        "the root cause of root's failure", "ubuntu 22.04, vllm 0.33.0", "GPU-0 GPU-Util 45%", "0.0.0.0:8000",
        "/root/x /workspace/home/x",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_stays(line: str) -> None:
    shared = Cleaner((), Names(("localhost",), ("root", "ubuntu", "vllm"), (), ()))
    assert shared.lines([line]) == [line]
