"""How a proof says what it saw. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from installer.core.proofs import Proof, ProofStatus
from installer.proofs.server_client import Reply

_LOG = "Look for the reason in its log: deploy-tui server logs."


def proved(name: str, sentence: str, figures: Mapping[str, float] | None = None) -> Proof:
    return Proof(name, ProofStatus.PROVED, sentence, figures=figures or {})


def failed(name: str, sentence: str, fix: str = _LOG) -> Proof:
    return Proof(name, ProofStatus.FAILED, sentence, fix)


def unknown(name: str, sentence: str, fix: str = "") -> Proof:
    return Proof(name, ProofStatus.UNKNOWN, sentence, fix)


def not_promised(name: str, sentence: str) -> Proof:
    return Proof(name, ProofStatus.NOT_PROMISED, sentence)


def refused(name: str, asked: str, reply: Reply) -> Proof:
    """The server gave no answer to `asked`; one that did not come in time says nothing about what it can do."""
    if reply.answer.status == 0:
        return unknown(name, f"No answer came to {asked}: {reply.refusal}.", _LOG)
    return failed(name, f"It does not answer {asked}: {reply.refusal}")
