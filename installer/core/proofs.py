"""What a server promises, and what came of asking it for that. Values only; asked by `installer.proofs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from installer.core.outcomes import Word


class ProofStatus(Word):
    """The result of proving one promise."""

    PROVED = "proved"
    FAILED = "failed"
    NOT_PROMISED = "not promised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Promises:
    """What a launch says that its server can do. What it does not say is not promised."""

    chat: bool = True
    """It generates text; false for a model that only embeds or ranks."""
    structured: bool = False
    """Answers can be forced into a JSON schema."""
    tools: str = ""
    """The parser of tool calls that it was started with; empty: none."""
    reasoning: str = ""
    """The parser that takes reasoning out of an answer; empty: none."""
    context: int | None = None
    """Tokens of prompt and answer together."""
    concurrency: int | None = None
    """Requests that it runs at the same time."""
    pooling: str = ""
    """"embed" or "rank" where the model is one for that."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One promise, and what came of it."""

    name: str
    status: ProofStatus
    said: str = ""
    """What was seen, in a sentence."""
    fix: str = ""
    seconds: float = 0.0
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Reference:
    """The likeliest next tokens of some prompts, as something else than the engine worked them out."""

    made_with: str
    prompts: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    kind: str
    """"text" (continued as it is) or "chat" (as the words of a user)."""
    prompt: str
    tokens: Mapping[str, float]
    """Token to its natural logarithm of probability, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Everything that one server was asked, and when."""

    at: float
    """Seconds since the epoch."""
    pid: int
    started_at: float | None
    model: str
    recipe: str
    proofs: tuple[Proof, ...]

    def of(self, status: ProofStatus) -> tuple[Proof, ...]:
        return tuple(proof for proof in self.proofs if proof.status == status)

    def to_json(self) -> dict[str, Any]:
        body = {name: getattr(self, name) for name in ("at", "pid", "started_at", "model", "recipe")}
        return {**body, "proofs": plain(self.proofs)}


_PLAIN = ("name", "status", "said", "fix", "seconds")


def proven_from_json(body: Any) -> Proven | None:
    """What `to_json` wrote; `None` if `body` is not that."""
    try:
        proofs = tuple(
            Proof(
                str(one["name"]), ProofStatus(one["status"]), str(one.get("said", "")), str(one.get("fix", "")),
                float(one.get("seconds", 0)), {str(k): float(v) for k, v in one.get("figures", {}).items()},
            )
            for one in body["proofs"]
        )  # fmt: skip
        started = body.get("started_at")
        return Proven(
            float(body["at"]), int(body["pid"]), None if started is None else float(started), str(body["model"]),
            str(body["recipe"]), proofs,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def in_words(proven: Proven) -> str:
    """All of it in a line: how many were proved, and which were not."""
    asked = [proof for proof in proven.proofs if proof.status != ProofStatus.NOT_PROMISED]
    summary = f"{len(proven.of(ProofStatus.PROVED))} of {len(asked)} promises proved"
    for status in (ProofStatus.FAILED, ProofStatus.UNKNOWN):
        if named := ", ".join(proof.name for proof in proven.of(status)):
            summary += f"; {status}: {named}"
    return summary


def plain(proofs: Sequence[Proof]) -> list[dict[str, Any]]:
    """For a JSON document."""
    return [{**{name: getattr(one, name) for name in _PLAIN}, "figures": dict(one.figures)} for one in proofs]
