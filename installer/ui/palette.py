"""What the command palette lists beside the keys of a screen: recipes, runs, flags, settings. Does nothing itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from installer.ui.intents import BackToPlan, ChangeSettings, Go, Intent, NameModel, OpenFlags, OpenPast
from installer.ui.plain import plain

if TYPE_CHECKING:
    from installer.ui.board import Board

Post = Callable[[Intent], object]
PLACES = {"deploy": "Go to deploy", "serve": "Go to serve", "history": "Go to history"}


def commands(board: Board, post: Post) -> Iterator[SystemCommand]:
    for place, title in PLACES.items():
        yield SystemCommand(title, "another place", partial(post, Go(place)))
    yield SystemCommand("Plan any model", "by its name at the hub, or a folder", partial(post, NameModel()))
    yield SystemCommand("Change profile, port or settings", "then plan again", partial(post, ChangeSettings()))
    answer = board.planned
    if answer is None:
        return
    for recipe in answer.recipes:
        yield SystemCommand(f"Plan {plain(recipe)}", "a recipe", partial(post, BackToPlan(recipe=recipe)))
    for run in answer.runs:
        when = time.strftime("%d %b %H:%M", time.localtime(run.at))
        yield SystemCommand(
            f"Open run of {when}: {plain(run.recipe)} {run.state}", plain(run.said), partial(post, OpenPast(run.id))
        )
    opened = OpenFlags(answer.plan.recipe, answer.flags)
    for flag in answer.flags:
        yield SystemCommand(
            f"Flag {plain(flag.flag)} {plain(str(flag.value))}", plain(flag.what), partial(post, opened)
        )
