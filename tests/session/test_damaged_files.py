"""A home in which something is damaged says what, and still says the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.journal import Journal
from installer.session.damaged_files import damaged
from installer.session.state import status

FILES = ("deployment.json", "current", "engine.lock", "server/state.json", "server/lock", "runs/r/journal.jsonl",
         "generations/0001.json")  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "plant", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)], ids=["folder", "pipe", "link"]
)
def test_each_file_is_named_and_the_rest_is_said(tmp_path: Path, name: str, plant: object) -> None:
    home = Home(tmp_path)
    journal = Journal(home.run("a"))
    journal.append(ev.RunStarted("a", "x", "X", str(tmp_path), 1, "here"))
    journal.close()
    assert damaged(home) == []
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    plant(tmp_path / name)  # type: ignore[operator]
    said = status(home)
    assert any(str(tmp_path / name) in sentence for sentence in said["damaged"]), said
    assert said["server"]["state"] == "stopped" and said["run"]["id"] == "a"
