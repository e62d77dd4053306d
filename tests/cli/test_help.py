"""`--help` names every command once, under the moment that one needs it."""

from __future__ import annotations

import re

from installer.cli.parser import build


def test_every_command_is_listed_once() -> None:
    parser = build()
    commands = next(action for action in parser._actions if action.dest == "command").choices
    text = parser.format_help()
    listed = text[text.index("before you pay:") : text.index("stages:")]
    assert sorted(re.findall(r"^  ([a-z][a-z-]+) ", listed, re.MULTILINE)) == sorted(commands or ())
    assert parser.format_help() == text, "asking twice is asking once"
