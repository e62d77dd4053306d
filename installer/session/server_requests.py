"""Asks the running server: a streamed chat, an answer forced into a schema, a tool call, what it counts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from installer.core.contracts.figures import Piece, ServingFigures
from installer.core.contracts.host import Answer
from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import DeployError, UsageError
from installer.core.files import foreign_json
from installer.core.outcomes import ServerStatus
from installer.core.runs.home import Home
from installer.core.text.exposition import sums
from installer.diagnostics import connecting
from installer.diagnostics.connecting import Reached
from installer.host import http_client, server_key, server_state
from installer.knowledge import tables
from installer.proofs.reasoning import REASONING_TOKENS, answered
from installer.proofs.server_client import Reply, read

ANSWER_S = 300.0
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 40}, "country": {"type": "string", "maxLength": 40}},
    "required": ["city", "country"],
    "additionalProperties": False,
}
TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
Messages = Sequence[Mapping[str, str]]


def running(home: Home) -> LaunchSpec:
    """How the server was launched. Raises `UsageError` if none is ready."""
    state = server_state.read_state(home)
    if state.state != ServerStatus.READY or state.launch is None:
        raise UsageError(
            "No server is ready.",
            f"It is {state.state}. {state.reason}".strip(),
            "Start it: `deploy-tui server start`.",
        )
    return state.launch


def chat(home: Home, messages: Messages, *, temperature: float = 0.7, most: int = 256) -> Iterator[Piece]:
    """The answer as it comes. Raises `DeployError` if there is none."""
    spec = running(home)
    body = {"model": spec.served_as, "messages": list(messages), "max_tokens": most, "temperature": temperature}
    began, first, tokens, reasoned = time.monotonic(), None, 0, False
    try:
        with http_client.stream(
            f"{spec.url}/v1/chat/completions",
            {**body, "stream": True},
            timeout_s=ANSWER_S,
            headers=server_key.header(spec.key_file),
        ) as pieces:
            for piece in pieces:
                text, reasoning = _delta(piece)
                reasoned = reasoned or bool(reasoning)
                if text:
                    spent = time.monotonic() - began
                    first, tokens = first or 1000 * spent, tokens + 1
                    yield Piece(text, first, tokens, spent)
    except ConnectionError as error:
        raise DeployError("The server did not answer.", str(error), "See its log: `deploy-tui server logs`.") from error
    if reasoned and not tokens:
        raise _only_reasoned(most)
    yield Piece("", first, tokens, time.monotonic() - began, done=True)


def structured(home: Home, words: str) -> str:
    """An answer that is forced into a schema. Raises `DeployError`."""
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}
    return _reply(home, words, {"response_format": form}).text


def tool_call(home: Home, words: str) -> str:
    """Which tool the model would call, and with what; what it says instead where it calls none."""
    reply = _reply(home, words, {"tools": [TOOL], "tool_choice": "auto"})
    calls = [call.get("function", {}) for call in reply.calls]
    calls_made = [f"{call.get('name')}({call.get('arguments')})" for call in calls]
    return "\n".join(calls_made) or f"No tool was called. {reply.text}".strip()


def figures(home: Home) -> ServingFigures | None:
    """What the engine counts; `None` if it does not say."""
    spec = server_state.read_state(home).launch
    if spec is None:
        return None
    page = http_client.get(f"{spec.url}/metrics", timeout_s=2.0, headers=server_key.header(spec.key_file))
    return read_figures(page.body, spec.engine, time.time()) if page.ok else None


def read_figures(page: str, engine: str, at: float) -> ServingFigures:
    """The figures on a /metrics page, summed over what it tells apart."""
    found = sums(page)
    rows = [row for row in tables.table("metrics")["metrics"] if row["engine"] == engine]
    known = {row["figure"]: next((found[name] for name in row["names"] if name in found), None) for row in rows}
    return ServingFigures(**known, at=at)


def examples(spec: LaunchSpec) -> dict[str, str]:
    """The same request for a shell and for Python."""
    at = Reached(spec.url, spec.served_as, None)
    first = {one.kind: one for one in reversed(connecting.clients())}
    return {
        title: connecting.filled(first[kind], at).text.rstrip()
        for title, kind in (("curl", "shell"), ("Python", "python"))
    }


def _reply(home: Home, words: str, form: Mapping[str, Any]) -> Reply:
    """An answer of that form. Raises `DeployError` if none came."""
    spec = running(home)
    body = {
        "model": spec.served_as, "messages": [{"role": "user", "content": words}], "max_tokens": 128, "temperature": 0,
        **form,
    }  # fmt: skip

    def ask(more: Mapping[str, Any]) -> Reply:
        headers = server_key.header(spec.key_file)
        url = f"{spec.url}/v1/chat/completions"
        return read(http_client.post(url, {**body, **more}, timeout_s=ANSWER_S, headers=headers))

    reply = answered(ask)
    if not reply.message:
        raise _refused(reply.answer)
    if reply.only_reasoned:
        raise _only_reasoned(REASONING_TOKENS)
    return reply


def _only_reasoned(tokens: int) -> DeployError:
    return DeployError(
        "The model did not begin to answer.", f"It was still reasoning after {tokens:,} tokens.",
        "Allow more tokens, ask a simpler question, or let its chat template leave the reasoning out.",
    )  # fmt: skip


def _refused(answer: Answer) -> DeployError:
    return DeployError(
        "The server could not answer this request.", f"Status {answer.status}: {answer.body[:300]}",
        "This engine or its flags may not support it; see its log: `deploy-tui server logs`.",
    )  # fmt: skip


def _delta(piece: str) -> tuple[str, str]:
    """What a piece of a stream says, and what it thinks."""
    try:
        delta = foreign_json.loads(piece)["choices"][0]["delta"]
        return str(delta.get("content") or ""), str(delta.get("reasoning_content") or delta.get("reasoning") or "")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "", ""
