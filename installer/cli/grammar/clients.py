"""The grammar of what stands next to a server: `bench`, `check-client` and `checklist`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment


def describe(commands: Commands[Parser]) -> None:
    """Add them."""
    bench = command(commands, "bench", "bench", "serve", "how fast the running server is, and two results side by side")
    bench.add_argument("action", nargs="?", choices=("compare", "list"), help="show two kept results, or list them all")
    bench.add_argument("names", metavar="RESULT", nargs="*", help="two results: names that --save gave, or files")
    bench.add_argument("--save", metavar="NAME", nargs="?", const="", help="keep the result, with all versions")
    bench.add_argument("--png", metavar="FILE", help="with compare: draw the picture into this file as well")
    bench.add_argument("--concurrency", default="1,8", help="requests at the same time, one load each (default 1,8)")
    bench.add_argument("--input-tokens", type=int, default=256, help="length of each prompt (default 256)")
    check = command(
        commands, "check-client", "client", "check_client", "whether the settings of a client fit the server"
    )
    check.add_argument("files", metavar="FILE", nargs="+", help="the client's settings as JSON; a later file wins")
    deployment(check)
    ticks = command(commands, "checklist", "client", "show_checklist", "what is done of a deployment, line by line")
    ticks.add_argument("files", metavar="FILE", nargs="*", help="the client's settings as JSON")
    ticks.add_argument("--env", metavar="FILE", help="the client's .env, which says its endpoint and its model")
