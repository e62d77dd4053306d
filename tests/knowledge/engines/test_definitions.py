"""Engines as data: what each file must say, and that a further engine is a further file."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from installer.core.machine.facts import MachineFacts
from installer.core.plans.flag import Flag
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines import definitions
from installer.knowledge.engines.launch_reader import read
from installer.knowledge.engines.shipped import flag_history
from installer.models.memory.options import options_of
from installer.preflight.repair.commands import translated
from installer.shell import procedure

FOLDER = Path(definitions.__file__).parent
MADE_UP = """
name: zephyr
title: Zephyr
reader: zephyr
distributions: [zephyr-serve]
without_gpu: []
needs: [torch]
serve: [zephyr, serve]
modules: [zephyr.server]
starters: [Zephyr]
entries: [zephyr.server]
image: (^|/)zephyr(:|@|$)
image_serves: true
port: 7777
grammar_backend: auto
sources: zephyr/quant/
benchmark: [-m, zephyr.bench, "{url}"]
memory: {share_of_free: false, share_holds_activations: false, refuses_long_context: true, extends_context: false}
flags: {model: [--weights], context: [--window], tensor_parallel: [--gpus], fraction: [--share], port: [--port]}
"""


@pytest.fixture
def zephyr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A third engine, which no code has heard of."""
    for file in FOLDER.glob("*.engine.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "zephyr.engine.yaml").write_text(MADE_UP, encoding="utf-8")
    found = definitions.engines(tmp_path)
    definitions.meanings.cache_clear()
    definitions.spellings.cache_clear()
    monkeypatch.setattr(definitions, "engines", lambda: found)
    yield
    definitions.meanings.cache_clear()
    definitions.spellings.cache_clear()


@pytest.mark.parametrize("name", sorted(definitions.engines()))
def test_a_definition_agrees_with_what_its_wheels_say(name: str) -> None:
    engine = definitions.engines()[name]
    known = flag_history(name)
    written = [flag.partition(".")[0] for names in engine.flags.values() for flag in names]
    assert [flag for flag in written if not any(one.startswith(flag) for one in known)] == []
    assert callable(importlib.import_module(f"installer.knowledge.engines.{engine.reader}").facts)
    assert set(engine.without_gpu) <= set(engine.distributions)
    assert engine.modules and engine.entries and 0 < engine.port < 65536


def test_a_definition_that_lacks_something_is_refused() -> None:
    whole = yaml.safe_load(MADE_UP)
    assert definitions.engine_of(whole).title == "Zephyr"
    with pytest.raises(TypeError, match="port"):
        definitions.engine_of({key: value for key, value in whole.items() if key != "port"})


def test_a_third_engine_is_a_file(zephyr: None) -> None:
    assert definitions.engine("zephyr-serve") == definitions.engine("zephyr")
    launch = Launch(10, engine="zephyr", arguments=("--gpus", "2", "--share", "0.5", "--window=4096"), model="m")
    options = options_of(read(launch))
    assert (options.amount("tensor_parallel"), options.share("fraction"), options.amount("context")) == (2, 0.5, 4096)
    flags = tuple(Flag((name,), takes_value=True) for name in ("--model", "--tensor-parallel-size", "--max-model-len"))
    there = translated(launch, EngineFacts("vllm", "0.33.0", "a test", flags=flags))
    assert there.arguments == ("--model", "m", "--tensor-parallel-size", "2", "--max-model-len", "4096")


def test_a_script_that_starts_a_third_engine_is_followed(zephyr: None) -> None:
    script = "zephyr serve --weights org/model --gpus 2\npython -m zephyr.server --weights org/other\n"
    found, _ = procedure(script, "a.sh", MachineFacts("here"))
    assert [(step.engine, step.model) for step in found.steps if isinstance(step, Launch)] == [
        ("zephyr", "org/model"), ("zephyr", "org/other"),
    ]  # fmt: skip


def test_no_branch_of_the_code_asks_for_an_engine_by_its_name() -> None:
    """Names stand in data, in the readers of each engine's wheels, and in recipes."""
    root = FOLDER.parents[2]
    name = re.compile(rf'[=!]= "({"|".join(definitions.engines())})"|"({"|".join(definitions.engines())})" [=!]=')
    found = [
        f"{file.relative_to(root)}:{number}"
        for folder in ("installer", "stages")
        for file in (root / folder).rglob("*.py")
        if file.parent != FOLDER
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if name.search(line)
    ]
    assert found == []
