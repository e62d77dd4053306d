"""Whether other programs use the GPU memory that a launch needs. Part of the check of memory; pure.

Reports only where the launch would fit if they did not: what does not fit at all is said by `gpu_memory`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from installer.core.text.quantities import gib
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from installer.models.memory.sizing import MIB, Sizing, usable_mib

_LEAST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Clash:
    what: str
    """What happens because of it."""
    numbers: str
    need_mib: float
    """What must be free on a GPU instead."""
    share: float | None = None
    """The fraction that fits next to anyone who is there; `None` if none does, or it is no matter of that."""


def clash(sizing: Sizing) -> Clash | None:
    """Where a launch needs what someone else has; `None` if what is free is enough, or not known."""
    free, memory = sizing.used.free_mib, sizing.used.memory_mib
    if free is None or memory is None or sizing.fraction is None:
        return None
    if not _fits(replace(sizing, used=replace(sizing.used, free_mib=None))):
        return None
    usable = usable_mib(memory)
    if not definitions.memory_of(sizing.engine).share_of_free:
        title = definitions.title_of(sizing.engine)
        asked = sizing.fraction.value * usable
        numbers = f"{title} requests {sizing.fraction.value:g} of the whole memory: {gib(asked * MIB)}"
        what = f"{title} refuses to start"
        return None if asked <= free else Clash(what, numbers, asked, _share_within(sizing, free / usable))
    if _fits(sizing):
        return None
    what = "The engine finds too little memory while it loads the model and exits"
    return Clash(what, f"The weights alone take {gib(sizing.gpu_weights or 0)}", 0.9 * usable)


def asks_for_all(sizing: Sizing) -> bool:
    """Whether a launch requests all of a GPU, although its own CUDA context uses some before the engine looks."""
    rows = (row for row in table("memory")["asked_free"] if row["engine"] == sizing.engine)
    whole = sizing.fraction is not None and sizing.fraction.given and sizing.fraction.value >= 1
    return whole and any(fits(sizing.version, row["versions"]) for row in rows)


def _share_within(sizing: Sizing, most: float) -> float | None:
    """The largest share, in hundredths, that is within `most`, where the weights fit into it."""
    share = math.floor(most * 100) / 100
    # Where the size of the weights is not known, a share that leaves next to nothing is no advice.
    if sizing.gpu_weights is None and share < _LEAST_SHARE:
        return None
    smaller = replace(sizing, fraction=replace(sizing.fraction, value=share)) if sizing.fraction else sizing
    return share if share > 0 and _fits(smaller) else None


def _fits(sizing: Sizing) -> bool:
    room = sizing.room()
    return room is None or room > 0
