"""Asking a running server for what it promises: a token, a chat answer, a stream, an answer forced into a schema.

Only ever asks; it must never accept `/health` or a list of models as an answer: both are wrong while an engine loads.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.core.contracts.host import Answer, Host
from installer.core.contracts.serving import LaunchSpec
from installer.core.contracts.watching import TOKEN_PATH, token_request
from installer.core.errors import StageError
from installer.core.files import foreign_json
from installer.core.text.plain import clean
from installer.knowledge.engines import definitions
from installer.proofs.reasoning import answered
from installer.proofs.server_client import Reply, read
from stages import pooling

_ANSWER_S = 120.0
_QUESTION = "What is the capital of Japan?"
"""Small models know it by a wide margin, so that rounding on one kind of processor does not turn the answer."""
_SCHEMA: dict[str, Any] = {
    "type": "object",
    # Nothing in it can continue for ever, so that even random weights come to its end.
    "properties": {"language": {"enum": ["English", "Spanish"]}, "is_question": {"type": "boolean"}},
    "required": ["language", "is_question"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Probe:
    """The result of requesting one token."""

    words: str = ""
    """What is missing; empty if a token came back."""
    refused: bool = False
    """True if the server works but will not answer this request, however often it is asked."""
    late: bool = False
    """True if something listens, but said nothing in time."""

    @property
    def ready(self) -> bool:
        return not self.words


def one_token(host: Host, spec: LaunchSpec, *, timeout_s: float) -> Probe:
    """Ask for a single token: the only sign of readiness that every engine gives truthfully.

    A model that only embeds or ranks gets such requests.
    """
    if what := pooling.task(spec):
        answer = pooling.ask(host, spec, what, timeout_s)
        return Probe() if pooling.answered(answer) else _missing(answer, spec)
    engine = definitions.engine(spec.engine)
    if engine and engine.token_probe:
        health = host.get(f"{spec.url}{engine.token_probe}", timeout_s=timeout_s, key_file=spec.key_file)
        if not health.ok and health.status != 404:
            return _missing(health, spec)
    body = token_request(spec.served_as)
    answer = host.post(f"{spec.url}{TOKEN_PATH}", body, timeout_s=timeout_s, key_file=spec.key_file)
    if answer.ok and choice_of(answer.body):
        return Probe()
    return _missing(answer, spec)


def chat(host: Host, spec: LaunchSpec) -> str:
    """The answer to a chat request. Raises `StageError` if there is none."""
    answer = host.post(_chat_url(spec), _chat_body(spec), timeout_s=_ANSWER_S, key_file=spec.key_file)
    choice = choice_of(answer.body) if answer.ok else {}
    text = _text(choice.get("message"))
    if not choice or not (text or spec.stand_in):
        raise _unproven("a chat request", answer)
    return text


def first_token_ms(host: Host, spec: LaunchSpec) -> float:
    """Milliseconds from sending a chat request to the first piece of its streamed answer.

    Raises `StageError` if no piece comes.
    """
    body = {**_chat_body(spec), "stream": True}
    began = time.perf_counter()
    first: float | None = None
    last = ""
    try:
        with host.stream(_chat_url(spec), body, timeout_s=_ANSWER_S, key_file=spec.key_file) as pieces:
            for piece in pieces:
                last = piece
                choice = choice_of(piece)
                # Random weights may say nothing but special tokens, which no engine shows: then the end counts.
                if first is None and (_text(choice.get("delta")) or (spec.stand_in and choice.get("finish_reason"))):
                    first = time.perf_counter() - began
    except ConnectionError as error:
        raise _unproven("a streamed chat request", Answer(0, str(error))) from error
    if first is None:
        raise _unproven("a streamed chat request", Answer(200, last))
    return round(first * 1000, 1)


def structured(host: Host, spec: LaunchSpec) -> str:
    """An answer forced into a JSON schema, as it came; empty if the model was still reasoning, which no schema limits.

    Raises `StageError` if it does not fit the schema.
    """
    form = {"type": "json_schema", "json_schema": {"name": "proof", "schema": _SCHEMA, "strict": True}}
    body = {**_chat_body(spec), "response_format": form, "max_tokens": 128}

    def ask(more: Mapping[str, Any]) -> Reply:
        return read(host.post(_chat_url(spec), {**body, **more}, timeout_s=_ANSWER_S, key_file=spec.key_file))

    reply = answered(ask)
    if reply.only_reasoned:
        return ""
    text = _text(reply.message)
    if not fits(text):
        raise _unproven("a request for JSON of a given schema", reply.answer)
    return text


def fits(text: str) -> bool:
    """Whether `text` is JSON that obeys the schema of the proof."""
    try:
        value = foreign_json.loads(text)
    except ValueError:
        return False
    properties: Mapping[str, Any] = _SCHEMA["properties"]
    return (
        isinstance(value, dict)
        and set(value) == set(properties)
        and value["language"] in properties["language"]["enum"]
        and isinstance(value["is_question"], bool)
    )


def curl(spec: LaunchSpec) -> str:
    """A line for a shell that repeats the chat request."""
    body = json.dumps(_chat_body(spec), ensure_ascii=False)
    words = shlex.join(("-H", "Content-Type: application/json", "-d", body))
    return f"curl -s {shlex.quote(_chat_url(spec))}{key_words(spec)} {words}"


def key_words(spec: LaunchSpec) -> str:
    """The header with the key, which the shell reads when the line is run."""
    if not spec.key_file:
        return ""
    home = shlex.quote(str(Path(spec.key_file).parent.parent))
    return f' -H "Authorization: Bearer $(deploy-tui server key --home {home})"'


def _chat_url(spec: LaunchSpec) -> str:
    return f"{spec.url}/v1/chat/completions"


def _chat_body(spec: LaunchSpec) -> dict[str, Any]:
    messages = [{"role": "user", "content": _QUESTION}]
    # The likeliest token of random weights is the last one again, for ever: a stand-in is heard better at random.
    sampling = {"temperature": 1.0, "seed": 7} if spec.stand_in else {"temperature": 0}
    return {"model": spec.served_as, "messages": messages, "max_tokens": 48, **sampling}


def choice_of(body: str) -> Mapping[str, Any]:
    """The first choice of an answer; empty if there is none."""
    try:
        choice = foreign_json.loads(body)["choices"][0]
    except (ValueError, KeyError, IndexError, TypeError):
        return {}
    return choice if isinstance(choice, dict) else {}


def _text(message: Any) -> str:
    """What a message or a piece of one says; models that think aloud first may put it elsewhere."""
    if not isinstance(message, Mapping):
        return ""
    texts = (message.get(name) for name in ("content", "reasoning_content", "reasoning"))
    return next((clean(text).strip() for text in texts if isinstance(text, str) and text), "")


def _missing(answer: Answer, spec: LaunchSpec) -> Probe:
    if answer.status == 0:
        refused = "refused" in answer.body.lower()
        words = f"nothing listens on port {spec.port} yet" if refused else f"no answer yet: {answer.body}"
        return Probe(words, late=not refused)
    words = f"it answers, but without a token: HTTP {answer.status} {clean(answer.body).strip()[:200]}".rstrip()
    return Probe(words, refused=400 <= answer.status < 500 and answer.status not in (408, 425, 429))


def _unproven(asked: str, answer: Answer) -> StageError:
    body = clean(answer.body).strip()[:400] or "nothing"
    return StageError(
        f"The server generates tokens, but did not answer {asked}.",
        f"It answered{f' (HTTP {answer.status})' if answer.status else ''}: {body}",
        "Look for the reason in its log: deploy-tui server logs.",
    )
