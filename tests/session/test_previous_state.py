"""What is put back after something was tried on a home, also where an older version of this tool wrote it down."""

from __future__ import annotations

import json
from pathlib import Path

from installer.core.runs.home import Home
from installer.execution.generations import Generations
from installer.session import previous_state
from installer.session.previous_state import PreviousState


def test_what_is_kept_is_read_back_and_forgotten(tmp_path: Path) -> None:
    home = Home(tmp_path)
    state = PreviousState(3, '{"recipe": "mini"}')
    state.keep(home)
    assert previous_state.left(home) == state
    previous_state.forget(home)
    assert previous_state.left(home) is None and not list(tmp_path.iterdir())


def test_the_file_of_an_older_version_is_read_and_forgotten(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "standing.json").write_text(json.dumps({"generation": 2, "deployment": "{}"}))
    assert previous_state.left(home) == PreviousState(2, "{}")
    previous_state.forget(home)
    assert not list(tmp_path.iterdir())


def test_what_was_noted_next_to_the_generation_is_put_back_too(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.generations / "0001").mkdir(parents=True)
    home.current.symlink_to(home.generations / "0001")
    note = Generations(home).deployment(1)
    note.write_text("as it was")
    before = previous_state.of(home)
    note.write_text("as it was tried")
    before.put_back(home)
    assert note.read_text() == "as it was" and home.deployment.read_text() == "{}"
