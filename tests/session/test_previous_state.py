"""What is put back after something was tried on a home, also where an older version of this tool wrote it down."""

from __future__ import annotations

import json
from pathlib import Path

from installer.core.runs.home import Home
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
