"""Whether what a server says makes sense: its likeliest next tokens next to those that something else calculated.

An engine can answer fluently and wrongly, by a tokenizer, a template, a quantisation or a kernel that does not fit. It
must never blame a token that the reference gives nearly the probability of the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from installer.core.proofs import Expectation, Proof, Reference
from installer.core.text.plain import clean
from installer.proofs.server_client import Reply, Server
from installer.proofs.verdicts import failed, proved, refused, unknown

SENSE = "sense"
_COMPARED = 5
NEAR = 0.7
"""Natural logarithms by which a token may be less likely than the first and still come first elsewhere: numbers of 16
bits, and quantised ones all the more, turn such ties over."""
DRIFT = 1.5
"""By which the mean of shared tokens may differ."""
_FEW = 0.25
"""The part of the prompts that may differ before it is called wrong."""


def makes_sense(server: Server, reference: Reference | None, why_none: str) -> Proof:
    """Ask for each prompt of the reference, and compare."""
    if reference is None:
        return unknown(SENSE, why_none)
    off: list[str] = []
    kinds: list[str] = []
    for expected in reference.prompts:
        reply = _asked(server, expected)
        if not reply.ok:
            return refused(SENSE, "a request for the most likely tokens", reply)
        seen = likeliest(reply, expected.kind)
        if not seen:
            return unknown(SENSE, "It returns no probabilities, so nothing can be compared.")
        if difference := differs(expected, seen):
            off.append(difference)
            kinds.append(expected.kind)
    return _verdict(off, kinds, reference)


def _verdict(off: list[str], kinds: list[str], reference: Reference) -> Proof:
    total = len(reference.prompts)
    of_kind = Counter(expected.kind for expected in reference.prompts)
    # Every prompt of a kind, such as all that go through the chat template, is more than chance.
    complete = any(count > 1 and kinds.count(kind) == count for kind, count in of_kind.items())
    figures = {"prompts": float(total), "agree": float(total - len(off))}
    text = f"{total - len(off)} of {total} prompts continue as with {reference.made_with}"
    if not off:
        return proved(SENSE, f"{text}.", figures)
    if len(off) <= _FEW * total and not complete:
        return unknown(SENSE, f"{text}; {off[0]}")
    fix = "Its answers differ from the model's: check tokenizer, chat template, quantisation and attention backend."
    return failed(SENSE, f"{text}; {off[0]}", fix)


def _asked(server: Server, expected: Expectation) -> Reply:
    if expected.kind == "chat":
        return server.chat(expected.prompt, max_tokens=1, logprobs=True, top_logprobs=_COMPARED)
    return server.complete(expected.prompt, max_tokens=1, logprobs=_COMPARED)


def likeliest(reply: Reply, kind: str) -> dict[str, float]:
    """The likeliest first tokens of a reply with their logarithms; empty if it gives none."""
    logprobs = reply.choice.get("logprobs")
    if not isinstance(logprobs, Mapping):
        return {}
    if kind == "chat":
        content = logprobs.get("content")
        alternatives = content[0].get("top_logprobs") if isinstance(content, list) and content else None
        pairs = (
            [(one.get("token"), one.get("logprob")) for one in alternatives] if isinstance(alternatives, list) else []
        )
        return _numbers(dict(pairs))
    alternatives = logprobs.get("top_logprobs")
    return _numbers(alternatives[0]) if isinstance(alternatives, list) and alternatives else {}


def _numbers(found: Any) -> dict[str, float]:
    if not isinstance(found, Mapping):
        return {}
    return {str(token): float(value) for token, value in found.items() if isinstance(value, (int, float))}


def differs(expected: Expectation, seen: Mapping[str, float]) -> str:
    """In what the two are not the same; empty if they are, ties and small numbers aside."""
    best = max(expected.tokens.values())
    ties = [token for token, value in expected.tokens.items() if value >= best - NEAR]
    first = max(seen, key=lambda token: seen[token])
    if first not in ties:
        return f'after "{clean(expected.prompt)[-40:]}" comes {first!r}, expected {ties[0]!r}'
    shared = [token for token in expected.tokens if token in seen]
    drift = sum(abs(seen[token] - expected.tokens[token]) for token in shared) / len(shared)
    return f'after "{clean(expected.prompt)[-40:]}" the probabilities are off by {drift:.1f}' if drift > DRIFT else ""
