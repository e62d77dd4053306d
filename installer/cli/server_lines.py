"""What a server is and has been through, in lines for a person. Only words: it reads nothing itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.contracts.incident import KINDS
from installer.core.text.languages import _, translated
from installer.core.text.quantities import duration, size
from installer.core.text.state_words import state_word

_SOON_S = 600.0
"""A deadline that is nearer is a warning."""


def server_line(server: Mapping[str, Any]) -> str:
    """The server's state in one line."""
    where = _("as rank {rank} of {ranks}") if server["rank"] else _("at {url}")
    address = _(" {where}, model {model}, process {pid}") if server["pid"] else ""
    reason = f" - {translated(server['reason'])}" if server["reason"] else ""
    return state_word(server["state"]) + address.format(**{**server, "where": where.format(**server)}) + reason


def more_lines(server: Mapping[str, Any]) -> Iterator[str]:
    """All else that there is to say of it."""
    yield from start_lines(server["start"] or {})
    yield from _watch_lines(server)
    yield from deadline_lines(server, time.time())
    if cost := server["cost"]:
        spent = f"; {cost['spent']:.2f} since this machine was started" if cost["spent"] is not None else ""
        yield f"{cost['per_hour']:g} an hour{spent}"


def start_lines(start: Mapping[str, Any]) -> Iterator[str]:
    """What the start of the server came to: its parts, and memory as reported and as predicted."""
    if parts := start.get("parts"):
        yield "started in " + ", ".join(f"{part} {duration(seconds)}" for part, seconds in parts.items())
    if before := start.get("parts_before"):
        yield "earlier starts: " + ", ".join(f"{part} {duration(seconds)}" for part, seconds in before.items())
    if start.get("kv_tokens"):
        predicted = start.get("kv_tokens_foretold")
        starts = start.get("measured_starts")
        rests = f", measured here {'once' if starts == 1 else f'{starts} times'}" if starts else ""
        prediction = f" (predicted: {predicted:,}{rests})" if predicted else ""
        yield f"{start['kv_tokens']:,} tokens of key-value cache{prediction}"
    if start.get("weights_bytes"):
        predicted = start.get("weights_bytes_foretold")
        prediction = f" (predicted: {size(predicted)})" if predicted else ""
        yield f"{size(start['weights_bytes'])} of weights on each GPU{prediction}"


def _watch_lines(server: Mapping[str, Any]) -> Iterator[str]:
    if (watched := server["watched"]) and watched["unjudged"]:
        yield f"not watched: {watched['unjudged']}"
    if server["restarts"]:
        count = server["restarts"]
        yield f"restarted {'once' if count == 1 else f'{count} times'} automatically"
    if server["incidents"]:
        last = server["incidents"][-1]
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(last["at"]))
        back = f"; it was back after {duration(last['back_after_s'])}" if last["back_after_s"] is not None else ""
        yield f"last incident {last['id']}: at {when} UTC {KINDS.get(last['kind'], last['kind'])}{back}"
        yield f"explained by: deploy-tui explain {last['id']}"


def deadline_lines(server: Mapping[str, Any], now: float) -> Iterator[str]:
    """When it ends by itself; soon is said so."""
    for name, why in (("ends_at", "its time is up"), ("idle_ends_at", "nobody uses it")):
        if server[name] is not None:
            left = max(0.0, server[name] - now)
            condition = f"if {why}" if name == "idle_ends_at" else "because " + why
            yield f"{'it ends soon' if left < _SOON_S else 'it ends'}: in {duration(left)}, {condition}"
    if server["idle_unknown"]:
        yield "its engine does not report whether it is in use, so --idle-stop has no effect"
