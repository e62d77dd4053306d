"""The grammar of `bundle`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, choices, circumstances, command, verbs_of


def describe(commands: Commands[Parser]) -> None:
    """Add it and its verbs."""
    bundle = commands.add_parser("bundle", help="carry a recipe, with all it needs, to a machine without a network")
    verbs = verbs_of(bundle)
    make = command(verbs, "make", "bundle", "make", "gather everything that a recipe needs on a machine")
    make.add_argument("recipe", metavar="RECIPE", help="what to deploy: name or file")
    make.add_argument("-o", "--output", metavar="FILE|DIR", required=True, help="the file, or the folder of parts")
    make.add_argument("--part-size", metavar="SIZE", help="make parts of at most so many bytes, such as 60MiB")
    make.add_argument(
        "--from", metavar="DIR", action="append", dest="places",
        help="take files from this folder where their hash is the right one, before fetching (repeatable)",
    )  # fmt: skip
    make.add_argument("--reuse", metavar="NAMES", help="leave out what the machine's own Python has, such as torch")
    make.add_argument(
        "--slim", action="store_true", help="leave out of wheels what only other GPUs than that machine's load"
    )
    make.add_argument(
        "--kernels", metavar="HOME", help="take what engines compiled for that GPU out of this home, which served there"
    )
    make.add_argument(
        "--without-tool", action="store_true", help="leave out deploy-tui itself: it is installed there already"
    )
    choices(make)
    circumstances(make)
    verify = command(verbs, "verify", "bundle", "verify", "read all of it and name what is damaged or missing")
    verify.add_argument("file", metavar="FILE|DIR", help="the bundle")
    show = command(verbs, "show", "bundle", "show", "what it is for and what is in it")
    show.add_argument("file", metavar="FILE|DIR", help="the bundle")
