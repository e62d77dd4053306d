"""A line in another file: a number to everyone, and a place to who asks for it."""

from __future__ import annotations

import json

from installer.core.outcomes import Code, Severity
from installer.core.plans import sentences
from installer.core.plans.plan import Finding
from installer.core.plans.script_line import ScriptLine, file_of, own_line


def test_it_is_the_number_of_the_script_and_prints_where_it_stands() -> None:
    line = ScriptLine(5, "env.sh", 3)
    assert (f"line {line}", json.dumps({"line": line}), [*map(int, sorted([7, line, 2]))]) == (
        "line env.sh:3",
        '{"line": 5}',
        [2, 5, 7],
    )
    assert line == ScriptLine(5, "env.sh", 3) != ScriptLine(5, "env.sh", 4)
    assert (file_of(5), own_line(None)) == (None, None)


def test_a_finding_says_the_file_and_its_line_in_text_and_json() -> None:
    found = Finding(
        code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=7, subject="x", summary="S.",
        line=ScriptLine(5, "env.sh", 3),
    )  # fmt: skip
    told = json.loads(json.dumps(found.located().to_json()))
    assert (told["line"], told["file"], told["file_line"]) == (5, "env.sh", 3)
    assert sentences.place(found.located()).endswith(", env.sh line 3")
    own = Finding(code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=7, subject="x", summary="S.", line=5)
    assert (own.located().to_json()["file"], sentences.place(own.located()).endswith(", line 5")) == (None, True)
