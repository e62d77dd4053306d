"""Requires the key on every path of a server, as `vllm --middleware deploy_tui_guard.Guard`.

vLLM's own check leaves out what does not begin with /v1 and a few other words, and what it leaves out can generate
(/invocations). The key comes from the environment, as vLLM itself takes it. Open without it are the paths that only
say whether the server lives, as in SGLang. Runs in the engine's Python, with nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

OPEN = ("/health", "/ping", "/metrics")
_REFUSED = b'{"error": "Unauthorized"}'


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


class Guard:
    """Raises `KeyError` if there is no key: a server that was to be locked must not start open."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.key = _digest(os.environ["VLLM_API_KEY"].encode())

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_let_in(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            head = [(b"content-type", b"application/json"), (b"content-length", str(len(_REFUSED)).encode())]
            await send({"type": "http.response.start", "status": 401, "headers": head})
            await send({"type": "http.response.body", "body": _REFUSED})

    def _is_let_in(self, scope: dict[str, Any]) -> bool:
        if scope.get("method") == "OPTIONS" or scope["path"] in OPEN:
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, key = given.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(_digest(key), self.key)
