"""What the screen is told of a planned server, by the session that it really talks to."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.errors import UsageError
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
