"""Scripts put together at random from what scripts are made of: each is followed within its bounds, or refused."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from installer.core.errors import UsageError
from installer.core.machine.facts import MachineFacts
from installer.shell.follow import procedure

WORDS = st.sampled_from([
    "pip", "install", "torch==2.8.0", '"$X"', "$X", "${X:-1}", "${X%%.*}", "${#X}", "${X[@]}", "$(echo a)", "`id`",
    "$((1+2))", "-q", "uv", "vllm", "serve", "python", "-m", "sglang.launch_server", "--tp", "2", "'a b'", "a{1,2}",
    "*", "~", "\\", '"', "'", "!", "export", "X=1", "X+=2", "local", "cd", "/tmp", "source", "x.sh", "exec", "set",
    "-euo", "pipefail", "trap", "exit", "return", "1",
])  # fmt: skip
JOINS = st.sampled_from([
    " ", " ", " ", " ", "\n", "; ", " && ", " || ", " | ", " & ", " > f ", " 2>&1 ", " <<EOF\n", "\nEOF\n",
    "\nif true; then\n", "\nfi\n", "\nfor i in 1 2; do\n", "\nwhile x; do\n", "\ndone\n", "\ncase $X in a)\n",
    ";;\nesac\n", "\nf() {\n", "\n}\n", "(", ")", " # c\n", "\\\n", "\r\n", "[[ $X == 1 ]]", "[ -z $X ]",
])  # fmt: skip
SCRIPTS = st.lists(st.tuples(WORDS, JOINS).map("".join), max_size=25).map("".join)


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(SCRIPTS)
def test_a_script_of_any_shape_is_followed(script: str) -> None:
    try:
        found, findings = procedure(f"#!/bin/bash\n{script}", "start.sh", MachineFacts())
    except UsageError as refused:
        assert str(refused)
        return
    lines = script.count("\n") + 2
    assert all(finding.line is None or 1 <= finding.line <= lines for finding in findings)
    assert all(1 <= step.line <= lines for step in found.steps)
