"""Parsers for tool calls and thoughts: a name that the release does not have ends its start."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Placed, Stack
from installer.preflight.checks import parsers
from tests.stand_ins.lookups import KnownLookups


@pytest.mark.parametrize(
    ("release", "words", "refused"),
    [
        ("0.8.5", "--reasoning-parser qwen3", ["--reasoning-parser qwen3"]),
        ("0.9.0", "--reasoning-parser qwen3", []),
        ("0.10.1.1", "--enable-auto-tool-choice --tool-call-parser qwen3", ["--tool-call-parser qwen3"]),
        ("0.10.1.1", "--enable-auto-tool-choice --tool-call-parser hermes", []),
        ("0.10.1.1", "--tool-call-parser qwen3", []),
        ("0.10.1.1", "--enable-auto-tool-choice --tool-call-parser mine --tool-parser-plugin mine.py", []),
        ("0.12.0", "--enable-auto-tool-choice --tool-call-parser=hermess", ["--tool-call-parser hermess"]),
        ("99.0", "--reasoning-parser of-a-release-to-come", []),
    ],
)
def test_a_name_that_the_release_does_not_have_is_refused(release: str, words: str, refused: list[str]) -> None:
    launch = Launch(10, 3, engine="vllm", arguments=("org/model", *words.split()))
    stack = Stack("3.12", "x86_64-manylinux_2_35", {"vllm": Placed("vllm", release, 7)}, launch=launch)

    found = list(parsers.check(stack, MachineFacts(), KnownLookups()))

    assert [one.subject for one in found] == refused
    assert all((one.code, one.severity, one.line) == (Code.FLAG_VALUE, Severity.BLOCKER, 3) for one in found)
    assert all("hermes." in one.fix for one in found if "hermess" in one.subject)
