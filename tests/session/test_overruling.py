"""What somebody overrules by name: a warning that says so instead of a blocker, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from installer.cli import main
from installer.core.errors import UsageError
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.session.overruling import checked, overruled

MACHINES = Path(__file__).parents[1] / "machines"


def finding(code: Code, severity: Severity) -> Finding:
    return Finding(code=code, severity=severity, stage=10, subject="x", summary="It is too large.", fix="Take less.")


def test_only_blockers_of_that_code_become_warnings() -> None:
    found = [
        finding(Code.MEMORY, Severity.BLOCKER),
        finding(Code.MEMORY, Severity.PROBE),
        finding(Code.DISK, Severity.BLOCKER),
    ]

    first, *others = overruled(found, ("memory",))

    assert (first.severity, first.summary) == ("warning", "Overruled by --overrule memory: It is too large.")
    assert first.fix == "Take less."
    assert others == found[1:]
    assert overruled(found, ()) == found


@pytest.mark.parametrize("code", ["memroy", "dependency-conflict", "port", ""])
def test_what_cannot_be_overruled_is_refused(code: str) -> None:
    with pytest.raises(UsageError, match="cannot be overruled"):
        checked([code])


def plan(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    where = ("--machine", str(MACHINES / "h100.yaml"), "--offline", "--home", str(home), "--json")
    code = main(
        ["plan", "--recipe", "qwen2.5-3b-vllm-cuda12", "--set", "server.flags.--max-model-len=900000", *where, *words]
    )
    return code, json.loads(capsys.readouterr().out)


def test_the_plan_shows_it_and_no_longer_fails_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, before = plan(capsys, tmp_path)
    blockers = {one["code"] for one in before["findings"] if one["severity"] == "blocker"}
    assert code == 3
    assert "flag-value" in blockers

    _, after = plan(capsys, tmp_path, *(word for name in sorted(blockers) for word in ("--overrule", name)))

    assert after["verdict"] != "fails"
    told = [one for one in after["findings"] if one["summary"].startswith("Overruled by --overrule ")]
    assert {one["code"] for one in told} == blockers
    assert {one["severity"] for one in told} == {"warning"}
