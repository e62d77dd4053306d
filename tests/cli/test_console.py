"""A run as lines of text, folded from its events."""

from __future__ import annotations

import pytest

from installer.cli.console import Console
from installer.core.runs import events as ev

OUTLINES = (
    ev.StageOutline(7, "engine", "Install the engine", "pending"),
    ev.StageOutline(9, "verification", "Verify the environment", "pending"),
)
FOUND = (
    "ok      files: 3 installed files are present and complete",
    "failed  libraries: 1 shared library cannot be found",
)
CHATTER = (
    "INFO 11-21 [api.py:3] ok: yes",
    "        libnobody.so.7 is needed by engine/_C.so",
    "ok",
    "info about: this",
)


def told(capsys: pytest.CaptureFixture[str], *events: ev.Event) -> str:
    console = Console()
    for event in (ev.RunStarted("r", "recipe", "Title", "/home", 1, "here"), ev.PlanReady(OUTLINES), *events):
        console.show(ev.Entry(0.0, event))
    return capsys.readouterr().err


def started(number: int) -> ev.StageStarted:
    outline = next(outline for outline in OUTLINES if outline.number == number)
    return ev.StageStarted(number, outline.name, outline.title)


def output(number: int, *lines: str) -> list[ev.OutputLine]:
    return [ev.OutputLine(number, line) for line in lines]


def test_the_verification_says_a_line_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, started(9), *output(9, FOUND[0], *CHATTER, FOUND[1])).splitlines()
    assert [line.strip() for line in said[-2:]] == list(FOUND)
    assert len(said) == len(told(capsys, started(9)).splitlines()) + 2


def test_what_other_stages_print_stays_in_their_logs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "files:" not in told(capsys, started(9), started(7), *output(7, *FOUND))


def test_what_was_said_line_by_line_is_not_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    end = ev.StageFinished(9, "verification", "done", "8 checks passed; torch 2.13.0; 512 tokens", 3.0)
    assert told(capsys, started(9), *output(9, *FOUND), end).splitlines()[-1].endswith("done in 3.0 s: 8 checks passed")
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
