"""A run as lines of text, folded from its events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.cli.console import Console
from installer.core.outcomes import CheckStatus
from installer.core.runs import events as ev

OUTLINES = (
    ev.StageOutline(7, "engine", "Install the engine", "pending"),
    ev.StageOutline(9, "verification", "Verify the environment", "pending"),
)
FOUND = (
    ev.CheckFinished(9, "files", CheckStatus.OK, "3 installed files are present and complete"),
    ev.CheckFinished(9, "libraries", CheckStatus.FAILED, "1 shared library cannot be found"),
)
SAID = [
    "ok      files: 3 installed files are present and complete",
    "failed  libraries: 1 shared library cannot be found",
]


def told(capsys: pytest.CaptureFixture[str], *events: ev.Event) -> str:
    console = Console()
    for event in (ev.RunStarted("r", "recipe", "Title", "/home", 1, "here"), ev.PlanReady(OUTLINES), *events):
        console.show(ev.Entry(0.0, event))
    return capsys.readouterr().err


def started(number: int) -> ev.StageStarted:
    outline = next(outline for outline in OUTLINES if outline.number == number)
    return ev.StageStarted(number, outline.name, outline.title)


def test_the_verification_says_a_line_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, started(9), *FOUND).splitlines()
    assert [line.strip() for line in said[-2:]] == SAID
    assert len(said) == len(told(capsys, started(9)).splitlines()) + 2


@pytest.mark.parametrize(("found", "code"), [(FOUND[0], "32"), (FOUND[1], "31")])
def test_a_check_has_the_colour_of_its_status(
    found: ev.CheckFinished, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its sentence says."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    said = told(capsys, started(9), replace(found, said="failed  ok: done")).splitlines()[-1]
    assert said.split(found.status)[0].endswith(f"\x1b[{code}m")


@pytest.mark.parametrize("stage", [7, 9])
def test_what_commands_print_stays_in_the_logs(stage: int, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [ev.OutputLine(stage, line) for line in (*SAID, "INFO 11-21 [api.py:3] ok: yes")]
    assert told(capsys, started(stage), *lines) == told(capsys, started(stage))


def test_what_was_said_line_by_line_is_not_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    end = ev.StageFinished(9, "verification", "done", "8 checks passed; torch 2.13.0; 512 tokens", 3.0)
    assert told(capsys, started(9), *FOUND, end).splitlines()[-1].endswith("done in 3.0 s: 1 checks passed")
    assert "512 tokens" in told(capsys, started(9), end)


@pytest.mark.parametrize(
    ("status", "changed", "said"),
    [
        ("done", True, "Done, after"),
        ("done", False, "Done, and nothing had to be changed, after"),
        ("satisfied", False, "Nothing to do: everything was in place, after"),
    ],
)
def test_how_it_ended(capsys: pytest.CaptureFixture[str], status: str, changed: bool, said: str) -> None:
    events = (started(9), ev.StageFinished(9, "verification", status), ev.RunFinished("done", 0, changed=changed))
    assert told(capsys, *events).splitlines()[-1].startswith(said)
