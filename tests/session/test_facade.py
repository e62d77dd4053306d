"""What the screen is told of a planned server, by the session that it really talks to."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.outcomes import Code
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.session.facade import DeploySession
from tests.stand_ins.lab import ROOT


def test_the_flags_are_those_of_the_last_plan(tmp_path: Path) -> None:
    machine = str(ROOT / "tests/machines/t4.yaml")
    session = DeploySession(
        Request(recipe="qwen2.5-3b-sglang", machine=machine, offline=True, stages=tuple(range(1, 11))), Home(tmp_path)
    )
    assert list(session.flags()) == []

    session.plan()

    told = {flag.flag: flag for flag in session.flags()}
    assert told["--mem-fraction-static"].value == 0.75
    assert told["--mem-fraction-static"].chosen_by == "profile dev-16gb"


def test_settings_are_checked_by_the_recipes_own_text(tmp_path: Path) -> None:
    session = DeploySession(Request(), Home(tmp_path))
    assert session.check_settings("qwen2.5-0.5b-cpu", ["server.port=8451", "server.flags.--block-size=32"]) == ""
    assert 'did you mean "server"?' in session.check_settings("qwen2.5-0.5b-cpu", ["sever.port=1"])
    assert "server.port" in session.check_settings("qwen2.5-0.5b-cpu", ["server.port=abc"])


def test_what_a_plan_would_have_against_settings_is_known_at_once(tmp_path: Path) -> None:
    session = DeploySession(Request(machine=str(ROOT / "tests/machines/t4.yaml")), Home(tmp_path))

    def against(*settings: str, recipe: str = "qwen2.5-3b-vllm") -> list[tuple[Code, str]]:
        return [(one.code, one.subject) for one in session.blockers_of_settings(recipe, settings)]

    assert against("server.flags.--max-model-len=1024") == []
    assert against("server.flags.--max-modl-len=1024") == [(Code.FLAG_UNKNOWN, "--max-modl-len")]
    assert [code for code, _ in against("server.flags.--max-model-len=500000")] == [Code.FLAG_VALUE, Code.MEMORY]
    assert against(recipe="minimax-m1-vllm") == [], "what is against the recipe anyway is not the setting's"
    assert against("no.such.key=1") == [], "that is said by the recipe's own text"


def test_a_port_of_another_program_is_known_at_once(tmp_path: Path) -> None:
    session = DeploySession(Request(), Home(tmp_path))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = session.blockers_of_settings("qwen2.5-0.5b-cpu", [f"server.port={port}"])
    assert [one.subject for one in found] == [f"port {port}"]
    assert not session.blockers_of_settings("qwen2.5-0.5b-cpu", [f"server.port={port}"]), "it is free by now"


def test_what_was_chosen_in_a_form_replaces_what_was_set_before(tmp_path: Path) -> None:
    machine = str(ROOT / "tests/machines/t4.yaml")
    session = DeploySession(Request(machine=machine, offline=True, settings=("sever.port=1",)), Home(tmp_path))
    session.choose("qwen2.5-3b-vllm", None, ("server.port=8451",))
    session.plan()
    assert session.settings_so_far() == ("server.port=8451",)
    session.select(None, None, ("sever.port=2",))
    with pytest.raises(UsageError):
        session.plan()
    assert session.settings_so_far() == ("server.port=8451", "sever.port=2"), "what was asked for, to be corrected"
    session.choose("qwen2.5-3b-vllm", None, ())
    session.plan()
    assert session.settings_so_far() == ()
