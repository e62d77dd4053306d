"""The full SGLang stack (about 9.5 GB unpacked): this tool, plain uv, and pip in the order of a hand-written script."""

from __future__ import annotations

import json
import os
import shlex
import statistics
import sys
import time
from pathlib import Path

import uv

from bench.clock import Timed, forget_files, timed
from installer.core.runs.home import Home
from installer.execution.generations import Generations, new_seal
from installer.host import pip_config
from installer.host.cloning import clone
from installer.host.interpreters import find_pythons
from installer.packages.uv import source_flags

HERE = Path(__file__).parent
TOOL = str(Path(sys.executable).with_name("deploy-tui"))
RECIPE = "qwen2.5-3b-sglang"
STACK = "sglang==0.5.23"
BY_HAND = (
    ["torch==2.14.1", "torchaudio==2.11.0", "torchvision"],
    ["flashinfer-python[cu13]==0.7.2"],
    ["transformers==5.19.0"],
    [STACK],
)
"""The order of the scripts that people paste: torch, FlashInfer, Transformers, the engine with what it asks for."""


class Lab:
    """One folder for everything; each measurement gets its own part of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "output.log"
        self.python = next(p.path for p in find_pythons() if p.version == "3.11")

    def tool(self, home: str, cache: Path, *more: str) -> Timed:
        command = [
            TOOL, "--stage", "2-7", "--recipe", RECIPE, "--machine", str(HERE / "machine.yaml"),
            "--home", str(self.root / home), "--yes", *more,
        ]  # fmt: skip
        return self._checked(timed(command, environment={"UV_CACHE_DIR": str(cache)}, log=self.log))

    def plain_uv(self, folder: str, cache: Path) -> Timed:
        environment = {"UV_CACHE_DIR": str(cache), "UV_LINK_MODE": "hardlink"}
        target = self.root / folder
        # Followed by one sync, because what the tool puts in use is on the disk.
        # uv does not read pip's configuration; the same sources for both, so that both fetch the same bytes.
        sources = shlex.join(source_flags(pip_config.read(os.environ), os.environ))
        script = (
            f"{uv.find_uv_bin()} venv -q --python {self.python} {target} && "
            f"{uv.find_uv_bin()} pip install -q --python {target}/bin/python {sources} {STACK} && sync"
        )
        return self._checked(timed(["sh", "-c", script], environment=environment, log=self.log))

    def pip(self, folder: str) -> Timed:
        target = self.root / folder
        steps = [f"{self.python} -m venv {target}"]
        steps += [f"{target}/bin/pip install -q --no-cache-dir {' '.join(map(_quoted, step))}" for step in BY_HAND]
        return self._checked(timed(["sh", "-ec", "\n".join(steps)], log=self.log))

    def _checked(self, result: Timed) -> Timed:
        if result.code != 0:
            last = "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
            raise SystemExit(f"a measured command failed ({result.code}). The end of what it printed:\n{last}")
        return result


def _quoted(requirement: str) -> str:
    return f"'{requirement}'"


def measure(root: Path, *, with_pip: bool, rounds: int) -> dict[str, object]:
    """All install figures, cold first; in pairs, so that a drift of the network meets both."""
    lab = Lab(root)
    cold = []
    for turn in range(rounds):
        took: dict[str, Timed] = {}
        # Each first in turn: who comes second meets a warmer index, and more to write back.
        for who in ("uv", "tool") if turn % 2 == 0 else ("tool", "uv"):
            measured = lab.plain_uv if who == "uv" else lab.tool
            forget_files()
            took[who] = measured(f"{who}-{turn}", root / f"{who}-cache-{turn}")
        tool_cold, uv_cold = took["tool"], took["uv"]
        cold.append((tool_cold, uv_cold))
        print(f"cold: tool {tool_cold.seconds:.1f} s, uv {uv_cold.seconds:.1f} s", flush=True)
    cache = root / "tool-cache-0"
    warm_uv = lab.plain_uv("uv-warm", root / "uv-cache-0")
    warm_tool = lab.tool("tool-warm", cache)
    again = min((lab.tool("tool-warm", cache) for _ in range(5)), key=lambda t: t.seconds)
    figures: dict[str, object] = {
        "cold, tool / plain uv": _ratio([t.seconds for t, _ in cold], [u.seconds for _, u in cold]),
        "warm, tool / plain uv": _ratio([warm_tool.seconds], [warm_uv.seconds]),
        "satisfied, again (s)": round(again.seconds, 3),
        "peak memory of our processes (MiB)": round(max(t.peak_mib for t, _ in cold)),
        **generations(root / "tool-warm"),
    }
    if with_pip:
        pip = lab.pip("pip")
        figures["cold, pip / tool"] = _ratio([pip.seconds], [t.seconds for t, _ in cold])
    return figures


def generations(home: Path) -> dict[str, object]:
    """Clone and rollback on the real environment: medians, of three clones and of ten switches."""
    kept = Generations(Home(home))
    current = kept.current()
    assert current is not None
    files = sum(len(names) for _, _, names in os.walk(kept.path(current)))
    clones, switches = [], []
    for _ in range(3):
        os.sync()  # what the installs left to be written is not the clone's
        started = time.perf_counter()
        draft = kept.draft(current, clone)
        clones.append(time.perf_counter() - started)
    kept.seal(new_seal(draft, stage="engine", run="bench", recipe=RECIPE, lock=None, complete=True))
    for to in (draft.number, current) * 5:
        switches.append(timed([TOOL, "rollback", "--to", str(to), "--home", str(home)]).seconds)
    return {
        "clone of a generation (s)": [round(statistics.median(clones), 2), [round(each, 2) for each in clones]],
        "files in it": files,
        "rollback (s)": [round(statistics.median(switches), 3), [round(each, 3) for each in switches]],
    }


def _ratio(ours: list[float], theirs: list[float]) -> dict[str, object]:
    mean_ours, mean_theirs = sum(ours) / len(ours), sum(theirs) / len(theirs)
    return {
        "ratio": round(mean_ours / mean_theirs, 3),
        "seconds": [[round(value, 1) for value in ours], [round(value, 1) for value in theirs]],
    }


def show(figures: dict[str, object]) -> None:
    print(json.dumps(figures, indent=2))
