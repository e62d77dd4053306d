"""How each state of the screen looks, at 80x24 and at 120x40; a picture each, to be compared by eye when it changes."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from installer.core.errors import DeployError
from tests.ui.frozen import ended, frozen, reviewed, running, text_of, until
from tests.ui.plans import blocked_plan, satisfied_plan
from tests.ui.replay import EIGHT_GPUS, ONE_GPU, READY, ReplaySession
from tests.ui.test_places import KEPT, RUNS

NO_INDEX = DeployError(
    "The package index does not answer.",
    "https://index.example/simple/ timed out after 5 s, three times. [/foo]",
    "Check the network, or name a folder of wheels in pip's configuration (find-links).",
)
Arrived = Callable[[Pilot[None]], Awaitable[object]]


async def planning(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.screen.query("#verdict") and "planning" in str(pilot.app.screen.query_one(
        "TitleBar").standing))  # type: ignore[attr-defined]  # fmt: skip


async def served(pilot: Pilot[None]) -> None:
    await reviewed(pilot)
    await pilot.press("2")
    await until(pilot, lambda: "✓ ready" in text_of(pilot.app) and "100" in text_of(pilot.app))
    await pilot.press("escape")  # out of the line, whose cursor blinks
    await until(pilot, lambda: not isinstance(pilot.app.focused, Input))


async def remembered(pilot: Pilot[None]) -> None:
    await reviewed(pilot)
    await pilot.press("3")
    await until(pilot, lambda: "2 runs" in text_of(pilot.app))


STATES: dict[str, tuple[Callable[[], ReplaySession], Arrived]] = {
    "planning": (lambda: ReplaySession(gate=threading.Event()), planning),
    "works": (lambda: ReplaySession("success-stand-in"), reviewed),
    "blocked": (lambda: ReplaySession(planned=blocked_plan, reading=ONE_GPU, chosen="ministral-3b-sglang"), reviewed),
    "in-place": (lambda: ReplaySession("success-stand-in", planned=satisfied_plan, served=READY), reviewed),
    "no-plan": (lambda: ReplaySession(error=NO_INDEX), reviewed),
    "running": (lambda: ReplaySession("running-stage-6", attached=True, live=True, reading=ONE_GPU), running),
    "eight-gpus": (lambda: ReplaySession("running-stage-6", attached=True, live=True, reading=EIGHT_GPUS), running),
    "stand-in": (lambda: ReplaySession("success-stand-in", attached=True), ended),
    "success": (lambda: ReplaySession("success-gpu", attached=True), ended),
    "failed": (lambda: ReplaySession("failed-stage-7", attached=True), ended),
    "incomplete": (lambda: ReplaySession("failed-incomplete", attached=True), ended),
    "cancelled": (lambda: ReplaySession("cancelled", attached=True), ended),
    "unchanged": (lambda: ReplaySession("unchanged", attached=True), ended),
    "killed": (lambda: ReplaySession("killed", attached=True), ended),
}
STATES |= {
    "serve": (lambda: ReplaySession(served=READY), served),
    "history": (lambda: ReplaySession(summaries=RUNS, kept=KEPT), remembered),
}
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_state(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = STATES[state]
    assert snap_compare(frozen(session()), terminal_size=SIZES[size], run_before=arrived)


OPENED = {"help": ("question_mark",), "cancel": ("c",), "log": ("l",), "stage": ("down",) * 8}


@pytest.mark.parametrize("what", OPENED)
def test_opened_on_a_run(snap_compare: Callable[..., bool], what: str) -> None:
    session, arrived = STATES["running"]
    assert snap_compare(frozen(session()), press=OPENED[what], terminal_size=(80, 24), run_before=arrived)


@pytest.mark.parametrize("size", SIZES)
def test_recipes(snap_compare: Callable[..., bool], size: str) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: len(pilot.app.board.verdicts) == 3)

    assert snap_compare(frozen(STATES["works"][0]()), terminal_size=SIZES[size], run_before=opened)


@pytest.mark.parametrize("size", SIZES)
def test_flags(snap_compare: Callable[..., bool], size: str) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await reviewed(pilot)
        await pilot.press("f")
        await until(pilot, lambda: pilot.app.screen.query("#flags"))

    assert snap_compare(frozen(STATES["works"][0]()), terminal_size=SIZES[size], run_before=opened)


@pytest.mark.parametrize("theme", ["deploy-light", "ansi-dark"])
@pytest.mark.parametrize("state", ["works", "running", "failed"])
def test_other_themes(snap_compare: Callable[..., bool], state: str, theme: str) -> None:
    session, arrived = STATES[state]
    assert snap_compare(frozen(session(), theme), terminal_size=(80, 24), run_before=arrived)


def test_very_wide(snap_compare: Callable[..., bool]) -> None:
    session, arrived = STATES["eight-gpus"]
    assert snap_compare(frozen(session()), terminal_size=(200, 50), run_before=arrived)
