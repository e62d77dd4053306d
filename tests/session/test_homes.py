"""Where a deployment lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.cli import main
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


@pytest.mark.parametrize("target", ["link", "nowhere/at/all"])
def test_a_link_that_leads_nowhere_cannot_be_a_home(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / target)
    with pytest.raises(UsageError) as caught:
        locate(str(tmp_path / "link"), {}, tmp_path / "none")
    assert "leads to no folder" in caught.value.why


def test_a_link_inside_a_home_that_leads_to_itself_is_read_as_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "server").symlink_to("server")
    assert main(["--home", str(tmp_path), "status"]) == 0
    assert "is damaged" in capsys.readouterr().out


def test_looking_for_a_home_makes_nothing(tmp_path: Path) -> None:
    locate(str(tmp_path / "a/b"), {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
