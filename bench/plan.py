"""Planning the full SGLang stack (207 packages): with empty caches beside `uv pip compile` alone, and asked again.

Also the audit of a script of the kind that people paste. Nothing is installed.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from bench.clock import timed
from installer.host.local import LocalHost
from installer.packages.uv import source_flags
from installer.session.recipes import load

HERE = Path(__file__).parent
TOOL = str(Path(sys.executable).with_name("deploy-tui"))
RECIPE = "qwen2.5-3b-sglang"
MACHINE = HERE.parent / "tests/machines/h100.yaml"
SCRIPT = HERE.parent / "tests/corpus/rows/32-uv-v20.sh"
_AGAIN = 5


def measure(root: Path, rounds: int = 2) -> dict[str, object]:
    """All planning figures; cold ones in pairs, so that a drift of the network meets both."""
    cold = []
    for turn in range(rounds):
        alone = _resolver_alone(root / f"uv-{turn}")
        ours = _plan(root / f"home-{turn}")
        cold.append((ours, alone))
        print(f"cold: plan {ours:.1f} s, uv pip compile {alone:.1f} s", flush=True)
    home = root / "home-0"
    again = [_plan(home) for _ in range(_AGAIN)]
    return {
        "cold, plan / uv pip compile": round(sum(p for p, _ in cold) / sum(u for _, u in cold), 3),
        "cold, seconds": [[round(p, 1), round(u, 1)] for p, u in cold],
        "again (s)": round(statistics.median(again), 3),
        "packages": len(json.loads((home / "plan.json").read_text(encoding="utf-8"))["packages"]),
        "bytes beyond uv's own": _looked(home),
        "offline, empty cache (s)": round(_plan(root / "home-offline", "--offline"), 2),
        "audit of a long script, cold (s)": round(_audit(root / "home-audit"), 2),
        "audit of a long script, again (s)": round(_audit(root / "home-audit"), 2),
    }


def _resolver_alone(cache: Path) -> float:
    """uv's resolver on the same requirements from the same sources, for the same Python, with an empty cache."""
    host = LocalHost(cache)
    recipe = load(RECIPE)
    names = ("pytorch", "flashinfer", "transformers", "dependencies", "engine")
    wanted = [line for name in names for line in recipe.package_stage(name).alternatives[0].requires]
    cache.mkdir(parents=True)
    (cache / "requirements.in").write_text("\n".join(wanted) + "\n", encoding="utf-8")
    command = [
        host.uv(), "pip", "compile", str(cache / "requirements.in"), "--python-version", "3.12",
        "--python-platform", "x86_64-manylinux_2_39", "--format", "pylock.toml", "-o", str(cache / "pylock.toml"),
        *source_flags(host.sources(), host.environment()),
    ]  # fmt: skip
    result = timed(command, environment={"UV_CACHE_DIR": str(cache / "cache")})
    if result.code != 0:
        raise SystemExit("uv pip compile failed")
    return result.seconds


def _plan(home: Path, *more: str) -> float:
    """Seconds of the whole command; its document stays beside the home's cache, the first one."""
    command = [TOOL, "plan", "--recipe", RECIPE, "--machine", str(MACHINE), "--home", str(home), "--json", *more]
    log = home / "plan.json"
    home.mkdir(parents=True, exist_ok=True)
    result = timed(command, environment={"UV_CACHE_DIR": str(home / "cache/uv")}, log=None if log.exists() else log)
    return result.seconds


def _audit(home: Path) -> float:
    return timed([TOOL, "audit", str(SCRIPT), "--machine", str(MACHINE), "--home", str(home), "--json"]).seconds


def _looked(home: Path) -> int:
    """Bytes that the first, cold plan fetched beyond what uv fetches for itself."""
    return int(json.loads((home / "plan.json").read_text(encoding="utf-8"))["looked_bytes"])
