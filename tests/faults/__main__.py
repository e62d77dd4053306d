"""`python -m tests.faults`: faults in a row, each from a seed of its own, and a table of what they came to.

Ends with 1 where a promise was broken. Never touches anything outside of the folder that it makes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from installer.core.runs.home import Home
from tests.faults import promises
from tests.faults.index import serve
from tests.faults.kinds import KINDS
from tests.faults.kinds.moment import SkippedError
from tests.faults.kinds.mounts import own_namespace
from tests.faults.testbed import Ground
from tests.stand_ins import wheels

_MOUNTING = ("disks", "power loss")


@dataclass(frozen=True)
class Outcome:
    number: int
    kind: str
    what: str
    broken: tuple[str, ...]
    seconds: float
    skipped: bool = False


def main() -> int:
    options = _options()
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(3), "big")
    print(f"seed {seed}; again: python -m tests.faults --seed {seed} --only NUMBER", flush=True)
    numbers = [options.only] if options.only is not None else list(range(options.count))
    kinds = options.kind or list(KINDS)
    with ProcessPoolExecutor(options.jobs, initializer=_prepare) as pool:
        outcomes = []
        for outcome in pool.map(_one, [(seed, number, kinds) for number in numbers]):
            outcomes.append(outcome)
            _tell(outcome)
    return _table(outcomes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", type=int, default=None, help="the one of this number")
    parser.add_argument("--kind", action="append", choices=list(KINDS))
    parser.add_argument("--jobs", type=int, default=max(1, len(os.sched_getaffinity(0))))
    return parser.parse_args()


class _Bench:
    """What one process needs for all its faults: mounts of its own, an index, a home that is deployed already."""

    def __init__(self) -> None:
        self.no_mounts = own_namespace()
        self.root = Path(tempfile.mkdtemp(prefix="faults-"))
        wheels.stack(self.root / "wheels")
        self._serving = serve(self.root / "wheels")
        self.index = self._serving.__enter__()
        template = Ground(self.root, Home(self.root / "template"), self.index)
        done = template.ask(template.deploying())
        if done.code != 0:
            raise RuntimeError(done.output)

    def ground(self, number: int, *, deployed: bool) -> Ground:
        root = self.root / f"{number:04d}"
        root.mkdir()
        ground = Ground(root, Home(root / "home"), self.index)
        if deployed:
            shutil.copytree(self.root / "template", ground.home.root, symlinks=True)
        return ground


_bench: _Bench | None = None


def _prepare() -> None:
    import atexit

    global _bench  # noqa: PLW0603 - one for each process of the pool
    _bench = _Bench()
    atexit.register(shutil.rmtree, _bench.root, ignore_errors=True)


def _one(asked: tuple[int, int, list[str]]) -> Outcome:
    seed, number, kinds = asked
    assert _bench is not None
    dice, started = Random(f"{seed}:{number}"), time.monotonic()
    kind = kinds[number % len(kinds)]
    if kind in _MOUNTING and _bench.no_mounts:
        return Outcome(number, kind, _bench.no_mounts, (), 0.0, skipped=True)
    ground = _bench.ground(number, deployed=dice.random() < 0.6)
    try:
        promises.plant(ground)
        what = KINDS[kind](ground, dice)
        broken = [*promises.during(ground), *promises.after(ground)]
    except SkippedError as why:
        return Outcome(number, kind, str(why), (), time.monotonic() - started, skipped=True)
    except Exception:
        what, broken = "the harness itself failed", [traceback.format_exc()]
    finally:
        ground.end()
        _bench.index.recover()
    return Outcome(number, kind, what, tuple(broken), time.monotonic() - started)


def _tell(outcome: Outcome) -> None:
    word = "skipped" if outcome.skipped else "BROKEN" if outcome.broken else "held"
    print(f"{outcome.number:4} {outcome.seconds:5.1f} s  {word:7} {outcome.kind}: {outcome.what}", flush=True)
    for promise in outcome.broken:
        print(f"       {promise}", flush=True)


def _table(outcomes: list[Outcome]) -> int:
    tried = Counter(outcome.kind for outcome in outcomes if not outcome.skipped)
    broken = Counter(outcome.kind for outcome in outcomes if outcome.broken)
    print("\n| kind | tried | broken promises |\n|---|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {tried[kind]} | {broken[kind]} |")
    print(f"| all | {tried.total()} | {broken.total()} |", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
