"""What the review says about a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from installer.core.errors import DeployError
from installer.core.machine.facts import MachineFacts
from installer.core.machine.meters import Reading
from installer.core.outcomes import Severity
from installer.core.plans.choice import Choice
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.plan import Plan, PlannedStage
from installer.ui.marks import SERVER, SEVERITIES, STATES, VERDICTS, mark
from installer.ui.review_rows import (
    derived_rows,
    error_rows,
    finding_rows,
    machine_words,
    scale_rows,
    stage_rows,
    verdict_rows,
)
from installer.ui.widgets.sheet import Row
from tests.ui.plans import BLOCKERS, blocked_plan, cpu_plan, satisfied_plan
from tests.ui.replay import EIGHT_GPUS, NO_GPU, ONE_GPU, READY, STOPPED


def text(rows: Sequence[Row]) -> str:
    return "\n".join(f"{row.label.plain} {row.value.plain} {row.right}".strip() for row in rows)


def test_the_verdict_comes_first_in_a_symbol_and_a_word() -> None:
    first = {plan: verdict_rows(plan, "", STOPPED, None)[0].label.plain for plan in map(_made, VERDICTS)}
    assert list(first.values()) == ["✓ works", "✗ fails", "? unknown"]


def _made(verdict: str) -> Plan:
    severity = {"works": "warning", "fails": "blocker", "unknown": "probe"}[verdict]
    plan = replace(cpu_plan(), findings=(replace(BLOCKERS[0], severity=Severity(severity)),))
    assert plan.verdict == verdict
    return plan


def test_it_says_what_was_chosen_why_and_what_it_costs() -> None:
    said = text(verdict_rows(cpu_plan(), "Qwen on vLLM", STOPPED, NO_GPU))
    for part in ("qwen2.5-0.5b-cpu  ·  Qwen on vLLM", "because this machine has no GPU", "7 of 10 stages",
                 "118 packages", "1.5 GB to download", "24.9 GB memory", "no GPU"):  # fmt: skip
        assert part in said
    assert "server" not in said


def test_what_others_use_of_a_gpu_is_drawn_as_a_part_of_it() -> None:
    plan = blocked_plan()
    assert plan.memory and plan.memory.gpu_memory_bytes
    whole = plan.memory.gpu_memory_bytes

    def drawn(free: int | None) -> str:
        memory = replace(
            plan.memory or MemoryEstimate(), gpu_free_bytes=free, gpu_weights_bytes=whole // 4, kv_tokens=0
        )
        return next(line for line in text(scale_rows(replace(plan, memory=memory), None)).splitlines() if "GPU" in line)

    assert drawn(whole // 2).startswith("GPU memory ████████████▓▓▓▓▓▓······") and "█ in use 17.1 GB" in drawn(
        whole // 2
    )
    assert "left 8.5 GB of 34.2 GB" in drawn(whole // 2)
    for nobody in (None, whole, whole - (300 << 20)):  # unknown, none, what a driver takes for itself
        assert drawn(nobody).startswith("GPU memory ▓▓▓▓▓▓···") and "in use" not in drawn(nobody)


def test_main_memory_is_drawn_where_the_engine_runs_on_the_processor() -> None:
    memory = MemoryEstimate(weights_bytes=6 << 30, kv_bytes_per_token=1 << 20, kv_tokens=4096, longest_context=1024)

    def drawn(estimate: MemoryEstimate, free: int | None) -> str:
        plan = replace(cpu_plan(), memory=estimate, facts=MachineFacts(memory_mib=24 << 10, memory_free_mib=free))
        return text(scale_rows(plan, None))

    shown = drawn(memory, 16 << 10)
    assert shown.startswith(
        "memory ████████▓▓▓▓▓▓▒▒▒▒······  █ in use 8.6 GB  ▓ weights 6.4 GB  ▒ key-value cache 4.3 GB"
    )
    assert shown.endswith("left 6.4 GB of 25.8 GB  ·  longest context 1,024") and "(4,096 tokens)" in shown
    assert drawn(memory, 24 << 10).startswith("memory ▓▓▓▓▓▓▒▒▒▒····") and "in use" not in drawn(memory, None)
    of_a_gpu = replace(memory, kv_tokens=None, static_fraction=0.9)
    assert drawn(of_a_gpu, 16 << 10).startswith("memory 6.4 GB of weights"), "that of a GPU is not main memory"


def test_everything_in_place_says_so_and_names_the_server() -> None:
    plan = satisfied_plan()
    assert plan.in_place and not cpu_plan().in_place and not blocked_plan().in_place
    assert "✓ ready at http://127.0.0.1:8000" in text(verdict_rows(plan, "", READY, None))
    assert "· stopped" in text(verdict_rows(plan, "", STOPPED, None))
    failed = replace(READY, state="failed", reason="It ran out of memory.")
    assert "✗ failed  ·  It ran out of memory." in text(verdict_rows(plan, "", failed, None))


def test_a_plan_without_pending_stages_that_fails_is_not_in_place() -> None:
    plan = replace(blocked_plan(), stages=(PlannedStage(1, "cuda", "blocked", "no driver"),))
    assert not plan.in_place
    said = text(verdict_rows(plan, "", None, None)).splitlines()
    assert "This fails, for 1 reason" in said[0]
    assert said[2] == f"why {BLOCKERS[0].summary}", "what stands in the way is read without a look at the findings"


def test_findings_are_told_the_gravest_first_with_facts_and_fix() -> None:
    said = text(finding_rows(BLOCKERS))
    assert said.index("✗ blocker") < said.index("? unknown") < said.index("! warning")
    for finding in BLOCKERS:
        assert finding.summary in said and finding.evidence in said and finding.fix in said
        assert f"stage {finding.stage}" in said and finding.code in said


def test_memory_and_the_answer_are_said_with_the_verdict() -> None:
    said = text(verdict_rows(blocked_plan(), "", None, None))
    assert "answer Take sglang 0.5.10: it pins transformers 5.3.0" in said
    assert "memory 4.7 GB of weights; 106,496 bytes per token; 193,741 tokens fit at 0.83; longest" in said
    assert "memory" not in text(verdict_rows(cpu_plan(), "", None, None))


def test_a_stage_shows_its_reason_or_its_changes_and_bytes() -> None:
    rows = stage_rows(cpu_plan(), {3: 75.0})
    assert len(rows) == 10
    assert text(rows[2:3]).endswith("torch 2.13.0+cpu and 1 more 191.0 MB   1:15"), text(rows[2:3])
    assert "no use for FlashInfer" in rows[3].value.plain and "skipped" in rows[3].label.plain


def test_an_error_is_three_sentences() -> None:
    said = text(error_rows(DeployError("What.", "Why [/foo].", "Fix.")))
    assert said.splitlines() == ["✗ stopped What.", "", "why Why [/foo].", "", "what to do Fix."]


def test_the_machine_is_told_as_far_as_it_is_known() -> None:
    assert machine_words(None) == []
    assert machine_words(Reading()) == ["no GPU"]
    assert machine_words(ONE_GPU)[-1] == "NVIDIA A40"
    assert machine_words(EIGHT_GPUS)[-1] == "8 × NVIDIA H100 80GB HBM3"


def test_every_state_differs_in_more_than_colour() -> None:
    for table in (STATES, SEVERITIES, VERDICTS, SERVER):
        words = [look.word for look in table.values()]
        assert len(words) == len(set(words))
    assert mark("melted").word == "melted"


def test_what_was_derived_for_a_model_is_counted_and_each_value_says_why() -> None:
    choices = (
        Choice("server.flags.--max-model-len", 4096, "so many tokens fit [/foo]"),
        Choice("model.revision", "a", ""),
    )
    plan = replace(cpu_plan(), derived=choices)
    shown = [row.value.plain for row in verdict_rows(plan, "t", None, None)]
    assert "1 value from the model and this machine; . says why" in shown
    pairs = [(row.label.plain, row.value.plain) for row in stage_rows(plan, {}, commands=True)]
    assert ("--max-model-len", "4096") in pairs and ("", "so many tokens fit [/foo]") in pairs
    assert derived_rows(cpu_plan()) == []
