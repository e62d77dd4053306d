"""The further endpoints that a recipe wants tried once its server generates: each asked once, with a request that shows
something. Used by stage 10. Only ever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from installer.core.contracts.host import Answer, Host
from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import StageError
from installer.core.files import foreign_json
from installer.core.text.plain import clean
from stages.proof import choice_of

_ANSWER_S = 120.0
_TOKENS = 8
Try = Callable[[Host, LaunchSpec], "tuple[str, Answer, bool]"]
"""Asks; returns the path, the answer, and whether it shows what it should."""


def try_all(host: Host, spec: LaunchSpec, tell: Callable[[str], None]) -> None:
    """Ask every endpoint that the recipe names. Raises `StageError` for the first that does not answer as it should."""
    for name in spec.endpoints:
        path, answer, shown = ENDPOINTS[name](host, spec)
        if not shown:
            body = clean(answer.body).strip()[:400] or "nothing"
            raise StageError(
                f"The server generates tokens, but {path} does not answer as the recipe requires ({name}).",
                f"It answered{f' (HTTP {answer.status})' if answer.status else ''}: {body}",
                "Look for the reason in its log (deploy-tui server logs), or remove it from server.endpoints.",
            )
        tell(f"{path} answers ({name})")


def _health(host: Host, spec: LaunchSpec) -> tuple[str, Answer, bool]:
    answer = host.get(f"{spec.url}/health", timeout_s=_ANSWER_S, key_file=spec.key_file)
    return "/health", answer, answer.ok


def _models(host: Host, spec: LaunchSpec) -> tuple[str, Answer, bool]:
    answer = host.get(f"{spec.url}/v1/models", timeout_s=_ANSWER_S, key_file=spec.key_file)
    listed = _body(answer).get("data")
    names = [model.get("id") for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
    return "/v1/models", answer, spec.served_as in names


def _model_info(host: Host, spec: LaunchSpec) -> tuple[str, Answer, bool]:
    answer = host.get(f"{spec.url}/get_model_info", timeout_s=_ANSWER_S, key_file=spec.key_file)
    return "/get_model_info", answer, "model_path" in _body(answer)


def _completions(host: Host, spec: LaunchSpec) -> tuple[str, Answer, bool]:
    body = {"model": spec.served_as, "prompt": "Once upon a time", "max_tokens": _TOKENS}
    answer = host.post(f"{spec.url}/v1/completions", body, timeout_s=_ANSWER_S, key_file=spec.key_file)
    return "/v1/completions", answer, answer.ok and choice_of(answer.body).get("finish_reason") is not None


def _chat_parts(host: Host, spec: LaunchSpec) -> tuple[str, Answer, bool]:
    """Messages whose content is a list of parts, as some clients send them."""
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "You are a helpful assistant."}]},
        {"role": "user", "content": [{"type": "text", "text": "Who won the world series in 2020?"}]},
    ]
    body = {"model": spec.served_as, "messages": messages, "max_tokens": _TOKENS}
    answer = host.post(f"{spec.url}/v1/chat/completions", body, timeout_s=_ANSWER_S, key_file=spec.key_file)
    return "/v1/chat/completions", answer, answer.ok and isinstance(choice_of(answer.body).get("message"), dict)


def _generate(host: Host, spec: LaunchSpec) -> tuple[str, Answer, bool]:
    """An engine's own interface. It ignores `max_tokens` on top; `max_new_tokens` is the limit."""
    body = {"text": "The capital of France is", "sampling_params": {"max_new_tokens": _TOKENS, "temperature": 0}}
    answer = host.post(f"{spec.url}/generate", body, timeout_s=_ANSWER_S, key_file=spec.key_file)
    found = _body(answer)
    meta = found.get("meta_info")
    spent = meta.get("completion_tokens") if isinstance(meta, dict) else None
    return "/generate", answer, isinstance(found.get("text"), str) and isinstance(spent, int) and spent <= _TOKENS


def _body(answer: Answer) -> Mapping[str, Any]:
    try:
        body = foreign_json.loads(answer.body) if answer.ok else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


ENDPOINTS: Mapping[str, Try] = {
    "health": _health, "models": _models, "model-info": _model_info, "completions": _completions,
    "chat-parts": _chat_parts, "generate": _generate,
}  # fmt: skip
