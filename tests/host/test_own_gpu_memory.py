"""Two servers of one home on one GPU: what the other holds is in the way, and is told as its."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Gpu, GpuProcess
from installer.core.runs.home import Home
from installer.host import process_table, serving
from installer.host.own_gpu_memory import given_back, named
from tests.host.test_supervisor import answers, spec, until

CHAT, OTHER = 20_000, 4_000


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    for name in ("", "chat"):
        serving.stop(home.named(name), 1)


def test_what_another_server_of_the_home_holds_is_its_and_is_not_given_back(home: Home) -> None:
    chat = home.named("chat")
    state = serving.launch(chat, spec("--children", "1"), dict(os.environ))
    until(lambda: answers(state), "answered")
    until(lambda: process_table.descendants([state.pid], process_table.table()), "seen whole")
    (worker,) = process_table.descendants([state.pid], process_table.table())
    held = (GpuProcess(worker, "VLLM::EngineCore", CHAT), GpuProcess(os.getpid(), "python3", OTHER))
    gpu = Gpu("NVIDIA L40S", memory_mib=46_068, free_mib=21_000, processes=held)

    for other in (home, home.named("embed")):
        (seen,) = given_back([gpu], other) or ()
        assert seen == replace(gpu, processes=(replace(held[0], server="chat"), held[1]))
    (seen,) = given_back([gpu], chat) or ()
    assert (seen.free_mib, seen.processes) == (21_000 + CHAT, held[1:])

    (seen,) = named([gpu], chat)
    assert seen == replace(gpu, processes=(replace(held[0], server="chat"), held[1])), "doctor names every server"

    serving.stop(chat, 1)
    assert given_back([gpu], home) == (gpu,)


def test_where_nothing_runs_the_gpus_are_as_they_are(home: Home) -> None:
    gpu = Gpu("NVIDIA L40S", free_mib=1, processes=(GpuProcess(1),))
    assert given_back([gpu], home) == (gpu,)
    assert given_back(None, home) is None
    assert given_back((), home) == ()
