"""The grammar of `fit`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment

KINDS = ("text", "vision", "embed", "rerank")
SORTS = ("size", "context", "users", "name")


def describe(commands: Commands[Parser]) -> None:
    """Add it."""
    fit = command(commands, "fit", "fit", "show_fit", "which models this machine holds, or which GPUs hold a model")
    _own(fit)
    deployment(fit, wish=False)


def _own(parser: Parser) -> None:
    parser.add_argument("--model", metavar="ORG/NAME", help="which GPUs hold this model (or its folder)")
    parser.add_argument(
        "--context", type=int, metavar="TOKENS", help="of each request (default: the longest that fits)"
    )
    parser.add_argument("--users", type=int, metavar="N", help="requests at the same time (default 1)")
    parser.add_argument("--engine", metavar="NAME", help="only by this engine (default: every one)")
    parser.add_argument(
        "--for", metavar="PROVIDER", dest="provider",
        help="with --model or --recipe: the least machine, as this provider is asked for it (runpod, vast, …)",
    )  # fmt: skip
    parser.add_argument("--sort", choices=SORTS, default="size", help="the order (default size)")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only such models (repeatable)")
    parser.add_argument("--like", metavar="WORD", help="only models whose name holds this")
    parser.add_argument("--all", action="store_true", help="also what does not fit, and why")
    parser.add_argument("--model-config", metavar="FILE|DIR", help="the model's config.json, or its folder")
