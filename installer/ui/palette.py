"""What the command palette lists next to the keys of a screen: recipes, runs, flags, settings. Does nothing itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from installer.core.text.languages import _, translated
from installer.core.text.state_words import flag_word, state_word
from installer.ui.intents import BackToPlan, ChangeSettings, Go, Intent, NameModel, OpenFlags, OpenPast
from installer.ui.plain import plain

if TYPE_CHECKING:
    from installer.ui.board import Board

Post = Callable[[Intent], object]
MODES = {"deploy": _("Go to deploy"), "serve": _("Go to serve"), "history": _("Go to history")}


def commands(board: Board, post: Post) -> Iterator[SystemCommand]:
    for place, title in MODES.items():
        yield SystemCommand(title, _("another place"), partial(post, Go(place)))
    yield SystemCommand(_("Plan any model"), _("by its name at the hub, or a folder"), partial(post, NameModel()))
    yield SystemCommand(_("Change profile, port or settings"), _("then plan again"), partial(post, ChangeSettings()))
    listed, answer = board.listed, board.planned
    for recipe in listed.recipes if listed else ():
        yield SystemCommand(
            _("Plan {recipe}").format(recipe=plain(recipe)), _("a recipe"), partial(post, BackToPlan(recipe=recipe))
        )
    for run in listed.runs if listed else ():
        when = time.strftime("%d %b %H:%M", time.localtime(run.at))
        yield SystemCommand(
            _("Open run of {when}: {recipe} {state}").format(
                when=when, recipe=plain(run.recipe), state=state_word(run.state)
            ),
            plain(run.said),
            partial(post, OpenPast(run.id)),
        )
    if answer is None:
        return
    opened = OpenFlags(answer.plan.recipe, answer.flags)
    for flag in answer.flags:
        yield SystemCommand(
            _("Flag {flag} {value}").format(flag=plain(flag.flag), value=plain(flag_word(flag.value))),
            plain(translated(flag.what)),
            partial(post, opened),
        )
