"""Where a deployment lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.session.homes import locate


def test_the_order_of_places(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    environment = {"DEPLOY_TUI_HOME": str(tmp_path / "named"), "XDG_STATE_HOME": str(tmp_path / "state")}
    assert locate(str(tmp_path / "given"), environment, workspace).root == tmp_path / "given"
    assert locate(None, environment, workspace).root == tmp_path / "named"
    del environment["DEPLOY_TUI_HOME"]
    assert locate(None, environment, workspace).root == tmp_path / "state/deploy-tui"
    workspace.mkdir()
    assert locate(None, environment, workspace).root == workspace / "deploy-tui"


def test_a_file_cannot_be_a_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be a home"):
        locate(str(tmp_path / "file/home"), {}, tmp_path / "none")


def test_looking_for_a_home_makes_nothing(tmp_path: Path) -> None:
    locate(str(tmp_path / "a/b"), {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
