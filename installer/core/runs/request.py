"""What somebody asked for: one value that the command line, the screen and the engine process share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    recipe: str | None = None
    """Name or file; `None`: this home's own, else the one that fits the machine."""
    profile: str | None = None
    settings: tuple[str, ...] = ()
    """`key=value` of every `--set`."""
    stages: tuple[int, ...] = ()
    machine: str | None = None
    """A machine file; `None`: this machine."""
    offline: bool = False
    as_of: str | None = None
    """An ISO date."""
    model_config: str | None = None
    """A config.json, or a model's folder, that says what the model is; `None`: what is known of the recipe's model."""

    def to_json(self) -> dict[str, Any]:
        """A plain mapping that `from_json` reads back."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Request:
        """The request of `to_json`."""
        known = {name: body[name] for name in cls.__slots__ if name in body}
        for name in ("settings", "stages"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)
