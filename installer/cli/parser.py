"""The command line as a whole: `grammar/` says what a command takes, and its handler is imported when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from installer.cli.grammar import (
    bundle,
    clients,
    export,
    fit,
    fleet,
    home,
    options,
    plans,
    recipes,
    rest,
    server,
    support,
)
from installer.cli.help import Parser, Version

_GROUPS: dict[Callable[[options.Commands[options.Parser]], None], tuple[str, ...]] = {
    plans.describe: ("plan", "audit"),
    fit.describe: ("fit",),
    home.describe: ("status", "cancel", "rollback"),
    support.describe: ("doctor", "explain", "ticket", "replay", "demo"),
    server.describe: ("server",),
    home.describe_runs: ("runs",),
    recipes.describe: ("recipes",),
    clients.describe: ("bench", "check-client", "checklist"),
    plans.describe_pod: ("pod-command",),
    bundle.describe: ("bundle",),
    export.describe: ("export",),
    fleet.describe: ("fleet",),
    rest.describe_knowledge: ("knowledge",),
    rest.describe_web: ("web",),
    rest.describe_completion: ("completion",),
}
"""The commands, as they are described together."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options, with `handler` set to the function that serves them. Exits 2 on wrong usage, as argparse does."""
    given = build(argv[0] if argv else "").parse_args(_shown_flag(argv))
    if getattr(given, "handler", None) is None:
        given.handler = options.lazily("run", "run_stages") if given.stage else options.lazily("screen", "open_screen")
    return given


def _shown_flag(argv: Sequence[str]) -> list[str]:
    """`recipes show NAME --context-length` without dashes: argparse would look for a flag of ours."""
    if list(argv[:2]) != ["recipes", "show"]:
        return list(argv)
    ours = ("--profile", "--home", "--json", "--help", "--")
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
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    _running(parser)
    options.common(parser, top=True)
    options.deployment(parser, top=True)
    options.keeping(parser, top=True)
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", parser_class=argparse.ArgumentParser
    )
    for group in [group for group, words in _GROUPS.items() if first in words] or _GROUPS:
        group(commands)
    return parser


def _running(parser: argparse.ArgumentParser) -> None:
    """The options of running stages, which is no command of its own."""
    parser.add_argument(
        "--stage", metavar="STAGES", help="run stages without a screen: 9, 3-7, 3,5,9, all, or names such as pytorch"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do it without asking")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="where the server fails for a known reason that one of its settings mends, set that and try once more",
    )
    parser.add_argument(
        "--bundle", metavar="FILE|DIR", help="deploy from this bundle (see `bundle make`), without any network"
    )
