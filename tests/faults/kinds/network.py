"""A network that cuts, stalls, resets, refuses, or hands out something else than was asked for."""

from __future__ import annotations

from random import Random

from tests.faults.index import MISHAPS
from tests.faults.testbed import UPGRADE, Ground


def try_one(ground: Ground, dice: Random) -> str:
    mishap, first, times = dice.choice(MISHAPS), dice.randint(1, 22), dice.choice((1, 2, 1000))
    ground.index.befall(mishap, first, times)
    ground.ask(ground.deploying(*(UPGRADE if ground.home.current.exists() else ())))
    ground.index.recover()
    return f"{mishap} from request {first} on, {times} times"
