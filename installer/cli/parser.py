"""The command line as a whole: `grammar/` says what a command takes, and its handler is imported when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from installer.cli.grammar import options
from installer.cli.help import AsWritten, Discreet, Parser, Version

_GROUPS: dict[tuple[str, str], tuple[str, ...]] = {
    ("plans", "describe"): ("plan", "audit"),
    ("fit", "describe"): ("fit",),
    ("home", "describe"): ("status", "cancel", "rollback"),
    ("support", "describe"): ("doctor", "explain", "ticket", "replay", "demo"),
    ("server", "describe"): ("server",),
    ("home", "describe_runs"): ("runs",),
    ("recipes", "describe"): ("recipes",),
    ("clients", "describe"): ("bench", "check-client", "checklist"),
    ("plans", "describe_pod"): ("pod-command",),
    ("bundle", "describe"): ("bundle",),
    ("export", "describe"): ("export",),
    ("fleet", "describe"): ("fleet",),
    ("rest", "describe_knowledge"): ("knowledge",),
    ("rest", "describe_web"): ("web",),
    ("rest", "describe_completion"): ("completion",),
}
"""Where commands are described together, by module and function of `grammar/`; loaded where one of them is meant."""


class _CommandError(Exception):
    """The line has more than options."""


class _Alone(argparse.ArgumentParser):
    """Of a line of options without a command. Says nothing of a wrong one: the whole grammar does."""

    def error(self, message: str) -> NoReturn:
        raise _CommandError


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options, with `handler` set to the function that serves them. Exits 2 on wrong usage, as argparse does."""
    try:
        given = _options_alone(argv)
    except _CommandError:
        given = build(argv[0] if argv else "").parse_args(_shown_flag(argv))
    if getattr(given, "handler", None) is None:
        given.handler = options.lazily("run", "run_stages") if given.stage else options.lazily("screen", "open_screen")
    return given


def _options_alone(argv: Sequence[str]) -> argparse.Namespace:
    """The options of a line without a command, which need no command to be described; else raises `_CommandError`."""
    if any(argv[:1] == [word] for words in _GROUPS.values() for word in words):
        raise _CommandError
    parser = _Alone(prog="deploy-tui", add_help=False)
    _common(parser)
    given, left = parser.parse_known_args(argv)
    if left:
        raise _CommandError
    return argparse.Namespace(command=None, **vars(given))


def _shown_flag(argv: Sequence[str]) -> list[str]:
    """`recipes show NAME --context-length` without dashes: argparse would look for a flag of ours."""
    if list(argv[:2]) != ["recipes", "show"]:
        return list(argv)
    ours = ("--profile", "--home", "--json", "--help", "--lang", "--")
    foreign = (word.startswith("--") and word.partition("=")[0] not in ours for word in argv)
    return [word.lstrip("-") if other else word for word, other in zip(argv, foreign, strict=True)]


def build(first: str = "") -> argparse.ArgumentParser:
    """The whole grammar; also what completion and docs are made from.

    Where the `first` word of a line is a command, those of other groups cannot come up and are left out: it saves some
    milliseconds, and a short command takes only some dozens.
    """
    parser = Parser(
        prog="deploy-tui",
        description="From a rented GPU to a model that answers on a port. Without a command: the screen.",
        formatter_class=AsWritten,
    )
    _common(parser)
    discreet: type[argparse.ArgumentParser] = Discreet
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=discreet)
    for module, function in [group for group, words in _GROUPS.items() if first in words] or _GROUPS:
        getattr(import_module(f"installer.cli.grammar.{module}"), function)(commands)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    """What can be given without a command."""
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    _running(parser)
    options.common(parser, top=True)
    options.deployment(parser, top=True)
    options.keeping(parser, top=True)


def _running(parser: argparse.ArgumentParser) -> None:
    """The options of running stages, which is no command of its own."""
    parser.add_argument(
        "--stage", metavar="STAGES", help="run stages without a screen: 9, 3-7, 3,5,9, all, or names such as pytorch"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="if the server fails for a known reason that one of its settings fixes, set it and try once more",
    )
    parser.add_argument(
        "--bundle", metavar="FILE|DIR", help="deploy from this bundle (see `bundle make`), without any network"
    )
