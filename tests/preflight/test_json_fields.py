"""The fields inside options that take JSON, held against the very release: refused, ignored, or given a wrong value."""

from __future__ import annotations

import pytest

from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.knowledge.engines.shipped import knowledge_engine
from installer.preflight.checks.json_fields import findings

COMPILING, GUESSING = "--compilation-config", "--speculative-config"


def found(version: str, *words: str) -> list[Finding]:
    known = knowledge_engine("vllm", version)
    assert known is not None and known.fields
    return list(findings(Launch(10, 7, engine="vllm", arguments=("org/model", *words), model="org/model"), known))


@pytest.mark.parametrize(
    ("version", "words", "severity", "fix"),
    [
        ("0.20.0", (COMPILING, '{"level": 3}'), "blocker", "Leave level out."),
        ("0.13.0", (COMPILING, '{"cudagraph_mod": "NONE"}'), "blocker", "Write cudagraph_mode instead"),
        ("0.10.2", (COMPILING, '{"levell": 3}'), "warning", "Write level instead of levell."),
        ("0.20.0", ("-cc.pass_config.fuse_norm_kwant=true",), "blocker", "Write fuse_norm_quant instead"),
        ("0.8.5", (GUESSING, '{"method": "ngram", "prompt_lookup": 4}'), "blocker", "Write prompt_lookup_min instead"),
        ("0.20.0", (COMPILING, '{"cudagraph_mode": "FULL_DECODE"}'), "blocker", "Write FULL_DECODE_ONLY."),
        ("0.20.0", ("-cc.cudagraph_num_of_warmups", "some"), "blocker", "a whole number"),
        ("0.20.0", (GUESSING, '{"method": "ngramm"}'), "blocker", "Write ngram."),
    ],
)  # fmt: skip
def test_what_a_release_makes_of_a_field(version: str, words: tuple[str, ...], severity: str, fix: str) -> None:
    (one,) = found(version, *words)
    assert (one.code, one.severity, one.line) == ("flag-value", severity, 7) and fix in one.fix


def test_several_unknown_fields_of_one_option_are_one_finding() -> None:
    (one,) = found("0.20.0", COMPILING, '{"level": 3, "use_cudagraph": true}')
    assert "level, use_cudagraph" in one.summary and "use_cudagraph: " in one.evidence


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.10.2", (COMPILING, '{"pass_config": {"enable_fi_allreduce_fusion": true}, "custom_ops": ["+rms_norm"]}')),
        ("0.10.2", ("-O3",)),
        ("0.11.0", ("-O.level=3",)),
        ("0.20.0", ("-cc.mode", "3", "-cc.cudagraph_mode=full_decode_only", "-cc.cudagraph_capture_sizes+", "8")),
        ("0.20.0", (COMPILING, '{"mode": "vllm_compile", "cudagraph_capture_sizes": [1, 2, 4]}')),
        ("0.20.0", (GUESSING, '{"method": "mtp", "num_speculative_tokens": "2"}')),
        ("0.20.0", (GUESSING, "\0")),
        ("0.20.0", ("--hf-overrides", '{"a": {"b": "c"}}', "--override-generation-config", '{"temperature": 0.5}')),
    ],
)  # fmt: skip
def test_what_a_release_takes_is_quiet(version: str, words: tuple[str, ...]) -> None:
    assert found(version, *words) == []
