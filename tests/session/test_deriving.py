"""A recipe out of a model's name: facts of the hub or a folder, the file that is kept, and bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import ExitCode, PredictedError, UsageError
from installer.core.machine.facts import Disk
from installer.core.outcomes import Code
from installer.core.runs.home import Home
from installer.core.runs.model_request import ModelRequest
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session import deriving, recipes
from installer.session.assessing import predicted_findings, supposed
from installer.session.facade import DeploySession
from installer.session.outside_facts import OutsideFacts
from installer.session.planning import Assessed, Locked, Sized, plan
from installer.session.prepare import facts_of, prepare
from installer.session.prepared import Prepared
from tests.stand_ins.hub import HubModel, StandInHub

MACHINES = Path(__file__).parent.parent / "machines"
NAME = "somebody/Tuned-8B"
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256,
    "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "tie_word_embeddings": False,
}  # fmt: skip
TOKENIZER = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": "{{ messages }}"}


def files(**config: object) -> dict[str, bytes]:
    return {
        "config.json": json.dumps({**CONFIG, **config}).encode(),
        "tokenizer_config.json": json.dumps(TOKENIZER).encode(),
        "tokenizer.json": b"{}",
        "model-00001-of-00002.safetensors": bytes(100),
        "model-00002-of-00002.safetensors": bytes(100),
        "original/consolidated.00.pth": bytes(200),
    }


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    with StandInHub({NAME: HubModel(files(), licence="apache-2.0")}) as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield made


def prepared(home: Home, model: str, on: str = "h100", **more: object) -> Prepared:
    wish = ModelRequest(model, **{key: more.pop(key) for key in list(more) if key in ModelRequest.__slots__})  # type: ignore[arg-type]
    request = Request(wish=wish, machine=str(MACHINES / f"{on}.yaml"), **more)  # type: ignore[arg-type]
    return prepare(request, home, LocalHost(home.cache))


def test_a_model_that_only_the_hub_knows(hub: StandInHub, tmp_path: Path) -> None:
    made = prepared(Home(tmp_path), NAME)
    source = made.recipe.model.alternatives[0]

    assert (source.hub, made.recipe.model.served_as) == (NAME, NAME)
    assert "model*.safetensors" in source.include
    assert "original/" in source.exclude
    assert not hub.downloads(".safetensors")
    assert made.recipe.server.flags["--context-length"] == 32768


def test_the_recipe_is_a_file_of_the_home_that_the_engine_process_reads(hub: StandInHub, tmp_path: Path) -> None:
    home = Home(tmp_path)
    made = prepared(home, NAME)

    assert made.request.wish is None
    assert made.request.recipe is not None
    assert Path(made.request.recipe).parent == home.recipes
    assert recipes.load(made.request.recipe) == made.recipe
    assert prepared(home, NAME).request.recipe == made.request.recipe, "the same wish gives the same file"
    assert len(list(home.recipes.iterdir())) == 1


def test_a_file_that_was_changed_is_not_written_over(hub: StandInHub, tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = Path(str(prepared(home, NAME).request.recipe))
    first.write_text(first.read_text() + "# mine\n")

    second = Path(str(prepared(home, NAME).request.recipe))

    assert first.read_text().endswith("# mine\n")
    assert second != first and recipes.load(str(second))


def test_a_value_is_set_as_of_any_recipe(hub: StandInHub, tmp_path: Path) -> None:
    made = prepared(Home(tmp_path), NAME, settings=("server.port=9001", "server.flags.--context-length=4096"))

    assert made.recipe.server.port == 9001
    assert made.recipe.server.flags["--context-length"] == 4096


def test_every_choice_and_its_reason_is_in_the_plan(hub: StandInHub, tmp_path: Path) -> None:
    made = prepared(Home(tmp_path), NAME)
    assert made.derived is not None
    document = plan(Sized(Assessed(Locked(made, None), (), ()), None, ())).to_json()

    told = {one["key"]: one for one in document["derived"]}
    assert told["engine"]["value"] == "sglang==0.5.23"
    assert told["model.hub"]["because"].endswith("its licence: apache-2.0")
    assert told["server.flags.--context-length"]["because"].startswith("the model's own is 131,072")
    assert told["server.flags.--tp-size"]["value"] is None


def test_without_a_chat_template_the_proof_would_fail(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].files["tokenizer_config.json"] = b'{"tokenizer_class": "PreTrainedTokenizerFast"}'

    made = prepared(Home(tmp_path), NAME)

    assert made.derived is not None
    assert [one.severity for one in made.derived.findings] == ["blocker"]
    assert "--chat-template" in made.derived.findings[0].fix


def test_code_of_the_models_own_is_never_allowed_silently(hub: StandInHub, tmp_path: Path) -> None:
    own = {"AutoConfig": "configuration_own.OwnConfig", "AutoModelForCausalLM": "modeling_own.Own"}
    hub.models[NAME].files = files(model_type="own_type", auto_map=own)

    made = prepared(Home(tmp_path), NAME)

    assert "--trust-remote-code" not in made.recipe.server.flags
    assert made.derived is not None
    choice = next(one for one in made.derived.choices if one.key.endswith("--trust-remote-code"))
    assert choice.value is None and "--set server.flags.--trust-remote-code=true" in choice.because
    assert "*.py" in made.recipe.model.alternatives[0].include, "or there would be nothing to read"
    with OutsideFacts(made, LocalHost(made.home.cache)) as outside:
        repair = predicted_findings(None, outside).repair
    assert repair and repair.options == ("--set server.flags.--trust-remote-code=true",), "the answer is the fix"


def test_an_engine_that_needs_no_code_of_the_models_own_is_preferred(hub: StandInHub, tmp_path: Path) -> None:
    """SGLang 0.5.10 would need it for this type; vLLM 0.19 has a class for it."""
    own = {"AutoConfig": "configuration_deepseek.DeepseekV3Config"}
    hub.models[NAME].files = files(architectures=["DeepseekV3ForCausalLM"], model_type="kimi_k2", auto_map=own)

    made = prepared(Home(tmp_path), NAME, "8x-h20")

    assert made.recipe.engine_name == "vllm"


def test_an_architecture_that_no_engine_has(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].files = files(architectures=["OwnForCausalLM"], model_type="own_type")

    with pytest.raises(PredictedError) as refused:
        prepared(Home(tmp_path), NAME)

    assert refused.value.code == "model-unsupported"
    assert "SGLang 0.5.23: " in refused.value.why and "vLLM 0.33.0: " in refused.value.why


def test_an_architecture_of_another_release_names_it(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].files = files(architectures=["MiniMaxM1ForCausalLM"], model_type="minimax_m1")

    with pytest.raises(PredictedError) as refused:
        prepared(Home(tmp_path), NAME)

    assert "These are known to have MiniMaxM1ForCausalLM: vLLM 0.9.2 to 0.23.0" in refused.value.fix


def test_a_gated_model(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].gated = True

    with pytest.raises(PredictedError) as refused:
        prepared(Home(tmp_path), NAME)

    assert refused.value.code == "credentials" and "HF_TOKEN" in refused.value.fix


def test_a_model_that_the_hub_does_not_have(hub: StandInHub, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no model called"):
        prepared(Home(tmp_path), "somebody/Mistyped")


def test_a_repository_of_other_files(hub: StandInHub, tmp_path: Path) -> None:
    hub.models["somebody/Tuned-8B-GGUF"] = HubModel({"Tuned-8B-Q4_K_M.gguf": bytes(10), "README.md": b""})

    with pytest.raises(PredictedError) as refused:
        prepared(Home(tmp_path), "somebody/Tuned-8B-GGUF")

    assert refused.value.code == "model-unsupported" and "gguf" in refused.value.why


def test_a_hub_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(UsageError, match="There is no known model") as refused:
        prepared(Home(tmp_path), NAME)
    assert refused.value.exit_code == ExitCode.USAGE


def test_a_folder_of_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / "My Model"
    folder.mkdir()
    for name, content in files().items():
        if "/" not in name:
            (folder / name).write_bytes(content)

    made = prepared(Home(tmp_path / "home"), str(folder), offline=True)

    assert made.recipe.model.alternatives[0].path == str(folder)
    assert (made.recipe.name, made.recipe.model.served_as) == ("my-model", "My-Model")
    assert made.recipe.requirements.disk_mib is not None
    assert made.recipe.requirements.disk_mib < 20_000, "the packages alone: the model is already there"


def test_the_weights_of_a_folder_take_no_disk(tmp_path: Path) -> None:
    """64 GB of disk hold the packages; the 141 GB of weights lie in the folder already."""
    folder = tmp_path / "Large-70B"
    folder.mkdir()
    config = {
        **CONFIG,
        "hidden_size": 8192,
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "intermediate_size": 28672,
    }
    (folder / "config.json").write_text(json.dumps(config))
    home = Home(tmp_path / "home")

    made = prepared(home, str(folder), "h100", offline=True)
    small = replace(made.facts, disks=(Disk("/", 61440),))
    with OutsideFacts(replace(made, facts=small), LocalHost(home.cache)) as outside:
        assert not [one for one in supposed(outside) if one.code == Code.DISK]


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read as a model"):
        prepared(Home(tmp_path), str(tmp_path))


def test_a_config_in_place_of_the_hub(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CONFIG))

    made = prepared(Home(tmp_path), NAME, offline=True, model_config=str(config))

    assert made.recipe.model.alternatives[0].hub == NAME


def test_an_engine_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no engine named "):
        prepared(Home(tmp_path), "Qwen/Qwen3-8B", offline=True, engine="tgi")


def test_a_day_before_the_release(tmp_path: Path) -> None:
    made = prepared(Home(tmp_path), "Qwen/Qwen3-8B", offline=True, as_of="2026-05-01", engine="vllm")

    assert made.recipe.engine.alternatives[0].requires == ("vllm==0.19.0",)


def test_gpus_that_others_hold_change_no_recipe(tmp_path: Path) -> None:
    home, wish = Home(tmp_path), ModelRequest("Qwen/Qwen3-8B")
    request = Request(wish=wish, machine=str(MACHINES / "h200-held.yaml"), offline=True)
    host = LocalHost(home.cache)
    held = facts_of(request, home)

    assert any(gpu.free_mib for gpu in held.gpus or ())
    assert "--mem-fraction-static" not in {
        one.key for one in deriving.derived(request, home, host, held).choices if one.value is not None
    }


def test_on_the_screen_another_recipe_takes_its_place(tmp_path: Path) -> None:
    request = Request(wish=ModelRequest("Qwen/Qwen3-8B"), machine=str(MACHINES / "h100.yaml"), offline=True)
    screen = DeploySession(request, Home(tmp_path))

    first = screen.plan()
    assert first.recipe == "qwen3-8b" and first.because.startswith("it was derived for Qwen/Qwen3-8B; ")

    screen.select("qwen2.5-3b-vllm", None, ())
    assert screen.plan().recipe == "qwen2.5-3b-vllm"
