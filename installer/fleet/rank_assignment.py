"""Which hosts serve one model together, and which rank each of them is. Knows nothing of what runs there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeVar

from installer.core.errors import UsageError
from installer.fleet.file import Host
from installer.fleet.waves import waves as _waves


@dataclass(frozen=True, slots=True)
class RankAssignment:
    rank: int = 0
    ranks: int = 1
    leader: str = ""
    """The address of rank 0, as the others reach it."""
    group: int = 0

    @property
    def settings(self) -> tuple[str, ...]:
        """What the recipe is told on this host."""
        return (f"topology.rank={self.rank}", f"topology.leader={self.leader}") if self.ranks > 1 else ()

    def __str__(self) -> str:
        return f"rank {self.rank} of {self.ranks}"


ALONE = RankAssignment()


class HasRank(Protocol):
    @property
    def assignment(self) -> RankAssignment: ...


S = TypeVar("S", bound=HasRank)
T = TypeVar("T")


def placed(hosts: Sequence[Host], nodes: int, file: str) -> tuple[RankAssignment, ...]:
    """The rank of each host, in the order of the file: `nodes` after one another serve one model, the first as rank 0.

    Raises `UsageError` if they do not come out even.
    """
    if nodes == 1:
        return tuple(RankAssignment(group=number) for number in range(len(hosts)))
    if len(hosts) % nodes:
        raise UsageError(
            f"{file} names {len(hosts)} hosts, and the recipe is for {nodes} machines together.",
            "A host would be left over.", f"Name {nodes} hosts for each copy of the model, rank 0 first.",
            code="input-file",
        )  # fmt: skip
    leaders = [hosts[number - number % nodes] for number in range(len(hosts))]
    return tuple(
        RankAssignment(number % nodes, nodes, leader.inside or leader.address, number // nodes)
        for number, leader in enumerate(leaders)
    )


def first_ranks_first(remotes: Sequence[S], ask: Callable[[Sequence[S]], Sequence[T]]) -> list[T]:
    """The answers in the order of `remotes`. Rank 0 ends before the others do, or it would take them for lost."""
    ordered = [one for one in remotes if not one.assignment.rank], [one for one in remotes if one.assignment.rank]
    answers = {id(one): answer for some in ordered if some for one, answer in zip(some, ask(some), strict=True)}
    return [answers[id(one)] for one in remotes]


def complete_groups(remotes: Sequence[S]) -> list[S]:
    """Those whose copy of the model has all its ranks among them."""
    groups = [one.assignment.group for one in remotes]
    return [one for one in remotes if groups.count(one.assignment.group) == one.assignment.ranks]


def waves(remotes: Sequence[S], share: int) -> tuple[tuple[S, ...], ...]:
    """Waves of whole copies of the model: one first, then a share of the rest, then all others."""
    copies = [tuple(group) for _, group in groupby(remotes, lambda remote: remote.assignment.group)]
    return tuple(tuple(one for copy in wave for one in copy) for wave in _waves(copies, share))
