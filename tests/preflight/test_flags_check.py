"""Launches checked by the parser of the release that would start, from shipped knowledge: the seeds' commands first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.flag import Flag
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, ModelFacts, Placed, Stack
from installer.knowledge.engines.shipped import knowledge_engine
from installer.preflight.checks.flags import check

TUNING = """
    --model-path Qwen/Qwen2.5-3B-Instruct --port 8000 --host 0.0.0.0 --context-length 32768 --chunked-prefill-size 8192
    --max-prefill-tokens 16384 --grammar-backend xgrammar --constrained-json-disable-any-whitespace
    --max-running-requests 16 --mem-fraction-static 0.83 --cuda-graph-max-bs 64 --log-level info
"""
"""Of the document on tuning Qwen2.5-3B."""
MINIMAX = """
    --model MiniMaxAI/MiniMax-M1-40k --tensor-parallel-size 8 --trust-remote-code --quantization experts_int8
    --max_model_len 4096 --dtype bfloat16
"""
OBSOLETE = """
    --model-path M --enforce-eager --gpu-memory-utilization 0.9 --enable-chunked-prefill --max-concurrent-tokens 9
"""
TURING = "--model-path M --host 0.0.0.0 --port 5000 --dtype bfloat16 --trust-remote-code --log-level info"
NIGHT = """
    --model-path M --trust-remote-code --mem-fraction-static 0.90 --max-running-requests 64
    --disable-cuda-graph-padding
"""


class Shipped:
    """Looks that know only what is shipped."""

    def __init__(self, facts: EngineFacts | None = None) -> None:
        self._facts = facts

    def engine(self, engine: str, version: str) -> EngineFacts | None:
        return self._facts or knowledge_engine(engine, version)


def assessed(
    engine: str,
    version: str,
    words: str,
    environment: Mapping[str, str] | None = None,
    *,
    lookups: Shipped | None = None,
) -> list[Finding]:
    launch = Launch(10, 7, engine=engine, arguments=tuple(words.split()), environment=environment or {})
    stack = Stack("3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, version, 7)}, launch)
    return list(check(stack, MachineFacts(), lookups or Shipped()))  # type: ignore[arg-type]


def blockers(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in findings if finding.severity == "blocker"]


@pytest.mark.parametrize("version", ["0.4.3.post2", "0.4.8.post1", "0.5.1", "0.5.3"])
def test_the_tuning_command_stops_at_the_whitespace_flag_before_it_came(version: str) -> None:
    assert blockers(assessed("sglang", version, TUNING)) == [
        ("flag-unknown", "--constrained-json-disable-any-whitespace")
    ]


@pytest.mark.parametrize("version", ["0.5.3.post2", "0.5.5", "0.5.7", "0.5.10", "0.5.13", "0.5.15", "0.5.18", "0.5.19"])
def test_the_tuning_command_runs_between(version: str) -> None:
    assert blockers(assessed("sglang", version, TUNING)) == []


@pytest.mark.parametrize("version", ["0.5.20", "0.5.21", "0.5.22", "0.5.23"])
def test_the_tuning_command_is_ambiguous_afterwards(version: str) -> None:
    findings = assessed("sglang", version, TUNING)
    assert blockers(findings) == [("flag-ambiguous", "--cuda-graph-max-bs")]
    assert "--cuda-graph-max-bs-decode" in findings[0].fix
    assert findings[0].line == 7


def test_a_deprecated_flag_is_only_mentioned_with_its_replacement() -> None:
    findings = assessed("sglang", "0.5.15", TUNING)
    assert [(one.severity, one.subject) for one in findings] == [("info", "--cuda-graph-max-bs")]
    assert "--cuda-graph-max-bs-decode" in findings[0].fix


def test_flags_of_vllm_are_unknown_to_sglang_and_what_sglang_calls_them_is_said() -> None:
    """One cause, one finding, however many flags: what no engine ever had is a matter of its own."""
    of_vllm, of_nobody = assessed("sglang", "0.4.8.post1", OBSOLETE)
    assert {of_vllm.code, of_nobody.code} == {"flag-unknown"}
    assert of_vllm.subject == "--enforce-eager, --gpu-memory-utilization, --enable-chunked-prefill"
    assert of_vllm.fix == (
        "Write --disable-cuda-graph instead of --enforce-eager. "
        "Write --mem-fraction-static instead of --gpu-memory-utilization. "
        "Write --chunked-prefill-size N instead of --enable-chunked-prefill."
    )
    assert "these are flags of vllm" in of_vllm.evidence
    assert of_nobody.fix == "Write --max-total-tokens instead of --max-concurrent-tokens."
    assert "no release of sglang has it" in of_nobody.evidence
    (alone,) = assessed("sglang", "0.4.8.post1", "--model-path M --enforce-eager")
    assert "it is a flag of vllm" in alone.evidence


@pytest.mark.parametrize("version", ["0.4.3.post2", "0.5.7", "0.5.23"])
@pytest.mark.parametrize("words", [TURING, NIGHT, "--model-path M --tp 8 --dp 2"])
def test_good_launches_of_sglang_are_quiet(version: str, words: str) -> None:
    assert assessed("sglang", version, words) == []


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("0.4.0", "flag-unknown"),
        ("0.4.3.post2", "flag-unknown"),
        ("0.5.5", "flag-wrong-meaning"),
        ("0.5.6", "flag-wrong-meaning"),
        ("0.5.7", "flag-ambiguous"),
        ("0.5.23", "flag-ambiguous"),
    ],
)
def test_one_removed_flag_is_refused_misread_and_ambiguous_by_turns(version: str, code: str) -> None:
    findings = assessed("sglang", version, "--model-path M --disable-flashinfer")
    assert blockers(findings) == [(code, "--disable-flashinfer")]
    assert "--attention-backend triton --sampling-backend pytorch" in findings[0].fix


@pytest.mark.parametrize("version", ["0.8.3", "0.9.2", "0.12.0", "0.20.0", "0.32.0", "0.33.0"])
def test_the_minimax_command_is_taken_by_every_vllm(version: str) -> None:
    assert blockers(assessed("vllm", version, MINIMAX)) == []


@pytest.mark.parametrize("version", ["0.8.3", "0.28.0", "0.29.0", "0.30.0", "0.31.0", "0.32.0", "0.33.0"])
def test_the_frontends_flags_are_found_wherever_vllm_keeps_them(version: str) -> None:
    assert blockers(assessed("vllm", version, "M --host 0.0.0.0 --port 8000 --api-key k --served-model-name a b")) == []


def test_flags_that_vllm_has_no_more() -> None:
    words = "--model M --swap-space 4 --guided-decoding-backend xgrammar --max-concurrent-tokens 9"
    findings = assessed("vllm", "0.33.0", words)
    assert {one.subject: one.fix for one in findings} == {
        "--swap-space": "Leave --swap-space out.",
        "--guided-decoding-backend": "Write --structured-outputs-config.backend instead of --guided-decoding-backend.",
        "--max-concurrent-tokens": "Write --max-num-batched-tokens instead of --max-concurrent-tokens.",
    }


@pytest.mark.parametrize(
    ("engine", "version", "words", "subject"),
    [
        ("sglang", "0.4.3.post2", "--attention-backend fa3", "--attention-backend fa3"),
        ("sglang", "0.5.7", "--quantization experts_int8", "--quantization experts_int8"),
        ("sglang", "0.5.7", "--tp two", "--tp two"),
        ("sglang", "0.5.7", "--mem-fraction-static --tp 2", "--mem-fraction-static"),
        ("vllm", "0.12.0", "--dtype float8", "--dtype float8"),
        ("vllm", "0.33.0", "--enforce-eager=true", "--enforce-eager true"),
    ],
)
def test_values_that_are_not_allowed(engine: str, version: str, words: str, subject: str) -> None:
    assert blockers(assessed(engine, version, f"--model M {words}")) == [("flag-value", subject)]


def test_a_misspelt_flag_and_a_misspelt_value_get_the_nearest_spelling() -> None:
    findings = assessed("sglang", "0.5.7", "--model-path M --mem_fraction_static 0.8 --attention-backend flashinfr")
    assert [one.fix for one in findings] == [
        "Write --mem-fraction-static instead of --mem_fraction_static.",
        "Write --attention-backend flashinfer.",
    ]


@pytest.mark.parametrize(
    ("version", "variable", "value", "fix"),
    [
        ("0.11.0", "VLLM_USE_V1", "0", "Leave it out"),
        ("0.11.0", "VLLM_USE_V1", "1", ""),
        ("0.10.2", "VLLM_USE_V1", "0", ""),
        ("0.10.2", "VLLM_ATTENTION_BACKEND", "FLASH_INFER", "FLASHINFER"),
        ("0.10.2", "VLLM_ATTENTION_BACKEND", "FLASHINFER", ""),
        ("0.14.0", "VLLM_HTTP_TIMEOUT_KEEP_ALIVE", "5s", "Write a whole number"),
        ("0.14.0", "VLLM_HTTP_TIMEOUT_KEEP_ALIVE", "5", ""),
        ("0.10.2", "VLLM_HTTP_TIMEOUT_KEEP_ALIVE", "5s", ""),
        ("0.14.0", "VLLM_KV_CACHE_LAYOUT", "NDH", "Write NHD or HND"),
    ],
)
def test_values_of_variables_that_end_the_start(version: str, variable: str, value: str, fix: str) -> None:
    found = [one for one in assessed("vllm", version, "--model M", {variable: value}) if one.severity == "blocker"]
    assert [(one.code, one.subject) for one in found] == ([("flag-value", f"{variable}={value}")] if fix else [])
    assert all(fix in one.fix for one in found)


@pytest.mark.parametrize(
    ("engine", "version", "variable", "warned"),
    [
        ("sglang", "0.4.3.post2", "SGLANG_DISABLE_FP8", True),
        ("sglang", "0.5.7", "SGLANG_DISABLE_FP8", True),
        ("sglang", "0.5.7", "SGLANG_PORT", False),
        ("sglang", "0.5.7", "HF_TOKEN", False),
        ("vllm", "0.9.2", "VLLM_USE_V1", False),
        ("vllm", "0.12.0", "VLLM_USE_V1", True),
        ("vllm", "0.9.2", "SAFETENSORS_FAST_GPU", True),
        ("vllm", "0.14.0", "VLLM_ATTENTION_BACKEND", False),
        ("vllm", "0.15.0", "VLLM_ATTENTION_BACKEND", True),
    ],
)
def test_variables_that_nothing_reads(engine: str, version: str, variable: str, warned: bool) -> None:
    findings = [one for one in assessed(engine, version, "--model M", {variable: "1"}) if one.code == "flag-unknown"]
    assert [(one.severity, one.code, one.subject) for one in findings] == (
        [("warning", "flag-unknown", variable)] if warned else []
    )


@pytest.mark.parametrize(
    ("version", "words", "warned"),
    [
        ("0.5.7", "--grammar-backend xgrammar", True),
        ("0.5.7", "", True),
        ("0.5.7", "--grammar-backend outlines", False),
        ("0.4.3.post2", "", False),
    ],
)
def test_the_whitespace_pattern_does_nothing_with_xgrammar(version: str, words: str, warned: bool) -> None:
    findings = assessed("sglang", version, f"--model-path M --constrained-json-whitespace-pattern x {words}")
    assert [(one.severity, one.code) for one in findings] == ([("warning", "flag-wrong-meaning")] if warned else [])


def test_a_flag_that_releases_on_both_sides_have_is_a_question_and_no_blocker() -> None:
    gap = EngineFacts("sglang", "0.5.7", "misread", flags=(Flag(("--model-path",)),))
    findings = assessed("sglang", "0.5.7", "--model-path M --enforce-eager", lookups=Shipped(gap))
    assert blockers(findings) == [("flag-unknown", "--enforce-eager")]
    findings = assessed("sglang", "0.5.7", "--model-path M --page-size 1", lookups=Shipped(gap))
    assert [(one.severity, one.subject) for one in findings] == [("probe", "--page-size")]


def test_a_flag_that_another_package_adds_is_a_question() -> None:
    findings = assessed("sglang", "0.5.21", "--model-path M --metrics-port 9000")
    assert [(one.severity, one.subject) for one in findings] == [("probe", "--metrics-port")]


def test_words_that_could_not_be_worked_out_are_not_judged() -> None:
    assert assessed("sglang", "0.5.7", "--model-path \0 \0 --tp \0 --attention-backend \0") == []


def test_a_release_that_nobody_knows_is_a_question() -> None:
    findings = assessed("sglang", "99.0", TUNING)
    assert [(one.severity, one.code, one.subject) for one in findings] == [("probe", "flag-unknown", "sglang 99.0")]


def test_of_a_release_that_is_not_known_only_what_holds_for_all_is_said() -> None:
    launch = Launch(10, 7, engine="sglang", arguments=("--model-path", "M", "--served-by-elves"))
    found = list(check(Stack("3.12", "x86_64-manylinux_2_35", {}, launch), MachineFacts(), Shipped()))  # type: ignore[arg-type]
    told = [(one.code, one.severity, one.subject) for one in found]
    assert told == [("no-server", "probe", "sglang"), ("flag-unknown", "blocker", "--served-by-elves")]


def test_that_a_release_is_not_known_is_said_also_where_an_image_has_other_packages() -> None:
    launch = Launch(10, 7, engine="sglang", arguments=("--model-path", "org/model"))
    packages = {"torch": Placed("torch", "2.9.1", 1, source="image")}
    stack = Stack("3.12", "x86_64-manylinux_2_35", packages, launch, model=ModelFacts("org/model", "a test"))
    found = list(check(stack, MachineFacts(), Shipped()))  # type: ignore[arg-type]
    assert [(one.code, one.severity) for one in found] == [("no-server", "probe")]
    # Without any package, the check of the model says so.
    assert not list(check(replace(stack, packages={}), MachineFacts(), Shipped()))  # type: ignore[arg-type]


def test_without_a_launch_there_is_nothing_to_say() -> None:
    stack = Stack("3.12", "x86_64-manylinux_2_35", {"sglang": Placed("sglang", "0.5.7", 7)})
    assert list(check(stack, MachineFacts(), Shipped())) == []  # type: ignore[arg-type]
