"""What a setting is worth for an aim, and whether it keeps a service level. Pure: checks figures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from installer.core.errors import UsageError
from installer.diagnostics.bench_clients import Measured

AIMS: Mapping[str, tuple[int, ...]] = {"throughput": (64,), "latency": (1,), "balanced": (1, 64)}
"""Each aim, with the requests at a time that it is measured at."""
_ANSWER = 100
"""Tokens of the answer whose time counts for latency."""
_LEVEL = re.compile(r"(ttft|tpot)=([0-9]+(?:\.[0-9]+)?)(ms|s)?")


@dataclass(frozen=True, slots=True)
class Level:
    """The longest that a service may take, in milliseconds; `None`: no bound."""

    ttft_ms: float | None = None
    tpot_ms: float | None = None

    def broken(self, loads: Sequence[Measured]) -> str:
        """Which bound a load does not keep; empty if all are kept."""
        for load in loads:
            for name, value, bound in (("ttft", load.ttft_ms, self.ttft_ms), ("tpot", load.tpot_ms, self.tpot_ms)):
                if bound is not None and value > bound:
                    return f"{name} {value:,.0f} ms at {load.load.concurrency} at a time, {bound:g} ms wanted"
        return ""


def level(text: str | None) -> Level:
    """`ttft=200ms,tpot=20ms`. Raises `UsageError` for anything else."""
    found: dict[str, float] = {}
    for part in (text or "").split(",") if text else ():
        match = _LEVEL.fullmatch(part.strip())
        if match is None:
            raise UsageError(
                f'--slo cannot be "{text}".', "", "Write it as ttft=200ms,tpot=20ms; either may be left out."
            )
        found[f"{match[1]}_ms"] = float(match[2]) * (1000 if match[3] == "s" else 1)
    return Level(**found)


def score(aim: str, loads: Sequence[Measured]) -> float:
    """The larger the better; comparable only between loads of the same kind."""
    widest = max(loads, key=lambda load: load.load.concurrency)
    narrowest = min(loads, key=lambda load: load.load.concurrency)
    answers = 1000 / (narrowest.ttft_ms + (_ANSWER - 1) * narrowest.tpot_ms or 1)
    if aim == "throughput":
        return widest.output_tokens_per_s
    return answers if aim == "latency" else math.sqrt(widest.output_tokens_per_s * answers)
