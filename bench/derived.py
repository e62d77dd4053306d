"""Recipes derived for 30 models on 8 machines, each really planned: resolved with wheels only, every check asked.

    python -m bench.derived [--only WORD] > docs/derived.md

The machines are those of tests/machines. What the hub would say is taken from shipped knowledge, so that it is the same
everywhere; the package index is asked for real. Nothing is downloaded but listings and metadata.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from installer.core.errors import PredictedError
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Plan
from installer.core.runs.home import Home
from installer.core.runs.model_request import ModelRequest
from installer.core.runs.request import Request
from installer.knowledge.engines import definitions
from installer.session.cached_answers import PlanningHost
from installer.session.planning import make_plan
from installer.session.prepare import prepare
from installer.session.prepared import Prepared

MACHINES = {
    "t4": "T4", "l4": "L4", "a10": "A10", "a40-pod": "A40 (driver 550)", "a100": "A100 80 GB", "h100-one": "H100",
    "h100": "8 x H100", "rtx5090": "RTX 5090",
}  # fmt: skip
MODELS = (
    "BAAI/bge-m3", "Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct-AWQ",
    "Qwen/Qwen2.5-72B-Instruct", "Qwen/Qwen3.6-35B-A3B", "Qwen/Qwen3-Embedding-8B", "Qwen/Qwen3-Reranker-0.6B",
    "Qwen/Qwen3-8B", "Qwen/Qwen3-8B-FP8", "Qwen/Qwen3-32B", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-235B-A22B",
    "Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-Next-80B-A3B-Thinking", "meta-llama/Llama-3.2-3B-Instruct",
    "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.3-70B-Instruct", "mistralai/Mistral-7B-Instruct-v0.3",
    "mistralai/Ministral-3-3B-Instruct-2512", "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
    "google/gemma-3-4b-it", "google/gemma-4-31B-it", "microsoft/phi-4", "openai/gpt-oss-20b", "openai/gpt-oss-120b",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "deepseek-ai/DeepSeek-V4-Flash", "zai-org/GLM-4.5-Air",
    "MiniMaxAI/MiniMax-M3", "ibm-granite/granite-3.3-8b-instruct",
)  # fmt: skip
_MACHINES = Path(__file__).parent.parent / "tests" / "machines"
_ALIKE = (Code.DISK, Code.SHM, Code.CREDENTIALS, Code.NETWORK)
"""What the machine lacks for every recipe, and what only this machine cannot reach."""


@dataclass
class Counted:
    """What came of all of them."""

    derived: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    sets: set[tuple[str, ...]] = field(default_factory=set)
    flags: int = 0
    memory: int = 0
    against: list[str] = field(default_factory=list)
    slowest: float = 0.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", metavar="WORD", help="only models whose name holds this")
    wanted = [name for name in MODELS if options.parse_args().only.lower() in name.lower()]
    counted = Counted()
    with tempfile.TemporaryDirectory() as folder:
        rows = [f"| {name} | {' | '.join(_row(name, Home(Path(folder)), counted))} |" for name in wanted]
    print("\n".join(_document(rows, counted, len(wanted))))


def _row(name: str, home: Home, counted: Counted) -> Iterator[str]:
    for file in MACHINES:
        cell = _cell(name, file, home, counted)
        print(f"{name} on {file}: {cell}", file=sys.stderr, flush=True)
        yield cell


def _cell(name: str, file: str, home: Home, counted: Counted) -> str:
    request = Request(wish=ModelRequest(name), machine=str(_MACHINES / f"{file}.yaml"))
    host, began = PlanningHost(home.cache), time.monotonic()
    try:
        prepared = prepare(request, home, host)
    except PredictedError as refused:
        counted.refused[str(refused.code)] += 1
        return "-" if refused.code == Code.MEMORY else f"- ({refused.code})"
    counted.slowest = max(counted.slowest, time.monotonic() - began)
    return _planned(prepared, make_plan(prepared, host, sizes=False), counted)


def _planned(prepared: Prepared, plan: Plan, counted: Counted) -> str:
    blockers = [one for one in plan.findings if one.severity == Severity.BLOCKER and one.code not in _ALIKE]
    counted.derived += 1
    counted.resolved += bool(plan.packages)
    counted.sets.add(tuple(sorted(f"{one.name}=={one.version}" for one in plan.packages)))
    counted.flags += not any(str(one.code).startswith("flag-") for one in plan.findings)
    counted.memory += plan.memory is not None and not any(one.code == Code.MEMORY for one in blockers)
    counted.against += [f"{plan.recipe} on {plan.machine}: {one.summary}" for one in blockers]
    recipe, flags = prepared.recipe, prepared.recipe.server.flags
    by, release = definitions.title_of(recipe.engine_name), recipe.engine.alternatives[0].requires[0].partition("==")[2]
    context = next((flags[flag] for flag in ("--context-length", "--max-model-len") if flag in flags), "")
    gpus = f"{recipe.requirements.gpu_count} GPUs, " if recipe.requirements.gpu_count else ""
    return f"{by} {release}, {gpus}{context:,}" if isinstance(context, int) else f"{by} {release}, {gpus}".rstrip(", ")


def _document(rows: list[str], counted: Counted, models: int) -> Iterator[str]:
    refused = ", ".join(f"{number} for {code}" for code, number in counted.refused.most_common())
    yield "# Derived recipes\n"
    yield _filled(f"""
        What `--model NAME` comes to for {models} models on {len(MACHINES)} machines (`tests/machines`), written by
        `python -m bench.derived`: engine and release, GPUs if it needs more than one, and tokens of context. `-`: it
        does not fit there, and the refusal names what would ([how](own-model.md)).""")
    yield f"\n| model | {' | '.join(MACHINES.values())} |"
    yield f"|---|{'---|' * len(MACHINES)}"
    yield from rows
    yield "\n" + _filled(f"""
        Of {models * len(MACHINES)} combinations {counted.derived} were derived and {counted.refused.total()} refused
        ({refused}). Of the derived ones {counted.resolved} were resolved with wheels only, from PyPI, in
        {len(counted.sets)} different sets of packages; {counted.flags} have no flag that the release's own parser
        refuses; {counted.memory} fit by the formulas of memory. The slowest took {counted.slowest:.1f} s to derive,
        on 2 busy cores. None of them was started on such a GPU here.""")
    if counted.against:
        yield "\nWhat a plan has against them:\n"
        yield from (f"* {line}" for line in counted.against)


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 126, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    main()
