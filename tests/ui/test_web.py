"""The screen in a browser: a real server, and who is let in."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stand_ins.browser import CHROMIUM, WHY_NOT
from tests.stand_ins.deployment import free_port
from tests.stand_ins.patience import PATIENCE_S
from tests.stand_ins.terminal import LONGEST_S

PLACE = "3 Histórico".encode()
"""A word of the screen in the language that was asked for."""
TOOL = str(Path(sys.executable).with_name("deploy-tui"))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    words = [TOOL, "web", "--port", str(free_port()), "--home", str(tmp_path), "--offline", "--lang", "pt"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        assert select.select([server.stdout], [], [], 60)[0], "it never said where it listens"
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def get(url: str, client: httpx.Client | None = None) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return (client or httpx).get(url, follow_redirects=False)
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_only_who_brings_the_token_first_is_let_in(address: str) -> None:
    found = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/\?visit=([\w-]{30,})", address)
    assert found
    base = found[1]
    for path in ("/", "/?visit=wrong", f"/static/x?visit={found[2]}", f"/ws?visit={found[2]}"):
        assert get(base + path).status_code == 403, path
    with httpx.Client() as visitor:
        first = get(address, visitor)
        assert first.status_code == 303 and "HttpOnly" in first.headers["set-cookie"]
        page = get(base + "/", visitor)
        assert page.status_code == 200 and "deploy-tui" in page.text and found[2] not in page.text
        assert 'lang="pt"' in page.text and "Abrir de novo" in page.text
        assert not re.search(r"(?:src|href)=.https?://(?!127\.0\.0\.1)", page.text), "it loads nothing from elsewhere"
        elsewhere = visitor.get(base + "/ws", headers={"Origin": "http://evil.example"})
        assert elsewhere.status_code == 403
    assert get(address).status_code == 403, "the token works once"


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    words = [TOOL, "web", "--port", "99999", "--home", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 2 and "not a valid port" in done.stderr


async def test_the_screen_is_drawn_for_the_visitor(address: str) -> None:
    aiohttp = pytest.importorskip("aiohttp")
    base = address.partition("/?")[0]
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as visitor:
        for _ in range(400):
            try:
                async with visitor.get(address) as page:
                    assert page.status == 200
                break
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)
        seen = b""
        async with visitor.ws_connect(f"{base}/ws?width=100&height=30") as socket:
            async for message in socket:
                seen += message.data if isinstance(message.data, bytes) else b""
                if b"deploy-tui" in seen and PLACE in seen:
                    break
        assert PLACE in seen


@pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)
async def test_chromium_goes_through_the_door_and_draws_the_screen(address: str, tmp_path: Path) -> None:
    aiohttp = pytest.importorskip("aiohttp")
    port = free_port()
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
    browser = subprocess.Popen(
        [str(CHROMIUM), *words, f"--remote-debugging-port={port}", f"--user-data-dir={tmp_path}/profile", address],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            await asyncio.wait_for(_drawn(session, port), LONGEST_S)
    finally:
        browser.terminate()
        browser.wait(20)


async def _drawn(session: Any, port: int) -> None:
    """The terminal in the page has been written to: its program came through the socket; and keys go to it."""
    async with session.ws_connect(await _page(session, port)) as socket:
        while "-first-byte" not in await _asked(socket, "document.body.className"):
            await asyncio.sleep(0.2)
        while "xterm" not in await _asked(socket, "document.activeElement.className"):
            await asyncio.sleep(0.2)


async def _page(session: Any, port: int) -> str:
    """Where the page that was opened can be asked."""
    while True:
        try:
            async with session.get(f"http://127.0.0.1:{port}/json") as listed:
                pages = [each for each in await listed.json() if each["type"] == "page"]
        except OSError:
            pages = []
        if pages:
            return str(pages[0]["webSocketDebuggerUrl"])
        await asyncio.sleep(0.2)


async def _asked(socket: Any, expression: str) -> str:
    """What an expression comes to in the page."""
    await socket.send_json({"id": 1, "method": "Runtime.evaluate", "params": {"expression": expression}})
    while True:
        answer = await socket.receive_json()
        if answer.get("id") == 1:
            return str(answer["result"]["result"].get("value"))
