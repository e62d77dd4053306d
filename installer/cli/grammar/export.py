"""The grammar of `export`."""

from __future__ import annotations

from installer.cli.grammar import model_options
from installer.cli.grammar.options import Commands, Parser, choices, circumstances, command, verbs_of


def describe(commands: Commands[Parser]) -> None:
    """Add it and its kinds."""
    export = commands.add_parser("export", help="write a recipe for another carrier: Kubernetes or Compose")
    kinds = verbs_of(export, "kinds", "KIND", "kind")
    for kind, text in (
        ("kubernetes", "write manifests: Deployment, Service, volume, probes that ask for a token"),
        ("compose", "write a Compose file: the server, the fetching of its model, a check that asks for a token"),
    ):
        one = command(kinds, kind, "export", "export", text)
        one.add_argument("recipe", metavar="RECIPE", nargs="?", help="what to serve: name or file (else --model)")
        model_options.add(one)
        one.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: print it)")
        one.add_argument("--image", metavar="REFERENCE", help="the image that holds the engine (default: its makers')")
        one.add_argument("--without-key", action="store_true", help="let everybody ask who can reach it")
        choices(one)
        circumstances(one)
