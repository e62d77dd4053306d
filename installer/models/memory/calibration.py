"""What starts on this machine came to, put to use by the next calculation. Pure; takes no factor beyond belief."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import Calibration, MachineFacts
from installer.core.plans.stack import ModelFacts
from installer.models.memory.gpus import Used

CPU = "CPU"
_BELIEVED = (300, 3000)
"""Thousandths; beyond them something else was measured than what is calculated."""
_TIMES = {1: "once", 2: "twice", 3: "three times"}


def gpu_name(used: Used) -> str:
    """For which machine a calibration is valid."""
    return used.gpus[0].name if used.gpus else CPU


def fitting(facts: MachineFacts, engine: str, version: str, used: Used, model: ModelFacts | None) -> Calibration | None:
    """The calibration of this engine, release, GPU and family of models; `None` if there is none."""
    if model is None:
        return None
    wanted = (engine, version, gpu_name(used), model.model_type)
    return next(
        (
            one
            for one in facts.calibrations or ()
            if (one.engine, one.release, one.gpu, one.family) == wanted
            and _BELIEVED[0] <= one.kv_permille <= _BELIEVED[1]
        ),
        None,
    )


def factor(known: Calibration | None) -> float:
    return known.kv_permille / 1000 if known else 1.0


def calibration_notes(known: Calibration | None) -> Iterator[str]:
    """Where the figures come from."""
    if known:
        times = _TIMES.get(known.starts, f"{known.starts} times")
        yield (
            f"The cache was measured here {times} with {known.engine} {known.release} on {known.gpu}: "
            f"{known.kv_permille / 1000:.3f} of the calculated size is used."
        )
