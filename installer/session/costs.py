"""What an hour of this machine costs, what was spent since it was started, and what stops it from being billed.

Only what someone said is counted: a price that is not given is unknown, and so is a provider without a row.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from installer.core.contracts.serving import ServerState
from installer.core.errors import DamagedError
from installer.core.runs.home import Home
from installer.host import process_table
from installer.knowledge.tables import table
from installer.session.deployments import remembered

_SETTING = "price="


@dataclass(frozen=True, slots=True)
class Provider:
    """Who rents this machine out."""

    name: str
    stop: tuple[str, ...]
    """The command that stops it from being billed."""
    still: str
    """What is billed on all the same."""


def cost(home: Home, server: ServerState) -> dict[str, Any] | None:
    """What `status --json` says of it; `None` if no price is given."""
    price = _price(home, server, os.environ)
    if price is None:
        return None
    since = process_table.boot_of_this_place()
    hours = max(0.0, time.time() - since) / 3600 if since else None
    spent = round(price * hours, 2) if hours is not None else None
    return {"per_hour": price, "since": since, "spent": spent}


def _price(home: Home, server: ServerState, environment: Mapping[str, str]) -> float | None:
    """What was last said: by --set, in the recipe, by a variable."""
    with suppress(DamagedError):
        asked = remembered(home)
        for setting in reversed(asked.settings if asked else ()):
            if setting.startswith(_SETTING) and (hourly := _number(setting.removeprefix(_SETTING))) is not None:
                return hourly
    if server.launch is not None and server.launch.price is not None:
        return server.launch.price
    prices = (_number(environment.get(name, "")) for name in table("providers")["price"])
    return next((price for price in prices if price is not None), None)


def _number(text: str) -> float | None:
    with suppress(ValueError):
        found = float(text)
        return found if 0 <= found < 1e6 else None
    return None


def provider(environment: Mapping[str, str] = os.environ) -> Provider | None:
    """Who this machine is rented from, as its own variables say."""
    for row in table("providers")["providers"]:
        if all(environment.get(name) for name in (*row["seen"], *row.get("also", ()))):
            return Provider(row["name"], filled(row["stop"], environment), row["still"])
    return None


def filled(words: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Each `{NAME}` as the variable of that name has it."""
    known = {name: value for name, value in environment.items() if any(f"{{{name}}}" in word for word in words)}
    found = []
    for word in words:
        for name, value in known.items():
            word = word.replace(f"{{{name}}}", value)  # noqa: PLW2901
        found.append(word)
    return tuple(found)
