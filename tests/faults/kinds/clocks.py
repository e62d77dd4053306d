"""The clock jumps in the middle of a run, or between two: back 400 days, ahead 3 hours.

A small library, compiled on the spot, moves the wall clock of one run's processes; nobody else's.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from installer.execution.lock import holder
from tests.faults.kinds.moment import SkippedError, begin
from tests.faults.testbed import Ground

_HOUR = 3600
_JUMPS = {"back 400 days": -400 * 24 * _HOUR, "ahead 3 hours": 3 * _HOUR, "back 3 hours": -3 * _HOUR,
          "ahead 20 years": 20 * 365 * 24 * _HOUR, "to 1970": 24 * _HOUR - int(time.time())}  # fmt: skip


def try_one(ground: Ground, dice: Random) -> str:
    said, jump = ground.root / "clock", dice.choice(sorted(_JUMPS))
    said.write_text("0")
    ground.environment |= {"LD_PRELOAD": str(_library(ground.root.parent)), "FAULT_CLOCK": str(said)}
    process, moment = begin(ground, dice)
    said.write_text(str(_JUMPS[jump]))
    killed = _kill_engine(ground) if dice.random() < 0.4 else ""
    ground.index.recover()
    ground.wait(process)
    if dice.random() < 0.5:
        said.write_text("0")
    return f"the clock jumps {jump} during {moment}{killed}"


def _kill_engine(ground: Ground) -> str:
    who = holder(ground.home)
    if not who or not who.pid:
        return ""
    with suppress(ProcessLookupError):
        os.kill(who.pid, signal.SIGKILL)
    return ", and the engine is killed"


def _library(folder: Path) -> Path:
    made, compiler = folder / "clock.so", shutil.which("cc") or shutil.which("gcc")
    if made.exists():
        return made
    if compiler is None:
        raise SkippedError("there is no C compiler")
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(source)], check=True)
    return made
