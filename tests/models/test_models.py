"""Where the facts of a model come from: its own files, a hub, shipped knowledge; and bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import ExitCode, UsageError
from installer.core.machine.facts import MachineFacts
from installer.core.plans.stack import Stack
from installer.core.recipes.recipe import RandomModel
from installer.host.local import LocalHost
from installer.knowledge import tables
from installer.models import load_model, model_facts, of_random
from installer.models.memory.parameters import parameters_of
from installer.models.memory.shape import shape_of
from installer.models.memory.vision import kind_of, layouts
from installer.models.shipped import from_knowledge
from installer.preflight.checks.model import access
from tests.stand_ins.hub import HubModel, StandInHub

MODELS = Path(__file__).parent.parent / "models"
NAME = "some/model"


def test_a_folder() -> None:
    facts = load_model(MODELS / "ministral-both")

    assert facts.architectures == ("Mistral3ForConditionalGeneration",)
    assert (facts.model_type, dict(facts.nested_types)) == (
        "mistral3",
        {"text_config": "ministral3", "vision_config": "pixtral"},
    )
    assert (facts.tokenizer_class, facts.tokenizer_format) == ("TokenizersBackend", "")
    assert (facts.quantization, facts.dtype) == ("fp8", "bfloat16")
    assert facts.formats == ("hf", "mistral")
    assert facts.weight_bytes is None
    assert str(MODELS / "ministral-both") in facts.source


def test_a_config_file_is_read_with_its_neighbours() -> None:
    beside = load_model(MODELS / "ministral-hf" / "config.json")

    assert beside.tokenizer_class == "TokenizersBackend"


def test_a_file_of_another_name_is_read_alone(tmp_path: Path) -> None:
    lone = tmp_path / "my-model.json"
    lone.write_bytes((MODELS / "ministral-both" / "config.json").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "Other"}')

    facts = load_model(lone)

    assert (facts.name, facts.tokenizer_class, facts.formats) == ("my-model", "", ("hf",))


def test_mistrals_own_description() -> None:
    facts = load_model(MODELS / "ministral-native")

    assert facts.architectures == ("PixtralForConditionalGeneration",)
    assert (facts.model_type, facts.tokenizer_format, facts.quantization) == ("", "tekken", "fp8")
    assert facts.formats == ("mistral",)
    assert (facts.config["hidden_size"], facts.config["num_hidden_layers"]) == (3072, 26)


def test_types_nested_in_nested_ones() -> None:
    facts = load_model(MODELS / "omni")

    assert facts.nested_types["thinker_config.text_config"] == "qwen3_omni_moe_text"


@pytest.mark.parametrize(
    ("model", "quantization"),
    [
        ("qwen2.5-3b", ""),
        ("qwen2.5-3b-awq", "awq"),
        ("llama-w8a8", "compressed-tensors"),
        ("llama-nvfp4", "modelopt_fp4"),
    ],
)
def test_the_quantization_of_a_checkpoint(model: str, quantization: str) -> None:
    assert load_model(MODELS / model).quantization == quantization


def test_weights_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    for name, size in {
        "model-00001-of-00002.safetensors": 100, "model-00002-of-00002.safetensors": 50,
        "consolidated.safetensors": 150, "pytorch_model.bin": 151, "adapter_model.safetensors": 7,
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(bytes(size))

    assert load_model(tmp_path).weight_bytes == 150


def test_the_index_tells_the_weights_where_they_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    (tmp_path / "model.safetensors.index.json").write_text('{"metadata": {"total_size": 6171877376}}')

    assert load_model(tmp_path).weight_bytes == 6171877376


@pytest.mark.parametrize(
    ("file", "words"),
    [("not-json.json", "line 2"), ("list.json", "a list"), ("empty.json", "empty"), ("binary.json", "binary"),
     ("nul.json", "binary"), ("no-model.json", "describes no model"), ("wrong-types.json", "architectures"),
     ("deep.json", "too deep"), ("missing.json", "no such file"), ("", "neither a config.json nor")],
)  # fmt: skip
def test_bad_input_is_refused_in_a_sentence(file: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_model(MODELS / "bad" / file)

    assert words in refused.value.why
    assert refused.value.fix
    assert refused.value.exit_code is ExitCode.USAGE


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "config.json").open("wb") as file:
        file.truncate(64 * 2**20)

    with pytest.raises(UsageError) as refused:
        load_model(tmp_path)
    assert "larger than" in refused.value.why


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    files = {path.name: path.read_bytes() for path in (MODELS / "ministral-both").iterdir()}
    files["model.safetensors"] = bytes(1000)
    with StandInHub({NAME: HubModel(files)}) as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield made


def test_the_hub(hub: StandInHub, tmp_path: Path) -> None:
    facts = model_facts(NAME, LocalHost(tmp_path))

    assert facts is not None
    assert facts.source == f"the hub ({hub.url}/{NAME})"
    assert dict(facts.nested_types) == {"text_config": "ministral3", "vision_config": "pixtral"}
    assert facts.tokenizer_class == "TokenizersBackend"
    assert facts.weight_bytes == 1000
    assert facts.formats == ("hf", "mistral")
    assert facts.gated is False
    assert not hub.downloads("model.safetensors")


def test_a_gated_model_without_a_token(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].gated = True

    facts = model_facts(NAME, LocalHost(tmp_path))

    assert facts is not None and facts.gated is True
    assert "gated" in facts.refused and "without a token" in facts.refused
    found = list(access.findings(_stack(), facts, MachineFacts(here=True)))
    assert [(f.code, f.severity) for f in found] == [("credentials", "blocker")]
    assert "HF_TOKEN" in found[0].fix


def test_the_token_is_a_header_and_nothing_else(
    hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.models[NAME] = replace(hub.models[NAME], gated=True, readers=("hf_secret_value",))
    monkeypatch.setenv("HF_TOKEN", "hf_secret_value")

    facts = model_facts(NAME, LocalHost(tmp_path))

    assert facts is not None and not facts.refused
    assert all(asked.authorization == "Bearer hf_secret_value" for asked in hub.asked)
    assert not any("hf_secret" in asked.path for asked in hub.asked)
    assert "hf_secret" not in repr(facts)


def test_a_model_that_the_hub_does_not_have(hub: StandInHub, tmp_path: Path) -> None:
    facts = model_facts("nobody/nothing", LocalHost(tmp_path))

    assert facts is not None
    assert "no such model" in facts.refused


def test_what_the_hub_refuses_is_taken_from_shipped_knowledge(hub: StandInHub, tmp_path: Path) -> None:
    hub.models["meta-llama/Llama-3.1-8B-Instruct"] = HubModel({"config.json": b"{}"}, gated=True)

    facts = model_facts("meta-llama/Llama-3.1-8B-Instruct", LocalHost(tmp_path))

    assert facts is not None
    assert facts.architectures == ("LlamaForCausalLM",)
    assert facts.refused and facts.gated


def test_offline_asks_nobody(hub: StandInHub, tmp_path: Path) -> None:
    assert model_facts(NAME, LocalHost(tmp_path), offline=True) is None
    known = model_facts("qwen/qwen2.5-3b-instruct", LocalHost(tmp_path), offline=True)

    assert known is not None and known.source.startswith("shipped knowledge")
    assert hub.asked == []


def test_a_hub_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    known = model_facts("Qwen/Qwen2.5-3B-Instruct", LocalHost(tmp_path))

    assert known is not None and known.source.startswith("shipped knowledge")
    assert model_facts("some/other", LocalHost(tmp_path)) is None


def test_a_folder_of_this_machine(tmp_path: Path) -> None:
    facts = model_facts(str(MODELS / "qwen2.5-3b"), LocalHost(tmp_path))

    assert facts is not None and facts.model_type == "qwen2"


def test_a_folder_of_another_machine_is_known_by_its_name() -> None:
    facts = from_knowledge("/workspace/models/Ministral-3-3B-Instruct-2512/")

    assert facts is not None
    assert facts.nested_types["text_config"] == "ministral3"
    assert "by its name only" in facts.source


def test_a_derivative_says_so_and_nothing_that_derivatives_change() -> None:
    facts = from_knowledge("somebody/Ministral-3-14B-Instruct-2512-AWQ-4bit")

    assert facts is not None
    assert facts.model_type == "mistral3"
    assert "mistralai/Ministral-3-14B-Instruct-2512" in facts.source and "derivative" in facts.source
    assert (facts.quantization, facts.weight_bytes, facts.tokenizer_class) == ("", None, "")


@pytest.mark.parametrize("name", ["somebody/Qwen2.5-3B-Instruct-GGUF", "Qwen/Qwen2.5-3Bx", "x/y", "Qwen2.5"])
def test_other_names_are_unknown(name: str) -> None:
    assert from_knowledge(name) is None


def test_an_official_quantized_twin() -> None:
    facts = from_knowledge("Qwen/Qwen2.5-7B-Instruct-AWQ")

    assert facts is not None
    assert (facts.quantization, facts.weight_bytes, facts.tokenizer_class) == ("awq", None, "Qwen2Tokenizer")


def _counted() -> list[dict[str, object]]:
    """Those of families whose layers and eyes are counted exactly."""
    return [row for row in tables.table("models")["models"] if "parameters" in row and _exact(row["config"])]


def _exact(config: dict[str, object]) -> bool:
    shape = shape_of(config)
    return shape is not None and shape.known and (not shape.vision or kind_of(shape) in layouts())


@pytest.mark.parametrize("row", _counted(), ids=lambda row: row["repos"][0])
def test_the_numbers_give_the_published_count(row: dict[str, object]) -> None:
    shape = shape_of(row["config"])  # type: ignore[arg-type]

    assert shape is not None
    counted = parameters_of(shape)
    assert counted is not None
    assert counted.total == row["parameters"]


def test_a_stand_in_by_its_recipe() -> None:
    facts = of_random(RandomModel())

    assert facts.architectures == ("Qwen2ForCausalLM",)
    assert json.dumps(dict(facts.config))


def _stack() -> Stack:
    return Stack("3.11", "x86_64-manylinux_2_35", {})
