"""Gives redirections and words to the command that bash gives them to: the last one of a list or pipeline. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from installer.shell.syntax import (
    Background,
    Chain,
    Command,
    Group,
    Loop,
    Not,
    Pipeline,
    Redirect,
    Simple,
    Word,
)


def parts_of(command: Command) -> tuple[Command, ...]:
    return command.parts if isinstance(command, Pipeline) else (command,)


def with_text(command: Command, text: str) -> Command:
    """`command`, its last part with the text that its redirections belong to."""
    match command:
        case Simple():
            return replace(command, text=text)
        case Chain():
            *before, (operator, last) = command.rest
            return replace(command, rest=(*before, (operator, with_text(last, text))))
        case Pipeline():
            return replace(command, parts=(*command.parts[:-1], with_text(command.parts[-1], text)))
    return command


def added(command: Command, redirect: Redirect | None, more: Sequence[Word]) -> Command:
    """`command` with a redirection (and words) that bash gives to its last part."""
    redirects = (redirect,) if redirect else ()
    match command:
        case Simple():
            return replace(command, redirects=(*command.redirects, *redirects), words=(*command.words, *more))
        case Group() | Loop():
            return replace(command, redirects=(*command.redirects, *redirects))
        case Chain():
            *before, (operator, last) = command.rest
            return replace(command, rest=(*before, (operator, added(last, redirect, more))))
        case Pipeline():
            return replace(command, parts=(*command.parts[:-1], added(command.parts[-1], redirect, more)))
        case Not() | Background():
            return replace(command, body=added(command.body, redirect, more))
    return command
