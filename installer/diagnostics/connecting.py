"""The settings with which a client reaches a server: filled in, and merged with what its file contains already. Pure.

It never contains a key: each client reads it from a variable of its environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from installer.core.errors import UsageError
from installer.core.files import foreign_json
from installer.core.files.problems import suggestion
from installer.core.files.typed import typed
from installer.diagnostics.client_settings import ClientSettings
from installer.knowledge.tables import table

VARIABLE = "DEPLOY_TUI_API_KEY"
"""Of the first server of a home."""
OURS = "written by deploy-tui"
"""The first line of a file that is ours alone."""
_PLACE = re.compile(r"@([a-z_]+)@")
_CONTEXT = 8192
"""Where the server does not say how long its context is: what any model of today has."""


@dataclass(frozen=True, slots=True)
class Client:
    name: str
    title: str
    kind: str
    interface: str
    text: str
    file: str = ""
    merge: str = ""
    needs: tuple[str, ...] = ()
    needs_key: bool = False
    """Whether it refuses to start without a key, also for a server that requires none."""
    sends: int = 0
    """Tokens of its own in a first message, as were seen; 0: not known."""
    temperature: float | None = None
    """`None`: the client decides."""
    run: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A server as a client reaches it."""

    root_url: str
    model: str
    context: int | None
    server: str = ""
    """Which of its home's servers it is; empty: the first."""

    @property
    def provider(self) -> str:
        """What a client calls it: each server of a home by its own name, so that one may have them all."""
        return f"deploy-tui{self.suffix}"

    @property
    def suffix(self) -> str:
        return f"-{self.server}" if self.server else ""

    @property
    def variable(self) -> str:
        """Of the environment of the client, with the key: each server has its own."""
        return VARIABLE + self.suffix.replace("-", "_").upper()

    @property
    def output(self) -> int:
        """Tokens of an answer: a quarter of the context, and no more than what clients request."""
        return max(1, min(8192, (self.context or _CONTEXT) // 4))


def clients() -> list[Client]:
    rows: list[Mapping[str, Any]] = table("clients")["clients"]
    known = {field.name for field in fields(Client)}
    return [typed(Client, {key: value for key, value in row.items() if key in known}) for row in rows]


def client(name: str) -> Client:
    """Raises `UsageError` if none is called that."""
    found = {one.name: one for one in clients()}
    if name not in found:
        raise UsageError(
            f'No client is known as "{name}"{suggestion(name, list(found))}', f"Known are: {', '.join(found)}.",
            "Name one of these; any other client takes the address and the model's name that `connect curl` shows.",
        )  # fmt: skip
    return found[name]


def filled(one: Client, at: Reached) -> Client:
    """With its settings as they would be in its file, the file, and the command to run."""
    placeholders = {
        "base_url": f"{at.root_url}/v1", "root_url": at.root_url, "model": at.model, "variable": at.variable,
        "context": str(at.context or _CONTEXT), "output": str(at.output), "provider": at.provider, "suffix": at.suffix,
    }  # fmt: skip

    def fill(text: str) -> str:
        return _PLACE.sub(lambda found: placeholders.get(found[1], found[0]), text)

    return replace(one, text=fill(one.text), file=fill(one.file), run=fill(one.run))


def asks(one: Client, at: Reached) -> ClientSettings:
    """What the client will ask of the server, for `compare`."""
    room = (at.context or _CONTEXT) - 2 * at.output
    return ClientSettings(
        chunk_tokens=max(0, room - one.sends), overhead_tokens=one.sends or None, output_tokens=at.output,
        temperature=one.temperature, structured=True, model=at.model, tools=True if "tools" in one.needs else None,
        interface=one.interface,
    )  # fmt: skip


def put_into(one: Client, at: Reached, before: str | None) -> str:
    """The content of the file of a `filled` client with our settings in it.

    Raises `UsageError` if some of it would be lost.
    """
    if one.merge == "json":
        return json.dumps(_merged(_read(one, before), json.loads(one.text)), indent=2, ensure_ascii=False) + "\n"
    head = f"# {OURS}{f' for {at.provider}' if at.server else ''}"
    first = before.partition("\n")[0] if before is not None else head
    if first != head:
        whose = "the settings of another server" if OURS in first else "settings of your own"
        raise UsageError(
            f"{one.file} contains {whose}.", "They would be replaced.",
            f"Put these lines into it by hand: deploy-tui server connect {one.name} prints them.",
        )  # fmt: skip
    return f"{head}\n{one.text}"


def _read(one: Client, before: str | None) -> Any:
    if before is None or not before.strip():
        return {}
    try:
        held = foreign_json.loads(before)
    except ValueError:
        held = None
    if isinstance(held, dict):
        return held
    raise UsageError(
        f"{one.file} cannot be read as JSON.", "It may contain comments, which would be lost.",
        f"Put these lines into it by hand: deploy-tui server connect {one.name} prints them.",
    )  # fmt: skip


def _merged(held: Any, ours: Any) -> Any:
    if not isinstance(held, dict) or not isinstance(ours, dict):
        return ours
    return {**held, **{key: _merged(held.get(key), value) for key, value in ours.items()}}
