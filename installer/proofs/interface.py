"""What the interface promises whatever the model: stop words, probabilities, reasoning apart from the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.core.proofs import Promises, Proof
from installer.core.text.plain import clean
from installer.proofs.server_client import Reply, Server
from installer.proofs.verdicts import failed, not_promised, proved, refused, unknown

STOP, LOGPROBS, REASONING = "stop words", "logprobs", "reasoning"
_SILENT = "A model that only embeds or ranks generates no text."
_STORY = "Once upon a time, in a small village by the sea, there lived"
_REASONING_TOKENS = 2048
_MARKS = ("<think>", "</think>", "[THINK]", "[/THINK]")


def stops(server: Server, promised: Promises) -> Proof:
    """What it says first without, then with a piece of that as the word to stop at: the piece must not come."""
    if not promised.chat:
        return not_promised(STOP, _SILENT)
    reply = server.complete(_STORY, max_tokens=32)
    if not reply.ok:
        return refused(STOP, "a completion", reply)
    word = _inner_word(reply.text)
    if not word:
        return unknown(STOP, f"The answer was too short to test stop words: {clean(reply.text)[:60] or 'nothing'}")
    cut = server.complete(_STORY, max_tokens=32, stop=[word])
    if not cut.ok:
        return refused(STOP, "a completion with a stop word", cut)
    if word in cut.text:
        return failed(STOP, f'The answer continues after the stop word "{word}".')
    if cut.finish != "stop":
        return unknown(STOP, f'The second answer was different and did not contain the stop word "{word}" in it.')
    return proved(STOP, f'It stopped at "{word}", and left it out.')


def _inner_word(text: str) -> str:
    """A word from the second half of a text that does not come earlier in it."""
    words = clean(text).split()
    for at in range(len(words) // 2, len(words) - 1):
        if len(words[at]) > 2 and text.count(words[at]) == 1:
            return words[at]
    return ""


def probabilities(server: Server, promised: Promises) -> Proof:
    """The likeliest tokens next to each token of a chat, as numbers that are logarithms."""
    if not promised.chat:
        return not_promised(LOGPROBS, _SILENT)
    reply = server.chat("What is the capital of Japan?", max_tokens=4, logprobs=True, top_logprobs=3)
    if not reply.ok:
        return refused(LOGPROBS, "a request for logprobs", reply)
    found = [_values(token) for token in _tokens(reply)]
    if not found or not all(found):
        return failed(LOGPROBS, "It answered without the requested probabilities.")
    if any(value > 1e-3 for values in found for value in values):
        return failed(LOGPROBS, f"The returned values are not log probabilities: {found[0]}")
    return proved(LOGPROBS, f"{len(found)} tokens were returned, each with the {len(found[0])} most likely ones.")


def _tokens(reply: Reply) -> list[Any]:
    logprobs = reply.choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    return content if isinstance(content, list) else []


def _values(token: Any) -> list[float]:
    alternatives = token.get("top_logprobs") if isinstance(token, Mapping) else None
    values = (
        [one.get("logprob") for one in alternatives if isinstance(one, Mapping)]
        if isinstance(alternatives, list)
        else []
    )
    return [float(value) for value in values if isinstance(value, (int, float))]


def reasoning(server: Server, promised: Promises) -> Proof:
    """What the model thinks first comes in a field of its own, and the answer without it."""
    if not promised.reasoning:
        return not_promised(REASONING, "It was started without a reasoning parser (--reasoning-parser).")
    reply = server.chat("Is 91 a prime number? Answer yes or no.", max_tokens=_REASONING_TOKENS)
    if not reply.ok:
        return refused(REASONING, "a question", reply)
    if mark := next((mark for mark in _MARKS if mark in reply.text), ""):
        fix = "Start it with the parser for its model: --reasoning-parser."
        return failed(REASONING, f"The reasoning is part of the answer ({mark}).", fix)
    if not reply.reasoning:
        return unknown(REASONING, "It answered without reasoning, so the parser was not tested.")
    if not reply.text.strip():
        return unknown(REASONING, f"It was still reasoning after {_REASONING_TOKENS:,} tokens.")
    return proved(
        REASONING,
        f"{len(reply.reasoning):,} characters of reasoning were separated from an answer of {len(reply.text)}.",
    )
