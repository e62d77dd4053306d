"""Until when a server is kept, and what its machine costs: what is given is read, and what is not known is not said."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.contracts.serving import ServerState
from installer.core.contracts.watching import Deadlines
from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.host import deadlines
from installer.session import costs, server_deadlines


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("8h", 28800), ("45m", 2700), ("1h30m", 5400), ("90s", 90), ("2d", 172800), ("1d12h", 129600), ("never", 0)],
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert server_deadlines.seconds(text, "--stop-after") == seconds


@pytest.mark.parametrize("text", ["", "8", "h", "0h", "-1h", "1.5h", "30m1h", "soon", "8 h", "٣h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--idle-stop: .* is not a duration"):
        server_deadlines.seconds(text, "--idle-stop")


def test_each_word_changes_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    server_deadlines.keep(home, "8h", "45m", "echo 'all done'")
    assert deadlines.read(home.server) == Deadlines(28800, 2700, ("echo", "all done"))
    server_deadlines.keep(home, "never", None, None)
    assert deadlines.read(home.server) == Deadlines(0, 2700, ("echo", "all done"))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            Deadlines(28800, 2700),
            "The server ends 8 h 0 min after its start, or earlier after 45 min 0 s without a request.",
        ),
        (Deadlines(28800), "The server ends 8 h 0 min after its start."),
        (Deadlines(0, 90), "The server ends after 1 min 30 s without a request."),
        (Deadlines(), "The server continues until it is stopped."),
    ],
)
def test_until_when_it_is_kept_is_said(wanted: Deadlines, said: str) -> None:
    assert server_deadlines.summary(wanted) == said


def test_a_command_knows_the_variables_of_now_and_no_shell() -> None:
    words = server_deadlines.command("stop pod {RUNPOD_POD_ID} $HOME; rm", {"RUNPOD_POD_ID": "x1"})
    assert words == ("stop", "pod", "x1", "$HOME;", "rm")
    with pytest.raises(UsageError, match="is not a valid command"):
        server_deadlines.command("echo 'open", {})


def test_what_stops_the_bill_is_named_where_the_provider_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNPOD_POD_ID", raising=False)
    assert "still billed" in server_deadlines.advice(Deadlines(60))
    monkeypatch.setenv("RUNPOD_POD_ID", "abc123")
    assert "runpodctl stop pod abc123" in server_deadlines.advice(Deadlines(60))
    assert server_deadlines.advice(Deadlines(60, then=("true",))) == server_deadlines.advice(Deadlines()) == ""


def test_a_wrong_time_is_status_2_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path / "home"), "server", "start", "--stop-after", "soon"]) == 2
    assert "8h" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_the_price_is_what_was_said_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, none = Home(tmp_path), ServerState()
    monkeypatch.delenv("DEPLOY_TUI_PRICE", raising=False)
    assert costs.cost(home, none) is None
    monkeypatch.setenv("DEPLOY_TUI_PRICE", "0.25")
    assert (costs.cost(home, none) or {})["per_hour"] == 0.25
    home.deployment.write_text(json.dumps({"recipe": "mini", "settings": ["price=0.44", "server.port=1"]}))
    found = costs.cost(home, none) or {}
    assert found["per_hour"] == 0.44
    assert found["spent"] == pytest.approx(0.44 * (time.time() - found["since"]) / 3600, abs=0.02)
    assert found["since"] <= time.time()
