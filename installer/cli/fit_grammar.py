"""The options of `fit`."""

from __future__ import annotations

import argparse

KINDS = ("text", "vision", "embed", "rerank")
SORTS = ("size", "context", "users", "name")


def add(parser: argparse.ArgumentParser) -> None:
    """Those that only `fit` has."""
    parser.add_argument("--model", metavar="ORG/NAME", help="which GPUs hold this model (or its folder)")
    parser.add_argument(
        "--context", type=int, metavar="TOKENS", help="of each request (default: the longest that fits)"
    )
    parser.add_argument("--users", type=int, metavar="N", help="requests at the same time (default 1)")
    parser.add_argument("--engine", metavar="NAME", help="only by this engine, such as vllm")
    parser.add_argument(
        "--for", metavar="PROVIDER", dest="provider",
        help="with --model or --recipe: the least machine, as this provider is asked for it (runpod, vast, …)",
    )  # fmt: skip
    parser.add_argument("--sort", choices=SORTS, default="size", help="the order (default size)")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only such models (repeatable)")
    parser.add_argument("--like", metavar="WORD", help="only models whose name holds this")
    parser.add_argument("--all", action="store_true", help="also what does not fit, and why")
    parser.add_argument("--model-config", metavar="FILE|DIR", help="the model's config.json, or its folder")
