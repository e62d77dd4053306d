"""The grammar of `fit`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment

KINDS = ("text", "vision", "embed", "rerank")
SORTS = ("size", "context", "users", "name")


def describe(commands: Commands[Parser]) -> None:
    """Add it."""
    fit = command(
        commands, "fit", "fit", "show_fit", "list the models that fit on this machine, or the GPUs that a model fits on"
    )
    _own(fit)
    deployment(fit, wish=False)


def _own(parser: Parser) -> None:
    parser.add_argument("--model", metavar="ORG/NAME", help="list the GPUs that this model (or its folder) fits on")
    parser.add_argument(
        "--context", type=int, metavar="TOKENS", help="tokens of each request (default: the longest that fits)"
    )
    parser.add_argument("--users", type=int, metavar="N", help="concurrent requests (default 1)")
    parser.add_argument("--engine", metavar="NAME", help="only with this engine (default: all)")
    parser.add_argument(
        "--for", metavar="PROVIDER", dest="provider",
        help="with --model or --recipe: how to request the smallest machine from this provider",
    )  # fmt: skip
    parser.add_argument("--sort", choices=SORTS, default="size", help="sort by (default size)")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only such models (repeatable)")
    parser.add_argument("--like", metavar="WORD", help="only models whose name contains this")
    parser.add_argument("--all", action="store_true", help="also list what does not fit, and why")
    parser.add_argument("--model-config", metavar="FILE|DIR", help="the model's config.json, or its folder")
