"""The screen in a browser: textual-serve behind a one-time token. It never serves anybody who has not shown that.

The token works once;  the visitor then holds a cookie. Needs the optional extra `deploy-tui[web]`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from installer.core.errors import UsageError

if TYPE_CHECKING:
    from aiohttp import web

COOKIE = "deploy-tui"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FONT = re.compile(r"<link[^>]*//fonts\.[^>]*>")
"""A page of ours fetches nothing from elsewhere."""
OWN_PAGE = """<style>body { margin: 0; overflow: hidden; }</style>
<script>
  new MutationObserver((_, watch) => {
    const keys = document.querySelector(".xterm-helper-textarea");
    if (keys && document.body.classList.contains("-first-byte")) { keys.focus(); watch.disconnect(); }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
</script>
"""
"""Keys go to the screen without a click into it first."""
Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]


class AccessControl:
    """Who may come in: anyone who brings the token first, and from then on anyone who holds the cookie."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self._cookie = secrets.token_urlsafe(32)
        self._used = False

    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        from aiohttp import web

        if secrets.compare_digest(request.cookies.get(COOKIE, ""), self._cookie) and _own_page(request):
            return await handler(request)
        shown = request.query.get("visit", "")
        if request.path != "/" or self._used or not secrets.compare_digest(shown.encode(), self.token.encode()):
            return web.Response(status=403, text="The link with the token works once. Start it again.\n")
        self._used = True
        answer = web.Response(status=303, headers={"Location": "/", "Referrer-Policy": "no-referrer"})
        answer.set_cookie(COOKIE, self._cookie, httponly=True, samesite="Strict", path="/")
        return answer


def _own_page(request: web.Request) -> bool:
    """Whether a page of this server asks, and not one of someone else in the same browser."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host")


def _own(page: web.StreamResponse) -> web.StreamResponse:
    page = cast("web.Response", page)
    page.text = FONT.sub("", page.text or "").replace("</head>", f"{OWN_PAGE}</head>")
    return page


def serve(command: str, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve `command` until interrupted; `tell` is handed the address. Raises `UsageError`."""
    try:
        from textual_serve.server import Server
    except ImportError:
        raise UsageError(
            "The screen cannot be served to a browser.",
            "textual-serve, an optional part of this tool, is not installed.",
            "Install it: pip install 'deploy-tui[web]'.",
        ) from None
    access, shown = AccessControl(), f"[{host}]" if ":" in host else host

    class Guarded(Server):
        async def _make_app(self) -> web.Application:
            from aiohttp import web

            app: web.Application = await super()._make_app()

            @web.middleware
            async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
                return await access.admit(request, handler)

            app.middlewares.append(guard)
            return app

        async def handle_index(self, request: web.Request) -> web.StreamResponse:
            self.public_url = f"{request.scheme}://{request.host}"  # as the visitor reaches it, through a tunnel, say
            return _own(await super().handle_index(request))

        async def on_startup(self, app: web.Application) -> None:
            tell(f"http://{shown}:{port}/?visit={access.token}")

        def initialize_logging(self) -> None:
            """Nothing is logged: addresses hold the token."""

    Guarded(command, host=host, port=port, title="deploy-tui").serve()
