"""The unit that starts a home's server with its machine, as systemd itself reads it, and the line for a pod."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.runs.home import Home
from installer.session import startup


def test_where_it_goes() -> None:
    root = startup.unit(Home(Path("/h")), root=True, user_home=Path("/root"))
    assert (str(root.file), root.systemctl) == ("/etc/systemd/system/deploy-tui.service", ("systemctl",))
    own = startup.unit(Home(Path("/h"), "chat"), root=False, user_home=Path("/home/ann"))
    assert str(own.file) == "/home/ann/.config/systemd/user/deploy-tui-chat.service"
    assert "--server chat" in own.text and "WantedBy=default.target" in own.text


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    unit = startup.unit(Home(tmp_path / 'a "100%" $HOME home'), root=True, user_home=Path("/root"))
    file = tmp_path / unit.name
    file.write_text(unit.text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert unit.name not in done.stderr, done.stderr
    assert '"100%%' in unit.text.replace('\\"', '"') and "$$HOME" in unit.text


def test_the_line_of_a_pod_holds_the_home_as_one_word(tmp_path: Path) -> None:
    home = Home(tmp_path / "my home")
    bash, option, script = shlex.split(startup.line(home))
    assert (bash, option) == ("bash", "-c")
    assert f"--home '{home.root}'" in script and script.endswith("sleep infinity & wait")


def test_without_a_deployment_there_is_nothing_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "server", "install", "--print"]) == 2
    assert "Deploy first" in capsys.readouterr().err


def test_print_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    home.deployment.write_text("{}")
    assert main(["--home", str(tmp_path), "server", "install", "--print"]) == 0
    assert f"--home {tmp_path}" in capsys.readouterr().out
    assert main(["--home", str(tmp_path), "server", "install", "--print", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert f"--home {tmp_path}" in told.get("text", told.get("line"))  # with systemd, and without
    assert list(tmp_path.iterdir()) == [home.deployment]
