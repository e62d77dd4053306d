"""The grammar of `server`, and of those of its verbs that start, stop and look at it."""

from __future__ import annotations

from installer.cli.grammar import serving
from installer.cli.grammar.options import Commands, Parser, command, deployment, keeping, verbs_of, yes


def describe(commands: Commands[Parser]) -> None:
    """Add it, with all its verbs."""
    verbs = verbs_of(commands.add_parser("server", help="start, stop, restart or look at the server"))
    _start(_verb(verbs, "start", "start it and prove that it answers (the same as --stage 10)"))
    _verb(verbs, "stop", "stop it, with every process it started")
    _start(_verb(verbs, "restart", "stop and start"))
    _verb(verbs, "status", "whether it runs, and where")
    _logs(_verb(verbs, "logs", "what it printed"))
    _chat(_verb(verbs, "chat", "say something to it; its answer as it comes"))
    _verb(verbs, "metrics", "what its engine counts: requests, tokens, cache")
    key = _verb(verbs, "key", "the key that it asks for")
    key.add_argument("--renew", action="store_true", help="make a new one, for the next start")
    serving.describe(verbs)


def _verb(verbs: Commands[Parser], name: str, text: str) -> Parser:
    return command(verbs, name, "server", name, text)


def _start(parser: Parser) -> None:
    deployment(parser)
    keeping(parser)
    yes(parser)


def _logs(parser: Parser) -> None:
    parser.add_argument("-n", "--lines", type=int, default=100, help="how many of the last lines (default 100)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")


def _chat(parser: Parser) -> None:
    parser.add_argument("words", metavar="WORDS", help="what to say")
    parser.add_argument("--form", choices=("structured", "tool"), help="held to a schema, or as a tool call")
    parser.add_argument("--temperature", type=float, default=0.7, help="0 to 2 (default 0.7)")
    parser.add_argument("--max-tokens", type=int, default=256, help="at most so long (default 256)")
