"""What is wrong with a script itself: the cases of `tests/scripts/findings.yaml`. No finding tells a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.core.machine import loader
from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install
from installer.shell import procedure

CASES = yaml.safe_load((Path(__file__).parent.parent / "scripts" / "findings.yaml").read_text(encoding="utf-8"))


def facts(machine: dict[str, Any] | None) -> MachineFacts:
    return loader.parse(json.dumps({"name": "here", **machine}), "here") if machine else MachineFacts()


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_finds(case: dict[str, Any]) -> None:
    _, findings = procedure(case["script"], "script.sh", facts(case.get("machine")))
    assert [f"{f.line}: {f.code} {f.severity} {f.subject}" for f in findings] == case["expect"]


@pytest.mark.parametrize("case", [case for case in CASES if "hf_" in case["script"]], ids=lambda case: case["what"])
def test_tells_no_secret(case: dict[str, Any]) -> None:
    found, findings = procedure(case["script"], "script.sh", MachineFacts())
    told = " ".join(f"{f.subject} {f.summary} {f.evidence} {f.fix}" for f in findings)
    assert "hf_abc" not in told + " ".join(f"{piece.text} {piece.why}" for piece in found.not_followed)


@pytest.mark.parametrize(
    ("driver", "first"), [("550.54.14", "cu129"), ("580.65.06", "cu132"), ("470.82.01", "cu118"), (None, "")]
)
def test_takes_the_index_that_uv_takes_for_a_driver(driver: str | None, first: str) -> None:
    machine = facts({"driver": {"version": driver}} if driver else None)
    found, _ = procedure("uv pip install --system --torch-backend=auto torch", "script.sh", machine)
    step = found.steps[0]
    assert isinstance(step, Install)
    assert step.sourcing.extra_index_urls[:1] == ((f"https://download.pytorch.org/whl/{first}",) if first else ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set -u\nMODEL=a/b\nvllm serve $MODLE\n", [("blocker", "MODLE", 3)]),
        ("MODEL=a/b\nPORT=80\nvllm serve $MODEL --port $PROT\n", [("warning", "PROT", 3)]),
        # It may come from outside: what it looks like is used itself, exported, or the file that is read sets it.
        ("MODEL=a/b\necho $MODEL\nvllm serve $MODLE\n", []),
        ("export MODEL=a/b\nvllm serve $MODLE\n", []),
        (". ./settings\nMODEL=a/b\nvllm serve $MODLE\n", []),
        ("MODEL=a/b\n: ${MODLE:=c/d}\nvllm serve $MODLE\n", []),
        ("MODEL=a/b python3 -m pip --version\nvllm serve $MODLE\n", []),
    ],
)
def test_a_name_that_nobody_sets_beside_one_that_nobody_uses(text: str, expected: list[tuple[str, str, int]]) -> None:
    _, found = procedure(text, "script.sh", MachineFacts())
    told = [(one.severity, one.subject, one.line) for one in found if "nothing sets" in one.summary]
    assert told == expected
