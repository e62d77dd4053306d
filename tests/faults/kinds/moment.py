"""A run that is in the middle of its work: after a number of events, and a little later."""

from __future__ import annotations

import subprocess
import time
from random import Random

from tests.faults.testbed import UPGRADE, Ground

_EVENTS = 45
"""How many lines the journal of the small stack's first run has, about."""


class SkippedError(Exception):
    """This machine, or this user, cannot make that fault."""


def begin(ground: Ground, dice: Random, *, slow: bool = True) -> tuple[subprocess.Popen[str], str]:
    """A deployment or an upgrade that has come as far as the dice say."""
    if slow:
        ground.index.rates = {"mini_fastapi": 1_500_000, "torch": 4_000_000}
    more = UPGRADE if ground.home.current.exists() and dice.random() < 0.7 else ()
    process = ground.start(ground.deploying(*more))
    count, later = dice.randint(1, _EVENTS), dice.choice((0.0, 0.0, dice.uniform(0, 0.3)))
    reached = ground.until_events(count, process)
    time.sleep(later)
    what = "an upgrade" if more else "a deployment"
    return process, f"{what}, {f'{count} events' if reached else 'ended before that'} + {later * 1000:.0f} ms"
