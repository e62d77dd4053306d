"""The section of a recipe that says how one model is spread over GPUs and machines, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from installer.core.files.document import Table
from installer.core.files.problems import Problem


@dataclass(frozen=True, slots=True)
class Topology:
    nodes: int = 1
    """How many machines serve the model together, each with the same number of GPUs."""
    tensor: int = 1
    """Over how many GPUs each layer is split."""
    pipeline: int = 1
    """Over how many groups of GPUs the layers are distributed, one group after the other."""
    data: int = 1
    """Replicas. What a replica takes depends on the engine: tensor × pipeline GPUs of its own, or it is one of the
    attention only, on the GPUs of `tensor` (docs/topology.md)."""
    expert: bool = False
    """Whether each GPU has complete experts instead of a piece of every expert."""
    port: int = 29500
    """The port of rank 0 on which the engine's ranks meet; the next port is used as well with `data`."""
    watch_port: int = 29480
    """The port on which the ranks check each other before the start, and detect that one is lost."""
    interface: str | None = None
    """The network interface between the ranks; by default the one with the route to rank 0."""
    rank: int | None = None
    """Which of the nodes this machine is, from 0. A file leaves it out: `fleet` sets it, or `--set topology.rank=1`."""
    leader: str | None = None
    """The address of rank 0, as the other nodes reach it. Set as `rank` is."""
    patience_s: int = 900
    """How long a rank waits for the others."""

    @property
    def follows(self) -> bool:
        """Whether this machine's rank serves no clients itself."""
        return bool(self.nodes > 1 and self.rank)

    @property
    def placed(self) -> bool:
        """Whether it is known which rank this is and where the first one is; of one node alone it always is."""
        return self.nodes == 1 or (self.rank is not None and self.leader is not None)

    def at(self, rank: int, leader: str) -> Topology:
        """The same for one of its ranks."""
        return replace(self, rank=rank, leader=leader)


ONE = Topology()
"""One GPU of one machine, or whatever the server's own flags say."""


def problems(topology: Topology, tree: Table) -> Iterator[Problem]:
    """What is wrong with the section as a whole."""
    gpus = topology.tensor * topology.pipeline * topology.data
    if topology.nodes > 1 and gpus % topology.nodes and topology.tensor * topology.pipeline % topology.nodes:
        yield Problem(
            tree.at("nodes"), f"tensor × pipeline × data is {gpus}, which {topology.nodes} nodes cannot share"
        )
    if topology.rank is not None and topology.rank >= topology.nodes:
        yield Problem(tree.at("rank"), f"of {topology.nodes} nodes the last one is rank {topology.nodes - 1}")
    if topology.nodes > 1 and topology.watch_port in (topology.port, topology.port + 1):
        yield Problem(tree.at("watch_port"), f"the engine itself takes port {topology.watch_port}; name another")
