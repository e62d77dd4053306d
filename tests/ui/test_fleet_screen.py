"""A fleet on the screen: a row a host, at both sizes, and the one that is looked at is the one that is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from textual.pilot import Pilot

from installer.core.errors import DeployError
from installer.ui.fleet import FleetApp, HostRow
from tests.ui.frozen import text_of, until

HOME = "/workspace/deploy-tui"
MODEL = "qwen2.5-3b-instruct"
ROWS = (
    HostRow("a", "root@10.0.0.11", "ready", "done", MODEL, "http://127.0.0.1:30000", HOME),
    HostRow("b", "root@10.0.0.12:2222", "starting", "stage 10", home=HOME),
    HostRow("c", "ubuntu@10.0.0.13", "stopped", "failed", home="/data/deploy-tui"),
    HostRow(
        "d", "root@10.0.0.14", "unreached", message="root@10.0.0.14 cannot be reached: its host key is not known. [/x]"
    ),
    HostRow("router", "root@10.0.0.11", "ready", "done", MODEL, "http://10.0.0.11:8080; a in", can_open=False),
)
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


def _app(rows: Sequence[HostRow] = ROWS, opened: list[str] | None = None) -> FleetApp:
    def open_one(name: str) -> int:
        (opened if opened is not None else []).append(name)
        return 0

    app = FleetApp("fleet.yaml", lambda: rows, open_one)
    app.animation_level = "none"
    app.theme = "deploy-dark"
    return app


async def shown(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app._rows and "2 of 5 servers ready" in text_of(pilot.app))  # type: ignore[attr-defined, arg-type]


@pytest.mark.parametrize("size", SIZES)
def test_a_row_a_host(snap_compare: Callable[..., bool], size: str) -> None:
    assert snap_compare(_app(), terminal_size=SIZES[size], press=("down",), run_before=shown)


async def test_the_host_that_is_looked_at_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    opened: list[str] = []
    app = _app(opened=opened)
    monkeypatch.setattr(app, "suspend", nullcontext)  # a test has no terminal to hand over
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: opened)
        assert "ubuntu@10.0.0.13" in text_of(app)  # type: ignore[arg-type]
        await pilot.press("down", "down", "enter", *["up"] * 4, "enter")
        await until(pilot, lambda: opened[1:])
    assert opened == ["c", "a"], "the router has no screen of its own"


async def test_what_fails_is_told_and_ends_nothing() -> None:
    def broken() -> Sequence[HostRow]:
        raise DeployError("ssh is not installed.", "It is needed to reach other machines.", "Install it.")

    app = FleetApp("fleet.yaml", broken, lambda name: 0)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app._notifications)
        assert "ssh is not installed." in next(iter(app._notifications)).message
