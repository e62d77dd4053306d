"""The words of each rank, read by the parser of every release that can spread a model over machines."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.recipes.recipe import PackageSet, PackageStage, Recipe
from installer.core.recipes.topology import Topology
from installer.knowledge.engines import definitions
from installer.knowledge.engines.parser import CommandLine
from installer.knowledge.engines.shipped import knowledge_engine, knowledge_releases
from installer.session import recipes
from stages import ranks
from stages.launching import arguments, launch_spec
from stages.models import ChosenModel

TOPOLOGIES = {
    "layers over nodes": Topology(nodes=2, tensor=8, pipeline=2),
    "each layer over nodes": Topology(nodes=2, tensor=16),
    "four nodes": Topology(nodes=4, tensor=8, pipeline=4),
}
MODULES = {"vllm": "vllm.entrypoints.openai.api_server", "sglang": "sglang.launch_server"}
SINCE = {"vllm": ("0.6.3", "0.11.1"), "sglang": ("0.4.6.post2", "0.4.6.post2")}
"""The first release that is tried, and the first that has ranks of its own. Earlier SGLang knows no --pp-size."""


@cache
def shipped() -> Recipe:
    return recipes.load("minimax-m1-two-nodes")


def recipe(engine: str, version: str, topology: Topology) -> Recipe:
    server = replace(shipped().server, module=MODULES[engine], flags={})
    stage = PackageStage((PackageSet((f"{engine}=={version}",)),))
    return replace(shipped(), engine_name=engine, engine=stage, server=server, topology=topology)


def releases(engine: str) -> list[str]:
    known = [version for version, _ in knowledge_releases(engine)]
    return known[known.index(SINCE[engine][0]) :]


@pytest.mark.parametrize("shape", TOPOLOGIES)
@pytest.mark.parametrize("engine", MODULES)
def test_each_ranks_words_are_read_by_its_release(engine: str, shape: str) -> None:
    tried = releases(engine)
    for version in tried:
        facts = knowledge_engine(engine, version)
        assert facts is not None and facts.flags, version
        for rank in range(TOPOLOGIES[shape].nodes):
            told = recipe(engine, version, TOPOLOGIES[shape].at(rank, "10.0.0.1"))
            uses = CommandLine(facts).read(arguments(told, "/models/m"))
            assert [(use.word, use.problem) for use in uses if use.problem] == [], (version, rank)
            if ranks.way(told).every and "--node-rank" in {use.word for use in uses}:
                assert [use.values for use in uses if use.word == "--node-rank"] == [(str(rank),)]
    assert len(tried) > 40


@pytest.mark.parametrize("engine", MODULES)
def test_replicas_and_whole_experts_are_read_as_well(engine: str) -> None:
    for version in releases(engine)[-30:]:
        facts = knowledge_engine(engine, version)
        assert facts is not None
        told = recipe(engine, version, Topology(nodes=2, tensor=8, data=2, expert=True).at(1, "10.0.0.1"))
        uses = CommandLine(facts).read(arguments(told, "/models/m"))
        assert [(use.word, use.problem) for use in uses if use.problem] == [], version


def test_the_way_is_read_off_the_release() -> None:
    for engine, (_, own) in SINCE.items():
        known = releases(engine)
        for place, version in enumerate(known):
            name = ranks.way(recipe(engine, version, TOPOLOGIES["layers over nodes"])).name
            assert ("own ranks" in name) == (place >= known.index(own)), version


def test_a_release_without_any_way_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot split a model over machines"):
        ranks.way(recipe("sglang", "0.1.12", TOPOLOGIES["layers over nodes"]))


def test_a_follower_of_vllm_is_started_without_a_door_for_clients(tmp_path: Path) -> None:
    model = ChosenModel(tmp_path, False, "here")
    first, second = (
        launch_spec(replace(shipped(), topology=shipped().topology.at(rank, "10.0.0.1")), model, tmp_path)
        for rank in (0, 1)
    )
    assert first.command[1:3] == ("-m", MODULES["vllm"]) and "--headless" not in first.command
    assert (
        second.command[1:3] == (str(ranks.SCRIPTS / "engines/vllm_serve.py"), "serve")
        and "--headless" in second.command
    )
    assert (first.watching.restart, second.watching.restart, second.watching.every_s) == (True, False, 0)


def test_before_its_own_ranks_vllm_meets_in_a_ray_cluster(tmp_path: Path) -> None:
    first, second = (recipe("vllm", "0.9.2", TOPOLOGIES["layers over nodes"].at(rank, "10.0.0.1")) for rank in (0, 1))
    python = tmp_path / "bin/python"
    command = ranks.engine_command(second, python, arguments(second, "/m"))
    assert command[:4] == (str(tmp_path / "bin/ray"), "start", "--address", "10.0.0.1:29500")
    watched = ranks.watched(first, ranks.engine_command(first, python, arguments(first, "/m")), python, {}, tmp_path)
    assert watched[-2:] == ("--distributed-executor-backend", "ray")
    beside = [word.removeprefix("--beside=") for word in watched if word.startswith("--beside=")]
    assert beside[:4] == [str(tmp_path / "bin/ray"), "start", "--head", "--node-ip-address"] and "--block" in beside
    assert [word for word in watched if word.startswith("--ready=")] == [
        f"--ready={python}", f"--ready={ranks.SCRIPTS / 'engines/ray_nodes.py'}", "--ready=2",
    ]  # fmt: skip
    assert "RAY_ADDRESS=10.0.0.1:29500" in watched
    follower = ranks.watched(second, command, python, {}, tmp_path)
    assert [word for word in follower if word.startswith(("--ready=", "--beside="))] == [
        f"--ready={word}" for word in (python, ranks.SCRIPTS / "wait_for_port.py", "10.0.0.1", "29500")
    ]


def test_a_flag_that_says_something_else_is_refused() -> None:
    told = replace(shipped(), server=replace(shipped().server, flags={"--tensor-parallel-size": 4}))
    with pytest.raises(UsageError, match=r"topology\.tensor is 8"):
        arguments(told, "/m")
    agreeing = replace(shipped(), server=replace(shipped().server, flags={"--tensor-parallel-size": 8}))
    assert arguments(agreeing, "/m").count("--tensor-parallel-size") == 1


def test_every_engine_says_how_it_is_spread() -> None:
    for engine in definitions.engines().values():
        assert engine.spread.ways, engine.name
