"""The kinds of faults, a module each. A kind disturbs one run; what it did is its answer, in words.

The world is in order again when it returns, or once `Ground.repair` has run.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.faults.kinds import clocks, damage, disks, network, power, rivals, servers, signals, surroundings
from tests.faults.testbed import Ground

Kind = Callable[[Ground, Random], str]

KINDS: dict[str, Kind] = {
    "signals": signals.try_one,
    "disks": disks.try_one,
    "power loss": power.try_one,
    "network": network.try_one,
    "clocks": clocks.try_one,
    "surroundings": surroundings.try_one,
    "two runs": rivals.try_one,
    "damaged homes": damage.try_one,
    "servers": servers.try_one,
}
