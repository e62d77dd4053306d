"""What someone wants served who names a model and no recipe. Values only; what comes of it is derived elsewhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ModelRequest:
    model: str
    """Its name at the hub, ORG/NAME, or a folder of this machine."""
    context: int | None = None
    """Tokens of one request, prompt and answer together; `None`: what fits, up to what is usual."""
    users: int | None = None
    """Requests of that context that must fit into the cache at the same time; `None`: one."""
    engine: str | None = None
    """`None`: the one that suits the model and the machine."""
    quantization: str | None = None
    """A format of the weights that was requested; `None`: as the checkpoint is."""
    revision: str | None = None
    """A branch, tag or commit at the hub; `None`: its newest."""

    def words(self) -> list[str]:
        """The options of the command line that say the same."""
        return [word for key, value in asdict(self).items() if value is not None for word in (f"--{key}", str(value))]
