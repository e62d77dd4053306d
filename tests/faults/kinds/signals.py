"""Kills, stops and other signals, to the engine, to the command, to uv or to all of them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from random import Random

from installer.execution.lock import holder
from tests.faults.kinds.moment import begin
from tests.faults.testbed import Ground

_SIGNALS = ("KILL", "KILL", "KILL", "TERM", "INT", "HUP", "QUIT", "SEGV", "ABRT", "STOP", "USR1", "PIPE")


def try_one(ground: Ground, dice: Random) -> str:
    process, moment = begin(ground, dice)
    name, whom = dice.choice(_SIGNALS), dice.choice(("engine", "engine", "command", "uv", "all"))
    targets = _targets(ground, whom, process.pid)
    for pid in targets:
        with suppress(ProcessLookupError):
            os.kill(pid, getattr(signal, f"SIG{name}"))
    if name == "STOP":
        time.sleep(dice.uniform(0.2, 1.5))
        for pid in targets:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    ground.index.recover()
    ground.wait(process)
    return f"SIG{name} to {whom} ({len(targets)}) during {moment}"


def _targets(ground: Ground, whom: str, command: int) -> list[int]:
    who = holder(ground.home)
    match whom:
        case "engine":
            return [who.pid] if who and who.pid else []
        case "command":
            return [command]
        case "uv":
            return [pid for pid, words in ground.processes().items() if words.split(" ")[0].endswith("/uv")]
        case _:
            return list(ground.processes())
