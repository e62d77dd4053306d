"""What the screen is told of a planned server, by the session that it really talks to."""

from __future__ import annotations

from pathlib import Path

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
