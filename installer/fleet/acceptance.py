"""What a host must show before its wave counts: its server's promises, and its speed where the fleet bounds it.

Asks the host's own deploy-tui. It must never let a host through whose speed was not measured.
"""

from __future__ import annotations

from dataclasses import replace

from installer.core.errors import DeployError
from installer.fleet.file import Bounds
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Remote


def passed(remote: Remote) -> Outcome:
    """Proved, and within the bounds of the fleet."""
    outcome = proved(remote)
    bounds = remote.fleet.bounds
    if outcome.state != State.UP or bounds is None or remote.assignment.rank:
        return outcome
    body = remote.document("bench", "--concurrency", "1")[1]
    if not body.get("loads"):
        raise DeployError("Its speed was not measured there.", "", "Try `deploy-tui bench` there.")
    ttft, speed = float(body["loads"][0]["ttft_ms"]), float(body["loads"][0]["output_tokens_per_s"])
    slow = beyond(bounds, ttft, speed)
    message = slow or f"{outcome.message}; {ttft:.0f} ms to the first token, {speed:.1f} tokens/s"
    state = State.FAILED if slow else State.UP
    details = {**outcome.details, "ttft_ms": ttft, "tokens_per_s": speed}
    return replace(outcome, state=state, message=message, details=details)


def beyond(bounds: Bounds, ttft_ms: float, tokens_per_s: float) -> str:
    """What is slower than the fleet allows; empty if nothing is."""
    found = []
    if bounds.ttft_ms is not None and ttft_ms > bounds.ttft_ms:
        found.append(f"{ttft_ms:.0f} ms to the first token, and at most {bounds.ttft_ms:g} are allowed")
    if bounds.tokens_per_s is not None and tokens_per_s < bounds.tokens_per_s:
        found.append(f"{tokens_per_s:.1f} tokens/s, and at least {bounds.tokens_per_s:g} are required")
    return "; ".join(found)


def proved(remote: Remote) -> Outcome:
    """By the server's own promises, checked on the host."""
    if remote.assignment.rank:
        return Outcome(remote.host.name, State.UP, f"{remote.assignment}; rank 0 is asked")
    body = remote.document("server", "prove")[1]
    if "proofs" not in body:
        raise DeployError("No proof was run there.", "", "Look at `deploy-tui status` there.")
    failed = [f"{one['name']}: {one['said']}" for one in body["proofs"] if one["status"] == "failed"]
    counted = {word: sum(one["status"] == word for one in body["proofs"]) for word in ("proved", "failed", "unknown")}
    message = "; ".join(failed) or ", ".join(f"{count} {word}" for word, count in counted.items() if count)
    return Outcome(remote.host.name, State.FAILED if failed else State.UP, message, {"proofs": counted})
