"""All proofs of one server, one after the other, each with the time that it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from installer.core.proofs import Promises, Proof, Reference
from installer.proofs import interface, load, sense, tools, vectors
from installer.proofs.server_client import Server
from installer.proofs.verdicts import not_promised, unknown

Ask = Callable[[Server, Promises], Proof]
PROOFS: tuple[tuple[str, Ask], ...] = (
    (tools.TOLD, tools.called),
    (tools.CHOSEN, tools.chosen),
    (interface.REASONING, interface.reasoning),
    (interface.STOP, interface.stops),
    (interface.LOGPROBS, interface.probabilities),
    (load.LONG, load.long_prompt),
    (load.BURST, load.burst),
    (vectors.EMBED, vectors.embeddings),
    (vectors.RANK, vectors.ranks),
)


def prove(
    server: Server,
    promised: Promises,
    reference: Callable[[], tuple[Reference | None, str]],
    *,
    tell: Callable[[str], None] = lambda name: None,
    patience_s: float = float("inf"),
) -> Iterator[Proof]:
    """Every proof as it comes; `tell` hears the name of each before it begins.

    `reference` is asked last, and says why where there is none. What was not begun within `patience_s` is unknown.
    """
    end = time.monotonic() + patience_s
    for name, ask in (*PROOFS, (sense.SENSE, _sensible(reference))):
        if time.monotonic() > end:
            yield unknown(
                name, f"Not tried: the earlier ones took {patience_s:.0f} s.", "deploy-tui server prove runs it."
            )
            continue
        tell(name)
        began = time.monotonic()
        proof = ask(server, promised)
        yield replace(proof, seconds=round(time.monotonic() - began, 2))


def _sensible(reference: Callable[[], tuple[Reference | None, str]]) -> Ask:
    def ask(server: Server, promised: Promises) -> Proof:
        if not promised.chat:
            return not_promised(sense.SENSE, "A model that only embeds or ranks generates no text.")
        if server.spec.stand_in:
            return unknown(sense.SENSE, "It is a stand-in with random weights: its answers are random.")
        return sense.makes_sense(server, *reference())

    return ask
