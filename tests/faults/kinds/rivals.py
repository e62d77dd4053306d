"""Two runs of one home at once: one of them is refused, and the other one does not notice."""

from __future__ import annotations

import time
from random import Random

from tests.faults.testbed import Ground, Said


def try_one(ground: Ground, dice: Random) -> str:
    count, apart = dice.choice((2, 2, 3, 5)), dice.choice((0.0, 0.0, dice.uniform(0, 1.5)))
    ground.index.rates = {"mini_fastapi": 600_000}
    processes = []
    for _ in range(count):
        processes.append(ground.start(ground.deploying()))
        time.sleep(apart)
    ended = [ground.wait(process) for process in processes]
    ground.index.recover()
    codes = sorted(str(said.code) for said in ended)
    if "0" not in codes or set(codes) - {"0", "5"}:
        ground.said.append(Said(("of several runs at once",), None, f"ended with {codes}: {ended}"))
    return f"{count} runs, {apart * 1000:.0f} ms apart: {', '.join(codes)}"
