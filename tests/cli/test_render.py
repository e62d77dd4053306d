"""How a plan reads on the command line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.cli.render import report_lines
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.procedure import NotFollowed
from tests.ui.plans import blocked_plan, cpu_plan, satisfied_plan

AUDITED = replace(
    blocked_plan(), script="start.sh", profile=None, repair=None, stages=(),
    findings=(
        Finding(code=Code.SHELL_DEFECT, severity=Severity.BLOCKER, stage=3, subject="pip", summary="A redirection "
        "eats the version.", evidence="`>=1.26` is one.", fix="Quote it.",
                line=41),
    ),
    not_followed=(NotFollowed(12, 'eval "$COMMAND"', "what it runs is put together while the script runs"),),
)  # fmt: skip


def text(plan: Plan, width: int = 80) -> str:
    return "\n".join(report_lines(plan, width))


@pytest.mark.parametrize("width", [40, 72, 80, 120])
@pytest.mark.parametrize("plan", [blocked_plan(), cpu_plan(), satisfied_plan(), AUDITED], ids=["0", "1", "2", "3"])
def test_no_line_is_wider_than_the_page_nor_coloured(plan: Plan, width: int) -> None:
    for line in report_lines(plan, width):
        assert "\x1b" not in line and line == line.rstrip()
        assert len(line) <= width or len(line.split()) == 1, "only a word that would have to be cut is longer"


def test_the_verdict_comes_first_with_recipe_model_and_machine() -> None:
    said = " ".join(text(blocked_plan()).split())
    assert said.startswith(
        "This fails, for 1 reason: the recipe ministral-3b-sglang (profile prod-balanced), serving "
        "mistralai/Ministral-3-3B-Instruct-2512, on rtx5090-pod. answer Take sglang 0.5.10"
    )
    assert text(cpu_plan()).startswith("This works, as far as can be known: the recipe qwen2.5-0.5b-cpu")
    probe = replace(blocked_plan(), findings=blocked_plan().findings[2:])
    assert text(probe).startswith("Whether this works is not known, for 1 open question")


def test_findings_come_in_order_of_stage_each_with_code_facts_and_fix() -> None:
    said = " ".join(text(blocked_plan(), 120).split())
    order = [said.index(part) for part in ("[gpu-arch, stage 4 flashinfer]", "model-type-unknown", "[memory, stage 10")]
    assert order == sorted(order)
    for finding in blocked_plan().findings:
        for sentence in (finding.summary, finding.evidence, finding.fix):
            assert sentence in said


def test_a_fix_that_is_the_answer_is_not_said_twice() -> None:
    plan = blocked_plan()
    assert plan.repair is not None
    same = replace(plan, repair=replace(plan.repair, sentence=plan.findings[0].fix))
    assert text(same, 120).count(plan.findings[0].fix) == 1


def test_the_sums_stand_at_the_end() -> None:
    said = text(blocked_plan(), 120)
    assert "to do    171 packages, 873.0 MB to download." in said
    assert "memory   4.7 GB of weights; 106,496 bytes per token; 193,741 tokens fit at 0.83; longest context" in said
    assert text(satisfied_plan()).splitlines()[-2] == "to do    118 packages, nothing to download."


def test_a_script_has_line_numbers_and_what_was_not_followed() -> None:
    said = text(AUDITED)
    assert said.startswith("This fails, for 1 reason: the script start.sh, serving")
    assert "[shell-defect, stage 3, line 41]" in " ".join(said.split())
    assert 'line 12  eval "$COMMAND": what it runs is put together' in said


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    plan = replace(cpu_plan(), stages=(PlannedStage(1, "cuda", "blocked", "red \x1b[31m and\nup\x1b[A"),))
    assert "\x1b" not in text(plan) and " 1 cuda         blocked   red  and up" in text(plan)


def test_colours_are_the_painters() -> None:
    lines = report_lines(blocked_plan(), paint=lambda words, colour: f"<{colour}>{words}</>")
    assert lines[0].startswith("<red>This fails") and any(line.startswith("<yellow>warning</>") for line in lines)


def test_facts_that_nobody_would_read_are_cut() -> None:
    plan = blocked_plan()
    long = replace(plan, findings=(replace(plan.findings[0], evidence="a name, " * 400),))
    lines = text(long).splitlines()
    assert len(lines) < len(text(plan).splitlines()) + 4 and any(line.endswith(" …") for line in lines)
