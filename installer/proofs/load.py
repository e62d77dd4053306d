"""Whether a server carries what it promises: a prompt near its context, and a burst at its concurrency."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from installer.core.proofs import Promises, Proof
from installer.proofs.server_client import Reply, Server
from installer.proofs.verdicts import failed, not_promised, proved, refused, unknown

LONG, BURST = "long prompt", "burst"
_SILENT = "A model that only embeds or ranks generates no text."
_ANSWER, _TRIES = 16, 3
_NEAR = 0.95
_ENOUGH = 0.9
"""Of the promised context; a prompt can be aimed only so well without the model's tokenizer."""
_SAMPLE = 60
_WIDEST = 256
"""Requests at the same time at most: beyond that it is this client that is measured."""


def long_prompt(server: Server, promised: Promises) -> Proof:
    """A prompt of nearly the promised context is taken whole and answered, and the server still answers after it."""
    context = promised.context
    if not promised.chat or context is None:
        return not_promised(LONG, "Its context length is not known." if promised.chat else _SILENT)
    sample = server.complete(_text(_SAMPLE), max_tokens=1)
    if not sample.ok:
        return refused(LONG, "a short prompt", sample)
    if not sample.prompt_tokens:
        return unknown(
            LONG, "It does not say how many tokens a prompt has, so no prompt of a given length can be made."
        )
    reply, sent = _aimed(server, context, sample.prompt_tokens / _SAMPLE)
    if not reply.ok:
        return refused(LONG, f"a prompt of about {sent:,} of the {context:,} promised tokens", reply)
    taken = reply.prompt_tokens
    if taken < _ENOUGH * context:
        text = f"It counts {taken:,} tokens of a prompt of about {sent:,}"
        return failed(LONG, f"{text}: it truncates prompts.") if taken < sent / 2 else unknown(LONG, f"{text}.")
    if not reply.answer_tokens:
        return failed(LONG, f"It read {taken:,} tokens and generated nothing.")
    after = server.complete("Hello", max_tokens=1)
    if not after.ok:
        return refused(LONG, "a short prompt after the long one", after)
    return proved(LONG, f"{taken:,} of the {context:,} promised tokens were read and answered.", {"tokens": taken})


def _aimed(server: Server, context: int, tokens_a_word: float) -> tuple[Reply, int]:
    """The reply to a prompt near the context, aimed again by what the one before came to; and its supposed length."""
    words = _NEAR * (context - _ANSWER) / tokens_a_word
    for _ in range(_TRIES):
        sent = int(words * tokens_a_word)
        reply = server.complete(_text(int(words)), max_tokens=_ANSWER)
        if (reply.ok and reply.prompt_tokens >= _ENOUGH * context) or reply.answer.status == 0:
            break
        words = words * _NEAR if not reply.ok else words * _NEAR * (context - _ANSWER) / max(reply.prompt_tokens, 1)
    return reply, sent


def _text(words: int) -> str:
    """Numbers, counted through: no tokenizer makes them shorter by having seen them before."""
    return " ".join(str(1000 + 7 * number % 9000) for number in range(words))


def burst(server: Server, promised: Promises) -> Proof:
    """So many requests as it promises, at the same time: every one is answered."""
    if not promised.chat or promised.concurrency is None:
        text = "Its launch does not say how many requests it runs at the same time."
        return not_promised(BURST, text if promised.chat else _SILENT)
    alone = server.complete("Hello", max_tokens=1)
    if not alone.ok:
        return refused(BURST, "a single request", alone)
    width = min(promised.concurrency, _WIDEST)
    began = time.monotonic()
    with ThreadPoolExecutor(width) as pool:
        replies = list(pool.map(lambda number: _one_of_many(server, number), range(width)))
    took = time.monotonic() - began
    lost = [reply for reply in replies if not reply.ok or not reply.answer_tokens]
    if lost:
        late = all(reply.answer.status == 0 for reply in lost)
        text = f"{len(lost)} of {width} requests at the same time were not answered: {lost[0].refusal}"
        slow = late and server.complete("Hello", max_tokens=1).ok
        return unknown(BURST, text) if slow else failed(BURST, text)
    rate = sum(reply.answer_tokens for reply in replies) / took
    beyond = f" (of {promised.concurrency:,} promised)" if width < promised.concurrency else ""
    text = f"{width} requests at the same time{beyond} were all answered within {took:.1f} s, {rate:,.0f} tokens/s"
    return proved(BURST, f"{text}.", {"requests": width, "seconds": round(took, 3), "tokens_per_s": round(rate, 1)})


def _one_of_many(server: Server, number: int) -> Reply:
    return server.complete(f"Request {number}: tell me something about the number {number}.", max_tokens=32)
