"""Where the likeliest tokens of a known model come from: a fingerprint, made once and kept with its versions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.proofs import Expectation, Reference
from installer.knowledge.tables import table

PROMPTS: tuple[tuple[str, str], ...] = (
    ("text", "The capital of France is"),
    ("text", "1, 2, 3, 4, 5, 6,"),
    ("text", "Monday, Tuesday, Wednesday,"),
    ("text", "The opposite of hot is"),
    ("text", "def add(a, b):\n    return a +"),
    ("text", "To be, or not to"),
    ("text", "Water is made of hydrogen and"),
    ("text", "Once upon a"),
    ("chat", "What is the capital of Japan?"),
    ("chat", "Repeat after me: hello world"),
)
"""What is asked where no fingerprint says other prompts; most models continue in one way by a wide margin."""


def fingerprint(source: str) -> Reference | None:
    """Of a model by its source, such as "Qwen/Qwen2.5-3B-Instruct@main"; `None` if none is kept."""
    wanted = source.partition("@")[0]
    row = next((row for row in table("fingerprints")["fingerprints"] if row["model"] == wanted), None)
    return reference(str(row["made_with"]), row["prompts"]) if row else None


def reference(made_with: str, prompts: Sequence[Mapping[str, Any]]) -> Reference:
    """The value of plain rows; tokens that are no whole text on their own cannot be compared, and are left out."""
    return Reference(
        made_with,
        tuple(
            Expectation(str(row["kind"]), str(row["prompt"]), _comparable(row["tokens"])) for row in prompts
            if _comparable(row["tokens"])
        ),
    )  # fmt: skip


def _comparable(tokens: Mapping[str, Any]) -> dict[str, float]:
    return {str(token): float(value) for token, value in tokens.items() if "\ufffd" not in str(token)}
