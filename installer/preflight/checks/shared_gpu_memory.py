"""Whether servers that run at the same time share the memory of a GPU. Pure; what one needs alone is checked elsewhere.

Speaks only of a server that would fit if it had the GPU to itself, and of GPUs whose numbers are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.core.text.quantities import gib, lowered
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.tables import table
from installer.models.memory.gpus import visible
from installer.models.memory.sizing import MIB, Sizing, size_up, usable_mib
from installer.preflight.checks import occupied_gpu_memory


@dataclass(slots=True)
class _Taken:
    """What of one GPU is taken, and by the servers of which lines."""

    mib: float = 0.0
    lines: list[int] = field(default_factory=list)


def findings(servers: Sequence[Stack], facts: MachineFacts) -> Iterator[Finding]:
    """At most one for each server: that those started before it leave it too little. `servers`: as they are started."""
    groups: dict[int, list[Stack]] = {}
    for stack in servers:
        number = stack.launch.alongside if stack.launch else None
        if number is not None:
            groups.setdefault(number, []).append(stack)
    for group in groups.values():
        if len(group) > 1:
            yield from _together(group, facts)


def _together(group: Sequence[Stack], facts: MachineFacts) -> Iterator[Finding]:
    taken: dict[int, _Taken] = {}
    for stack in group:
        size = size_up(stack, facts)
        numbers = _numbers(stack, size, facts.gpus or ())
        if size.fraction is None or size.on_cpu or "fraction" in size.options.unclear or not size.used.memory_mib:
            continue
        held = max((taken.get(number, _Taken()) for number in numbers), key=lambda one: one.mib, default=_Taken())
        free = usable_mib(size.used.memory_mib) - held.mib
        shared = replace(size, used=replace(size.used, free_mib=max(0, int(free))))
        if held.lines and (clash := occupied_gpu_memory.clash(shared)) is not None:
            yield _finding(stack, size, held, clash)
        for number in numbers:
            mine = taken.setdefault(number, _Taken())
            mine.mib += _share(size, free)
            mine.lines += [stack.launch.line] if stack.launch and stack.launch.line else []


def _numbers(stack: Stack, size: Sizing, gpus: Sequence[Gpu]) -> list[int]:
    """Which GPUs of the machine it uses."""
    first = launch_reader.of(stack).number("--base-gpu-id") or 0
    return visible(gpus, stack.launch)[first : first + size.used.wanted]


def _share(size: Sizing, free: float) -> float:
    """Mebibytes that a server takes for good, with what its process keeps next to its share."""
    share = size.fraction.value if size.fraction else 0.0
    budget = free if definitions.memory_of(size.engine).share_of_free else usable_mib(float(size.used.memory_mib or 0))
    return share * budget + float(table("memory")["reserve"]["context_mib"])


def _finding(stack: Stack, size: Sizing, held: _Taken, clash: occupied_gpu_memory.Clash) -> Finding:
    before = " and ".join(f"line {line}" for line in dict.fromkeys(held.lines))
    flag = size.options.flag("fraction", definitions.flag_of(size.engine, "fraction"))
    apart = "Give it another GPU with CUDA_VISIBLE_DEVICES"
    fix = f"Give {flag} {clash.share:g}, or {lowered(apart)}." if clash.share else f"{apart}."
    gpu = size.used.gpus[0].name if size.used.gpus else "the GPU"
    return Finding(
        code=Code.MEMORY, severity=Severity.BLOCKER, stage=10,
        subject=(stack.launch.model if stack.launch else "") or "the server",
        summary=f"The servers on this GPU need more than its memory: {lowered(clash.what)}, because the server of "
        f"{before} already uses its share.",
        evidence=f"The server of {before} takes {gib(held.mib * MIB)} of {gpu}; {clash.numbers}.",
        fix=fix, source="the launches and the machine's facts",
        line=stack.launch.line if stack.launch else None, of_gpu=True, complete_answer=True,
    )  # fmt: skip
