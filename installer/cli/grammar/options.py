"""The options that several commands share, and how a command is added."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

from installer.cli.grammar import model_options

Commands = argparse._SubParsersAction
Parser = argparse.ArgumentParser
Handler = Callable[[argparse.Namespace], int]


def command(commands: Commands[Parser], name: str, module: str, function: str, text: str) -> Parser:
    """Add one, served by `function` of `installer.cli.MODULE`."""
    parser = described(commands, name, text)
    parser.set_defaults(handler=lazily(module, function))
    common(parser)
    return parser


def described(commands: Commands[Parser], name: str, text: str) -> Parser:
    """Add one without any options."""
    return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def verbs_of(command: Parser, title: str = "verbs", metavar: str = "VERB", dest: str = "verb") -> Commands[Parser]:
    """What is to be done with it; one of them must be named."""
    return command.add_subparsers(title=title, metavar=metavar, dest=dest, required=True)


def lazily(module: str, function: str) -> Handler:
    """A handler that is imported when it is called."""

    def handler(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"installer.cli.{module}"), function)(options))

    return handler


def absent(top: bool, otherwise: object = None) -> object:
    """What an option is that was not given: a command must not overwrite what precedes its name."""
    return otherwise if top else argparse.SUPPRESS


def common(parser: Parser, *, top: bool = False) -> None:
    """Those of nearly every command."""
    parser.add_argument(
        "--home", metavar="DIR", default=absent(top), help="the home, which contains everything that is installed"
    )
    parser.add_argument(
        "--server", metavar="NAME", default=absent(top), help="another server of the home (default: the first)"
    )
    parser.add_argument("--json", action="store_true", default=absent(top, False), help="print JSON on stdout")
    parser.add_argument(
        "--lang", metavar="CODE", default=absent(top, ""), help="the language of the screen (default: the locale's)"
    )


def yes(parser: Parser, text: str = argparse.SUPPRESS) -> None:
    """For a command that changes something; one that never asks accepts it all the same, and its help leaves it out."""
    parser.add_argument("-y", "--yes", action="store_true", default=argparse.SUPPRESS, help=text)


def deployment(parser: Parser, *, top: bool = False, wish: bool = True) -> None:
    """What is to be deployed, and for which machine."""
    parser.add_argument(
        "--recipe", metavar="NAME|FILE", default=absent(top), help="the recipe (default: one that fits this machine)"
    )
    if wish:
        model_options.add(parser, top=top)
        parser.add_argument(
            "--overrule", metavar="CODE", action="append", default=absent(top, []), dest="overruled",
            help="continue despite this finding, such as memory; the plan shows it (repeatable)",
        )  # fmt: skip
    choices(parser, top=top)
    circumstances(parser, top=top)


def choices(parser: Parser, *, top: bool = False) -> None:
    """What is chosen within a recipe."""
    parser.add_argument("--profile", metavar="NAME", default=absent(top), help="a profile of the recipe")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=absent(top, []), dest="settings",
        help="change one value of the recipe, such as server.port=9000 (repeatable)",
    )  # fmt: skip


def circumstances(parser: Parser, *, top: bool = False) -> None:
    """The machine and the day that are asked about."""
    parser.add_argument(
        "--machine", metavar="FILE", default=absent(top), help="use the machine that this file describes"
    )
    parser.add_argument("--offline", action="store_true", default=absent(top, False), help="use no network")
    parser.add_argument(
        "--as-of", metavar="DATE", default=absent(top), help="use the index as it was on that day, such as 2026-01-20"
    )


def assessment(parser: Parser) -> None:
    """How a plan or an audit checks."""
    parser.add_argument(
        "--model-config",
        metavar="FILE|DIR",
        help="the model's config.json, or its folder (default: what is known about it)",
    )
    parser.add_argument("--strict", action="store_true", help="exit with status 4 if something is unknown")


def keeping(parser: Parser, *, top: bool = False) -> None:
    """Until when a server is kept that the command starts."""
    parser.add_argument(
        "--stop-after",
        metavar="TIME",
        default=absent(top),
        help="stop the server this long after its start: 8h, 45m, never",
    )
    parser.add_argument(
        "--idle-stop", metavar="TIME", default=absent(top), help="stop it when it has been idle for this long"
    )
    parser.add_argument(
        "--then",
        metavar="COMMAND",
        default=absent(top),
        help="run this command after such a stop, for example one that stops the pod",
    )
