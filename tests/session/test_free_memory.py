"""What a further server of a home finds of main memory: not what others are still to fill, but what it uses itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.runs.home import Home
from installer.host import own_memory, serving
from installer.session.free_memory import as_found_by
from tests.host.test_supervisor import answers, spec, until

FACTS = MachineFacts(memory_mib=24_000, memory_free_mib=20_000, here=True)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    for name in ("", "chat"):
        serving.stop(home.named(name), 1)


def test_what_another_server_is_still_to_fill_is_not_free_and_its_own_is(home: Home) -> None:
    chat = home.named("chat")
    launched = replace(spec(), engine="vllm", environment={"VLLM_CPU_KVCACHE_SPACE": "4"})
    state = serving.launch(chat, launched, dict(os.environ))
    until(lambda: answers(state), "answered")

    further = as_found_by(home, FACTS)
    assert further.memory_servers == ("chat",)
    assert (further.memory_free_mib or 0) < 20_000 - 4 * 1024, "the cache fills only while it serves"

    same = as_found_by(chat, FACTS)
    assert same.memory_servers == ()
    assert own_memory.own(chat) > 0
    assert (same.memory_free_mib or 0) > 20_000, "what it uses is free once it is replaced"


def test_where_nothing_runs_the_memory_is_as_it_is(home: Home) -> None:
    assert as_found_by(home, FACTS) == FACTS
    assert as_found_by(home, replace(FACTS, memory_free_mib=None)).memory_free_mib is None
