"""The grammar of `bundle`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, choices, circumstances, command, verbs_of


def describe(commands: Commands[Parser]) -> None:
    """Add it and its verbs."""
    bundle = commands.add_parser("bundle", help="pack a recipe and all that it needs, for a machine without a network")
    verbs = verbs_of(bundle)
    make = command(verbs, "make", "bundle", "make", "collect everything that a recipe needs on a machine")
    make.add_argument("recipe", metavar="RECIPE", nargs="?", help="the recipe to deploy: name or file")
    make.add_argument(
        "--bundle", metavar="FILE|DIR",
        help="make this bundle again, on the machine that it was made for: with --kernels, for example",
    )  # fmt: skip
    make.add_argument("-o", "--output", metavar="FILE|DIR", required=True, help="the file, or the folder of parts")
    make.add_argument("--part-size", metavar="SIZE", help="split it into parts of at most this size, such as 60MiB")
    make.add_argument(
        "--from", metavar="DIR", action="append", dest="places",
        help="use files of this folder if their hash matches, before downloading (repeatable)",
    )  # fmt: skip
    make.add_argument("--reuse", metavar="NAMES", help="leave out what the machine's own Python has, such as torch")
    make.add_argument(
        "--slim", action="store_true", help="leave out files of wheels that only other GPUs than that machine's load"
    )
    make.add_argument(
        "--kernels",
        metavar="HOME",
        help="include the kernels that engines compiled for that GPU in this home, which served there",
    )
    make.add_argument(
        "--without-tool", action="store_true", help="leave out deploy-tui itself: it is installed there already"
    )
    choices(make)
    circumstances(make)
    verify = command(verbs, "verify", "bundle", "verify", "read the whole bundle and list what is damaged or missing")
    verify.add_argument("file", metavar="FILE|DIR", help="the bundle")
    show = command(verbs, "show", "bundle", "show", "show which machine it is for, and its contents")
    show.add_argument("file", metavar="FILE|DIR", help="the bundle")
