"""The grammar of `server`, and of those of its verbs that start, stop and show it."""

from __future__ import annotations

from installer.cli.grammar import serving
from installer.cli.grammar.options import Commands, Parser, command, deployment, keeping, verbs_of, yes


def describe(commands: Commands[Parser]) -> None:
    """Add it, with all its verbs."""
    verbs = verbs_of(commands.add_parser("server", help="start, stop, inspect or use the server"))
    _start(_verb(verbs, "start", "start it and prove that it answers (the same as --stage 10)"))
    yes(_verb(verbs, "stop", "stop it with all its processes"))
    _start(_verb(verbs, "restart", "stop it and start it again"))
    _verb(verbs, "status", "show whether it runs, and where")
    _logs(_verb(verbs, "logs", "print its log"))
    _chat(_verb(verbs, "chat", "send it a message and stream the answer"))
    _verb(verbs, "metrics", "show the engine's metrics: requests, tokens, cache")
    key = _verb(verbs, "key", "print the key that it requires")
    key.add_argument("--renew", action="store_true", help="create a new one, for the next start")
    serving.describe(verbs)


def _verb(verbs: Commands[Parser], name: str, text: str) -> Parser:
    return command(verbs, name, "server", name, text)


def _start(parser: Parser) -> None:
    deployment(parser)
    keeping(parser)
    yes(parser)


def _logs(parser: Parser) -> None:
    parser.add_argument("-n", "--lines", type=int, default=100, help="the number of last lines (default 100)")
    parser.add_argument("-f", "--follow", action="store_true", help="follow the log until interrupted")


def _chat(parser: Parser) -> None:
    parser.add_argument("words", metavar="WORDS", help="the message")
    parser.add_argument(
        "--form", choices=("structured", "tool"), help="request JSON that follows a schema, or a tool call"
    )
    parser.add_argument("--temperature", type=float, default=0.7, help="0 to 2 (default 0.7)")
    parser.add_argument("--max-tokens", type=int, default=256, help="most tokens of the answer (default 256)")
