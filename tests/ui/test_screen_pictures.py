"""How each state of the screen looks, at 80x24 and at 120x40; a picture each, to be compared by eye when it changes."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Footer, Input

from installer.core.errors import DeployError
from installer.core.text.languages import _
from tests.ui.frozen import ended, frozen, reviewed, running, text_of, until
from tests.ui.plans import blocked_plan, failed_before_plan, noted_plan, satisfied_plan
from tests.ui.replay import EIGHT_GPUS, ONE_GPU, READY, ReplaySession
from tests.ui.test_modes import KEPT, RUNS

NO_INDEX = DeployError(
    "The package index does not answer.",
    "https://index.example/simple/ timed out after 5 s, three times. [/foo]",
    "Check the network, or name a folder of wheels in pip's configuration (find-links).",
)
Arrived = Callable[[Pilot[None]], Awaitable[object]]


async def planning(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.screen.query("#verdict") and "planning" in str(pilot.app.screen.query_one(
        "TitleBar").status))  # type: ignore[attr-defined]  # fmt: skip


TOOK = {number: 20.0 * number for number in range(2, 11)}
"""Seconds of each stage, in an earlier run."""


async def again(pilot: Pilot[None]) -> None:
    screen = await running(pilot)
    await until(pilot, lambda: screen.model.usual and "~3:20" in text_of(pilot.app))


async def served(pilot: Pilot[None]) -> None:
    await reviewed(pilot)
    await pilot.press("2")
    await until(pilot, lambda: _("ready") in text_of(pilot.app) and "100" in text_of(pilot.app))
    await until(pilot, lambda: f"y {_('copy')} " in text_of(pilot.app).splitlines()[-1])


async def remembered(pilot: Pilot[None]) -> None:
    await reviewed(pilot)
    await pilot.press("3")
    await until(pilot, lambda: RUNS[0].recipe in text_of(pilot.app) and "10.3 GB" in text_of(pilot.app))


STATES: dict[str, tuple[Callable[[], ReplaySession], Arrived]] = {
    "planning": (lambda: ReplaySession(gate=threading.Event()), planning),
    "works": (lambda: ReplaySession("success-stand-in"), reviewed),
    "blocked": (lambda: ReplaySession(planned=blocked_plan, reading=ONE_GPU, chosen="ministral-3b-sglang"), reviewed),
    "failed-before": (lambda: ReplaySession("failed-stage-7", planned=failed_before_plan), reviewed),
    "noted": (lambda: ReplaySession("success-stand-in", planned=noted_plan), reviewed),
    "in-place": (lambda: ReplaySession("success-stand-in", planned=satisfied_plan, served=READY), reviewed),
    "no-plan": (lambda: ReplaySession(error=NO_INDEX), reviewed),
    "running": (lambda: ReplaySession("running-stage-6", attached=True, live=True, reading=ONE_GPU), running),
    "running-again": (
        lambda: ReplaySession("running-stage-6", attached=True, live=True, reading=ONE_GPU, durations=TOOK),
        again,
    ),
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


def pressed(arrived: Arrived, *keys: str, shows: str) -> Arrived:
    async def opened(pilot: Pilot[None]) -> None:
        await arrived(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: _(shows).strip() in text_of(pilot.app))
        for line in pilot.app.screen.query(Input):
            line.cursor_blink = False

    return opened


async def assessed(pilot: Pilot[None]) -> None:
    await reviewed(pilot)
    await pilot.press("r")
    await until(pilot, lambda: _("all checked") in text_of(pilot.app))


_WORKS, _RUNNING, _FAILED = STATES["works"][0], STATES["running"][0], STATES["failed"][0]
STATES |= {
    "recipes": (_WORKS, assessed),
    "any-model": (_WORKS, pressed(assessed, "m", "a", shows="any model by its name")),
    "flags": (_WORKS, pressed(reviewed, "f", shows="flags of ")),
    "commands": (_WORKS, pressed(reviewed, "full_stop", shows="stages")),
    "help": (_RUNNING, pressed(running, "question_mark", shows="esc closes")),
    "cancel": (_RUNNING, pressed(running, "c", shows="Cancel this run?")),
    "log": (_RUNNING, pressed(running, "l", shows="level")),
    "stage": (_RUNNING, pressed(running, *["down"] * 8, shows="log, stage")),
    "failed-log": (_FAILED, pressed(ended, "l", shows="level")),
    "failed-stages": (_FAILED, pressed(ended, "s", shows="log, all stages")),
    "roll-back": (lambda: ReplaySession("failed-stage-7", attached=True, earlier=(3,)), pressed(ended, "b", shows="?")),
    "incidents": (
        lambda: ReplaySession(served=READY),
        pressed(served, "I", shows="There are no incidents of this server."),
    ),
    "generations": (lambda: ReplaySession(summaries=RUNS, kept=KEPT), pressed(remembered, "tab", shows="5.1 GB")),
}
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_state(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = STATES[state]
    assert snap_compare(frozen(session()), terminal_size=SIZES[size], run_before=arrived)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_state_in_the_light(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = STATES[state]
    assert snap_compare(frozen(session(), "deploy-light"), terminal_size=SIZES[size], run_before=arrived)


@pytest.mark.parametrize("theme", ["ansi-dark", "deploy-high-contrast"])
@pytest.mark.parametrize("state", ["works", "running", "failed"])
def test_other_themes(snap_compare: Callable[..., bool], state: str, theme: str) -> None:
    session, arrived = STATES[state]
    assert snap_compare(frozen(session(), theme), terminal_size=(80, 24), run_before=arrived)


def test_very_wide(snap_compare: Callable[..., bool]) -> None:
    session, arrived = STATES["eight-gpus"]
    assert snap_compare(frozen(session()), terminal_size=(200, 50), run_before=arrived)


@pytest.mark.parametrize(
    "state", ["works", "blocked", "recipes", "serve", "history", "incidents", "running", "log", "success", "failed"]
)
async def test_every_key_of_the_last_line_can_be_read_in_the_smallest_window(state: str) -> None:
    session, arrived = STATES[state]
    app = frozen(session())
    async with app.run_test(size=(80, 24)) as pilot:
        await arrived(pilot)
        footer = app.screen.query_one(Footer)
        keys = [key for key in footer.query("FooterKey") if not key.has_class("-command-palette")]
        room = footer.size.width - sum(key.size.width + 1 for key in footer.query("FooterKey.-command-palette"))
        assert keys and [key.description for key in keys if key.region.right > room] == []  # type: ignore[attr-defined]
