"""What a client is told to reach a server: its settings filled in, and put beside what its file holds already. Pure.

A key never stands in it: each client reads it from a variable of its environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from installer.core.errors import UsageError
from installer.core.files.problems import suggestion
from installer.core.files.typed import typed
from installer.diagnostics.client_settings import ClientSettings
from installer.knowledge.tables import table

VARIABLE = "DEPLOY_TUI_API_KEY"
OURS = "written by deploy-tui"
"""Stands in the first line of a file that is ours alone."""
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
    run: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A server as a client reaches it."""

    root_url: str
    model: str
    context: int | None

    @property
    def output(self) -> int:
        """Tokens of an answer: a quarter of the context, and no more than what clients ask for."""
        return max(1, min(8192, (self.context or _CONTEXT) // 4))


def clients() -> list[Client]:
    rows: list[Mapping[str, Any]] = table("clients")["clients"]
    known = {field.name for field in fields(Client)}
    return [typed(Client, {key: value for key, value in row.items() if key in known}) for row in rows]


def client(name: str) -> Client:
    """Raises `UsageError` where none is called that."""
    found = {one.name: one for one in clients()}
    if name not in found:
        raise UsageError(
            f'No client is known as "{name}"{suggestion(name, list(found))}', f"Known are: {', '.join(found)}.",
            "Name one of these; any other client takes the address and the model's name that `connect curl` shows.",
        )  # fmt: skip
    return found[name]


def filled(one: Client, at: Reached) -> str:
    """The settings, as they would stand in the client's file."""
    places = {
        "base_url": f"{at.root_url}/v1", "root_url": at.root_url, "model": at.model, "variable": VARIABLE,
        "context": str(at.context or _CONTEXT), "output": str(at.output),
    }  # fmt: skip
    return _PLACE.sub(lambda found: places.get(found[1], found[0]), one.text)


def asks(one: Client, at: Reached) -> ClientSettings:
    """What the client will ask of the server, for `compare`."""
    return ClientSettings(
        chunk_tokens=(at.context or _CONTEXT) - 2 * at.output, output_tokens=at.output, temperature=0, structured=True,
        model=at.model, tools=True if "tools" in one.needs else None, interface=one.interface,
    )  # fmt: skip


def put_into(one: Client, text: str, before: str | None) -> str:
    """What the file holds with our settings in it. Raises `UsageError` where some of it would be lost."""
    if one.merge == "json":
        return json.dumps(_merged(_read(one, before), json.loads(text)), indent=2, ensure_ascii=False) + "\n"
    if before is not None and OURS not in before.partition("\n")[0]:
        raise UsageError(
            f"{one.file} holds settings of your own.", "They would be replaced.",
            f"Put these lines into it by hand: deploy-tui server connect {one.name} prints them.",
        )  # fmt: skip
    return f"# {OURS}\n{text}"


def _read(one: Client, before: str | None) -> Any:
    if before is None or not before.strip():
        return {}
    try:
        held = json.loads(before)
    except ValueError:
        held = None
    if isinstance(held, dict):
        return held
    raise UsageError(
        f"{one.file} cannot be read as JSON.", "It may hold comments, which would be lost.",
        f"Put these lines into it by hand: deploy-tui server connect {one.name} prints them.",
    )  # fmt: skip


def _merged(held: Any, ours: Any) -> Any:
    if not isinstance(held, dict) or not isinstance(ours, dict):
        return ours
    return {**held, **{key: _merged(held.get(key), value) for key, value in ours.items()}}
