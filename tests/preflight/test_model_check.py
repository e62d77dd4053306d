"""The check of models: model folders as files, against what shipped knowledge says of real releases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, Placed, Release, Stack, TransformersFacts, WheelFacts
from installer.host.local import LocalHost
from installer.knowledge.engines.shipped import knowledge_engine, knowledge_transformers
from installer.models import load_model
from installer.models.lookup import model_facts
from installer.models.shipped import from_knowledge
from installer.preflight.checks.model.verdict import check

MODELS = Path(__file__).parent.parent / "models"
A40 = MachineFacts(gpus=(Gpu("NVIDIA A40", "8.6", 46068),))
H100 = MachineFacts(gpus=(Gpu("NVIDIA H100 80GB HBM3", "9.0", 81559),))
T4 = MachineFacts(gpus=(Gpu("Tesla T4", "7.5", 15360),))
THREE = ("--tokenizer_mode", "mistral", "--config_format", "mistral", "--load_format", "mistral")


class Shipped:
    """Looks at shipped knowledge only."""

    def wheel(self, package: Placed) -> WheelFacts | None:
        return None

    def engine(self, engine: str, version: str) -> EngineFacts | None:
        return knowledge_engine(engine, version)

    def transformers(self, version: str) -> TransformersFacts | None:
        return knowledge_transformers(version)

    def releases(self, package: str) -> tuple[Release, ...]:
        return ()


def assessed(
    model: str, engine: str, transformers: str, *flags: str, facts: MachineFacts = H100, mistral: str = "1.9.0"
) -> list[Finding]:
    name, _, version = engine.partition("==")
    packages = {name: Placed(name, version, 7), "transformers": Placed("transformers", transformers, 5)}
    if mistral:
        packages["mistral-common"] = Placed("mistral-common", mistral, 6)
    launch = Launch(10, 42, engine=name, arguments=("--model", "m", *flags), model="m")
    stack = Stack("3.11", "x86_64-manylinux_2_35", packages, launch, load_model(MODELS / model))
    return list(check(stack, facts, Shipped()))


def blockers(*case: str, facts: MachineFacts = H100, mistral: str = "1.9.0") -> list[str]:
    found = assessed(*case, facts=facts, mistral=mistral)
    return [finding.code for finding in found if finding.severity == "blocker"]


@pytest.mark.parametrize("sglang", ["0.5.7", "0.5.8", "0.5.9"])
def test_the_night(sglang: str) -> None:
    found = assessed("ministral-hf", f"sglang=={sglang}", "4.57.1", facts=A40, mistral="")

    assert [f.code for f in found if f.severity == "blocker"] == ["model-type-unknown", "tokenizer-unsupported"]
    of_type = found[0]
    assert "`ministral3`" in of_type.summary and "nested" in of_type.summary
    assert "text_config.model_type is ministral3" in of_type.evidence
    assert "SGLang 0.5.10 or newer" in of_type.fix and "vLLM 0.12.0" in of_type.fix
    assert of_type.line == 42
    assert "config.json of" in of_type.source


def test_the_repair_of_the_night_is_quiet() -> None:
    assert blockers("ministral-hf", "sglang==0.5.10", "5.3.0") == []
    assert assessed("ministral-hf", "sglang==0.5.10", "5.3.0") == []


def test_only_transformers_raised_under_the_old_engine_parses_it() -> None:
    assert blockers("ministral-hf", "sglang==0.5.7", "5.0.0") == []


def test_the_engine_before_it_listed_the_architecture() -> None:
    found = blockers("ministral-hf", "sglang==0.4.3.post2", "4.48.3", mistral="")

    assert found == ["model-unsupported", "model-type-unknown", "tokenizer-unsupported"]


def test_vllm_in_mistrals_own_formats_needs_no_transformers_for_it() -> None:
    assert assessed("ministral-hf", "vllm==0.12.0", "4.57.1", *THREE) == []
    assert "model-type-unknown" in blockers("ministral-hf", "vllm==0.12.0", "4.57.1")


def test_vllm_takes_mistrals_own_files_by_itself_from_0_12_on() -> None:
    assert blockers("ministral-both", "vllm==0.12.0", "4.57.1") == []
    assert "model-type-unknown" in blockers("ministral-both", "vllm==0.11.0", "4.57.1")
    assert "model-type-unknown" in blockers("ministral-both", "vllm==0.12.0", "4.57.1", "--config-format", "hf")


def test_an_older_vllm_in_mistrals_own_format_is_an_open_question() -> None:
    found = assessed("ministral-both", "vllm==0.11.0", "4.57.1", *THREE)

    assert [(f.code, f.severity) for f in found] == [("model-unsupported", "probe")]


def test_words_that_were_not_worked_out_may_hold_the_flags() -> None:
    found = assessed("ministral-hf", "vllm==0.12.0", "4.57.1", "--enforce-eager", "--port", "\0", "\0")

    assert [(f.code, f.severity) for f in found] == [
        ("model-type-unknown", "probe"),
        ("tokenizer-unsupported", "probe"),
    ]
    assert "model-type-unknown" in blockers("ministral-hf", "vllm==0.12.0", "4.57.1", "--port", "\0")


def test_mistrals_own_tokenizer_needs_its_package() -> None:
    found = assessed("ministral-hf", "vllm==0.12.0", "4.57.1", *THREE, mistral="")

    assert [f.code for f in found] == ["tokenizer-unsupported"]
    assert "mistral-common" in found[0].fix


def test_a_folder_with_mistrals_own_files_only() -> None:
    assert blockers("ministral-native", "vllm==0.12.0", "4.57.1") == []
    assert blockers("ministral-native", "sglang==0.5.7", "4.57.1", mistral="") == ["tokenizer-unsupported"]


@pytest.mark.parametrize(("vllm", "transformers"), [("0.8.3", "4.51.1"), ("0.9.1", "4.52.4"), ("0.24.0", "5.5.3")])
def test_minimax_m1_outside_its_releases(vllm: str, transformers: str) -> None:
    found = assessed("minimax-m1", f"vllm=={vllm}", transformers, "--trust-remote-code")

    assert [f.code for f in found if f.severity == "blocker"] == ["model-unsupported"]
    assert "vLLM 0.9.2 to 0.23.0" in found[0].fix
    assert ("0.23.0 was the last" in found[0].summary) == (vllm == "0.24.0")


def test_minimax_m1_inside_its_releases() -> None:
    assert (
        assessed("minimax-m1", "vllm==0.9.2", "4.52.4", "--trust-remote-code", "--quantization", "experts_int8") == []
    )


def test_minimax_m1_without_its_own_code() -> None:
    found = assessed("minimax-m1", "vllm==0.9.2", "4.52.4")

    assert [f.code for f in found] == ["model-type-unknown"]
    assert "--trust-remote-code" in found[0].fix


def test_sglang_never_had_minimax_m1() -> None:
    assert "model-unsupported" in blockers("minimax-m1", "sglang==0.5.7", "4.57.1", "--trust-remote-code")


@pytest.mark.parametrize(
    ("engine", "transformers"),
    [("sglang==0.4.3.post2", "4.48.3"), ("sglang==0.4.8.post1", "4.52.3"), ("sglang==0.5.7", "4.57.1"),
     ("sglang==0.5.10", "5.3.0"), ("sglang==0.5.17", "5.12.1"), ("sglang==0.5.23", "5.19.0"),
     ("vllm==0.8.3", "4.51.1"), ("vllm==0.9.2", "4.52.4"), ("vllm==0.12.0", "4.57.1"), ("vllm==0.20.0", "4.57.6"),
     ("vllm==0.33.0", "5.19.0")],
)  # fmt: skip
@pytest.mark.parametrize("facts", [A40, H100, T4])
def test_qwen_is_quiet_everywhere(engine: str, transformers: str, facts: MachineFacts) -> None:
    assert assessed("qwen2.5-3b", engine, transformers, "--dtype", "half", facts=facts) == []


def test_a_checkpoint_saved_by_transformers_5() -> None:
    assert blockers("qwen2.5-3b-saved-by-v5", "sglang==0.5.7", "4.57.1") == ["tokenizer-unsupported"]
    assert blockers("qwen2.5-3b-saved-by-v5", "sglang==0.5.10", "5.3.0") == []


def test_nested_types_that_only_their_own_class_states() -> None:
    assert blockers("omni", "vllm==0.12.0", "4.57.1") == []


def test_a_model_with_code_of_its_own() -> None:
    assert blockers("own-code", "vllm==0.9.2", "4.52.4", "--trust-remote-code") == []
    assert blockers("own-code", "vllm==0.9.2", "4.52.4") == ["model-type-unknown"]


def test_code_for_something_else_does_not_help_to_read_the_configuration(tmp_path: Path) -> None:
    config = json.loads((MODELS / "own-code" / "config.json").read_text())
    config["auto_map"] = {"AutoTokenizer": ["tokenization_qwen.QWenTokenizer", None]}
    (tmp_path / "config.json").write_text(json.dumps(config))

    found = assessed(str(tmp_path), "vllm==0.9.2", "4.52.4")

    assert [one.code for one in found] == ["model-type-unknown"]
    assert "trust-remote-code" not in found[0].fix


@pytest.mark.parametrize(
    ("engine", "transformers", "severity"),
    [("vllm==0.19.0", "4.57.6", "blocker"), ("sglang==0.5.23", "5.19.0", "probe")],
)
def test_a_tokenizer_with_code_of_its_own(engine: str, transformers: str, severity: str, tmp_path: Path) -> None:
    """Transformers 5 puts a general class in its place, of which it is not known whether it reads it."""
    config = json.loads((MODELS / "qwen2.5-3b" / "config.json").read_text())
    own = {"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.OwnTokenizer", None]}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(own))

    found = assessed(str(tmp_path), engine, transformers)

    assert [(one.code, one.severity) for one in found] == [("tokenizer-unsupported", severity)]
    assert found[0].fix.startswith("Add --trust-remote-code")
    assert assessed(str(tmp_path), engine, transformers, "--trust-remote-code") == []


def test_fp8_on_ampere_is_unpacked() -> None:
    found = assessed("llama-w8a8", "vllm==0.12.0", "4.57.1", facts=A40)

    assert [(f.code, f.severity) for f in found] == [("gpu-arch", "warning")]
    assert "NVIDIA A40 has 8.6" in found[0].evidence


def test_fp8_on_turing_is_refused_until_vllm_had_kernels_for_it() -> None:
    assert blockers("llama-w8a8", "vllm==0.12.0", "4.57.1", facts=T4) == ["gpu-arch"]
    assert blockers("llama-w8a8", "vllm==0.20.0", "4.57.6", facts=T4) == []


def test_nvfp4_below_blackwell() -> None:
    assert blockers("llama-nvfp4", "sglang==0.5.7", "4.57.1", facts=H100) == ["gpu-arch"]
    assert blockers("llama-nvfp4", "vllm==0.12.0", "4.57.1", facts=H100) == []
    assert [f.severity for f in assessed("llama-nvfp4", "vllm==0.12.0", "4.57.1", facts=H100)] == ["warning"]


def test_awq_on_turing() -> None:
    assert assessed("qwen2.5-3b-awq", "vllm==0.12.0", "4.57.1", facts=T4) == []


@pytest.mark.parametrize(
    ("model", "flag", "codes"),
    [("qwen2.5-3b", "awq", ["flag-value"]), ("qwen2.5-3b", "fp8", []), ("qwen2.5-3b-awq", "gptq", ["flag-value"]),
     ("qwen2.5-3b-awq", "awq_marlin", []), ("qwen2.5-3b-awq", "awq", [])],
)  # fmt: skip
def test_a_quantization_flag_against_the_checkpoint(model: str, flag: str, codes: list[str]) -> None:
    assert blockers(model, "vllm==0.12.0", "4.57.1", "--quantization", flag) == codes


def test_whether_a_branch_of_its_own_is_quantized_is_not_known(tmp_path: Path) -> None:
    model = model_facts("Qwen/Qwen2.5-7B-Instruct", LocalHost(tmp_path), offline=True, revision="awq-4bit")
    placed = {"vllm": Placed("vllm", "0.12.0", 7), "transformers": Placed("transformers", "4.57.1", 5)}
    launch = Launch(10, engine="vllm", model="m", arguments=("--quantization", "awq"))
    stack = Stack("3.11", "x86_64-manylinux_2_35", placed, launch, model)

    assert model is not None and model.config
    assert [found.code for found in check(stack, H100, Shipped()) if found.severity == "blocker"] == []


@pytest.mark.parametrize(
    ("vllm", "flags", "codes"),
    [("0.8.3", (), ["gpu-arch"]), ("0.8.3", ("--dtype", "half"), []), ("0.9.2", (), []),
     ("0.9.2", ("--dtype", "bfloat16"), ["gpu-arch"]), ("0.9.2", ("--dtype=auto",), [])],
)  # fmt: skip
def test_bfloat16_on_turing(vllm: str, flags: tuple[str, ...], codes: list[str]) -> None:
    assert blockers("qwen2.5-3b", f"vllm=={vllm}", "4.52.4", *flags, facts=T4) == codes
    assert blockers("qwen2.5-3b", f"vllm=={vllm}", "4.52.4", *flags, facts=A40) == []


def test_a_release_that_nothing_is_known_of_is_a_probe() -> None:
    found = assessed("qwen2.5-3b", "sglang==99.0", "4.57.1")

    assert {(f.code, f.severity) for f in found} == {("model-unsupported", "probe")}
    found = assessed("qwen2.5-3b", "sglang==0.5.7", "99.0")
    assert {(f.code, f.severity) for f in found} == {("model-type-unknown", "probe")}


def test_a_model_that_nothing_is_known_of_is_a_probe() -> None:
    launch = Launch(10, engine="sglang", arguments=("--model-path", "me/mine"), model="me/mine")
    stack = Stack("3.11", "x86_64-manylinux_2_35", {"sglang": Placed("sglang", "0.5.7", 7)}, launch)

    found = list(check(stack, H100, Shipped()))

    assert [(f.code, f.severity) for f in found] == [("model-unsupported", "probe")]
    assert "me/mine" in found[0].subject


def test_a_stack_that_starts_nothing_asks_for_no_model() -> None:
    stack = Stack("3.11", "x86_64-manylinux_2_35", {"torch": Placed("torch", "2.9.1", 3)})

    assert list(check(stack, H100, Shipped())) == []


@pytest.mark.parametrize(("words", "severity"), [(("--trust-remote-code",), "probe"), ((), "blocker")])
def test_a_model_known_by_its_name_alone_may_bring_its_own_configuration(words: tuple[str, ...], severity: str) -> None:
    known = from_knowledge("MiniMaxAI/MiniMax-M1-80k-Custom")
    assert known is not None and known.derived
    plain = replace(known, needs_remote_code=False, config={"model_type": "minimax_m99"}, model_type="minimax_m99")
    packages = {name: Placed(name, v, 7) for name, v in (("vllm", "0.13.0"), ("transformers", "4.57.3"))}
    launch = Launch(10, 3, engine="vllm", arguments=("org/model", *words), model="org/model")
    stack = Stack("3.12", "x86_64-manylinux_2_35", packages, launch=launch, model=plain)

    found = [one for one in check(stack, H100, Shipped()) if one.code == "model-type-unknown"]

    assert [one.severity for one in found] == [severity]


@pytest.mark.parametrize(
    ("name", "told"), [("meta-llama/Llama-3.1-8B-Instruct", 1), ("/data/Llama-3.1-8B-Instruct", 0)]
)
def test_only_a_model_that_has_to_be_fetched_needs_access(name: str, told: int) -> None:
    known = from_knowledge("meta-llama/Llama-3.1-8B-Instruct")
    assert known is not None and known.gated
    launch = Launch(10, 3, engine="vllm", arguments=(name,), model=name)
    stack = Stack("3.12", "x86_64-manylinux_2_35", {}, launch=launch, model=replace(known, name=name))
    assert len([one for one in check(stack, H100, Shipped()) if one.code == "credentials"]) == told


@pytest.mark.parametrize(
    ("engine", "flags", "severity"),
    [
        (("vllm", "0.11.0"), (), "probe"),
        (("vllm", "0.11.0"), THREE, None),
        (("vllm", "0.13.0"), (), None),
        (("sglang", "0.5.4"), (), "probe"),
    ],
)
def test_a_tokenizer_of_mistrals_own_that_shipped_knowledge_names(
    engine: tuple[str, str], flags: tuple[str, ...], severity: str | None
) -> None:
    packages = {
        name: Placed(name, version, 5)
        for name, version in (engine, ("transformers", "4.57.1"), ("mistral-common", "1.9.0"))
    }
    launch = Launch(10, 42, engine=engine[0], arguments=("--model", "m", *flags), model="m")
    model = from_knowledge("mistralai/Devstral-Small-2507")
    found = check(Stack("3.11", "x86_64-manylinux_2_35", packages, launch, model), H100, Shipped())
    assert [one.severity for one in found if one.code == "tokenizer-unsupported"] == ([severity] if severity else [])
