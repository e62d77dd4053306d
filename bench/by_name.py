"""What a plan costs beyond the resolution where a model that nobody knows is named, and the hub is on this machine.

    python -m bench.by_name

The hub of the tests (tests/stand_ins/hub.py) lists a model of Qwen3-8B's shape under a name of its own. Its plan, with
the packages' resolution kept, is everything but the resolution; beside it the plan of the recipe that came of it, and
the processor's own time, which other work on the machine does not stretch. Nothing is installed.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from bench.clock import timed
from installer.models.shipped import from_knowledge
from tests.stand_ins.hub import HubModel, StandInHub

TOOL = str(Path(sys.executable).with_name("deploy-tui"))
MACHINE = Path(__file__).parent.parent / "tests/machines/h100-one.yaml"
MODEL = "nobody/fresh-model-8b"
_AGAIN = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, StandInHub(models={MODEL: _model()}) as hub:
        print(json.dumps(measure(Path(folder), hub.url), indent=1))


def measure(root: Path, hub: str) -> dict[str, object]:
    home, file = root / "home", root / "derived.yaml"
    # Compiled once, as an installed program is, wherever the caller's Python keeps such files or does not.
    environment = {
        "HF_ENDPOINT": hub, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(root / "compiled")
    }  # fmt: skip
    common = ["--machine", str(MACHINE), "--home", str(home)]
    first = timed([TOOL, "plan", "--model", MODEL, *common], environment=environment)
    timed([TOOL, "recipes", "new", "--model", MODEL, *common, str(file)], environment=environment)
    named = [_costs(["plan", "--model", MODEL, *common], environment) for _ in range(_AGAIN)]
    written = [_costs(["plan", "--recipe", str(file), *common], environment) for _ in range(_AGAIN)]
    return {
        "first, with the resolution (s)": round(first.seconds, 2),
        "beyond the resolution (s)": _median(named, 0),
        "of the processor (s)": _median(named, 1),
        "the same recipe from a file (s)": _median(written, 0),
        "of the processor, from a file (s)": _median(written, 1),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _costs(words: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = timed([TOOL, *words], environment=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if took.code not in (0, 3):
        raise SystemExit(f"{' '.join(words)} ended with status {took.code}")
    return took.seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _median(costs: list[tuple[float, float]], place: int) -> float:
    return round(statistics.median(cost[place] for cost in costs), 2)


def _model() -> HubModel:
    """Qwen3-8B's documents; the list says how large its files are, and nobody asks for their bytes."""
    known = from_knowledge("Qwen/Qwen3-8B")
    assert known is not None
    config = {key: value for key, value in known.config.items() if key != "quantization_config"}
    files = {
        "config.json": json.dumps(config).encode(),
        "tokenizer_config.json": b'{"tokenizer_class": "Qwen2Tokenizer", "chat_template": "{{ messages }}"}',
        "tokenizer.json": b"{}", "model.safetensors": b"",
    }  # fmt: skip
    return HubModel(files, claimed_sizes={"model.safetensors": 16_381_470_720})


if __name__ == "__main__":
    main()
