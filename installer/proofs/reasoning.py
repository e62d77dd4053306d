"""A model that reasons first, and came to the end of its tokens before it answered: asked once more, to answer at once.

The one place for all who want an answer of some form. It must never take a second request that
is refused for an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from installer.knowledge.tables import table
from installer.proofs.server_client import Reply

REASONING_TOKENS = 1024
"""For a model that cannot be told to answer at once."""


def answered(ask: Callable[[Mapping[str, Any]], Reply]) -> Reply:
    """What `ask` comes to; it is given what else its request says.

    Where it is `only_reasoned` still, the model was asked twice and did not begin to answer.
    """
    reply = ask({})
    if not reply.only_reasoned:
        return reply
    switched_off = {row["argument"]: row["value"] for row in table("proofs")["without_reasoning"]}
    again = ask({"max_tokens": REASONING_TOKENS, "chat_template_kwargs": switched_off})
    return again if again.ok else reply
