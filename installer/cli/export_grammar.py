"""The grammar of `export`. Knows no handler, and is loaded with the whole grammar."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from installer.cli import wish_grammar

Parser = argparse.ArgumentParser


def describe(
    commands: argparse._SubParsersAction[Parser], command: Callable[..., Parser], *options: Callable[[Parser], None]
) -> None:
    """Add `export` and its kinds; `command` adds one, `options` those of what is to be deployed."""
    export = commands.add_parser("export", help="write a recipe for another carrier: Kubernetes or Compose")
    kinds = export.add_subparsers(title="kinds", metavar="KIND", dest="kind", required=True)
    for kind, text in (
        ("kubernetes", "write manifests: Deployment, Service, volume, probes that ask for a token"),
        ("compose", "write a Compose file: the server, the fetching of its model, a check that asks for a token"),
    ):
        one = command(kinds, kind, "export", "export", text)
        one.add_argument("recipe", metavar="RECIPE", nargs="?", help="what to serve: name or file (else --model)")
        wish_grammar.add(one)
        one.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: print it)")
        one.add_argument("--image", metavar="REFERENCE", help="the image that holds the engine (default: its makers')")
        one.add_argument("--without-key", action="store_true", help="let everybody ask who can reach it")
        for add in options:
            add(one)
