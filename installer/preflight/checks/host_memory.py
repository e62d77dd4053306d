"""Whether main memory and shared memory are enough for the engine. Part of the check of memory; pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.core.text.quantities import gib
from installer.knowledge.tables import table
from installer.models.memory.sizing import GIB, MIB, Sizing, space_of
from installer.preflight.checks.gpu_users import stop_command

STAGE = 10
_SHARD = 5 * (1 << 30)
"""The usual size of one file of weights (Transformers' `max_shard_size`); an engine has one in memory at a time."""


def findings(stack: Stack, facts: MachineFacts, sizing: Sizing) -> Iterator[Finding]:
    """For an engine on GPUs."""
    checks = _HostMemoryChecks(stack, facts, sizing)
    yield from checks.main_memory()
    yield from checks.shared()


def cpu_findings(stack: Stack, facts: MachineFacts, sizing: Sizing) -> Iterator[Finding]:
    """For an engine on the CPU: weights and cache are in main memory."""
    yield from _HostMemoryChecks(stack, facts, sizing).all_in_main_memory()


class _HostMemoryChecks:
    def __init__(self, stack: Stack, facts: MachineFacts, sizing: Sizing) -> None:
        self._stack, self._facts, self._size = stack, facts, sizing

    def main_memory(self) -> Iterator[Finding]:
        """The engine's processes, and the piece of the weights that is being read."""
        weights, have = self._size.weights.bytes, self._facts.memory_mib
        if weights is None or have is None:
            return
        row = table("memory")["processes"]
        processes = (row["engine_mib"] + row["each_gpu_mib"] * max(self._size.used.wanted, 1)) * MIB
        need = processes + min(weights, _SHARD)
        if self._free * MIB < need <= have * MIB:
            yield self._held(need, "its processes and one file of weights")
        elif have * MIB < need:
            yield self._finding(
                Code.MEMORY, Severity.WARNING,
                "Main memory is low: the engine may be killed while it loads the weights.",
                f"Its processes and one file of weights take about {gib(need)}; the machine has {gib(have * MIB)}.",
                "Use a machine with more memory, or add swap.",
            )  # fmt: skip

    def shared(self) -> Iterator[Finding]:
        """NCCL and the engines' own queues are in /dev/shm as soon as there is more than one worker."""
        row, launch = table("memory")["shared_memory"], self._stack.launch
        sharing = self._sharing()
        if sharing < 2:
            return
        contained = launch is not None and launch.shm_mib is not None
        have = launch.shm_mib if launch and contained else self._facts.shm_mib
        container = f"Start the container with `--shm-size {row['enough_mib'] // 1024}g` or `--ipc=host`"
        fix = f"{container}{'' if contained else '; if that cannot be changed (rented pods), rent one with more'}."
        asked = f"{sharing} GPUs exchange data through /dev/shm"
        if have is None:
            yield self._finding(
                Code.SHM, Severity.PROBE, "Whether there is enough shared memory for several GPUs is not known.",
                f"{asked}; its size on this machine is not known.", "Run `df -h /dev/shm` on that machine.",
            )  # fmt: skip
        elif have <= row["docker_mib"]:
            yield self._finding(
                Code.SHM, Severity.BLOCKER,
                "Shared memory is too small for several GPUs; the workers fail while they connect "
                "(`Error while creating shared memory segment`, or a bus error).",
                f"{asked}; it has {have} MiB, which is Docker's default.", fix,
            )  # fmt: skip
        elif have < row["enough_mib"]:
            yield self._finding(
                Code.SHM, Severity.WARNING, "Shared memory may be too small for several GPUs.",
                f"{asked}; it has {have} MiB, and NCCL's guide recommends {row['enough_mib']} MiB.", fix,
            )  # fmt: skip

    def _sharing(self) -> int:
        """How many GPUs of one machine work together; those of a cluster's other machines talk over the network."""
        used, launch = self._size.used, self._stack.launch
        spread = launch is not None and bool(launch.cluster) and used.present is not None
        return min(used.wanted, used.present or 0) if spread else used.wanted

    def all_in_main_memory(self) -> Iterator[Finding]:
        weights, have, need = self._size.weights.bytes, self._facts.memory_mib, self._size.main_memory()
        if weights is None or have is None or need is None:
            return
        space = self._size.cpu_space or 0.0
        clash = (
            f"{gib(weights)} of weights, {gib(space)} of key-value cache and about {gib(need - weights - space)} for "
            f"the engine's processes; the machine has {gib(have * MIB)}."
        )
        if weights > have * MIB:
            yield self._finding(
                Code.MEMORY, Severity.BLOCKER, "The weights do not fit into main memory.", clash,
                f"Use a machine with at least {gib(weights + space)} of memory, or a smaller model.",
            )  # fmt: skip
        elif weights > self._free * MIB:
            yield self._held(weights, "the weights", Severity.BLOCKER)
        elif need > have * MIB:
            yield self._finding(
                Code.MEMORY, Severity.WARNING, "Main memory is low for the engine, its weights and key-value cache.",
                clash,
                f"Set {space_of(self._stack)} lower, or use a machine with more memory.",
            )  # fmt: skip
        elif self._facts.memory_free_mib is not None and need > self._free * MIB:
            fits = int((self._free * MIB - (need - space)) // GIB)
            yield self._held(need, "its processes, the weights and the key-value cache", fits=fits)

    @property
    def _free(self) -> float:
        """MiB that are free; all of it if that is unknown."""
        free, have = self._facts.memory_free_mib, self._facts.memory_mib
        return min(float(have or 0), math.inf if free is None else free)

    def _held(self, need: float, what: str, severity: Severity = Severity.WARNING, fits: int = 0) -> Finding:
        """Others use what the server needs. `fits`: GiB of key-value cache for which there is room."""
        servers = self._facts.memory_servers
        commands = f" ({', '.join(map(stop_command, servers))})" if servers else ""
        named = ", ".join(name or "the first one" for name in servers)
        whose = f", also other servers of this home ({named})" if servers else ""
        return self._finding(
            Code.MEMORY, severity, "Other programs use the main memory that the server needs.",
            f"It needs about {gib(need)} for {what}; of {gib((self._facts.memory_mib or 0) * MIB)}, "
            f"{gib(self._free * MIB)} are free, and other programs use the rest{whose}.",
            f"Set {space_of(self._stack)} to {fits}, or stop programs that use it{commands}."
            if fits > 0
            else f"Stop programs that use it{commands}, or use a machine with more memory.",
        )  # fmt: skip

    def _finding(self, code: Code, severity: Severity, summary: str, evidence: str, fix: str) -> Finding:
        launch, model = self._stack.launch, self._stack.model
        subject = "/dev/shm" if code == Code.SHM else model.name if model else "main memory"
        source = "installer/knowledge/memory.yaml; machine facts"
        return Finding(
            code=code,
            severity=severity,
            stage=STAGE,
            subject=subject,
            summary=summary,
            evidence=evidence,
            fix=fix,
            source=source,
            line=launch.line if launch else None,
        )
