"""A request: one value that the command line, the screen and the installer process share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from installer.core.runs.model_request import ModelRequest


@dataclass(frozen=True, slots=True)
class Request:
    recipe: str | None = None
    """Name or file; `None`: this home's own, else the one that fits the machine."""
    wish: ModelRequest | None = None
    """A model to serve, where no recipe is named."""
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
    overruled: tuple[str, ...] = ()
    """Codes of findings that shall not stop it."""
    bundle: str | None = None
    """The folder in the home that a bundle was unpacked into: the only source of packages and models then."""
    repairs: str = ""
    """Where a failed run is tried again with other settings: what failed, and what was changed."""

    server: str = ""
    """Which server of the home it is for; empty: the first. Written down with the run, for anyone who takes it back."""

    def to_json(self) -> dict[str, Any]:
        """A plain mapping; `installer.core.files.typed` reads it back."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "wish"} | (
            {"wish": asdict(self.wish)} if self.wish else {}
        )
