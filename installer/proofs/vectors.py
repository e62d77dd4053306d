"""Models that embed or rank: a vector of numbers that differs by text, and the fitting document ranked first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.proofs import Promises, Proof
from installer.proofs.server_client import Server
from installer.proofs.verdicts import failed, not_promised, proved, refused, unknown

EMBED, RANK = "embeddings", "rerank"
_TEXTS = ("A cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell on Monday.")
_SAME = 1e-3
"""Two figures nearer to each other than that say nothing: numbers of 16 bits differ by as much."""
_QUERY = "What is the capital of France?"
_DOCUMENTS = ("Paris is the capital of France.", "Bread is made of flour and water.")


def embeddings(server: Server, promised: Promises) -> Proof:
    """Three texts as vectors of one length; the two that mean the same are nearer to each other."""
    if promised.pooling != "embed":
        return not_promised(EMBED, "The model is not known to be an embedding model.")
    reply = server.post("/v1/embeddings", {"input": list(_TEXTS)})
    if not reply.answer.ok:
        return refused(EMBED, "a request for embeddings", reply)
    vectors = [_vector(one) for one in _listed(reply.body.get("data"))]
    if len(vectors) != len(_TEXTS) or not vectors[0] or len({len(vector) for vector in vectors}) != 1:
        return failed(EMBED, "The answer is not one vector of equal length for each text.")
    if not all(math.isfinite(value) for vector in vectors for value in vector):
        return failed(EMBED, "The vectors contain NaN or infinite values.")
    near, far = _cosine(vectors[0], vectors[1]), _cosine(vectors[0], vectors[2])
    text = f"{len(vectors[0]):,} numbers a text; alike {near:.2f}, unlike {far:.2f}"
    if near - far < _SAME:
        return unknown(EMBED, f"Texts with the same meaning are not closer than others: {text}.")
    return proved(EMBED, f"{text}.", {"length": len(vectors[0]), "alike": near, "unlike": far})


def ranks(server: Server, promised: Promises) -> Proof:
    """Of two documents the one that answers the query has the higher score."""
    if promised.pooling != "rank":
        return not_promised(RANK, "The model is not known to be a ranking model.")
    reply = server.post("/v1/rerank", {"query": _QUERY, "documents": list(_DOCUMENTS)})
    if not reply.answer.ok:
        return refused(RANK, "a request to rank documents", reply)
    results = _listed(reply.body.get("results"))
    scores = {one.get("index"): one.get("relevance_score", one.get("score")) for one in results}
    if set(scores) != {0, 1} or not all(isinstance(score, (int, float)) for score in scores.values()):
        return failed(RANK, "The answer is not a score for each document.")
    text = f"{scores[0]:.3f} for the document that answers, {scores[1]:.3f} for the other"
    if abs(scores[0] - scores[1]) < _SAME:
        return unknown(RANK, f"Both documents have the same score: {text}.")
    if scores[0] > scores[1]:
        return proved(RANK, f"{text}.")
    return failed(RANK, f"The wrong document is ranked first: {text}.", "Check that its template matches its weights.")


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _vector(one: Mapping[str, Any]) -> list[float]:
    values = one.get("embedding")
    found = values if isinstance(values, list) else []
    return [float(value) for value in found if isinstance(value, (int, float))]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0
