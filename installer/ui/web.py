"""The screen in a browser: textual-serve behind a one-time token. It never serves a request without that.

The token works once; the browser then has a cookie. Needs the optional extra `deploy-tui[web]`.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.errors import UsageError
from installer.core.optional_packages import install_command
from installer.core.text.languages import _, current_language

if TYPE_CHECKING:
    from aiohttp import web

COOKIE = "deploy-tui"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = Path(__file__).with_name("page")
"""Our own page in place of textual-serve's: it fetches nothing from elsewhere, and its words can be translated."""
Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]


class AccessControl:
    """Who is let in: the first request with the token, and from then on every one with the cookie."""

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
            return web.Response(status=403, text=_("The link with the token works once. Start it again.") + "\n")
        self._used = True
        answer = web.Response(status=303, headers={"Location": "/", "Referrer-Policy": "no-referrer"})
        answer.set_cookie(COOKIE, self._cookie, httponly=True, samesite="Strict", path="/")
        return answer


def _own_page(request: web.Request) -> bool:
    """Whether a page of this server asks, and not one of someone else in the same browser."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host")


def words() -> dict[str, str]:
    """What the page says before the screen is drawn, and after it has ended."""
    return {
        "language": current_language(),
        "beginning": _("The screen is being opened …"),
        "ended": _("This screen has ended."),
        "goes_on": _("A run and a server go on without it."),
        "again": _("Open it again"),
        "gone": _("If the page cannot be reached, `deploy-tui web` has ended: start it again."),
    }


def colours() -> dict[str, str | None]:
    """Of our dark theme, so that nothing flashes when the screen is drawn."""
    from installer.ui.theme import DARK

    return {
        "background": DARK.background, "foreground": DARK.foreground, "panel": DARK.panel,
        "border": DARK.variables["border"], "strong": DARK.variables["text-primary"],
    }  # fmt: skip


def serve(command: str, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve `command` until interrupted; `tell` is given the address. Raises `UsageError`."""
    try:
        from textual_serve.server import Server
    except ImportError:
        raise UsageError(
            "The screen cannot be served to a browser.",
            "textual-serve, an optional part of this tool, is not installed.",
            f"Install it: {install_command('textual-serve')}",
        ) from None
    access, shown = AccessControl(), f"[{host}]" if ":" in host else host

    class Guarded(Server):
        async def _make_app(self) -> web.Application:
            import aiohttp_jinja2
            from aiohttp import web

            app: web.Application = await super()._make_app()
            aiohttp_jinja2.get_env(app).globals.update(words=words(), colours=colours())

            @web.middleware
            async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
                return await access.admit(request, handler)

            app.middlewares.append(guard)
            return app

        async def handle_index(self, request: web.Request) -> web.StreamResponse:
            self.public_url = f"{request.scheme}://{request.host}"  # as the visitor reaches it, through a tunnel, say
            page: web.StreamResponse = await super().handle_index(request)
            return page

        async def on_startup(self, app: web.Application) -> None:
            tell(f"http://{shown}:{port}/?visit={access.token}")

        def initialize_logging(self) -> None:
            """Nothing is logged: addresses contain the token."""

    Guarded(command, host=host, port=port, title="deploy-tui", templates_path=PAGE).serve()
