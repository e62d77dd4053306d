"""The grammar, whole and as far as one command needs it."""

from __future__ import annotations

import argparse

import pytest

from installer.cli.parser import build


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    action = next(action for action in parser._actions if action.dest == "command")
    return dict(action.choices or {})  # type: ignore[call-overload]


@pytest.mark.parametrize("name", sorted(commands(build())))
def test_a_command_by_itself_is_the_same_as_among_all(name: str) -> None:
    alone = commands(build(name))
    assert alone[name].format_help() == commands(build())[name].format_help()
    assert name in ("plan", "audit") or "plan" not in alone, "the others are left out"


@pytest.mark.parametrize("first", ["", "--stage", "--home", "no-such-command"])
def test_anything_else_first_may_be_followed_by_every_command(first: str) -> None:
    assert set(commands(build(first))) == set(commands(build()))


def test_a_wrong_word_is_told_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build("servr").parse_args(["servr"])
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert [name for name in commands(build()) if name not in told] == []


@pytest.mark.parametrize(
    "line",
    [
        "cancel", "rollback", "rollback --to 2", "runs delete --run X", "runs delete --generation 1", "ticket",
        "server start", "server stop", "server restart", "server upgrade --to 1", "server tune", "server install",
        "server connect curl", "fleet f.yaml up", "fleet f.yaml rollback", "fleet f.yaml down", "--stage all",
    ],
)  # fmt: skip
def test_what_changes_something_accepts_yes_whether_it_would_ask_or_not(line: str) -> None:
    words = line.split()
    for one in ("--yes", "-y"):
        assert build(words[0]).parse_args([*words, one]).yes is True
