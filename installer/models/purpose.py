"""What a model is for: text, vectors or ranks. Pure answers from `knowledge/parsers.yaml`.

What nothing says to be one of these is for none: no recipe is derived on a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from installer.core.files.document import Scalar
from installer.core.plans.stack import ModelFacts
from installer.knowledge.tables import table
from installer.knowledge.versions import fits

TEXT, EMBED, RANK = "text", "embed", "rank"


def task_of(model: ModelFacts) -> str:
    """`TEXT`, `EMBED` or `RANK`; empty: something else, which `what_of` tells."""
    row = _other(model)
    if model.task and (row is None or "task" not in row):
        return model.task
    return str(row.get("task", "")) if row is not None else TEXT if _writes(model) else ""


def what_of(model: ModelFacts) -> str:
    """The same in a few words, where it does not write text."""
    row = _other(model)
    first = next(iter(model.architectures), "")
    return str(row["what"]) if row is not None else f"not known to generate text (its architecture is {first})"


def launching(engine: str, release: str, model: ModelFacts, task: str) -> tuple[Mapping[str, Scalar], str] | None:
    """The flags with which the release serves vectors or scores of it, and why; `None`: none are known."""
    for row in table("parsers")["pooling"]:
        mine = (row["engine"], row["task"]) == (engine, task) and fits(release, f">={row['since']}")
        if mine and any(re.fullmatch(row["architectures"], name) for name in model.architectures):
            return row["flags"], str(row["why"])
    return None


def _other(model: ModelFacts) -> Mapping[str, Any] | None:
    rows = table("parsers")["others"]
    return next((row for row in rows if _fits(row, model)), None)


def _fits(row: Mapping[str, Any], model: ModelFacts) -> bool:
    if "labels" in row and row["labels"] != _labels(model):
        return False
    named = re.search(row["names"], model.name, re.IGNORECASE)
    return bool(named) and any(re.fullmatch(row["architectures"], one) for one in model.architectures)


def _labels(model: ModelFacts) -> int | None:
    """How many classes it tells apart; `None`: its config does not say."""
    named, many = model.config.get("id2label"), model.config.get("num_labels")
    return len(named) if isinstance(named, Mapping) else many if isinstance(many, int) else None


def _writes(model: ModelFacts) -> bool:
    endings = tuple(ending for row in table("parsers")["generating"] for ending in row["endings"])
    return not model.architectures or any(one.endswith(endings) for one in model.architectures)
