"""The grammar of what belongs to no moment of a deployment: `knowledge`, `web` and `completion`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment, described, lazily, verbs_of


def describe_knowledge(commands: Commands[Parser]) -> None:
    """Add `knowledge`."""
    verbs = verbs_of(
        commands.add_parser("knowledge", help="show how current the included tables are, or read new releases")
    )
    command(
        verbs, "status", "knowledge", "show_status", "show which releases each table covers, and how old its rows are"
    )
    refresh = command(verbs, "refresh", "knowledge", "refresh", "read the releases that the tables do not cover yet")
    refresh.add_argument("--check", action="store_true", help="write nothing; exit with status 1 if a table is behind")
    refresh.add_argument("--into", metavar="DIR", help="write to this folder (default: the tables of this tool)")
    refresh.add_argument(
        "names", metavar="TABLE", nargs="*", help="only these tables, as `status` names them (default: all)"
    )


def describe_web(commands: Commands[Parser]) -> None:
    """Add `web`."""
    web = command(commands, "web", "web", "serve", "show the screen in a browser, protected by a one-time token")
    web.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    web.add_argument("--port", type=int, default=8433, help="the port to listen on (default 8433)")
    deployment(web)


def describe_completion(commands: Commands[Parser]) -> None:
    """Add `completion`."""
    completion = described(commands, "completion", "print the completion script for a shell")
    completion.add_argument("shell", choices=("bash", "zsh"))
    completion.set_defaults(handler=lazily("completion", "print_script"))
