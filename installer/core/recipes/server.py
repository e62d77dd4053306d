"""The section of a recipe that says how its server is started, proved and supervised, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Mapping

from installer.core.files.document import Scalar


def _empty() -> Mapping[str, Scalar]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Server:
    module: str
    """The Python module that is run as `python -m MODULE`."""
    host: str = "127.0.0.1"
    """The address to listen on; 127.0.0.1 is this machine only, 0.0.0.0 everyone who can reach it."""
    port: int = 8000
    """The port to listen on."""
    gpus: str | int | None = None
    """The GPUs that it may use, by their numbers or UUIDs: `1`, or `"0,1"`. Default: all of them."""
    key: str | None = None
    """The key that clients must send: `made` (created and kept in the home), `none`, or `env:NAME` (the value of that
    variable). Default: `made` if other machines can reach the server, otherwise `none`."""
    flags: Mapping[str, Scalar | None] = field(default_factory=_empty)
    """Flag to value; `true` is the bare flag, `false` and null leave it out.

    `{model}`, `{served_as}`, `{host}` and `{port}` inside a value are filled in. The flags for these four need not be
    written: the engine is always told them, and a flag that says something else than the key is refused.
    """
    environment: Mapping[str, str] = field(default_factory=_empty)  # type: ignore[arg-type]
    """Environment variables of the server. Values are text; secrets are refused here."""
    start_timeout_s: int = 600
    """Seconds until the first answer, after which the start has failed."""
    stop_timeout_s: int = 30
    """Seconds that it may take to stop, before it is killed."""
    restart: str = "on-failure"
    """Whether it is restarted after it died or froze: `on-failure`, or `off`."""
    restarts_per_hour: int = 6
    """The most restarts within an hour; after that it stays stopped."""
    token_every_s: int = 30
    """Seconds between two requests for one token, which show that it still generates; 0 sends none."""
    token_timeout_s: int = 60
    """Seconds that it may take for one, unless its metrics show that it is working."""
    structured_output: bool = True
    """Whether this engine can answer in a JSON schema."""
    endpoints: tuple[str, ...] = ()
    """More requests to the server once it generates, besides chat, stream and schema: `health`, `models`, `model-info`,
    `completions`, `chat-parts` (messages made of parts) and `generate` (of engines that have it)."""
    variables: Mapping[str, str] = field(default_factory=_empty)  # type: ignore[arg-type]
    """Environment variables of the user who deploys that set a value, as `--set` does, each with the key that it sets:
    `MEM_FRACTION: server.flags.--mem-fraction-static`."""
