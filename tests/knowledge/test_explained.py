"""Every parameter that the tuning document explains is explained here, and its scenarios are profiles."""

from __future__ import annotations

import pytest

from installer.cli import main
from installer.knowledge import parameters
from installer.session import recipes

RECIPE = recipes.load("qwen2.5-3b-sglang")
DOCUMENTED = (
    "context_length", "chunked_prefill_size", "max_prefill_tokens", "mem_fraction_static", "grammar_backend",
    "constrained_json_whitespace_pattern", "constrained_json_disable_any_whitespace", "cuda_graph_max_bs",
    "max_running_requests", "schedule_policy", "disable_radix_cache", "enable_mixed_chunk", "log_level",
)  # fmt: skip
SCENARIOS = {
    "dev-16gb": (0.75, 2048, 4, 16),
    "prod-balanced": (0.83, 8192, 16, 64),
    "high-concurrency": (0.88, 4096, 32, 128),
    "low-latency": (0.80, 4096, 8, 32),
    "long-prompts": (0.85, 16384, 8, 64),
}
"""The document's table: mem_fraction, chunk_prefill, max_requests, cuda_graph_bs."""
COLUMNS = ("--mem-fraction-static", "--chunked-prefill-size", "--max-running-requests", "--cuda-graph-max-bs-decode")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_it_is_why_and_the_trade_off(name: str) -> None:
    found = parameters.explain(name, RECIPE)
    assert found is not None
    assert found.what and found.why and found.trade_off and found.sources
    assert found.chosen_by == ("recipe" if found.flag in RECIPE.server.flags else "engine")


def test_a_renamed_flag_is_found_by_its_old_name() -> None:
    found = parameters.explain("--cuda-graph-max-bs", RECIPE)
    assert found is not None and found.flag == "--cuda-graph-max-bs-decode"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenarios_are_profiles(name: str) -> None:
    flags = recipes.load("qwen2.5-3b-sglang", profile=name).server.flags
    assert tuple(flags[column] for column in COLUMNS) == SCENARIOS[name]


@pytest.mark.parametrize("name", ["aim-latency", "aim-throughput", "aim-valid-json", "aim-memory"])
def test_each_aim_has_a_profile_that_says_who_chose_a_value(name: str) -> None:
    recipe = recipes.load("qwen2.5-3b-sglang", profile=name)
    changed = next(profile for profile in recipe.profiles if profile.name == name).flags
    chosen = {parameter.flag: parameter.chosen_by for parameter in parameters.explained(recipe)}
    assert changed and {chosen[flag] for flag in changed} == {f"profile {name}"}


@pytest.mark.parametrize("flag", ["--mem-fraction-static", "mem_fraction_static"])
def test_the_command_takes_a_flag_with_its_dashes_or_without(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "show", "qwen2.5-3b-sglang", flag, "--profile", "dev-16gb"]) == 0
    assert "--mem-fraction-static: 0.75 (profile dev-16gb)" in capsys.readouterr().out
