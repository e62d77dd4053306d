"""The states of the screen that are drawn, by place, and how each is arrived at. Draws and compares nothing."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot
from textual.widgets import Input

from installer.core.errors import DeployError
from installer.core.text.languages import _
from tests.ui.frozen import ended, reviewed, running, text_of, until
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


State = tuple[Callable[[], ReplaySession], Arrived]


def _works() -> ReplaySession:
    return ReplaySession("success-stand-in")


def _running() -> ReplaySession:
    return ReplaySession("running-stage-6", attached=True, live=True, reading=ONE_GPU)


def _failed() -> ReplaySession:
    return ReplaySession("failed-stage-7", attached=True)


BEFORE: dict[str, State] = {
    "planning": (lambda: ReplaySession(gate=threading.Event()), planning),
    "works": (_works, reviewed),
    "blocked": (lambda: ReplaySession(planned=blocked_plan, reading=ONE_GPU, chosen="ministral-3b-sglang"), reviewed),
    "failed-before": (lambda: ReplaySession("failed-stage-7", planned=failed_before_plan), reviewed),
    "noted": (lambda: ReplaySession("success-stand-in", planned=noted_plan), reviewed),
    "in-place": (lambda: ReplaySession("success-stand-in", planned=satisfied_plan, served=READY), reviewed),
    "no-plan": (lambda: ReplaySession(error=NO_INDEX), reviewed),
    "recipes": (_works, assessed),
    "any-model": (_works, pressed(assessed, "m", "a", shows="any model by its name")),
    "flags": (_works, pressed(reviewed, "f", shows="flags of ")),
    "commands": (_works, pressed(reviewed, "full_stop", shows="stages")),
}
RUNNING: dict[str, State] = {
    "running": (_running, running),
    "running-again": (
        lambda: ReplaySession("running-stage-6", attached=True, live=True, reading=ONE_GPU, durations=TOOK),
        again,
    ),
    "eight-gpus": (lambda: ReplaySession("running-stage-6", attached=True, live=True, reading=EIGHT_GPUS), running),
    "help": (_running, pressed(running, "question_mark", shows="esc closes")),
    "cancel": (_running, pressed(running, "c", shows="Cancel this run?")),
    "log": (_running, pressed(running, "l", shows="level")),
    "stage": (_running, pressed(running, *["down"] * 8, shows="log, stage")),
}
AFTER: dict[str, State] = {
    "stand-in": (lambda: ReplaySession("success-stand-in", attached=True), ended),
    "success": (lambda: ReplaySession("success-gpu", attached=True), ended),
    "failed": (_failed, ended),
    "incomplete": (lambda: ReplaySession("failed-incomplete", attached=True), ended),
    "cancelled": (lambda: ReplaySession("cancelled", attached=True), ended),
    "unchanged": (lambda: ReplaySession("unchanged", attached=True), ended),
    "killed": (lambda: ReplaySession("killed", attached=True), ended),
    "failed-log": (_failed, pressed(ended, "l", shows="level")),
    "failed-stages": (_failed, pressed(ended, "s", shows="log, all stages")),
    "roll-back": (lambda: ReplaySession("failed-stage-7", attached=True, earlier=(3,)), pressed(ended, "b", shows="?")),
    "serve": (lambda: ReplaySession(served=READY), served),
    "history": (lambda: ReplaySession(summaries=RUNS, kept=KEPT), remembered),
    "incidents": (
        lambda: ReplaySession(served=READY),
        pressed(served, "I", shows="There are no incidents of this server."),
    ),
    "generations": (lambda: ReplaySession(summaries=RUNS, kept=KEPT), pressed(remembered, "tab", shows="5.1 GB")),
}
STATES = BEFORE | RUNNING | AFTER
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
