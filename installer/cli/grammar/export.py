"""The grammar of `export`."""

from __future__ import annotations

from installer.cli.grammar import model_options
from installer.cli.grammar.options import Commands, Parser, choices, circumstances, command, verbs_of


def describe(commands: Commands[Parser]) -> None:
    """Add it and its kinds."""
    export = commands.add_parser("export", help="export a recipe as Kubernetes manifests or a Compose file")
    kinds = verbs_of(export, "kinds", "KIND", "kind")
    for kind, text in (
        ("kubernetes", "write manifests: Deployment, Service, volume, probes that request a token"),
        (
            "compose",
            "write a Compose file: the server, the download of its model, a health check that requests a token",
        ),
    ):
        one = command(kinds, kind, "export", "export", text)
        one.add_argument("recipe", metavar="RECIPE", nargs="?", help="the recipe to serve: name or file (else --model)")
        model_options.add(one)
        one.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: print it)")
        one.add_argument(
            "--image",
            metavar="REFERENCE",
            help="the image that contains the engine (default: the engine's official one)",
        )
        one.add_argument("--without-key", action="store_true", help="require no key from those who can reach it")
        choices(one)
        circumstances(one)
